// SPDX-License-Identifier: Apache-2.0
// Attributes of processes: subreaper, signals by pid, resource limits, name.

import type { Pid } from "../base/brand.ts";
import { check } from "./errno.ts";
import { bind } from "./ffi.ts";

const nSetChildSubreaper = bind<[]>("int n_set_child_subreaper()");
const nKill = bind<[pid: number, signal: number]>("int n_kill(int pid, int signal)");
const nSetName = bind<[name: string]>("int n_set_name(const char *name)");
const nUnblockSignal = bind<[signal: number]>("int n_unblock_signal(int signal)");
const nPrlimit = bind<
  [pid: number, resource: number, set: BigUint64Array | null, old: BigUint64Array]
>("int n_prlimit(int pid, int resource, const uint64_t *set, uint64_t *old)");

/** Orphans below this process become its children, not those of pid 1 (PR_SET_CHILD_SUBREAPER). */
export function setChildSubreaper(): void {
  check(nSetChildSubreaper(), "prctl");
}

/**
 * kill(2). Prefer a pidfd: a pid may mean another process by now. `pid` may be negative for a
 * process group.
 */
export function kill(pid: Pid | number, signal: number): void {
  check(nKill(pid, signal), "kill");
}

/** Names the main thread, as ps shows it; the kernel keeps 15 bytes. */
export function setName(name: string): void {
  check(nSetName(name), "prctl");
}

/**
 * Lets this thread take a signal. Node's --disable-sigusr1 blocks SIGUSR1, so that not even a handler of our own would run.
 */
export function unblockSignal(signal: number): void {
  check(nUnblockSignal(signal), "pthread_sigmask");
}

/** A limit; RLIM_INFINITY is unlimited. */
export interface Rlimit {
  readonly soft: bigint;
  readonly hard: bigint;
}

/** prlimit(2): sets a limit (RLIMIT_*) if one is given; the previous one. Pid 0 is this process. */
export function prlimit(pid: Pid | 0, resource: number, limit: Rlimit | undefined): Rlimit {
  const old = new BigUint64Array(2);
  const set = limit === undefined ? null : BigUint64Array.of(limit.soft, limit.hard);
  check(nPrlimit(pid, resource, set, old), "prlimit");
  const [soft = 0n, hard = 0n] = old;
  return { soft, hard };
}
