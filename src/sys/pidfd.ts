// SPDX-License-Identifier: Apache-2.0
// Processes by descriptor: a pidfd keeps meaning the same process, also after its pid has been
// given to another.

import type { Pid } from "../base/brand.ts";
import { check } from "./errno.ts";
import { Fd } from "./fd.ts";
import { bind } from "./ffi.ts";

const nPidfdOpen = bind<[pid: number]>("int n_pidfd_open(int pid)");
const nPidfdSendSignal = bind<[pidfd: number, signal: number]>(
  "int n_pidfd_send_signal(int pidfd, int signal)",
);
const nPidfdGetfd = bind<[pidfd: number, fd: number]>("int n_pidfd_getfd(int pidfd, int fd)");

/**
 * pidfd_open(2). A descriptor that becomes readable when the process ends. ESRCH if there is none.
 */
export function openPidfd(pid: Pid): Fd {
  return new Fd(check(nPidfdOpen(pid), "pidfd_open"));
}

/**
 * pidfd_send_signal(2). ESRCH once the process has been reaped, EINVAL for a bad signal; 0 only
 * checks.
 */
export function signalPidfd(pidfd: Fd, signal: number): void {
  check(nPidfdSendSignal(pidfd.raw, signal), "pidfd_send_signal");
}

/**
 * pidfd_getfd(2). What number `fd` is in the process, as a descriptor of this one. EBADF if it is none there, EPERM for those
 * who may not trace the process.
 */
export function copyFdOf(pidfd: Fd, fd: number): Fd {
  return new Fd(check(nPidfdGetfd(pidfd.raw, fd), "pidfd_getfd"));
}
