// SPDX-License-Identifier: Apache-2.0
// A process that is not dumpable can't be traced, nor can its descriptors be reached, by those who have no capability over
// the program that it runs (ptrace(2), CVE-2016-9962).

import type { Op } from "../plan/ops.ts";

/** The process stays undumpable: after clone, which copies it, and after ids changed, which resets it. */
export function notDumpable(): Op {
  return { op: "set_dumpable", value: 0, why: "error setting PR_SET_DUMPABLE" };
}
