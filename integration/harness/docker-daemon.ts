// SPDX-License-Identifier: Apache-2.0
// One dockerd. It runs in a network namespace of its own, so its bridge and addresses are nobody else's, and makes no
// firewall rules.

import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { type CommandOptions, type CommandResult, run } from "./command.ts";
import type { DockerEdition } from "./docker.ts";
import { eventually } from "./eventually.ts";
import type { Place } from "./suite.ts";

/** The name of the only image. */
export const DOCKER_IMAGE = "busybox";

/** What one daemon of several has for itself. */
export interface DaemonOptions {
  readonly edition: DockerEdition;
  readonly place: Place;
  /** Its directory, and its name in containerd: short. */
  readonly name: string;
  /** As in daemon.json. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The root file system of its only image. */
  readonly layer: Buffer;
}

/** Owns the daemon's process. */
export class DockerDaemon {
  readonly directory: string;
  readonly options: DaemonOptions;
  #process: ChildProcess | undefined;

  constructor(options: DaemonOptions) {
    this.options = options;
    this.directory = join(options.place.directory, options.name);
    mkdirSync(this.directory, { recursive: true, mode: 0o711 });
    writeFileSync(join(this.directory, "daemon.json"), JSON.stringify(options.config));
  }

  get log(): string {
    return readFileSync(join(this.directory, "log"), "utf8");
  }

  /** Where it mounts its own network namespace for `--network host`. */
  get hostNamespace(): string {
    return join(this.directory, "exec", "netns", "default");
  }

  /** Starts it, unless it runs, and waits until it answers. */
  async start(): Promise<void> {
    if (this.#process !== undefined) return;
    const log = openSync(join(this.directory, "log"), "a");
    const apart = ["--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
    const child = spawn("unshare", [...apart, ...this.#command()], {
      env: { ...process.env, PATH: this.#path() },
      stdio: ["ignore", log, log],
      cwd: "/",
    });
    closeSync(log);
    this.#process = child;
    await eventually("dockerd answers", async () => {
      if (child.exitCode !== null) {
        throw new Error(`dockerd ended at once:\n${this.log.slice(-4000)}`);
      }
      return (await this.run(["version"])).status === 0;
    });
    await this.#importImage();
  }

  /** Ends it. SIGTERM ends the containers that run as well. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const { promise, resolve: ended } = Promise.withResolvers<void>();
    child.once("exit", () => ended());
    child.kill(signal);
    const hard = setTimeout(() => child.kill("SIGKILL"), 30_000);
    await promise;
    clearTimeout(hard);
  }

  /** Stops it and takes away what it keeps mounted. */
  async remove(): Promise<void> {
    await this.stop();
    // The data, and that of remapped ids, which is in a directory of its own: where they are bound to themselves, Docker
    // leaves them so if it was killed once, or if they are on a bind mount already.
    const data = join(this.directory, "data");
    const remapped = (existsSync(data) ? readdirSync(data) : []).filter((name) =>
      /^\d+\.\d+$/.test(name),
    );
    const kept = [this.hostNamespace, ...remapped.map((name) => join(data, name)), data];
    for (const path of kept) await run(["umount", "-l", path]);
  }

  /** Its only image, of one layer. */
  async #importImage(): Promise<void> {
    if ((await this.run(["image", "inspect", DOCKER_IMAGE])).status === 0) return;
    const changes = ["--change", "ENV PATH=/bin", "--change", 'CMD ["sh"]'];
    const args = ["import", ...changes, "-", DOCKER_IMAGE];
    const imported = await this.run(args, { input: this.options.layer });
    if (imported.status !== 0) throw new Error(`docker import: ${imported.stderr}`);
  }

  /** Runs the client. */
  async run(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return await run(this.command(args), { ...options, env: this.#clientEnvironment() });
  }

  command(args: readonly string[]): string[] {
    const host = `unix://${join(this.directory, "docker.sock")}`;
    return [join(this.options.edition.root, "usr", "bin", "docker"), "--host", host, ...args];
  }

  #clientEnvironment(): Readonly<Record<string, string>> {
    return { DOCKER_CONFIG: join(this.directory, "client") };
  }

  #path(): string {
    const own = ["sbin", "bin"].map((name) => join(this.options.edition.root, "usr", name));
    return [...own, process.env["PATH"]].join(delimiter);
  }

  #command(): string[] {
    const { edition, place, name } = this.options;
    const at = (file: string): string => join(this.directory, file);
    return [
      join(edition.root, "usr", "sbin", "dockerd"),
      ...["--config-file", at("daemon.json"), "--pidfile", at("pid")],
      ...["--data-root", at("data"), "--exec-root", at("exec")],
      ...["--host", `unix://${at("docker.sock")}`, "--containerd", place.containerd.address],
      ...["--cgroup-parent", `/${place.token}`],
      ...["--exec-opt", "native.cgroupdriver=cgroupfs"],
      ...["--init-path", join(edition.root, "usr", "bin", "tini-static")],
      "--iptables=false",
      "--ip6tables=false",
      ...["--containerd-namespace", `${place.token}-${name}`],
    ];
  }
}
