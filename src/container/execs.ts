// SPDX-License-Identifier: Apache-2.0
// The execs of one container. They start and end independently of each other (one that waits for its client's FIFOs holds
// up nobody); all their exits are told before the exit of the container's init.

import type { Pid } from "../base/brand.ts";
import { errorText, isErrno, TaskError } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { ExecOptions, LiveContainer, LiveProcess } from "../runtime/types.ts";
import type { Emit } from "./events.ts";
import type { Limits } from "./limits.ts";
import type { OomWatch } from "./oom-watch.ts";
import { type Ended, Process } from "./process.ts";
import { settlesWithin } from "./within.ts";

const SIGKILL = 9;

/** What execs know of their container. */
export interface ExecsContext {
  readonly containerId: string;
  readonly live: LiveContainer;
  readonly emit: Emit;
  readonly oom: OomWatch;
  readonly limits: Limits;
  readonly log: Logger;
}

interface Exec {
  readonly options: ExecOptions;
  readonly process: Process;
}

export class Execs {
  readonly #context: ExecsContext;
  readonly #execs = new Map<string, Exec>();
  /** Those that run or are being started; settles when the exit has been told or the start has failed. */
  readonly #active = new Map<Process, Promise<void>>();
  #initReaped = false;

  constructor(context: ExecsContext) {
    this.#context = context;
  }

  /** Adds an exec that can be started later. Throws TaskError already_exists. */
  add(options: ExecOptions): void {
    const { containerId, emit } = this.#context;
    const { execId, stdio } = options;
    // The container's own id names its init in events and must not mean anything else.
    if (this.#execs.has(execId) || execId === containerId) {
      throw new TaskError("already_exists", `id ${execId}: already exists`);
    }
    this.#execs.set(execId, { options, process: new Process(execId, stdio) });
    emit({ kind: "exec-added", containerId, execId });
  }

  /** Throws TaskError not_found. */
  process(execId: string): Process {
    return this.#require(execId).process;
  }

  /** Starts an exec. After a failure it is as before (created), and may be started again; who waited is answered. */
  start(execId: string): Promise<Pid> {
    const { process, options } = this.#require(execId);
    return process.queue.run(async () => {
      this.#assertInitRuns();
      process.assertLegal("start");
      const told = Promise.withResolvers<void>();
      this.#active.set(process, told.promise);
      try {
        const live = await this.#context.live.exec(options);
        this.#begin(process, live);
        this.#watch(process, live, told.resolve);
        return live.pid;
      } catch (error) {
        process.release();
        this.#active.delete(process);
        told.resolve();
        throw error;
      }
    });
  }

  /** Forgets an exec that has ended or never ran, once its output is with the client; its id may be used again. */
  delete(execId: string): Promise<Ended> {
    const { process } = this.#require(execId);
    return process.queue.run(async () => {
      process.assertLegal("delete");
      const { ended } = process;
      const { drainMs } = this.#context.limits;
      await process.live?.stdio.drain(drainMs, drainMs);
      // Cuts whatever still holds the output open: a child in the background must not hang the client.
      process.live?.stdio.close();
      process.apply({ kind: "delete" });
      process.release();
      this.#execs.delete(execId);
      return ended;
    });
  }

  /** Exec ids by the pid of their first process, of those that run. */
  running(): ReadonlyMap<Pid, string> {
    const pids = new Map<Pid, string>();
    for (const [execId, { process }] of this.#execs) {
      if (process.state.kind === "running") pids.set(process.state.pid, execId);
    }
    return pids;
  }

  /**
   * Init has been reaped: nothing is started any more. Resolves when every exit has been told, but gives up after a bound.
   */
  async initReaped(): Promise<void> {
    this.#initReaped = true;
    const { limits, log, containerId } = this.#context;
    const all = Promise.all(this.#active.values());
    if (await settlesWithin(all, limits.execExitsMs)) return;
    log.warn("execs outlive their container's init", {
      id: containerId,
      execs: [...this.#active.keys()].map((process) => process.id).join(" "),
    });
  }

  /** The container is gone, and all its execs with it. */
  vanish(): void {
    for (const { process } of this.#execs.values()) process.vanish();
    this.#execs.clear();
  }

  #require(execId: string): Exec {
    const exec = this.#execs.get(execId);
    if (exec === undefined) {
      throw new TaskError("not_found", `process does not exist ${execId}: not found`);
    }
    return exec;
  }

  #assertInitRuns(): void {
    if (!this.#initReaped) return;
    const text = `container ${this.#context.containerId} init process is not running`;
    throw new TaskError("failed_precondition", `${text}: failed precondition`);
  }

  #begin(process: Process, live: LiveProcess): void {
    const { containerId, emit } = this.#context;
    // Init ended while this was being started, after everything in the container had been killed.
    if (this.#initReaped || process.state.kind === "deleted") this.#killLate(live);
    if (process.state.kind === "deleted") {
      live.stdio.close();
      process.assertLegal("start");
    }
    process.started(live);
    emit({ kind: "exec-started", containerId, execId: process.id, pid: live.pid });
  }

  #watch(process: Process, live: LiveProcess, told: () => void): void {
    live.exited
      .then((exit) => {
        if (process.state.kind === "deleted") return;
        const { containerId, emit, oom } = this.#context;
        oom.look();
        process.apply({ kind: "exit", exit });
        emit({ kind: "exit", containerId, processId: process.id, pid: live.pid, exit });
        process.release();
      })
      .catch((error: unknown) => {
        this.#context.log.error("cannot tell the exit of an exec", { error: errorText(error) });
      })
      .finally(() => {
        this.#active.delete(process);
        told();
      });
  }

  /** Never throws: a process that runs must get its owner, whatever can be done to it. */
  #killLate(live: LiveProcess): void {
    try {
      live.signal(SIGKILL);
    } catch (error) {
      if (isErrno(error, "ESRCH")) return;
      this.#context.log.warn("cannot kill an exec without its container", {
        error: errorText(error),
      });
    }
  }
}
