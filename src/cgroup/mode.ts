// SPDX-License-Identifier: Apache-2.0
// Reads how cgroups are mounted on this host. Synchronous: two small procfs files, read once per daemon.

import { readFileSync } from "node:fs";
import { toErrno } from "../base/brand.ts";
import { SysError } from "../base/errors.ts";
import { type CgroupLayout, parseLayout } from "./layout.ts";

/** The cgroup trees of this host and where this process is in them. SysError ENODEV if there are none. */
export function readCgroupLayout(): CgroupLayout {
  return readLayout("self");
}

/** The same trees, with the place of process 1 in them: above it is where systemd's units are. */
export function readInitLayout(): CgroupLayout {
  return readLayout("1");
}

function readLayout(process: "self" | "1"): CgroupLayout {
  const mountInfo = readFileSync("/proc/self/mountinfo", "utf8");
  const layout = parseLayout(mountInfo, readFileSync(`/proc/${process}/cgroup`, "utf8"));
  if (layout !== undefined) return layout;
  throw new SysError({
    syscall: "open",
    errno: toErrno(19),
    code: "ENODEV",
    message: "no cgroup file system is mounted on /sys/fs/cgroup",
    path: "/sys/fs/cgroup",
  });
}

/** What /proc/self/uid_map says where no id is mapped: in the first user namespace of the machine. */
const ALL_IDS = /^\s*0\s+0\s+4294967295\s*$/;

/** Whether this process is in a user namespace below the machine's: there nobody may change device rules. */
export function isInUserNamespace(): boolean {
  try {
    return !ALL_IDS.test(readFileSync("/proc/self/uid_map", "utf8"));
  } catch {
    return false; // A kernel without user namespaces.
  }
}
