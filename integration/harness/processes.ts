// SPDX-License-Identifier: Apache-2.0
// What /proc says of a process: the independent witness of most tests.

import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && processState(pid) !== "Z";
}

/** One letter, as in ps: "R", "S", "Z", ... */
export function processState(pid: number): string {
  return statFields(pid)[0] ?? "";
}

/** The parent of a container's init is its shim. */
export function parentOf(pid: number): number {
  return Number(statFields(pid)[1]);
}

/** The children that have ended and that nobody has asked after. */
export function zombiesOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const [state, ppid] = statFields(pid);
      return state === "Z" && Number(ppid) === parent;
    });
}

/** Which namespace of a kind a process is in: "pid:[4026531836]". */
export function namespaceOf(pid: number | "self", kind: string): string {
  return readlinkSync(`/proc/${pid}/ns/${kind}`);
}

export function descriptorCount(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** The directory of a process in the cgroup hierarchy that has `controller`: version 1, or the unified one. */
export function cgroupDirectory(pid: number, controller: string): string {
  let unified = "";
  for (const line of readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n")) {
    const [, controllers = "", path = ""] = line.split(":");
    if (controllers.split(",").includes(controller)) return `/sys/fs/cgroup/${controller}${path}`;
    if (controllers === "" && path !== "") unified = path;
  }
  return `/sys/fs/cgroup${unified}`;
}

/** The value of a limit: `v1` in the hierarchy of its controller, or `v2`. */
export function readLimit(
  pid: number,
  controller: string,
  names: { readonly v1: string; readonly v2: string },
): string {
  const directory = cgroupDirectory(pid, controller);
  const path = join(directory, names.v1);
  return readFileSync(existsSync(path) ? path : join(directory, names.v2), "utf8").trim();
}

/** State and parent, from behind the name, which may contain anything. */
function statFields(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
