// SPDX-License-Identifier: Apache-2.0
// The end of every child of this process, started or adopted: reaped once, timed once, delivered
// once to its owner, in the order of reaping. There is one Reaper per process. It takes the status
// of *all* children, so a process that has one must never use child_process: libuv would wait for
// ever for its own. Everything is started with `spawn`.

import { type Pid, toPid } from "../base/brand.ts";
import type { Exit } from "../base/exit.ts";
import { nowNs } from "./clock.ts";
import { CLD_EXITED, P_ALL, P_PID, WALL, WEXITED, WNOHANG, WNOWAIT } from "./constants.ts";
import { check, errnoNumber, sysError } from "./errno.ts";
import { bind } from "./ffi.ts";
import { setChildSubreaper } from "./process.ts";

const nWaitid = bind<[idtype: number, id: number, options: number, out: Int32Array]>(
  "int n_waitid(int idtype, uint32_t id, int options, int32_t *out)",
);

const EBUSY = errnoNumber("EBUSY");
const ECHILD = errnoNumber("ECHILD");
/** The shell's convention, and the Task API's: killed by signal n is status 128 + n. */
const SIGNAL_BASE = 128;
/** The longest that a timer takes, 25 days: it is there to be referenced, not to fire. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

export interface ReaperOptions {
  /** Told of every exit that nobody claimed: adopted orphans. Must not throw. */
  readonly onOrphan?: (pid: Pid, exit: Exit) => void;
}

interface Claim {
  readonly promise: Promise<Exit>;
  readonly resolve: (exit: Exit) => void;
}

interface EarlyExit {
  readonly exit: Exit;
  /** Its place in the common order of windows and exits. */
  readonly order: number;
}

export class Reaper {
  readonly #onOrphan: (pid: Pid, exit: Exit) => void;
  readonly #claims = new Map<Pid, Claim>();
  /** Exits that nobody has claimed yet while a window is open, oldest first. */
  readonly #early = new Map<Pid, EarlyExit>();
  /** The open windows by their place in the common order, oldest first. */
  readonly #windows = new Set<number>();
  #order = 0;
  /**
   * Node's signal handlers do not keep the event loop alive: this does while somebody waits for an
   * exit.
   */
  #keepAlive: NodeJS.Timeout | undefined;

  private constructor(onOrphan: (pid: Pid, exit: Exit) => void) {
    this.#onOrphan = onOrphan;
  }

  /**
   * Makes this process a subreaper and reaps from now on, first what ended before. Throws EBUSY if
   * something listens for SIGCHLD already: two would take each other's exits.
   */
  static start(options?: ReaperOptions): Reaper {
    if (process.listenerCount("SIGCHLD") > 0) throw sysError("reaper", EBUSY);
    const reaper = new Reaper(options?.onOrphan ?? (() => undefined));
    setChildSubreaper();
    process.on("SIGCHLD", reaper.#reap);
    reaper.#reap();
    return reaper;
  }

  /**
   * The end of a child, which keeps the event loop alive until then. To be called in the turn of
   * the event loop in which the child was started, or while a window is open that was opened
   * before. Throws ECHILD for what is no child of this process (a grandchild is one once its parent
   * has ended; what was cloned with CLONE_PARENT is one from the start), or is one whose exit has
   * been given away: better than a promise that nobody can keep. The same claim twice gives the
   * same promise.
   */
  claim(pid: Pid): Promise<Exit> {
    const claimed = this.#claims.get(pid);
    if (claimed !== undefined) return claimed.promise;
    const exists = this.#isChild(pid);
    const early = this.#early.get(pid);
    if (early !== undefined) {
      this.#early.delete(pid);
      if (!exists) return Promise.resolve(early.exit);
      // The pid has come round: what was kept is the end of somebody before.
      this.#onOrphan(pid, early.exit);
    }
    if (!exists) throw sysError("waitid", ECHILD);
    const { promise, resolve } = Promise.withResolvers<Exit>();
    this.#claims.set(pid, { promise, resolve });
    this.#keepAlive ??= setInterval(this.#reap, KEEP_ALIVE_MS);
    return promise;
  }

  /** Whether there is such a child now, running or waiting to be reaped. */
  #isChild(pid: Pid): boolean {
    const options = WEXITED | WNOHANG | WNOWAIT | WALL;
    const result = nWaitid(P_PID, pid, options, new Int32Array(3));
    if (result === -ECHILD) return false;
    check(result, "waitid");
    return true;
  }

  /**
   * Opens a window: until it is disposed of, exits of processes nobody has claimed are kept for a
   * later `claim`. For a process whose pid its owner learns only from another process: 30 of 2,000
   * had been reaped before their pid could be read. Each exit is kept until every window that was
   * open when it came is closed, so overlapping windows do not pile up exits.
   */
  expect(): Disposable {
    const opened = this.#order++;
    this.#windows.add(opened);
    return { [Symbol.dispose]: () => this.#closeWindow(opened) };
  }

  /** Reaps no more. Claims that are open stay open and keep nothing alive. */
  stop(): void {
    process.off("SIGCHLD", this.#reap);
    this.#letGo();
  }

  /**
   * Signals coalesce, and libuv drops some when its pipe is full: one SIGCHLD means "look", never
   * "one". __WALL: children that send no SIGCHLD when they end are found as well.
   *
   * A re-exec that must not lose a status goes in here: peek with WNOWAIT, write pid and status to
   * the journal, then consume with P_PID. Whoever comes after finds it either in the journal or
   * still waiting (or both: the same pid and status).
   */
  readonly #reap = (): void => {
    const out = new Int32Array(3);
    for (;;) {
      const result = nWaitid(P_ALL, 0, WEXITED | WNOHANG | WALL, out);
      if (result === -ECHILD) return;
      check(result, "waitid");
      const [pid = 0, code = 0, status = 0] = out;
      if (pid === 0) return;
      const atNs = nowNs();
      const killed = { status: SIGNAL_BASE + status, signal: status, atNs };
      this.#deliver(toPid(pid), code === CLD_EXITED ? { status, atNs } : killed);
    }
  };

  #deliver(pid: Pid, exit: Exit): void {
    const claim = this.#claims.get(pid);
    if (claim !== undefined) {
      this.#claims.delete(pid);
      if (this.#claims.size === 0) this.#letGo();
      claim.resolve(exit);
    } else if (this.#windows.size > 0) {
      // Deleted first: a pid that came round again goes to the end of the order.
      this.#early.delete(pid);
      this.#early.set(pid, { exit, order: this.#order++ });
    } else {
      this.#onOrphan(pid, exit);
    }
  }

  #letGo(): void {
    clearInterval(this.#keepAlive);
    this.#keepAlive = undefined;
  }

  /** Gives away the exits that came before every window which is still open. */
  #closeWindow(opened: number): void {
    this.#windows.delete(opened);
    const [oldest = Number.POSITIVE_INFINITY] = this.#windows;
    for (const [pid, { exit, order }] of this.#early) {
      if (order > oldest) return;
      this.#early.delete(pid);
      this.#onOrphan(pid, exit);
    }
  }
}
