// SPDX-License-Identifier: Apache-2.0
// What procfs says about processes and mounts. The parsers are pure. The files are tiny and in
// memory, so they are read synchronously.

import { readFileSync } from "node:fs";
import { type Pid, toPid } from "../base/brand.ts";
import { isErrno } from "../base/errors.ts";
import { check } from "./errno.ts";
import { bind } from "./ffi.ts";

const nMkfifo = bind<[path: string, mode: number]>("int n_mkfifo(const char *path, uint32_t mode)");

/**
 * The start of a process in clock ticks since boot; with the pid it names a process for good.
 * undefined: no such process.
 */
export function processStartTime(pid: Pid): bigint | undefined {
  try {
    return parseStartTime(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}

/**
 * Field 22 of /proc/<pid>/stat. The name in field 2 may hold spaces and parentheses: fields count
 * from the last ")".
 */
export function parseStartTime(stat: string): bigint | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const value = fields[22 - 3];
  return value === undefined || !/^\d+$/.test(value) ? undefined : BigInt(value);
}

/**
 * The pid of a process in its own pid namespace. undefined: no such process, or a kernel without pid namespaces.
 */
export function innerPid(pid: Pid): Pid | undefined {
  try {
    const line = /^NSpid:.*\s(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return line === null ? undefined : toPid(Number(line[1]));
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}

/** One line of /proc/<pid>/mountinfo (proc(5)), escapes undone. */
export interface MountInfo {
  readonly id: number;
  readonly parent: number;
  readonly major: number;
  readonly minor: number;
  /** Which directory of the filesystem is mounted. */
  readonly root: string;
  readonly mountPoint: string;
  /** Of this mount: "rw", "nosuid", ... */
  readonly options: readonly string[];
  /** Optional fields: "shared:1", "master:2", ... */
  readonly tags: readonly string[];
  readonly type: string;
  readonly source: string;
  /** Of the filesystem. */
  readonly superOptions: readonly string[];
}

/**
 * The mounts that this process sees, in the kernel's order (a later one covers an earlier one of
 * the same mount point).
 */
export function readMountInfo(): MountInfo[] {
  return parseMountInfo(readFileSync("/proc/self/mountinfo", "utf8"));
}

/** Lines that are not whole are left out. */
export function parseMountInfo(text: string): MountInfo[] {
  return text.split("\n").flatMap((line) => parseMountInfoLine(line) ?? []);
}

function parseMountInfoLine(line: string): MountInfo | undefined {
  const fields = line.split(" ");
  const separator = fields.indexOf("-", 6);
  const [id, parent, device, root, mountPoint, options] = fields;
  const [type, source, superOptions] = fields.slice(separator + 1);
  if (separator < 0 || device === undefined || root === undefined) return undefined;
  if (mountPoint === undefined || options === undefined || type === undefined) return undefined;
  const [major, minor] = device.split(":").map(Number);
  return {
    id: Number(id),
    parent: Number(parent),
    major: major ?? 0,
    minor: minor ?? 0,
    root: unescapeOctal(root),
    mountPoint: unescapeOctal(mountPoint),
    options: options.split(","),
    tags: fields.slice(6, separator),
    type: unescapeOctal(type),
    source: unescapeOctal(source ?? ""),
    superOptions: (superOptions ?? "").split(","),
  };
}

/**
 * The kernel writes space, tab, newline, backslash and # as \ooo (single bytes, all of them ASCII).
 */
export function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** mkfifo(3); the umask applies. EEXIST if something is there. */
export function mkfifo(path: string, mode: number): void {
  check(nMkfifo(path, mode), "mkfifo", path);
}
