// SPDX-License-Identifier: Apache-2.0
// Where a mount goes: how its target is found or made, and how what is said about it begins.

import type { Op, Slot } from "../plan/ops.ts";
import type { CompileOptions, HostFacts } from "./compiled.ts";
import { isBelow } from "./path.ts";
import type { Mount, Spec } from "./spec.ts";
import { O, RESOLVE } from "./tables/kernel.ts";

/** What compiling the mounts depends on. */
export interface MountContext {
  readonly spec: Spec;
  readonly facts: HostFacts;
  readonly options: CompileOptions;
}

/** The start of every sentence about a mount that failed. */
export function mountWhy(mount: Mount): string {
  return `error mounting "${mount.source}" to rootfs at "${mount.destination}"`;
}

/** Missing parts of the target are made; what is there is used. */
export function makeDirectory(mount: Mount, path = mount.destination): Op {
  const why = `${mountWhy(mount)}: create mountpoint for ${path} mount`;
  const EBUSY = `${mountWhy(mount)}: mountpoint "${path}" is on the top of rootfs`;
  return {
    op: "mkdir_all",
    root: "root",
    path,
    mode: 0o755,
    out: "target",
    why,
    whyErrno: { EBUSY },
  };
}

/** Whether a mount puts a procfs on /proc: nothing else is allowed there. */
export function isOnProc(mount: Mount): boolean {
  return mount.destination === "/proc";
}

/** Keeps the container's procfs in the slot "procfs" for `apartFromProcOps` of the mounts after it. */
export function rememberProcOps(mount: Mount): readonly Op[] {
  if (!isOnProc(mount)) return [];
  const resolve = RESOLVE.IN_ROOT | RESOLVE.NO_SYMLINKS;
  const why = mountWhy(mount);
  return [
    { op: "resolve", root: "root", path: "/proc", flags: O.PATH, resolve, out: "procfs", why },
  ];
}

/**
 * Refuses a target to which a symbolic link of the image leads and that is in the container's procfs: destinations are
 * checked as text, and `/data` may be a link to `/proc/sys` (CVE-2019-16884, CVE-2025-52881).
 */
export function apartFromProcOps(
  { spec }: MountContext,
  mount: Mount,
  fd: Slot = "target",
): readonly Op[] {
  const proc = spec.mounts.findIndex(isOnProc);
  if (proc === -1 || proc >= spec.mounts.indexOf(mount)) return [];
  if (isOnProc(mount) || isBelow(mount.destination, "/proc")) return [];
  const why = mountWhy(mount);
  const inside = `${why}: "${mount.destination}" cannot be mounted because it is inside /proc`;
  return [{ op: "check_apart", fd, other: "procfs", why, whyErrno: { EXDEV: inside } }];
}

/** Opens what is now mounted at the target, anew: the descriptor from before is underneath. */
export function openMountedOp(mount: Mount, out: Slot = "target"): Op {
  const path = mount.destination;
  const resolve = RESOLVE.IN_ROOT;
  const why = mountWhy(mount);
  return { op: "resolve", root: "root", path, flags: O.PATH, resolve, out, why };
}

/** Attaches a detached mount at the target as it is. */
export function attachOp(mount: Slot, target: Slot, why: string): Op {
  return {
    ...{ op: "attach", mount, target, why },
    ...{ recursive: 0, set: 0n, clear: 0n, propagation: 0n },
  };
}

/** Each word about propagation is a change of its own, of the mount in the slot `fd`. */
export function propagationOps(
  mount: Mount,
  fd: Slot,
  changes: Mount["options"]["propagation"] = mount.options.propagation,
): readonly Op[] {
  return changes.map(({ flag, recursive }) => ({
    op: "set_propagation",
    fd,
    propagation: flag,
    recursive: recursive ? 1 : 0,
    why: mountWhy(mount),
  }));
}
