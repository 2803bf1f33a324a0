// SPDX-License-Identifier: Apache-2.0
// Mounts that are made before the container's user namespace is entered, and attached in it later: what only root of the host
// may reach (the sources of binds), map (id-mapped mounts) or mount (filesystems that show a namespace of somebody else).

import type { Op, Slot } from "../plan/ops.ts";
import type { DetachedTree } from "./compiled.ts";
import { mountWhy } from "./mount-target.ts";
import { bindSourcePath } from "./mounts.ts";
import { hasNamespace, isNewNamespace } from "./namespaces.ts";
import type { Mount, NamespaceType, Spec } from "./spec.ts";
import { MOUNT_ATTR, MS } from "./tables/kernel.ts";

/** Filesystems that show a namespace, to be mounted by who has rights over that. */
const SHOWN: ReadonlyMap<string, NamespaceType> = new Map([
  ["proc", "pid"],
  ["sysfs", "network"],
  ["mqueue", "ipc"],
]);

/** Whether the container is in a user namespace, where the host's files, devices and mounts are somebody else's. */
export function inUserNamespace({ linux }: Spec): boolean {
  return hasNamespace(linux.namespaces, "user");
}

/** The slot of a mount that is detached when init gets to it; undefined: init makes it by itself. */
export function detachedSlot(spec: Spec, mount: Mount, index: number): Slot | undefined {
  if (mount.options.remount) return undefined;
  if (mount.isBind) {
    return inUserNamespace(spec) || mount.idMap !== undefined ? `source:${index}` : undefined;
  }
  return isMadeEarly(spec, mount) ? `fs:${index}` : undefined;
}

/** In a namespace that is new everything is the container's own. */
function isMadeEarly(spec: Spec, { type }: Mount): boolean {
  const shown = SHOWN.get(type);
  if (shown === undefined || !inUserNamespace(spec)) return false;
  return !isNewNamespace(spec.linux.namespaces, shown);
}

/** What the runtime has to clone for the program `prepare`, in its slots. */
export function detachedTrees(
  spec: Spec,
  { bundle, rootfs }: { readonly bundle: string; readonly rootfs: string },
): readonly DetachedTree[] {
  const propagation = copyPropagation(spec);
  const binds = spec.mounts.flatMap((mount, index): DetachedTree[] => {
    const slot = mount.isBind ? detachedSlot(spec, mount, index) : undefined;
    if (slot === undefined) return [];
    const path = bindSourcePath(mount, bundle);
    const { recursive } = mount.options;
    return [{ slot, path, recursive, propagation, idMap: mount.idMap, why: mountWhy(mount) }];
  });
  if (!inUserNamespace(spec)) return binds;
  const root: DetachedTree = {
    slot: "root",
    path: rootfs,
    recursive: true,
    propagation,
    idMap: undefined,
    why: "error preparing rootfs",
  };
  return [root, ...binds];
}

/** Nothing that is mounted in the container may come out of it through a copy of what is shared on the host. */
export function copyPropagation(spec: Spec): bigint {
  return spec.linux.rootfsPropagation?.endsWith("private") ? MS.PRIVATE : MS.SLAVE;
}

/** The filesystems of `isMadeEarly` and their slots. */
export function earlyFilesystems(
  spec: Spec,
): readonly { readonly mount: Mount; readonly slot: Slot }[] {
  return spec.mounts.flatMap((mount, index) => {
    const slot = mount.isBind ? undefined : detachedSlot(spec, mount, index);
    return slot === undefined ? [] : [{ mount, slot }];
  });
}

/** Makes them, while the process has the rights of the host's root. */
export function earlyFilesystemOps(spec: Spec): readonly Op[] {
  return earlyFilesystems(spec).map(({ mount, slot }) => {
    const { type, source, options } = mount;
    const readonly = (options.set & MOUNT_ATTR.RDONLY) !== 0n;
    return {
      op: "make_fs",
      type,
      source,
      options: [...(readonly ? ["ro"] : []), ...options.data],
      attributes: options.set,
      out: slot,
      why: mountWhy(mount),
    };
  });
}
