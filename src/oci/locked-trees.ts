// SPDX-License-Identifier: Apache-2.0
// What of the host is shown in a user namespace is locked: its root may not clear what the host or the configuration forbids on a
// mount (read-only, nosuid, nodev, noexec), nor take a mount away to see what is below it. The kernel locks mounts when a mount
// namespace is copied for another user namespace (mount_namespaces(7)) and at no other time: a detached tree is not locked when it
// is attached. So the trees are attached in a mount namespace of the host's root first, and the copy of that is the container's.

import type { Op, Slot } from "../plan/ops.ts";
import type { CompileOptions, DetachedTree } from "./compiled.ts";
import { copyPropagation, earlyFilesystems, inUserNamespace } from "./detached.ts";
import { clearedAttributes, earlySet, treeAttributeOps } from "./mount-ops.ts";
import { attachOp, mountWhy } from "./mount-target.ts";
import { isNewNamespace } from "./namespaces.ts";
import type { Mount, Spec } from "./spec.ts";
import { CLONE, MOUNT_ATTR, O, RESOLVE } from "./tables/kernel.ts";

/** Around the op that makes the container's mount namespace. */
export interface LockOps {
  /** The slots of the trees; none if they are attached as they are. */
  readonly inputs: readonly Slot[];
  /** As root of the host: the trees into a mount namespace in which they have a place. Leaves the working directory there. */
  readonly before: readonly Op[];
  /** As root of the user namespace: the copies out of it again, into the same slots. */
  readonly after: readonly Op[];
}

const NONE: LockOps = { inputs: [], before: [], after: [] };
/** Access times protect nobody, but can't be changed once they are locked. */
const ATIMES = MOUNT_ATTR.ATIME | MOUNT_ATTR.NODIRATIME;
const HARMLESS = MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV | MOUNT_ATTR.NOEXEC;
const WHY = "error locking the mounts of the user namespace";

/** A mount namespace that is joined takes the trees as they are: nothing is copied for it. */
export function lockTreesOps(
  spec: Spec,
  trees: readonly DetachedTree[],
  options: Pick<CompileOptions, "rootfs" | "bindSourceKinds">,
): LockOps {
  if (!inUserNamespace(spec) || !isNewNamespace(spec.linux.namespaces, "mount")) return NONE;
  // Root of the host has made filesystems, too.
  const early = earlyFilesystems(spec).map(({ slot, mount }) => ({ slot, why: mountWhy(mount) }));
  const all = [...trees, ...early];
  return {
    inputs: trees.map(({ slot }) => slot),
    before: [
      { op: "unshare", flags: CLONE.NEWNS, why: WHY },
      ...stageOps(spec, options.rootfs),
      ...all.flatMap((tree, index) => placeOps(spec, tree, { index, options })),
      ...["target", "host"].map((fd): Op => ({ op: "close", fd, why: WHY })),
      // The kernel carries the working directory over to the copy; descriptors stay behind.
      { op: "fchdir", dir: "stage", why: WHY },
      { op: "close", fd: "stage", why: WHY },
    ],
    after: [...all.flatMap(copyOps), { op: "chdir", path: "/", why: WHY }],
  };
}

/** What has no place yet. */
type Tree = Pick<DetachedTree, "slot" | "why">;

/** A tmpfs for their places, where the root filesystem will cover it. Nothing of it shows on the host. */
function stageOps(spec: Spec, rootfs: string): readonly Op[] {
  const resolve = RESOLVE.IN_ROOT | RESOLVE.NO_SYMLINKS | RESOLVE.NO_MAGICLINKS;
  return [
    { op: "open", dir: "cwd", path: "/", flags: O.PATH, mode: 0, out: "host", why: WHY },
    {
      op: "set_propagation",
      fd: "host",
      propagation: copyPropagation(spec),
      recursive: 1,
      why: WHY,
    },
    {
      op: "resolve",
      root: "host",
      path: rootfs,
      flags: O.PATH,
      resolve,
      out: "target",
      why: "error preparing rootfs",
      whyErrno: { ELOOP: "invalid rootfs: not an absolute path, or a symlink" },
    },
    {
      op: "make_fs",
      type: "tmpfs",
      source: "tmpfs",
      options: ["mode=755"],
      attributes: HARMLESS,
      out: "stage",
      why: WHY,
    },
    attachOp("stage", "target", WHY),
  ];
}

/**
 * With the attributes that the configuration wants: of those, too, none can be cleared afterwards. What it wants to be cleared of
 * those of the host is left to init: the kernel refuses it, as it does for who is in the user namespace.
 */
function placeOps(
  spec: Spec,
  { slot, why }: Tree,
  { index, options }: { readonly index: number; readonly options: LockOptions },
): readonly Op[] {
  const position = mountIndex(slot);
  const mount = position === undefined ? undefined : spec.mounts[position];
  const isFile = position !== undefined && options.bindSourceKinds[position] === "file";
  const place = { root: "stage", path: `/${index}`, out: "target", why } as const;
  return [
    isFile
      ? { op: "make_file", mode: 0o644, ...place }
      : { op: "mkdir_all", mode: 0o755, ...place },
    ...(mount === undefined ? [] : lockedTreeOps(spec, mount, slot)),
    {
      op: "attach",
      mount: slot,
      target: "target",
      recursive: 1,
      ...attributes(spec, mount),
      propagation: copyPropagation(spec),
      why,
    },
  ];
}

type LockOptions = Pick<CompileOptions, "bindSourceKinds">;

function attributes(
  spec: Spec,
  mount: Mount | undefined,
): { readonly set: bigint; readonly clear: bigint } {
  if (mount === undefined) return { set: 0n, clear: 0n };
  return { set: earlySet(mount), clear: clearedAttributes(spec, mount) & ATIMES };
}

/** What is said about the whole tree, without what would take away what the host forbids. */
function lockedTreeOps(spec: Spec, mount: Mount, slot: Slot): readonly Op[] {
  return treeAttributeOps(spec, mount, slot).map((op) =>
    op.op === "mount_attr" ? { ...op, clear: op.clear & ATIMES } : op,
  );
}

/** Of `source:N`. The others have the attributes that they are to have. */
function mountIndex(slot: string): number | undefined {
  const [, index] = /^source:(\d+)$/.exec(slot) ?? [];
  return index === undefined ? undefined : Number(index);
}

/** A tree of one mount stays one: it alone is in the place. */
function copyOps({ slot, why }: Tree, index: number): readonly Op[] {
  const path = String(index);
  return [
    { op: "open", dir: "cwd", path, flags: O.PATH, mode: 0, out: slot, why },
    { op: "clone_mount", source: slot, recursive: 1, out: slot, why },
  ];
}
