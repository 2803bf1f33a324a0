// SPDX-License-Identifier: Apache-2.0
// One container, driven one API call at a time.

import type { Api, Exit, Mount, ProcessKey, ProcessState, Streams } from "./api.ts";
import { within } from "./eventually.ts";
import { SIGKILL } from "./signals.ts";

/** The parts of the spec that tests change. */
export interface OciSpec {
  process: {
    terminal?: boolean;
    args: string[];
    env: string[];
    cwd: string;
    user: { uid: number; gid: number };
    [other: string]: unknown;
  };
  mounts: { destination: string; type?: string; source?: string; options?: string[] }[];
  root: { path: string; readonly?: boolean };
  linux: {
    cgroupsPath: string;
    namespaces: { type: string; path?: string }[];
    resources: Record<string, unknown>;
    [other: string]: unknown;
  };
  [other: string]: unknown;
}

/** An end that is waited for comes within this time, or the test has failed. */
const EXIT_MS = 30_000;

export class Container {
  readonly id: string;
  readonly spec: OciSpec;
  readonly #api: Api;
  readonly #key: ProcessKey;
  readonly #rootfs: readonly Mount[];

  constructor(api: Api, id: string, spec: OciSpec, rootfs: readonly Mount[]) {
    this.#api = api;
    this.id = id;
    this.spec = spec;
    this.#key = { containerId: id };
    this.#rootfs = rootfs;
  }

  /** The first phase. Returns the pid of the init process. */
  async create(streams: Streams = {}): Promise<number> {
    return await this.#api.createTask(this.id, this.#rootfs, streams);
  }

  /** The second phase. */
  async start(): Promise<void> {
    await this.#api.start(this.#key);
  }

  /** Both phases. Returns the pid of the init process. */
  async run(streams: Streams = {}): Promise<number> {
    const pid = await this.create(streams);
    await this.start();
    return pid;
  }

  async state(): Promise<ProcessState> {
    return await this.#api.state(this.#key);
  }

  async kill(signal: number = SIGKILL): Promise<void> {
    await this.#api.kill(this.#key, signal);
  }

  async wait(timeoutMs: number = EXIT_MS): Promise<Exit> {
    return await within(`the end of ${this.id}`, timeoutMs, this.#api.wait(this.#key));
  }

  async delete(timeoutMs: number = EXIT_MS): Promise<Exit> {
    return await within(`deletion of ${this.id}`, timeoutMs, this.#api.delete(this.#key));
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#api.resize(this.#key, columns, rows);
  }

  async closeStdin(): Promise<void> {
    await this.#api.closeStdin(this.#key);
  }

  async pids(): Promise<number[]> {
    return await this.#api.pids(this.id);
  }

  /** Adds a process: the container's own with other arguments, and `changes`, in which undefined is absent. */
  async exec(
    execId: string,
    command: readonly string[],
    streams: Streams = {},
    changes: Readonly<Record<string, unknown>> = {},
  ): Promise<ContainerExec> {
    const { capabilities: _, ...process } = this.spec.process;
    const spec = { ...process, args: command, terminal: streams.terminal ?? false, ...changes };
    await this.#api.exec({ containerId: this.id, execId }, spec, streams);
    return new ContainerExec(this.#api, this.id, execId);
  }
}

/** A further process in a container. */
export class ContainerExec {
  readonly #api: Api;
  readonly #key: Required<ProcessKey>;

  constructor(api: Api, containerId: string, execId: string) {
    this.#api = api;
    this.#key = { containerId, execId };
  }

  async start(): Promise<number> {
    return await this.#api.start(this.#key);
  }

  async state(): Promise<ProcessState> {
    return await this.#api.state(this.#key);
  }

  async kill(signal: number = SIGKILL): Promise<void> {
    await this.#api.kill(this.#key, signal);
  }

  async wait(): Promise<Exit> {
    return await within(`the end of exec ${this.#key.execId}`, EXIT_MS, this.#api.wait(this.#key));
  }

  async delete(): Promise<Exit> {
    return await within(
      `deletion of exec ${this.#key.execId}`,
      EXIT_MS,
      this.#api.delete(this.#key),
    );
  }

  async closeStdin(): Promise<void> {
    await this.#api.closeStdin(this.#key);
  }

  /** Starts it, waits for its end, deletes it. */
  async run(): Promise<number> {
    await this.start();
    await this.wait();
    return (await this.delete()).exitStatus;
  }
}
