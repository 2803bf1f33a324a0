// SPDX-License-Identifier: Apache-2.0
// The shim_cgroup option: a process joins a cgroup that exists. With version 1 (or hybrid) hierarchies, in each one that
// has it; else in the unified one. The launcher does the same for the daemon, before it becomes Node.

import { readFile, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { isErrno, TaskError } from "../base/errors.ts";
import { readMountInfo } from "../sys/proc.ts";
import { parseRuntimeOptions, type RuntimeOptions } from "../task/options.ts";
import type { Bootstrap } from "./bootstrap.ts";

/** Moves process `pid` (0: this one). Throws TaskError invalid_argument if no hierarchy has the cgroup, SysError-like errors of fs. */
export function joinShimCgroup(cgroup: string, pid: number): void {
  if (cgroup.split("/").includes("..")) throw failed(`"${cgroup}" contains ".."`);
  const mounts = readMountInfo();
  const joined = ["cgroup", "cgroup2"].some((type) => {
    const points = mounts.filter((mount) => mount.type === type).map((mount) => mount.mountPoint);
    // No short-circuit: each hierarchy is joined.
    return points.filter((point) => joinHierarchy(join(point, cgroup), pid)).length > 0;
  });
  if (!joined) throw failed(`there is no cgroup "${cgroup}"`);
}

/** @returns false if the hierarchy has no such cgroup */
function joinHierarchy(directory: string, pid: number): boolean {
  try {
    writeFileSync(join(directory, "cgroup.procs"), String(pid), { flag: "r+" });
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

function failed(problem: string): TaskError {
  return new TaskError("invalid_argument", `failed to load cgroup: ${problem}`);
}

/**
 * Has this process join what CRI's options (TOML) say; runc's options were taken care of before Node started. Rejects if it
 * cannot, and options that make no sense are left to Create to refuse.
 */
export async function joinConfiguredCgroup({ options, shimCgroup }: Bootstrap): Promise<void> {
  if (shimCgroup !== "" || options === undefined) return;
  let parsed: RuntimeOptions;
  try {
    parsed = await parseRuntimeOptions(options, (path) => promisify(readFile)(path, "utf8"));
  } catch {
    return;
  }
  if (parsed.shimCgroup !== undefined) joinShimCgroup(parsed.shimCgroup, process.pid);
}
