// SPDX-License-Identifier: Apache-2.0
// The end of every child of this process, ours and adopted ones. There is one Reaper per process; it takes the status of
// all children, so a process that has one must never use child_process: libuv would wait in vain for its own children.

import type { Pid } from "../base/brand.ts";
import { toPid } from "../base/brand.ts";
import type { Exit } from "../base/exit.ts";
import { nowNs } from "./clock.ts";
import { CLD_EXITED, P_ALL, P_PID, WALL, WEXITED, WNOHANG, WNOWAIT } from "./constants.ts";
import { check, errnoNumber } from "./errno.ts";
import { bind } from "./ffi.ts";
import { setChildSubreaper } from "./process.ts";

const nWaitid = bind<[idtype: number, id: number, options: number, out: Int32Array]>(
  "int n_waitid(int idtype, uint32_t id, int options, int32_t *out)",
);

const ECHILD = errnoNumber("ECHILD");
/** The shell's convention, and the Task API's: killed by signal n is status 128 + n. */
const SIGNAL_BASE = 128;
/** The longest time a timer takes (about 25 days). */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

interface Claim {
  readonly promise: Promise<Exit>;
  readonly resolve: (exit: Exit) => void;
}

export class Reaper {
  readonly #claims = new Map<Pid, Claim>();
  /** Exits nobody has claimed yet, oldest first, each with its place in the order of windows and exits. */
  readonly #early = new Map<Pid, { readonly exit: Exit; readonly order: number }>();
  /** The open windows by their place in that order, oldest first. */
  readonly #windows = new Set<number>();
  readonly #onOrphan: (pid: Pid, exit: Exit) => void;
  #order = 0;
  #keepAlive: NodeJS.Timeout | undefined;

  private constructor(onOrphan: (pid: Pid, exit: Exit) => void) {
    this.#onOrphan = onOrphan;
  }

  static start(options?: { readonly onOrphan?: (pid: Pid, exit: Exit) => void }): Reaper {
    const reaper = new Reaper(options?.onOrphan ?? (() => undefined));
    setChildSubreaper();
    process.on("SIGCHLD", reaper.#reap);
    reaper.#reap();
    return reaper;
  }

  claim(pid: Pid): Promise<Exit> {
    const early = this.#early.get(pid);
    if (early !== undefined) {
      this.#early.delete(pid);
      return Promise.resolve(early.exit);
    }
    const claimed = this.#claims.get(pid);
    if (claimed !== undefined) return claimed.promise;
    check(nWaitid(P_PID, pid, WEXITED | WNOHANG | WNOWAIT | WALL, new Int32Array(3)), "waitid");
    const { promise, resolve } = Promise.withResolvers<Exit>();
    this.#claims.set(pid, { promise, resolve });
    this.#keepAlive ??= setInterval(this.#reap, KEEP_ALIVE_MS);
    return promise;
  }

  expect(): Disposable {
    const opened = this.#order++;
    this.#windows.add(opened);
    return { [Symbol.dispose]: () => this.#closeWindow(opened) };
  }

  stop(): void {
    process.off("SIGCHLD", this.#reap);
    clearInterval(this.#keepAlive);
    this.#keepAlive = undefined;
  }

  readonly #reap = (): void => {
    const out = new Int32Array(3);
    for (;;) {
      const result = nWaitid(P_ALL, 0, WEXITED | WNOHANG | WALL, out);
      if (result === -ECHILD) return;
      check(result, "waitid");
      const [pid = 0, code = 0, status = 0] = out;
      if (pid === 0) return;
      this.#deliver(toPid(pid), {
        status: code === CLD_EXITED ? status : SIGNAL_BASE + status,
        atNs: nowNs(),
      });
    }
  };

  #deliver(pid: Pid, exit: Exit): void {
    const claim = this.#claims.get(pid);
    if (claim !== undefined) {
      this.#claims.delete(pid);
      this.#stopKeepAlive();
      claim.resolve(exit);
    } else if (this.#windows.size > 0) {
      this.#early.set(pid, { exit, order: this.#order++ });
    } else {
      this.#onOrphan(pid, exit);
    }
  }

  #stopKeepAlive(): void {
    if (this.#claims.size > 0) return;
    clearInterval(this.#keepAlive);
    this.#keepAlive = undefined;
  }

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
