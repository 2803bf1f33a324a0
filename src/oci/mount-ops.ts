// SPDX-License-Identifier: Apache-2.0
// One entry of `mounts` as ops. A target is resolved by the kernel below the container's root ("root") and from then on only
// used as a descriptor: a path that changes under our hands leads nowhere else (CVE-2021-30465, CVE-2024-45310).

import { SpecError } from "../base/errors.ts";
import type { Op, Slot } from "../plan/ops.ts";
import { cgroupMountOps } from "./cgroup-mount.ts";
import { copyPropagation, detachedSlot, inUserNamespace } from "./detached.ts";
import { filesystemOp } from "./filesystem.ts";
import { mountLabelOptions, relabelOps } from "./labels.ts";
import {
  apartFromProcOps,
  isOnProc,
  type MountContext,
  makeDirectory,
  mountWhy,
  openMountedOp,
  rememberProcOps,
} from "./mount-target.ts";
import { bindSourcePath } from "./mounts.ts";
import type { Mount } from "./spec.ts";
import { MOUNT_ATTR, O, RESOLVE } from "./tables/kernel.ts";

/** Filesystems that must not be reached through a symbolic link of the image (CVE-2019-19921, CVE-2023-27561). */
const ORDINARY_DIRECTORY: readonly string[] = ["proc", "sysfs"];

/** The ops that make one mount; `index` is its place in `mounts`. */
export function mountOps(context: MountContext, mount: Mount, index: number): readonly Op[] {
  return [
    ...opsOf(context, mount, index),
    ...relabelOps(context.spec.linux.mountLabel, mount),
    ...rememberProcOps(mount),
  ];
}

function opsOf(context: MountContext, mount: Mount, index: number): readonly Op[] {
  if (mount.isBind) return bindOps(context, mount, index);
  if (mount.type === "cgroup") return cgroupMountOps(context, mount);
  return filesystemOps(context, mount, index);
}

/** Whether a mount is made writable and turned read-only at the end: later mounts and devices are made in it. */
export function isReadonlyLate(mount: Mount): boolean {
  const readonly = (mount.options.set & MOUNT_ATTR.RDONLY) !== 0n;
  return readonly && (mount.type === "tmpfs" || mount.destination === "/dev");
}

function bindOps(context: MountContext, mount: Mount, index: number): readonly Op[] {
  const { options } = mount;
  const source = bindSourcePath(mount, context.options.bundle);
  const kind = context.options.bindSourceKinds[index];
  checkProcSource(mount, kind);
  const why = mountWhy(mount);
  const propagation = options.propagation[0];
  // One change that reaches as far as the bind does is made before anybody can see the mount.
  const first =
    propagation !== undefined && (propagation.recursive || !options.recursive)
      ? propagation
      : undefined;
  const flag = first?.flag ?? 0n;
  const how = {
    target: "target",
    recursive: options.recursive ? 1 : 0,
    set: isReadonlyLate(mount) ? options.set & ~MOUNT_ATTR.RDONLY : options.set,
    why,
  };
  const rest = propagationOps(mount, options.propagation.slice(first === undefined ? 0 : 1));
  const detached = detachedSlot(context.spec, mount, index);
  if (detached !== undefined) {
    return [
      ...targetOps(context, mount, kind),
      {
        ...how,
        op: "attach",
        mount: detached,
        // What the host forbids on its mount stays forbidden unless the configuration names it.
        clear: inUserNamespace(context.spec) ? options.named : options.clear,
        propagation: flag === 0n ? copyPropagation(context.spec) : flag,
      },
      { op: "close", fd: detached, why },
      ...rest,
    ];
  }
  return [
    {
      op: "open",
      dir: "cwd",
      path: source,
      flags: O.PATH,
      mode: 0,
      out: "source",
      why: `${why}: stat ${source}`,
    },
    ...targetOps(context, mount, kind),
    { ...how, op: "bind", source: "source", clear: options.clear, propagation: flag },
    ...rest,
  ];
}

/** The place of a mount in the slot "target", made if it is missing. */
function targetOps(context: MountContext, mount: Mount, kind?: string): readonly Op[] {
  if (ORDINARY_DIRECTORY.includes(mount.type) || isOnProc(mount)) return ordinaryDirectory(mount);
  const target = kind === "file" ? makeFile(mount) : makeDirectory(mount);
  return [target, ...apartFromProcOps(context, mount)];
}

/** Over /proc goes a procfs and nothing else: programs believe what it says. */
function checkProcSource(mount: Mount, kind: string | undefined): void {
  if (mount.destination !== "/proc" || kind === "proc" || kind === undefined) return;
  const problem = `"${mount.destination}" cannot be mounted because it is not of type proc`;
  throw new SpecError(`${mount.path}.source`, problem);
}

/** A filesystem that shows a namespace of somebody else was made while that was allowed. */
function attachEarlyOps(context: MountContext, mount: Mount, slot: Slot): readonly Op[] {
  const why = mountWhy(mount);
  return [
    ...targetOps(context, mount),
    {
      op: "attach",
      mount: slot,
      target: "target",
      recursive: 0,
      set: 0n,
      clear: 0n,
      propagation: 0n,
      why,
    },
    { op: "close", fd: slot, why },
    ...propagationOps(mount, mount.options.propagation),
  ];
}

function filesystemOps(context: MountContext, mount: Mount, index: number): readonly Op[] {
  const early = detachedSlot(context.spec, mount, index);
  if (early !== undefined) return attachEarlyOps(context, mount, early);
  const { type, options } = mount;
  const late = isReadonlyLate(mount);
  const attributes = late ? options.set & ~MOUNT_ATTR.RDONLY : options.set;
  const mode = type === "tmpfs" ? context.options.tmpfsModes?.[index] : undefined;
  return [
    ...targetOps(context, mount),
    filesystemOp(mount, {
      options: [
        // First, so that a mode among the options wins.
        ...(mode === undefined ? [] : [`mode=${mode.toString(8)}`]),
        // The filesystem itself too: one that is mounted read-only must not replay its journal.
        ...((attributes & MOUNT_ATTR.RDONLY) === 0n ? [] : ["ro"]),
        ...options.data,
        ...mountLabelOptions(context.spec.linux.mountLabel, type),
      ],
      attributes,
    }),
    ...propagationOps(mount, options.propagation),
  ];
}

function makeFile(mount: Mount): Op {
  const path = mount.destination;
  const why = `${mountWhy(mount)}: create mountpoint for ${path} mount`;
  return { op: "make_file", root: "root", path, mode: 0o644, out: "target", why };
}

/** As makeDirectory, but no part of the path may be a symbolic link, before and after what is missing was made. */
function ordinaryDirectory(mount: Mount): readonly Op[] {
  const notOrdinary = `${mountWhy(mount)}: filesystem "${mount.type}" must be mounted on ordinary directory`;
  const resolve = {
    op: "resolve",
    root: "root",
    path: `${mount.destination}/`,
    flags: O.PATH,
    resolve: RESOLVE.IN_ROOT | RESOLVE.NO_SYMLINKS | RESOLVE.NO_MAGICLINKS,
    out: "target",
    why: mountWhy(mount),
    whyErrno: { ELOOP: notOrdinary, ENOTDIR: notOrdinary },
  } as const;
  return [{ ...resolve, tolerate: ["ENOENT"], otherwise: makeDirectory(mount) }, resolve];
}

function propagationOps(mount: Mount, changes: Mount["options"]["propagation"]): readonly Op[] {
  if (changes.length === 0) return [];
  const why = mountWhy(mount);
  return [
    openMountedOp(mount),
    ...changes.map(
      ({ flag, recursive }): Op => ({
        op: "set_propagation",
        fd: "target",
        propagation: flag,
        recursive: recursive ? 1 : 0,
        why,
      }),
    ),
  ];
}
