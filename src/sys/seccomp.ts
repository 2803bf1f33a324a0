// SPDX-License-Identifier: Apache-2.0
// What the kernel has of seccomp(2).

import { existsSync, readFileSync } from "node:fs";
import { bind } from "./ffi.ts";

const nSeccompKnows = bind<[flags: number]>("int n_seccomp_knows(uint32_t flags)");

/** Linux 4.14. */
const ACTIONS = "/proc/sys/kernel/seccomp/actions_avail";

/**
 * The kernel's words for the actions that it has ("kill_process", "user_notif", ...). Empty: it has no filters, with all that
 * they may have been left out with.
 */
export function kernelSeccompActions(): readonly string[] {
  return existsSync(ACTIONS) ? readFileSync(ACTIONS, "utf8").trim().split(/\s+/) : [];
}

/** Whether the kernel knows all of `flags` (SECCOMP_FILTER_FLAG_*) together. */
export function kernelKnowsSeccompFlags(flags: number): boolean {
  return nSeccompKnows(flags) === 1;
}
