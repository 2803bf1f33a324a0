// SPDX-License-Identifier: Apache-2.0
// What compiling the mounts of a container must know of the file system: the pure layer cannot look.

import { fstatSync, statfsSync, statSync } from "node:fs";
import { isErrno } from "../base/errors.ts";
import type { BindSourceKind } from "../oci/compiled.ts";
import { bindSourcePath } from "../oci/mounts.ts";
import type { Mount } from "../oci/spec.ts";
import { O_DIRECTORY, O_PATH, PROC_SUPER_MAGIC, RESOLVE_IN_ROOT } from "../sys/constants.ts";
import { open, openAt2 } from "../sys/fd.ts";

export interface MountFacts {
  /** By index in `mounts`, as in `CompileOptions`. */
  readonly bindSourceKinds: readonly (BindSourceKind | undefined)[];
  /** By index in `mounts`, as in `CompileOptions`. */
  readonly tmpfsModes: readonly (number | undefined)[];
}

/** Looks at the sources of bind mounts and at the directories that tmpfs mounts will cover. */
export function probeMounts(mounts: readonly Mount[], bundle: string, rootfs: string): MountFacts {
  return {
    bindSourceKinds: mounts.map((mount) =>
      mount.isBind ? sourceKind(bindSourcePath(mount, bundle)) : undefined,
    ),
    tmpfsModes: mounts.map((mount, index) =>
      mount.type === "tmpfs" && !isCovered(mount, mounts.slice(0, index))
        ? coveredMode(rootfs, mount.destination)
        : undefined,
    ),
  };
}

function sourceKind(path: string): BindSourceKind | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (!stat.isDirectory()) return "file";
  return statfsSync(path).type === PROC_SUPER_MAGIC ? "proc" : "dir";
}

/** What is in the rootfs at the destination will not be seen: an earlier mount lies over it. */
function isCovered(mount: Mount, earlier: readonly Mount[]): boolean {
  return earlier.some(({ destination }) => `${mount.destination}/`.startsWith(`${destination}/`));
}

function coveredMode(rootfs: string, destination: string): number | undefined {
  try {
    using root = open(rootfs, O_PATH | O_DIRECTORY);
    const how = { flags: O_PATH | O_DIRECTORY, resolve: RESOLVE_IN_ROOT };
    using directory = openAt2(root, destination, how);
    return fstatSync(directory.raw).mode & 0o7777;
  } catch (error) {
    // Nothing there, or no directory: init makes it, or says what is wrong.
    if (isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) return undefined;
    throw error;
  }
}
