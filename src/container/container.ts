// SPDX-License-Identifier: Apache-2.0
// One container: its init, its execs, and the order in which their ends become known. State, wait, kill and statistics
// never wait for anything; start and delete of the same process run one after the other.

import type { Pid } from "../base/brand.ts";
import { errorText, isErrno, TaskError, TransitionError } from "../base/errors.ts";
import type { Exit } from "../base/exit.ts";
import type { Logger } from "../base/log.ts";
import type { CreateOptions, ExecOptions, LiveContainer } from "../runtime/types.ts";
import type { Emit } from "./events.ts";
import { Execs } from "./execs.ts";
import { parseId } from "./id.ts";
import type { State } from "./lifecycle.ts";
import type { Limits } from "./limits.ts";
import { OomWatch } from "./oom-watch.ts";
import { checkSignal, type Ended, Process } from "./process.ts";
import { settlesWithin } from "./within.ts";

const SIGKILL = 9;

export type Metrics = ReturnType<LiveContainer["metrics"]>;

/** A process in the container's cgroup; `execId` is set for the first process of an exec. */
export interface ProcessEntry {
  readonly pid: Pid;
  readonly execId: string | undefined;
}

export interface ContainerParts {
  readonly options: CreateOptions;
  readonly live: LiveContainer;
  readonly emit: Emit;
  /** Called when the container has been deleted. */
  readonly onDeleted: () => void;
  readonly limits: Limits;
  readonly log: Logger;
}

export class Container {
  readonly id: string;
  /** Absolute path. */
  readonly bundle: string;
  readonly init: Process;
  readonly #parts: ContainerParts;
  readonly #execs: Execs;
  readonly #oom: OomWatch;
  /** Settles when no start of init is under way: an exit is never told before its start. */
  #starting: Promise<void> = Promise.resolve();
  #initReaped = false;

  /** A container that has just been created. Tells so, and follows its init from here on. */
  constructor(parts: ContainerParts) {
    const { options, live, emit, limits, log } = parts;
    this.id = options.id;
    this.bundle = options.bundle;
    this.init = new Process(options.id, options.stdio, live);
    this.#parts = parts;
    const containerId = options.id;
    this.#oom = new OomWatch({ live, log, tell: () => emit({ kind: "oom", containerId }) });
    this.#execs = new Execs({ containerId, live, emit, oom: this.#oom, limits, log });
    const { bundle, rootfsMounts, stdio } = options;
    emit({ kind: "create", containerId, bundle, rootfsMounts, stdio, pid: live.pid });
    live.exited
      .then((exit) => this.#tellInitExit(exit))
      .catch((error: unknown) => {
        log.error("cannot tell the exit of a container", { id: this.id, error: errorText(error) });
      });
  }

  /** It has ended, and what there was of it has been removed without us: nobody will come to delete it. */
  get abandoned(): boolean {
    return this.init.state.kind === "stopped" && this.#parts.live.removed;
  }

  /** The init for "", else the exec. Throws TaskError not_found. */
  process(execId: string): Process {
    return execId === "" ? this.init : this.#execs.process(execId);
  }

  /** The kind of state as clients see it: everything in a paused container is paused. */
  statusOf(execId: string): State["kind"] {
    const { state } = this.process(execId);
    return this.init.state.kind === "paused" ? "paused" : state.kind;
  }

  /** Adds an exec. Throws TaskError invalid_argument or already_exists, or TransitionError. */
  addExec(options: ExecOptions): void {
    parseId(options.execId, "exec");
    this.init.assertLegal("exec");
    this.#execs.add(options);
  }

  /** Starts the init or an exec and answers its pid. Throws TransitionError, TaskError, or what the runtime says. */
  start(execId: string): Promise<Pid> {
    return execId === "" ? this.#startInit() : this.#execs.start(execId);
  }

  /**
   * Sends a signal, never waits. `all` and, where nothing else ends them, SIGKILL of init reach every process of the container.
   * Throws TransitionError, TaskError invalid_argument, or what the runtime says: SysError ESRCH if it has just ended.
   */
  kill(execId: string, signal: number, all: boolean): void {
    const process = this.process(execId);
    const { live } = this.#parts;
    const everything = all || (signal === SIGKILL && !live.privatePidNamespace);
    // There is nobody left to be killed, but the exit is told after the start, which may wait for hooks.
    if (execId === "" && signal === SIGKILL && this.#initReaped) live.giveUpHooks();
    if (execId !== "" || !everything) {
      process.kill(signal);
    } else if (!all || process.state.kind !== "stopped") {
      process.assertLegal("kill");
      checkSignal(signal);
      live.signalAll(signal);
    }
  }

  /** Removes an exec, or the container with all there is. May be tried again after a failure. */
  delete(execId: string): Promise<Ended> {
    return execId === "" ? this.#deleteInit() : this.#execs.delete(execId);
  }

  /** Sets the window size; nothing without a terminal or when there is no process yet or any more. */
  resize(execId: string, columns: number, rows: number): void {
    const process = this.process(execId);
    if (execId !== "") process.assertLegal("resize");
    if (process.state.kind !== "stopped") process.live?.stdio.resize(columns, rows);
  }

  /** Every process of the container; never empty before init has ended: containerd takes an empty one for leaked. */
  pids(): readonly ProcessEntry[] {
    const execIds = this.#execs.running();
    return this.#pids().map((pid) => ({ pid, execId: execIds.get(pid) }));
  }

  /** What the kernel counts; works until the container is deleted. */
  metrics(): Metrics {
    return this.#parts.live.metrics();
  }

  #startInit(): Promise<Pid> {
    const { init, id } = this;
    const { live, emit } = this.#parts;
    return init.queue.run(async () => {
      init.assertLegal("start");
      if (this.#initReaped) {
        throw new TransitionError("stopped", "start", "cannot start a stopped process");
      }
      const settled = Promise.withResolvers<void>();
      this.#starting = settled.promise;
      try {
        await live.start();
        init.apply({ kind: "start", pid: live.pid });
        emit({ kind: "start", containerId: id, pid: live.pid });
        return live.pid;
      } finally {
        settled.resolve();
      }
    });
  }

  async #tellInitExit(exit: Exit): Promise<void> {
    const { live, emit } = this.#parts;
    this.#initReaped = true;
    // With a pid namespace of its own the kernel has killed the rest; it is not known otherwise who belongs to whom.
    if (!live.privatePidNamespace) this.#killRest();
    await Promise.all([this.#starting, this.#execs.initReaped()]);
    this.#oom.stop();
    this.init.apply({ kind: "exit", exit });
    emit({ kind: "exit", containerId: this.id, processId: this.id, pid: live.pid, exit });
    this.init.release();
  }

  #killRest(): void {
    try {
      this.#parts.live.signalAll(SIGKILL);
    } catch (error) {
      // The exit must be told all the same; delete kills again and reports what stays.
      this.#parts.log.warn("cannot kill what is left of a container", {
        id: this.id,
        error: errorText(error),
      });
    }
  }

  #deleteInit(): Promise<Ended> {
    const { init } = this;
    const { live, emit, onDeleted } = this.#parts;
    return init.queue.run(async () => {
      init.assertLegal("delete");
      const { ended } = init;
      if (init.state.kind === "created") await this.#killCreated();
      await live.stdio.drain(this.#parts.limits.drainMs, this.#stalledMs());
      await live.remove();
      this.#execs.vanish();
      init.apply({ kind: "delete" });
      init.release();
      emit({ kind: "delete", containerId: this.id, pid: live.pid, exit: ended.exit });
      onDeleted();
      return ended;
    });
  }

  async #killCreated(): Promise<void> {
    const { live, limits } = this.#parts;
    try {
      live.signal(SIGKILL);
    } catch (error) {
      if (!isErrno(error, "ESRCH")) throw error;
    }
    if (await settlesWithin(this.init.wait(), limits.killMs)) return;
    throw new TaskError("unknown", "init does not end although it was killed");
  }

  /** How long a client may read nothing. */
  #stalledMs(): number {
    const { limits } = this.#parts;
    return this.#cgroupPids().length === 0 ? limits.drainEmptyMs : limits.drainMs;
  }

  #pids(): readonly Pid[] {
    const pids = this.#cgroupPids();
    const { state } = this.init;
    const alive = state.kind !== "stopped" && state.kind !== "deleted";
    return alive && pids.length === 0 && state.pid !== undefined ? [state.pid] : pids;
  }

  #cgroupPids(): readonly Pid[] {
    try {
      return this.#parts.live.pids();
    } catch (error) {
      // A removal that was interrupted may have taken the cgroup already.
      if (isErrno(error, "ENOENT", "ENODEV")) return [];
      throw error;
    }
  }
}
