// SPDX-License-Identifier: Apache-2.0
// The container's mount tree: made in `prepare` below the slot "root", entered and closed off in `finish`.

import type { Op } from "../plan/ops.ts";
import type { CompileOptions } from "./compiled.ts";
import { copyPropagation, inUserNamespace } from "./detached.ts";
import { deviceOps } from "./devices.ts";
import { mountLabelOptions } from "./labels.ts";
import { mountOps } from "./mount-ops.ts";
import type { MountContext } from "./mount-target.ts";
import { cleanPath } from "./path.ts";
import type { Mount, RootfsPropagation, Spec } from "./spec.ts";
import { MS, O, RESOLVE } from "./tables/kernel.ts";

/** From the copy of the host's mounts to a complete root filesystem in the slot "root", not entered yet. */
export function prepareRootfsOps(context: MountContext): readonly Op[] {
  const { spec, facts } = context;
  const mounts = spec.mounts.flatMap((mount, index) => mountOps(context, mount, index));
  return [
    // Modes are what the ops say they are.
    { op: "umask", mask: 0, why: "error setting umask" },
    ...rootMountOps(spec, context.options),
    ...mounts,
    { op: "close", fd: "source", why: "" },
    { op: "close", fd: "target", why: "" },
    { op: "close", fd: "procfs", why: "" },
    ...["mount", "covered"]
      .filter((fd) => mounts.some((op) => "out" in op && op.out === fd))
      .map((fd): Op => ({ op: "close", fd, why: "" })),
    ...(hasOwnDev(spec.mounts)
      ? deviceOps(spec.linux.devices, { hasKcore: facts.hasKcore, bound: inUserNamespace(spec) })
      : []),
  ];
}

/** A bind over /dev brings its own nodes and links. */
function hasOwnDev(mounts: readonly Mount[]): boolean {
  return !mounts.some(({ isBind, destination }) => isBind && destination === "/dev");
}

/**
 * The root filesystem becomes a mount of its own. It is opened by its path again after that: only so the descriptor is of the
 * new mount.
 */
function rootMountOps(
  spec: Spec,
  { rootfs, noPivot }: Pick<CompileOptions, "rootfs" | "noPivot">,
): readonly Op[] {
  const why = "error preparing rootfs";
  const open = {
    op: "resolve",
    root: "host",
    path: rootfs,
    flags: O.PATH,
    resolve: RESOLVE.IN_ROOT | RESOLVE.NO_SYMLINKS | RESOLVE.NO_MAGICLINKS,
    out: "root",
    why,
    whyErrno: { ELOOP: "invalid rootfs: not an absolute path, or a symlink" },
  } as const;
  const host: readonly Op[] = [
    { op: "open", dir: "cwd", path: "/", flags: O.PATH, mode: 0, out: "host", why },
    hostPropagationOp(spec, why),
  ];
  if (inUserNamespace(spec)) {
    const closed: Op = {
      op: "open",
      dir: "cwd",
      path: "/",
      flags: O.PATH,
      mode: 0,
      out: "place",
      why,
    };
    const openPlace = { ...open, out: "place", tolerate: ["EACCES"], otherwise: closed };
    return [...host, ...attachRootOps(spec, noPivot ? undefined : openPlace)];
  }
  return [
    ...host,
    open,
    ...apartFromHostOps(spec.linux.rootfsPropagation, why),
    {
      op: "bind",
      source: "root",
      target: "root",
      recursive: 1,
      set: 0n,
      clear: 0n,
      propagation: 0n,
      why,
    },
    open,
    { op: "close", fd: "host", why },
  ];
}

/**
 * The root filesystem in a user namespace was cloned by the runtime: the directories above it may be closed to the
 * container's root. Then, and where it is moved over "/" later anyway, it goes there, from where pivot_root(2) takes it as
 * well; absolute paths still lead to what is underneath. Otherwise it goes to its own place, where hooks look for it.
 */
function attachRootOps(spec: Spec, openPlace: Op | undefined): readonly Op[] {
  const why = "error preparing rootfs";
  const target = openPlace === undefined ? "host" : "place";
  const close = (fd: string): Op => ({ op: "close", fd, why });
  return [
    ...(openPlace === undefined ? [] : [openPlace]),
    {
      op: "attach",
      mount: "root",
      target,
      recursive: 1,
      set: 0n,
      clear: 0n,
      propagation: copyPropagation(spec),
      why,
    },
    close("host"),
    ...(openPlace === undefined ? [] : [close("place")]),
  ];
}

/**
 * What the copy of the host's mounts has to do with the host's from here on: by default it follows the host and nothing goes
 * back. Recursion is not a choice: pivot_root wants a parent mount that is not shared, and nothing else of the old tree
 * remains. Only "shared" keeps the connection, for binds of it in which mounts are to be seen on both sides.
 */
function hostPropagationOp(spec: Spec, why: string): Op {
  const mode = spec.linux.rootfsPropagation;
  const shared = mode?.endsWith("shared") && !inUserNamespace(spec);
  return {
    op: "set_propagation",
    fd: "host",
    propagation: shared ? MS.SHARED : copyPropagation(spec),
    recursive: mode === "shared" && shared ? 0 : 1,
    why,
  };
}

/** The mount in which the root filesystem is made must not show on the host what is mounted in it. */
function apartFromHostOps(mode: RootfsPropagation | undefined, why: string): readonly Op[] {
  if (mode !== "shared" && mode !== "rshared") return [];
  return [
    { op: "mount_root", fd: "root", out: "target", why },
    { op: "set_propagation", fd: "target", propagation: MS.PRIVATE, recursive: 0, why },
  ];
}

/** The working directory exists, whatever the image forgot. */
export function makeCwdOps(cwd: string): readonly Op[] {
  const path = cleanPath(cwd);
  if (path === "/") return [];
  const why = `mkdir ${cwd}`;
  return [
    {
      ...{ op: "mkdir_all", root: "root", path, mode: 0o755, out: "target", why },
      // A link of the image to the root.
      tolerate: ["EBUSY"],
    },
    { op: "close", fd: "target", why },
  ];
}

/** Read-only and hidden paths, in this order: what is hidden needs no protection. "null" is the verified null device. */
export function restrictPathOps(spec: Spec): readonly Op[] {
  const { readonlyPaths, maskedPaths, mountLabel } = spec.linux;
  return [
    ...readonlyPaths.map(
      (path): Op => ({
        op: "readonly_path",
        root: "root",
        path,
        why: `can't make "${path}" read-only`,
        tolerate: ["ENOENT"],
      }),
    ),
    ...maskedPaths.map(
      (path): Op => ({
        op: "mask_path",
        root: "root",
        path,
        null: "null",
        tmpfs: "mask",
        options: mountLabelOptions(mountLabel, "tmpfs"),
        why: `can't mask path "${path}"`,
        tolerate: ["ENOENT"],
      }),
    ),
    ...(maskedPaths.length === 0 ? [] : [{ op: "close", fd: "mask", why: "" } as const]),
  ];
}
