// SPDX-License-Identifier: Apache-2.0
// Mounts that are made writable and become read-only at the end, by the descriptor of the mount that was made: what is found at
// its path by then may be something else.

import type { Op, Slot } from "../plan/ops.ts";
import { detachedSlot } from "./detached.ts";
import { openMountedOp } from "./mount-target.ts";
import type { Mount, Spec } from "./spec.ts";
import { MOUNT_ATTR } from "./tables/kernel.ts";

/** So many keep their descriptor; a configuration with more of them finds the others by path. Slots are few (plan/layout.ts). */
const MAX_KEPT = 32;

/** Whether a mount is made writable and turned read-only at the end: later mounts and devices are made in it. */
export function isReadonlyLate(mount: Mount): boolean {
  const readonly = (mount.options.set & MOUNT_ATTR.RDONLY) !== 0n;
  return readonly && (mount.type === "tmpfs" || mount.destination === "/dev");
}

/** Where the descriptor of such a mount is kept; undefined for all others. */
export function keptSlot(spec: Spec, mount: Mount): Slot | undefined {
  const index = spec.mounts.filter(isReadonlyLate).indexOf(mount);
  if (index === -1 || index >= MAX_KEPT) return undefined;
  return detachedSlot(spec, mount, spec.mounts.indexOf(mount)) ?? `late:${index}`;
}

/** Makes them read-only, and then the root if that is asked for. */
export function readonlyOps(spec: Spec): readonly Op[] {
  const late = spec.mounts.filter(isReadonlyLate);
  return [
    ...late.flatMap((mount) => {
      const kept = keptSlot(spec, mount);
      const fd = kept ?? "target";
      const why = `error remounting "${mount.destination}" read-only`;
      return [
        ...(kept === undefined ? [openMountedOp(mount, fd)] : []),
        readonlyOp(why, fd),
        { op: "close", fd, why: "" } as const,
      ];
    }),
    ...(spec.root.readonly ? [readonlyOp("error setting rootfs as readonly", "root")] : []),
  ];
}

function readonlyOp(why: string, fd: Slot): Op {
  return { op: "mount_attr", fd, set: MOUNT_ATTR.RDONLY, clear: 0n, recursive: 0, why };
}
