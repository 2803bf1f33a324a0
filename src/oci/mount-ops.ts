// SPDX-License-Identifier: Apache-2.0
// One entry of `mounts` as ops. A target is resolved by the kernel below the container's root ("root") and from then on only
// used as a descriptor: a path that changes under our hands leads nowhere else (CVE-2021-30465, CVE-2024-45310).

import { SpecError } from "../base/errors.ts";
import type { Op, Slot } from "../plan/ops.ts";
import { cgroupMountOps, isCgroupMount } from "./cgroup-mount.ts";
import { copyPropagation, detachedSlot, inUserNamespace } from "./detached.ts";
import { filesystemOp, remountFilesystemOp } from "./filesystem.ts";
import { mountLabelOptions, relabelOps } from "./labels.ts";
import { isReadonlyLate, keptSlot } from "./late-readonly.ts";
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

const ATIMES = MOUNT_ATTR.ATIME | MOUNT_ATTR.NODIRATIME;

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

function bindOps(context: MountContext, mount: Mount, index: number): readonly Op[] {
  const kind = context.options.bindSourceKinds[index];
  checkProcSource(mount, kind);
  const target = targetOps(context, mount, kind);
  const detached = detachedSlot(context.spec, mount, index);
  if (detached !== undefined) {
    const kept = keptSlot(context.spec, mount);
    const close: Op = { op: "close", fd: detached, why: mountWhy(mount) };
    return [
      ...target,
      ...attachOps(context, mount, detached),
      ...(kept === undefined ? [close] : []),
    ];
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
  const kept = keptSlot(context.spec, mount);
  if (!changesTree(mount) && rest.length === 0 && kept === undefined) {
    const [source, target] = ["source", "target"];
    return [{ op: "bind", source, target, recursive, set, clear, propagation, why }];
  }
  const out = kept ?? "mount";
  const clone: Op = { op: "clone_mount", source: "source", recursive, out, why };
  return [clone, ...attachOps(context, mount, out)];
}

/**
 * From the tree in the slot `tree`, which nobody sees yet, to "target". By descriptor to the end: what is found at the path
 * later may be something else.
 */
function attachOps({ spec }: MountContext, mount: Mount, tree: Slot): readonly Op[] {
  const { recursive, propagation, rest } = howToBind(mount);
  const detached = tree === detachedSlot(spec, mount, spec.mounts.indexOf(mount));
  return [
    ...treeAttributeOps(spec, mount, tree),
    {
      op: "attach",
      mount: tree,
      target: "target",
      recursive,
      set: earlySet(mount),
      clear: clearedAttributes(spec, mount),
      propagation: propagation === 0n && detached ? copyPropagation(spec) : propagation,
      why: mountWhy(mount),
      whyErrno: lockedErrno(spec, mount),
    },
    ...propagationOps(mount, tree, rest),
  ];
}

/** In a user namespace what the host forbids on its mount stays forbidden unless the configuration names it. */
export function clearedAttributes(spec: Spec, { options }: Mount): bigint {
  return inUserNamespace(spec) ? options.named : options.clear;
}

/** What is locked in a user namespace (mount_namespaces(7)) and the configuration wants to be otherwise. */
function lockedErrno(spec: Spec, mount: Mount): { readonly EPERM?: string } {
  const { named, set, recursiveClear } = mount.options;
  if (!inUserNamespace(spec)) return {};
  const cleared = (named | recursiveClear) & ~ATIMES;
  if (cleared !== 0n) {
    return { EPERM: `${mountWhy(mount)}: cannot clear locked flags (0x${cleared.toString(16)})` };
  }
  return ((named | set) & ATIMES) === 0n
    ? {}
    : { EPERM: `${mountWhy(mount)}: cannot change locked atime flags` };
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
export function treeAttributeOps(spec: Spec, mount: Mount, fd: Slot): readonly Op[] {
  if (!changesTree(mount)) return [];
  const { recursiveSet: set, recursiveClear: clear } = mount.options;
  const why = mountWhy(mount);
  const ENOSYS = `${why}: recursive mount attributes need Linux 5.12`;
  const whyErrno = { ENOSYS, ...lockedErrno(spec, mount) };
  return [{ op: "mount_attr", fd, set, clear, recursive: 1, why, whyErrno }];
}

/** What is mounted at the destination already is changed; the source means nothing. */
function remountOps(context: MountContext, mount: Mount): readonly Op[] {
  const { spec } = context;
  const { set } = mount.options;
  const clear = clearedAttributes(spec, mount);
  const fd = keptSlot(spec, mount) ?? "mount";
  const whyErrno = lockedErrno(spec, mount);
  return [
    openMountedOp(mount, fd),
    ...apartFromProcOps(context, mount, fd),
    mount.isBind
      ? { op: "mount_attr", fd, set, clear, recursive: 0, why: mountWhy(mount), whyErrno }
      : remountFilesystemOp(mount, earlySet(mount), fd),
    ...treeAttributeOps(spec, mount, fd),
    ...propagationOps(mount, fd),
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
  const filesystem = filesystemOp(mount, {
    options: [
      // The filesystem itself too: one that is mounted read-only must not replay its journal.
      ...((attributes & MOUNT_ATTR.RDONLY) === 0n ? [] : ["ro"]),
      ...options.data,
      ...mountLabelOptions(context.spec.linux.mountLabel, type),
    ],
    attributes,
  });
  return [
    ...(inheritsMode(mount) ? [openCoveredOp(mount)] : []),
    ...targetOps(context, mount),
    ...attachFilesystemOps(context.spec, mount, filesystem),
  ];
}

/** A tmpfs has the mode of the directory that it covers unless it has its own. */
function inheritsMode({ type, options }: Mount): boolean {
  return type === "tmpfs" && !options.data.some((option) => option.startsWith("mode="));
}

/** Before what is missing is made: a directory that is not there has no mode to take. */
function openCoveredOp(mount: Mount): Op {
  const why = mountWhy(mount);
  return {
    op: "resolve",
    root: "root",
    path: mount.destination,
    flags: O.PATH,
    resolve: RESOLVE.IN_ROOT | RESOLVE.NO_MAGICLINKS,
    out: "covered",
    why,
    // The slot is empty then.
    tolerate: ["ENOENT"],
  };
}

/** With more to do than mounting it: a tmpfs is filled while nobody can see it, from the directory that it covers then. */
function attachFilesystemOps(spec: Spec, mount: Mount, filesystem: Op): readonly Op[] {
  const { copyUp, propagation } = mount.options;
  const kept = keptSlot(spec, mount);
  const isSimple = !copyUp && propagation.length === 0 && kept === undefined;
  if (isSimple && !inheritsMode(mount)) return [filesystem];
  const why = mountWhy(mount);
  const out = kept ?? "mount";
  if (filesystem.op !== "mount_fs") {
    if (isSimple) return [filesystem];
    if (!copyUp) return [filesystem, openMountedOp(mount, out), ...propagationOps(mount, out)];
    throw new SpecError(`${mount.path}.options`, `${why}: an option is too long for tmpcopyup`);
  }
  const { type, source, options, attributes, whyErrno = {} } = filesystem;
  const copyWhy = `${why}: tmpcopyup: failed to copy ${mount.destination}`;
  const made = { type, source, options, attributes, out, why, whyErrno };
  return [
    inheritsMode(mount)
      ? { op: "make_fs_like", like: "covered", ...made }
      : { op: "make_fs", ...made },
    ...(copyUp ? [{ op: "copy_tree", from: "target", to: out, why: copyWhy } as const] : []),
    attachOp(out, "target", why),
    ...propagationOps(mount, out),
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
