// SPDX-License-Identifier: Apache-2.0
// The resctrl file system (Documentation/filesystems/resctrl.rst): where it is mounted, what it shares out, and the only way
// in which this folder touches it. As in `directory.ts` every path is resolved by the kernel beneath a mount whose file system
// type was checked. Calls are synchronous: the files are a few bytes of kernel memory.

import { mkdirSync, rmdirSync, statfsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { isErrno } from "../base/errors.ts";
import type { ResctrlFacts } from "../oci/compiled.ts";
import {
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
  RDTGROUP_SUPER_MAGIC,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from "../sys/constants.ts";
import { errnoNumber, sysError } from "../sys/errno.ts";
import { type Fd, open, openAt2, readFd, writeFd } from "../sys/fd.ts";
import type { MountInfo } from "../sys/proc.ts";

const RESOLVE = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
const DIRECTORY = O_PATH | O_DIRECTORY;

/** Where distributions mount it, and the kernel keeps a directory for it. */
const USUAL_MOUNT_POINT = "/sys/fs/resctrl";

/** The files that are read are shorter: one is a sentence, the others are not read. */
const READ_BYTES = 4096;

/** The file system, or what stands for it in a test. Paths are relative to its root, which is "". */
export interface ResctrlTree {
  /** Whether there is such a directory. */
  exists(path: string): boolean;
  /** Makes a group. @returns false if it was there. */
  make(path: string): boolean;
  /** Removes a group, with its files and the groups in it; its tasks go to the root. ENOENT if it is gone. */
  remove(path: string): void;
  write(path: string, text: string): void;
  /** Undefined: there is no such file. */
  read(path: string): string | undefined;
}

/** Where the file system is mounted; undefined: nowhere. */
export function findResctrl(mounts: readonly MountInfo[]): string | undefined {
  const points = mounts.filter(({ type }) => type === "resctrl").map((mount) => mount.mountPoint);
  return points.includes(USUAL_MOUNT_POINT) ? USUAL_MOUNT_POINT : points[0];
}

/** What it shares out: a resource has a directory in "info", an L3 cache two if code and data are apart. */
export function probeResctrl(tree: ResctrlTree): ResctrlFacts {
  const has = (resource: string): boolean => tree.exists(`info/${resource}`);
  return { l3: has("L3") || has("L3CODE"), mb: has("MB") };
}

/** Whether an error means that there is nothing: no such group, or the file system is not mounted any more (ENODEV). */
export function isGone(error: unknown): boolean {
  return isErrno(error, "ENOENT", "ENOTDIR", "ENODEV");
}

/** A directory that is the root of a file system of a type. */
export class ResctrlDirectory implements ResctrlTree {
  readonly #mountPoint: string;
  readonly #magic: number;

  /** `magic` is what statfs(2) must say of `mountPoint`. */
  constructor(mountPoint: string, magic: number = RDTGROUP_SUPER_MAGIC) {
    this.#mountPoint = mountPoint;
    this.#magic = magic;
  }

  exists(path: string): boolean {
    try {
      this.#open(path, DIRECTORY).close();
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  make(path: string): boolean {
    using parent = this.#open(dirname(path), DIRECTORY);
    try {
      mkdirSync(`${procPath(parent)}/${basename(path)}`, { mode: 0o755 });
      return true;
    } catch (error) {
      // Not what happens to have that name: a link or a file.
      if (isErrno(error, "EEXIST") && this.exists(path)) return false;
      throw error;
    }
  }

  remove(path: string): void {
    using parent = this.#open(dirname(path), DIRECTORY);
    rmdirSync(`${procPath(parent)}/${basename(path)}`);
  }

  write(path: string, text: string): void {
    using fd = this.#open(path, O_WRONLY);
    writeFd(fd, Buffer.from(text));
  }

  read(path: string): string | undefined {
    try {
      using fd = this.#open(path, O_RDONLY);
      const buffer = Buffer.alloc(READ_BYTES);
      return buffer.toString("utf8", 0, readFd(fd, buffer) ?? 0);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  #open(path: string, flags: number): Fd {
    using root = open(this.#mountPoint, DIRECTORY);
    if (statfsSync(procPath(root)).type !== this.#magic) {
      throw sysError("statfs", errnoNumber("ENODEV"), this.#mountPoint);
    }
    return openAt2(root, path === "" ? "." : path, { flags, resolve: RESOLVE });
  }
}

const procPath = (fd: Fd): string => `/proc/self/fd/${fd.raw}`;
