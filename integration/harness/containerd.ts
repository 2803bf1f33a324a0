// SPDX-License-Identifier: Apache-2.0
// A private containerd: own root, state, socket and directories, in a temporary directory. Nothing of the host's own
// containerd is touched.

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { run } from "./command.ts";
import type { Edition } from "./debian.ts";
import { eventually } from "./eventually.ts";

const DIST = resolve(import.meta.dirname, "..", "..", "build", "dist");

/** Parts of containerd that these tests do not use and that would reach outside of the temporary directory. */
const DISABLED = [
  "io.containerd.grpc.v1.cri",
  "io.containerd.cri.v1.images",
  "io.containerd.cri.v1.runtime",
  "io.containerd.nri.v1.nri",
  "io.containerd.internal.v1.restart",
  "io.containerd.monitor.container.v1.restart",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.erofs",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing",
];

/** What one containerd has more than others. */
export interface Settings {
  /** Which form of the configuration `config` is in; 3 exists since 2.0. */
  readonly version: 2 | 3;
  /** Parts that are on although most tests do without them. */
  readonly enabled: readonly string[];
  /** Behind what all have in their configuration. */
  readonly config: string;
  /** In front of containerd's own command: what starts it somewhere else. */
  readonly within: readonly string[];
}

const PLAIN: Settings = { version: 2, enabled: [], config: "", within: [] };

/** Owns the containerd process. */
export class Containerd {
  readonly edition: Edition;
  readonly address: string;
  readonly directory: string;
  readonly #settings: Settings;
  #process: ChildProcess | undefined;

  /** `directory` is absolute and short: socket paths are limited to 107 bytes. */
  constructor(edition: Edition, directory: string, settings: Settings = PLAIN) {
    this.edition = edition;
    this.directory = directory;
    this.#settings = settings;
    this.address = join(directory, "c.sock");
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "config.toml"), this.#config());
  }

  get ctr(): string {
    return join(this.edition.bin, "ctr");
  }

  /** The program of the runtime under test. */
  get shim(): string {
    return join(DIST, "containerd-shim-tsrunc-v1");
  }

  /** Of the process, while it runs. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** What containerd and the shims of containerd 1.6 have logged, for the report of a failure. */
  get log(): string {
    return readFileSync(join(this.directory, "log"), "utf8");
  }

  /** Starts it and waits until it answers. */
  async start(): Promise<void> {
    const log = openSync(join(this.directory, "log"), "a");
    const [program = "", ...args] = [
      ...this.#settings.within,
      join(this.edition.bin, "containerd"),
      ...["--config", join(this.directory, "config.toml"), "--log-level", "debug"],
    ];
    const child = spawn(program, args, {
      // Our shim first; the peer's (runc's) is found on the rest of PATH.
      env: {
        ...process.env,
        PATH: [DIST, this.edition.bin, process.env["PATH"]].join(delimiter),
      },
      stdio: ["ignore", log, log],
      cwd: "/",
    });
    closeSync(log);
    this.#process = child;
    await eventually("containerd answers", async () => {
      if (child.exitCode !== null) {
        throw new Error(`containerd ended at once:\n${this.log.slice(-4000)}`);
      }
      const version = await run([this.ctr, "--address", this.address, "version"]);
      return version.status === 0;
    });
  }

  /** Ends it and waits for that. SIGKILL is how the tests let it crash. Containers go on running. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const { promise, resolve: ended } = Promise.withResolvers<void>();
    child.once("exit", () => ended());
    child.kill(signal);
    const hard = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await promise;
    clearTimeout(hard);
    this.#process = undefined;
  }

  /** The same without waiting, for a process that is being ended itself. */
  kill(): void {
    this.#process?.kill("SIGKILL");
  }

  #config(): string {
    const at = (name: string): string => JSON.stringify(join(this.directory, name));
    const { version, enabled, config } = this.#settings;
    const disabled = DISABLED.filter((plugin) => !enabled.includes(plugin));
    return `version = ${version}
root = ${at("root")}
state = ${at("state")}
disabled_plugins = ${JSON.stringify(disabled)}
[grpc]
  address = ${JSON.stringify(this.address)}
[plugins."io.containerd.internal.v1.opt"]
  path = ${at("opt")}
${config}`;
  }
}
