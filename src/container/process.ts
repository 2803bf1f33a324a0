// SPDX-License-Identifier: Apache-2.0
// One process of a container (its init, or an exec): the state it is in, who waits for its end, and what is held of it while
// it lives. Knows no other process.

import type { Pid } from "../base/brand.ts";
import { TaskError } from "../base/errors.ts";
import type { Exit } from "../base/exit.ts";
import { SerialQueue } from "../base/serial-queue.ts";
import type { LiveProcess, StdioConfig } from "../runtime/types.ts";
import { assertLegal, exitOf, next, type State, type Step } from "./lifecycle.ts";

/** The highest signal number Linux has. */
const MAX_SIGNAL = 64;

/** What is left of a process: `exit` is undefined if it never started. */
export interface Ended {
  readonly pid: Pid | undefined;
  readonly exit: Exit | undefined;
}

export class Process {
  /** The container's id for its init, else the exec id. */
  readonly id: string;
  readonly stdio: StdioConfig;
  /** Start and delete of this process, one after the other. State, wait and kill do not queue. */
  readonly queue = new SerialQueue();
  readonly #waiters = new Set<() => void>();
  #state: State;
  #live: LiveProcess | undefined;
  /** Waiters are answered although there is no exit: the start failed, or the process was deleted. */
  #released = false;
  #stdinClosed = false;

  /** An init comes with its live process; an exec gets one when it is started. */
  constructor(id: string, stdio: StdioConfig, live?: LiveProcess) {
    this.id = id;
    this.stdio = stdio;
    this.#live = live;
    this.#state = { kind: "created", pid: live?.pid };
  }

  get state(): State {
    return this.#state;
  }

  get live(): LiveProcess | undefined {
    return this.#live;
  }

  get ended(): Ended {
    return { pid: this.#state.pid, exit: exitOf(this.#state) };
  }

  /** Throws TransitionError unless `step` is legal now. */
  assertLegal(step: Step["kind"]): void {
    assertLegal(this.#state, step);
  }

  /** Takes a step. Waiters are not told yet: `release` does that. */
  apply(step: Step): void {
    this.#state = next(this.#state, step);
  }

  /** An exec runs now. Takes what came before there was anything to do it to. */
  started(live: LiveProcess): void {
    this.#live = live;
    this.#released = false;
    this.apply({ kind: "start", pid: live.pid });
    if (this.#stdinClosed) live.stdio.closeStdin();
  }

  /** Answers everybody who waits, with the exit if there is one. */
  release(): void {
    this.#released = true;
    for (const answer of this.#waiters) answer();
    this.#waiters.clear();
  }

  /** The container is gone and this process with it, whatever it was doing. */
  vanish(): void {
    this.#state = { kind: "deleted", pid: this.#state.pid, exit: exitOf(this.#state) };
    this.#live?.stdio.close();
    this.release();
  }

  /**
   * The exit of the process, once it has been told; undefined if there won't be one (start failed, or deleted before).
   * Rejects with the reason of `signal` when that is aborted first.
   */
  wait(signal?: AbortSignal): Promise<Exit | undefined> {
    const exit = exitOf(this.#state);
    if (exit !== undefined || this.#released) return Promise.resolve(exit);
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiters.delete(answer);
        reject(signal?.reason);
      };
      const answer = (): void => {
        signal?.removeEventListener("abort", abort);
        resolve(exitOf(this.#state));
      };
      if (signal?.aborted) return abort();
      this.#waiters.add(answer);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** Throws TransitionError, or what the runtime says: SysError ESRCH if it has just ended. */
  kill(signal: number): void {
    this.assertLegal("kill");
    checkSignal(signal);
    this.#live?.signal(signal);
  }

  /** The client will send no more input. Idempotent, in every state; before the start of an exec it is remembered. */
  closeStdin(): void {
    this.#stdinClosed = true;
    this.#live?.stdio.closeStdin();
  }
}

/** Refuses numbers that are no signals; 0 asks whether the process is there. */
export function checkSignal(signal: number): void {
  if (signal > MAX_SIGNAL) throw new TaskError("invalid_argument", "invalid argument");
}
