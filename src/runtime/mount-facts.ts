// SPDX-License-Identifier: Apache-2.0
// What compiling the mounts of a container must know of the file system: the pure layer cannot look.

import { type Stats, type StatsFs, stat, statfs, statfsSync } from "node:fs";
import { isErrno } from "../base/errors.ts";
import type { BindSourceKind } from "../oci/compiled.ts";
import { bindSourcePath } from "../oci/mounts.ts";
import type { Mount } from "../oci/spec.ts";
import { PROC_SUPER_MAGIC, SYSFS_MAGIC } from "../sys/constants.ts";
import { readMountInfo } from "../sys/proc.ts";

export interface MountFacts {
  /** By index in `mounts`, as in `CompileOptions`. */
  readonly bindSourceKinds: readonly (BindSourceKind | undefined)[];
}

/**
 * Looks at the sources of bind mounts. They are looked at by the thread pool: one on a file system whose server has gone must not
 * stop this process.
 */
export async function probeMounts(mounts: readonly Mount[], bundle: string): Promise<MountFacts> {
  const kinds = mounts.map((mount) =>
    mount.isBind ? sourceKind(bindSourcePath(mount, bundle)) : undefined,
  );
  return { bindSourceKinds: await Promise.all(kinds) };
}

async function sourceKind(path: string): Promise<BindSourceKind | undefined> {
  try {
    const stats = await inPool<Stats>((done) => stat(path, done));
    if (!stats.isDirectory()) return "file";
    const { type } = await inPool<StatsFs>((done) => statfs(path, done));
    return type === PROC_SUPER_MAGIC ? "proc" : "dir";
  } catch (error) {
    // Init says what is missing, and for which mount.
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** A call with a callback as a promise: loading fs/promises would cost every start some milliseconds. */
function inPool<T>(call: (done: (error: Error | null, result: T) => void) => void): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  call((error, result) => (error === null ? resolve(result) : reject(error)));
  return promise;
}

/**
 * The mount points of complete procfs and sysfs mounts outside of `rootfs`, in the order of mounting. One that something else
 * lies over is left out: it can't be reached by its path.
 */
export function hostProcMounts(rootfs: string): readonly string[] {
  return readMountInfo()
    .filter(({ type, root }) => root === "/" && (type === "proc" || type === "sysfs"))
    .map(({ mountPoint }) => mountPoint)
    .filter((path) => !`${path}/`.startsWith(`${rootfs}/`) && isProcOrSys(path));
}

function isProcOrSys(path: string): boolean {
  try {
    const { type } = statfsSync(path);
    return type === PROC_SUPER_MAGIC || type === SYSFS_MAGIC;
  } catch {
    return false;
  }
}
