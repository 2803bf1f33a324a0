// SPDX-License-Identifier: Apache-2.0
// What one test works with: a containerd namespace with the image in it, `ctr`, the gRPC API, FIFOs, and the containers
// that it makes. `end` puts away whatever the test did not.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Api, Mount } from "./api.ts";
import { type CommandOptions, type CommandResult, check, run } from "./command.ts";
import { Container, type OciSpec } from "./container.ts";
import type { Containerd } from "./containerd.ts";
import { within } from "./eventually.ts";
import { FifoReader, FifoWriter } from "./fifo.ts";
import { SIGKILL } from "./signals.ts";

export interface ScopeParts {
  readonly containerd: Containerd;
  readonly api: Api;
  readonly image: { readonly archive: string; readonly name: string; readonly chainId: string };
  readonly runtime: string;
}

/** Both outputs of a process, being read, and their paths for Create or Exec. */
export interface Output {
  readonly stdout: FifoReader;
  readonly stderr: FifoReader;
  readonly streams: { readonly stdout: string; readonly stderr: string };
}

/** One removal may take this long: a shim waits up to ten seconds for output that nobody reads. */
const REMOVE_MS = 30_000;

export class Scope {
  readonly containerd: Containerd;
  readonly api: Api;
  readonly namespace: string;
  /** A directory of the test's own. */
  readonly directory: string;
  /** Where ctr makes its FIFOs. */
  readonly fifoDirectory: string;
  readonly #image: ScopeParts["image"];
  readonly #runtime: string;
  readonly #cleanups: (() => void)[] = [];
  #spec: OciSpec | undefined;

  constructor(parts: ScopeParts) {
    this.containerd = parts.containerd;
    this.api = parts.api;
    this.namespace = parts.api.namespace;
    this.#image = parts.image;
    this.#runtime = parts.runtime;
    this.directory = join(parts.containerd.directory, `files-${this.namespace}`);
    this.fifoDirectory = join(this.directory, "fifo");
    mkdirSync(this.fifoDirectory, { recursive: true });
  }

  get imageName(): string {
    return this.#image.name;
  }

  get runtime(): string {
    return this.#runtime;
  }

  /** containerd 2.x imports through a service that Debian leaves out, unless it is told not to. */
  async importImage(): Promise<void> {
    const local = this.containerd.edition.major >= 2 ? ["--local"] : [];
    await this.ctrOk(["images", "import", ...local, this.#image.archive]);
  }

  /** Runs `ctr` in this namespace. */
  async ctr(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return await run(this.ctrCommand(args), options);
  }

  /** The same for a command that must succeed: returns its stdout. */
  async ctrOk(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return await check(this.ctrCommand(args), options);
  }

  /** `ctr run` with this runtime and the test image. */
  async ctrRun(
    flags: readonly string[],
    id: string,
    command: readonly string[],
    options: CommandOptions = {},
  ): Promise<CommandResult> {
    return await this.ctr(this.runArgs(flags, id, command), options);
  }

  ctrCommand(args: readonly string[]): string[] {
    const { ctr, address } = this.containerd;
    return [ctr, "--address", address, "--namespace", this.namespace, ...args];
  }

  runArgs(flags: readonly string[], id: string, command: readonly string[]): string[] {
    const own = ["--runtime", this.#runtime, "--fifo-dir", this.fifoDirectory];
    return ["run", ...own, ...flags, this.imageName, id, ...command];
  }

  /**
   * A container made through the API, not yet a task. `change` edits its spec, which is otherwise ctr's default one, and
   * `changeRootfs` the mounts that the snapshotter gave.
   */
  async container(
    id: string,
    command: readonly string[],
    change: (spec: OciSpec) => void = () => undefined,
    changeRootfs: (mounts: readonly Mount[]) => readonly Mount[] = (mounts) => mounts,
  ): Promise<Container> {
    this.#spec ??= JSON.parse(await this.ctrOk(["oci", "spec"])) as OciSpec;
    const spec = structuredClone(this.#spec);
    spec.process.args = [...command];
    spec.process.env = ["PATH=/bin"];
    spec.linux.cgroupsPath = `/${this.namespace}/${id}`;
    change(spec);
    const rootfs = await this.api.prepareSnapshot(id, this.#image.chainId);
    await this.api.createContainer({ id, runtime: this.#runtime, spec, snapshotKey: id });
    return new Container(this.api, id, spec, changeRootfs(rootfs));
  }

  /** The same place for containers of another runtime; this one is to be ended. */
  withRuntime(runtime: string): Scope {
    const { containerd, api } = this;
    return new Scope({ containerd, api, image: this.#image, runtime });
  }

  /** A path for a FIFO or file of this test. */
  path(name: string): string {
    return join(this.directory, name);
  }

  /** Makes a FIFO that nobody has open. */
  async fifo(name: string): Promise<string> {
    const path = this.path(name);
    await check(["mkfifo", path]);
    return path;
  }

  /** Starts to read a FIFO, to its end. */
  reader(path: string): FifoReader {
    const reader = new FifoReader(path);
    this.#cleanups.push(() => reader.close());
    return reader;
  }

  /** Opens a FIFO for writing, as soon as somebody reads it. */
  writer(path: string): FifoWriter {
    const writer = new FifoWriter(path);
    this.#cleanups.push(() => writer.close());
    return writer;
  }

  /** FIFOs for stdout and stderr with readers on them: what most containers here have. */
  async output(name: string): Promise<Output> {
    const stdout = this.reader(await this.fifo(`${name}.stdout`));
    const stderr = this.reader(await this.fifo(`${name}.stderr`));
    return { stdout, stderr, streams: { stdout: stdout.path, stderr: stderr.path } };
  }

  /** Ends and removes every task, container and image of the namespace. Throws when one of them can't be. */
  async end(): Promise<void> {
    try {
      for (const task of await this.api.tasks()) {
        await within(`removal of ${task.id}`, REMOVE_MS, this.#removeTask(task.id));
      }
      const ids = (await this.ctrOk(["containers", "ls", "-q"])).split("\n").filter(Boolean);
      if (ids.length > 0) await this.ctrOk(["containers", "rm", ...ids]);
      await this.ctr(["images", "rm", "--sync", this.imageName]);
    } finally {
      for (const cleanup of this.#cleanups) cleanup();
      this.api.close();
    }
  }

  async #removeTask(id: string): Promise<void> {
    const key = { containerId: id };
    // Which of them fails depends on how far the test got; Delete has the last word.
    await this.api.kill(key, SIGKILL).catch(() => undefined);
    if ((await this.api.state(key)).status !== 1) await this.api.wait(key);
    await this.api.delete(key);
  }
}
