// SPDX-License-Identifier: Apache-2.0
// How the root filesystem becomes the root of everything.

import { SpecError } from "../base/errors.ts";
import type { Op } from "../plan/ops.ts";
import type { CompileOptions } from "./compiled.ts";
import { inUserNamespace } from "./detached.ts";
import { attachOp } from "./mount-target.ts";
import type { RootfsPropagation, Spec } from "./spec.ts";
import { MS, O, RESOLVE } from "./tables/kernel.ts";

/** Modes of rootfsPropagation that say something about the mounts inside from the beginning; "private" is what they are. */
const ROOT_PROPAGATION: ReadonlyMap<string, bigint> = new Map([
  ["slave", MS.SLAVE],
  ["shared", MS.SHARED],
]);

/**
 * Without pivot_root(2) the copy of the host's mounts stays. A private one would keep busy what the host unmounts.
 * @throws SpecError
 */
export function checkJail(mode: RootfsPropagation | undefined, noPivot: boolean): void {
  if (!noPivot || !mode?.endsWith("private")) return;
  const problem = "rootfsPropagation of [r]private is not safe without pivot_root";
  throw new SpecError("linux.rootfsPropagation", problem);
}

/**
 * Makes "root" the root of everything. Without pivot_root(2), which a host whose root is an initramfs does not allow, it is
 * moved over the host's root: whoever leaves it upwards finds it again.
 */
export function enterRootfsOps(spec: Spec, options: CompileOptions): readonly Op[] {
  const why = "error jailing process inside rootfs";
  return [
    ...(options.noPivot
      ? moveRootOps(spec, options.hostProcMounts ?? [], why)
      : [{ op: "pivot_root", root: "root", why } as const]),
    ...rootPropagationOps(spec.linux.rootfsPropagation),
  ];
}

/**
 * The host's mounts stay where they are, out of reach. A complete procfs or sysfs among them would let the container mount
 * another complete one (mount_too_revealing in the kernel), so these go.
 */
function moveRootOps(spec: Spec, procMounts: readonly string[], why: string): readonly Op[] {
  return [
    { op: "open", dir: "cwd", path: "/", flags: O.PATH, mode: 0, out: "host", why },
    // What is mounted last is on top.
    ...procMounts.toReversed().flatMap((path) => hideOps(path, why)),
    ...(inUserNamespace(spec) ? [] : moveOps(why)),
    { op: "chroot", root: "root", why },
    { op: "close", fd: "host", why },
    { op: "close", fd: "target", why },
  ];
}

/** In a user namespace it is there already. */
function moveOps(why: string): readonly Op[] {
  return [
    // A mount on a shared one would show on the host.
    { op: "set_propagation", fd: "host", propagation: MS.SLAVE, recursive: 0, why },
    attachOp("root", "host", why),
  ];
}

function hideOps(path: string, start: string): readonly Op[] {
  const why = `${start}: hiding ${path}`;
  const resolve = RESOLVE.IN_ROOT | RESOLVE.NO_MAGICLINKS;
  const [fd, target] = ["target", "target"];
  return [
    { op: "resolve", root: "host", path, flags: O.PATH, resolve, out: fd, why },
    { op: "set_propagation", fd, propagation: MS.SLAVE, recursive: 1, why },
    {
      op: "unmount",
      fd,
      why,
      // In a user namespace mounts of the one above are locked.
      tolerate: ["EINVAL", "EPERM"],
      otherwise: {
        op: "mount_fs",
        type: "tmpfs",
        source: "tmpfs",
        options: [],
        attributes: 0n,
        target,
        why,
      },
    },
  ];
}

/** What mounts inside have to do with each other and with copies of them; until now the host would have been meant. */
function rootPropagationOps(mode: RootfsPropagation | undefined): readonly Op[] {
  const propagation = ROOT_PROPAGATION.get(mode?.replace(/^r/, "") ?? "");
  return mode === undefined || propagation === undefined
    ? []
    : [rootPropagationOp(propagation, mode)];
}

/** What can't be bound any more can't be made read-only or masked either: that is the last of all. */
export function unbindableRootOps({ linux }: Spec): readonly Op[] {
  const mode = linux.rootfsPropagation;
  if (!mode?.endsWith("unbindable")) return [];
  return [rootPropagationOp(MS.UNBINDABLE, mode)];
}

function rootPropagationOp(propagation: bigint, mode: RootfsPropagation): Op {
  const recursive = mode.startsWith("r") ? 1 : 0;
  const why = "unable to apply root propagation flags";
  return { op: "set_propagation", fd: "root", propagation, recursive, why };
}
