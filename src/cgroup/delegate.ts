// SPDX-License-Identifier: Apache-2.0
// v2: gives a container's cgroup to the root of its user namespace, so far as the kernel says that it can be given
// (Documentation/admin-guide/cgroup-v2.rst, "Delegation"): cgroups can be made below it, and its own limits stay the host's.

import { readFileSync } from "node:fs";
import { isErrno } from "../base/errors.ts";
import { CgroupDirectory, type Member } from "./directory.ts";

/** What may be given away where the kernel does not say (Linux before 4.15). */
const DELEGATED = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"];

/** `uid` is the host's. */
export function delegate(member: Member, uid: number): void {
  using directory = CgroupDirectory.open(member);
  directory.chown(".", uid);
  for (const file of readDelegatedFiles()) directory.chown(file, uid);
}

function readDelegatedFiles(): readonly string[] {
  try {
    return parseDelegatedFiles(readFileSync("/sys/kernel/cgroup/delegate", "utf8"));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return DELEGATED;
    throw error;
  }
}

/** The text of /sys/kernel/cgroup/delegate: a name on each line, of which those with a path in them are nobody's. */
export function parseDelegatedFiles(text: string): string[] {
  return text.split("\n").filter((name) => name !== "" && !name.includes("/"));
}
