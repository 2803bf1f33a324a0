// SPDX-License-Identifier: Apache-2.0
// One entry of `mounts` as ops. A target is resolved by the kernel below the container's root ("root") and from then on only
// used as a descriptor: a path that changes under our hands leads nowhere else (CVE-2021-30465, CVE-2024-45310).

import { SpecError } from "../base/errors.ts";
import type { Op, Slot } from "../plan/ops.ts";
import { cgroupMountOps, isCgroupMount } from "./cgroup-mount.ts";
import { copyPropagation, detachedSlot, inUserNamespace } from "./detached.ts";
import { filesystemOp, remountFilesystemOp } from "./filesystem.ts";
import { mountLabelOptions, relabelOps } from "./labels.ts";
import {
  apartFromProcOps,
  attachOp,
  isOnProc,
  type MountContext,
  makeDirectory,
  mountWhy,
  openMountedOp,
  propagationOps,
  rememberProcOps,
} from "./mount-target.ts";
import { bindSourcePath } from "./mounts.ts";
import type { Mount, Spec } from "./spec.ts";
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
  if (mount.options.remount) return remountOps(context, mount);
  if (mount.isBind) return bindOps(context, mount, index);
  if (isCgroupMount(context, mount)) return cgroupMountOps(context, mount);
  return filesystemOps(context, mount, index);
}

/** Whether a mount is made writable and turned read-only at the end: later mounts and devices are made in it. */
export function isReadonlyLate(mount: Mount): boolean {
  const readonly = (mount.options.set & MOUNT_ATTR.RDONLY) !== 0n;
  return readonly && (mount.type === "tmpfs" || mount.destination === "/dev");
}

function bindOps(context: MountContext, mount: Mount, index: number): readonly Op[] {
  const kind = context.options.bindSourceKinds[index];
  checkProcSource(mount, kind);
  const target = targetOps(context, mount, kind);
  const detached = detachedSlot(context.spec, mount, index);
  if (detached !== undefined) {
    const close: Op = { op: "close", fd: detached, why: mountWhy(mount) };
    return [...target, ...attachOps(context, mount, detached), close];
  }
  const source = bindSourcePath(mount, context.options.bundle);
  const why = `${mountWhy(mount)}: stat ${source}`;
  return [
    { op: "open", dir: "cwd", path: source, flags: O.PATH, mode: 0, out: "source", why },
    ...target,
    ...attachSourceOps(context, mount),
  ];
}

/** What a bind comes to besides its source and its target, and the changes of propagation that are left then. */
function howToBind({ options }: Mount) {
  const [first, ...more] = options.propagation;
  // One change that reaches as far as the bind does is part of it.
  const isPart = first !== undefined && (first.recursive || !options.recursive);
  return {
    recursive: options.recursive ? 1 : 0,
    propagation: isPart ? first.flag : 0n,
    rest: isPart ? more : options.propagation,
  };
}

/** From the slot "source" to "target". */
function attachSourceOps(context: MountContext, mount: Mount): readonly Op[] {
  const { recursive, propagation, rest } = howToBind(mount);
  const { clear } = mount.options;
  const set = earlySet(mount);
  const why = mountWhy(mount);
  if (!changesTree(mount) && rest.length === 0) {
    const [source, target] = ["source", "target"];
    return [{ op: "bind", source, target, recursive, set, clear, propagation, why }];
  }
  const clone: Op = { op: "clone_mount", source: "source", recursive, out: "mount", why };
  return [clone, ...attachOps(context, mount, "mount")];
}

/**
 * From the tree in the slot `tree`, which nobody sees yet, to "target". By descriptor to the end: what is found at the path
 * later may be something else.
 */
function attachOps({ spec }: MountContext, mount: Mount, tree: "mount" | Slot): readonly Op[] {
  const { recursive, propagation, rest } = howToBind(mount);
  const detached = tree !== "mount";
  return [
    ...treeAttributeOps(mount, tree),
    {
      op: "attach",
      mount: tree,
      target: "target",
      recursive,
      set: earlySet(mount),
      clear: clearedAttributes(spec, mount),
      propagation: propagation === 0n && detached ? copyPropagation(spec) : propagation,
      why: mountWhy(mount),
    },
    ...propagationOps(mount, tree, rest),
  ];
}

/** In a user namespace what the host forbids on its mount stays forbidden unless the configuration names it. */
export function clearedAttributes(spec: Spec, { options }: Mount): bigint {
  return inUserNamespace(spec) ? options.named : options.clear;
}

/** The attributes that a mount has from the beginning. */
export function earlySet(mount: Mount): bigint {
  const { set } = mount.options;
  return isReadonlyLate(mount) ? set & ~MOUNT_ATTR.RDONLY : set;
}

function changesTree({ options }: Mount): boolean {
  return (options.recursiveSet | options.recursiveClear) !== 0n;
}

/** The attributes of the whole tree of a bind, if it has words for them. */
export function treeAttributeOps(mount: Mount, fd: Slot): readonly Op[] {
  if (!changesTree(mount)) return [];
  const { recursiveSet: set, recursiveClear: clear } = mount.options;
  const why = mountWhy(mount);
  const ENOSYS = `${why}: recursive mount attributes need Linux 5.12`;
  return [{ op: "mount_attr", fd, set, clear, recursive: 1, why, whyErrno: { ENOSYS } }];
}

/** What is mounted at the destination already is changed; the source means nothing. */
function remountOps(context: MountContext, mount: Mount): readonly Op[] {
  const { set } = mount.options;
  const clear = clearedAttributes(context.spec, mount);
  return [
    openMountedOp(mount, "mount"),
    ...apartFromProcOps(context, mount, "mount"),
    mount.isBind
      ? { op: "mount_attr", fd: "mount", set, clear, recursive: 0, why: mountWhy(mount) }
      : remountFilesystemOp(mount, earlySet(mount), "mount"),
    ...treeAttributeOps(mount, "mount"),
    ...propagationOps(mount, "mount"),
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
    attachOp(slot, "target", why),
    ...propagationOps(mount, slot),
    { op: "close", fd: slot, why },
  ];
}

function filesystemOps(context: MountContext, mount: Mount, index: number): readonly Op[] {
  const early = detachedSlot(context.spec, mount, index);
  if (early !== undefined) return attachEarlyOps(context, mount, early);
  const { type, options } = mount;
  const attributes = earlySet(mount);
  const mode = type === "tmpfs" ? context.options.tmpfsModes?.[index] : undefined;
  const filesystem = filesystemOp(mount, {
    options: [
      // First, so that a mode among the options wins.
      ...(mode === undefined ? [] : [`mode=${mode.toString(8)}`]),
      // The filesystem itself too: one that is mounted read-only must not replay its journal.
      ...((attributes & MOUNT_ATTR.RDONLY) === 0n ? [] : ["ro"]),
      ...options.data,
      ...mountLabelOptions(context.spec.linux.mountLabel, type),
    ],
    attributes,
  });
  return [...targetOps(context, mount), ...attachFilesystemOps(mount, filesystem)];
}

/** With more to do than mounting it: a tmpfs is filled while nobody can see it, from the directory that it covers then. */
function attachFilesystemOps(mount: Mount, filesystem: Op): readonly Op[] {
  const { copyUp, propagation } = mount.options;
  if (!copyUp && propagation.length === 0) return [filesystem];
  const why = mountWhy(mount);
  if (filesystem.op !== "mount_fs") {
    if (!copyUp)
      return [filesystem, openMountedOp(mount, "mount"), ...propagationOps(mount, "mount")];
    throw new SpecError(`${mount.path}.options`, `${why}: an option is too long for tmpcopyup`);
  }
  const { type, source, options, attributes, whyErrno = {} } = filesystem;
  const copyWhy = `${why}: tmpcopyup: failed to copy ${mount.destination}`;
  return [
    { op: "make_fs", type, source, options, attributes, out: "mount", why, whyErrno },
    ...(copyUp ? [{ op: "copy_tree", from: "target", to: "mount", why: copyWhy } as const] : []),
    attachOp("mount", "target", why),
    ...propagationOps(mount, "mount"),
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
