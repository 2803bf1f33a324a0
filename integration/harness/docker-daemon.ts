// SPDX-License-Identifier: Apache-2.0
// One dockerd. It runs in a network namespace of its own, so its bridge and addresses are nobody else's, and makes no
// firewall rules.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type CommandOptions, type CommandResult, check, run } from "./command.ts";
import type { DockerEdition } from "./docker.ts";
import { eventually } from "./eventually.ts";
import type { Place } from "./suite.ts";

/** The name of the only image. */
export const DOCKER_IMAGE = "busybox";

/** Owns the daemon's process. */
export class DockerDaemon {
  readonly directory: string;
  readonly #edition: DockerEdition;
  readonly #place: Place;
  readonly #flags: readonly string[];
  #process: ChildProcess | undefined;
  #hasImage = false;

  /** `flags` are more of dockerd's own. Daemons of one containerd have different names. */
  constructor(
    edition: DockerEdition,
    place: Place,
    name = "docker",
    flags: readonly string[] = [],
  ) {
    this.directory = join(place.directory, name);
    this.#edition = edition;
    this.#place = place;
    this.#flags = flags;
    mkdirSync(this.directory, { recursive: true, mode: 0o711 });
    writeFileSync(join(this.directory, "daemon.json"), "{}");
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
  }

  /** Ends it, and with it the containers that run. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const { promise, resolve: ended } = Promise.withResolvers<void>();
    child.once("exit", () => ended());
    child.kill("SIGTERM");
    const hard = setTimeout(() => child.kill("SIGKILL"), 30_000);
    await promise;
    clearTimeout(hard);
    await run(["umount", "-l", this.hostNamespace]);
  }

  /** Makes an image of one layer. */
  async importImage(layer: Buffer): Promise<void> {
    if (this.#hasImage) return;
    const changes = ["--change", "ENV PATH=/bin", "--change", 'CMD ["sh"]'];
    const args = ["import", ...changes, "-", DOCKER_IMAGE];
    await check(this.command(args), { input: layer, env: this.#clientEnvironment() });
    this.#hasImage = true;
  }

  /** Runs the client. */
  async run(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return await run(this.command(args), { ...options, env: this.#clientEnvironment() });
  }

  command(args: readonly string[]): string[] {
    const host = `unix://${join(this.directory, "docker.sock")}`;
    return [join(this.#edition.root, "usr", "bin", "docker"), "--host", host, ...args];
  }

  #clientEnvironment(): Readonly<Record<string, string>> {
    return { DOCKER_CONFIG: join(this.directory, "client") };
  }

  #path(): string {
    const own = ["sbin", "bin"].map((name) => join(this.#edition.root, "usr", name));
    return [...own, process.env["PATH"]].join(delimiter);
  }

  #command(): string[] {
    const at = (name: string): string => join(this.directory, name);
    return [
      join(this.#edition.root, "usr", "sbin", "dockerd"),
      ...["--config-file", at("daemon.json"), "--pidfile", at("pid")],
      ...["--data-root", at("data"), "--exec-root", at("exec")],
      ...["--host", `unix://${at("docker.sock")}`, "--containerd", this.#place.containerd.address],
      ...["--cgroup-parent", `/${this.#place.token}`],
      ...["--exec-opt", "native.cgroupdriver=cgroupfs"],
      ...["--init-path", join(this.#edition.root, "usr", "bin", "tini-static")],
      "--iptables=false",
      "--ip6tables=false",
      ...this.#flags,
    ];
  }
}
