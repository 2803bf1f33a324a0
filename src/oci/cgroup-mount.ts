// SPDX-License-Identifier: Apache-2.0
// A mount of type cgroup: the container's view of its own cgroups. On v2 one filesystem, on v1 a tmpfs with one mount per
// hierarchy. Never the host's tree writable by accident (CVE-2023-25809).

import { SpecError } from "../base/errors.ts";
import type { Op } from "../plan/ops.ts";
import type { HostFacts, UserNamespace } from "./compiled.ts";
import { toHostId } from "./id-mappings.ts";
import { mountLabelOptions } from "./labels.ts";
import {
  apartFromProcOps,
  type MountContext,
  makeDirectory,
  mountWhy,
  openMountedOp,
  propagationOps,
} from "./mount-target.ts";
import { hasNamespace, isNewNamespace } from "./namespaces.ts";
import { cleanPath, isAbsolute, isBelow } from "./path.ts";
import type { Mount, Spec } from "./spec.ts";
import { MOUNT_ATTR, O } from "./tables/kernel.ts";

/** Where a host that has nothing but cgroup v2 has its tree. */
const UNIFIED = "/sys/fs/cgroup";

const HARMLESS = MOUNT_ATTR.NOEXEC | MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV;

/**
 * Whether `mount` is the view of the own cgroups: "cgroup" means whatever the host has, "cgroup2" the same where the host has
 * only that. Elsewhere it is a filesystem like any other.
 */
export function isCgroupMount({ facts }: MountContext, { type }: Mount): boolean {
  return type === "cgroup" || (type === "cgroup2" && facts.cgroupMode === "v2");
}

/**
 * The host's uid of the container's root, if it is to manage cgroups of its own: it has ids of its own, sees its own cgroup as
 * the whole tree, and may write there.
 */
export function cgroupOwner(
  { linux: { namespaces }, mounts }: Spec,
  { cgroupMode }: HostFacts,
  userNamespace: UserNamespace | undefined,
): number | undefined {
  const mount = mounts.findLast(({ destination }) => destination === UNIFIED);
  const isCgroup = mount?.type === "cgroup" || mount?.type === "cgroup2";
  const isWritable = isCgroup && (mount.options.set & MOUNT_ATTR.RDONLY) === 0n;
  if (cgroupMode !== "v2" || !isWritable || !isNewNamespace(namespaces, "cgroup")) return undefined;
  return userNamespace && toHostId(userNamespace.uids, 0);
}

/**
 * Whether processes of the container may write to the files of a cgroup2 tree: then they can freeze the cgroups that they are in,
 * at any moment. It is enough to be able to mount one, or to be shown the host's. The trees of v1 nobody is born in.
 */
export function hasWritableCgroup(spec: Spec, facts: HostFacts): boolean {
  return canMount(spec) || spec.mounts.some((mount) => isWritableTree(mount, facts));
}

/** Root of a user namespace can mount one as well, but its files are not his. */
function canMount({ process, linux }: Spec): boolean {
  const { bounding, permitted } = process.capabilities ?? { bounding: [], permitted: [] };
  const isAdmin = [...bounding, ...permitted].includes("CAP_SYS_ADMIN");
  return isAdmin && !hasNamespace(linux.namespaces, "user");
}

function isWritableTree({ type, options, isBind, source }: Mount, facts: HostFacts): boolean {
  const isWritable = (options.set & MOUNT_ATTR.RDONLY) === 0n;
  if (!isBind) {
    const isTree = type === "cgroup2" || (type === "cgroup" && facts.cgroupMode === "v2");
    return isTree && isWritable;
  }
  // A relative one is in the bundle.
  if (!isAbsolute(source)) return false;
  const path = cleanPath(source);
  const isWithin = path === UNIFIED || isBelow(path, UNIFIED);
  const isAround = path === UNIFIED || isBelow(UNIFIED, path);
  // What comes along with a bind may be writable when the bind itself is not.
  return (isWithin && isWritable) || (isAround && options.recursive);
}

/** The ops for `mount`, for which `isCgroupMount` holds. */
export function cgroupMountOps(context: MountContext, mount: Mount): readonly Op[] {
  const target = [makeDirectory(mount), ...apartFromProcOps(context, mount)];
  const mounts = context.facts.cgroupMode === "v2" ? v2Ops(context, mount) : v1Ops(context, mount);
  return [
    ...target,
    ...mounts,
    ...(mount.options.propagation.length === 0
      ? []
      : [openMountedOp(mount, "mount"), ...propagationOps(mount, "mount")]),
  ];
}

function v2Ops({ spec, options }: MountContext, mount: Mount): readonly Op[] {
  const { namespaces } = spec.linux;
  if (hasNamespace(namespaces, "cgroup")) return ownV2Ops(mount, options.cgroupV2Directory);
  // Whoever has mapped ids would otherwise change the cgroups of others that have the same ones.
  const readonly = hasNamespace(namespaces, "user") ? MOUNT_ATTR.RDONLY : 0n;
  // A bind and no mount: a mount in the host's cgroup namespace sets the options of the host's tree, nsdelegate for one.
  return [openOp(mount, UNIFIED), bindOp(mount, mount.options.set | readonly)];
}

/**
 * A mount inside the cgroup namespace shows the tree from the container's cgroup on. To a user namespace that does not own the
 * cgroup namespace the kernel refuses that, and what is mounted there already: then the same directory is bound.
 */
function ownV2Ops(mount: Mount, directory: string | undefined): readonly Op[] {
  const { source, options } = mount;
  const filesystem = {
    op: "mount_fs",
    type: "cgroup2",
    source,
    options: options.data,
    attributes: options.set,
    target: "target",
    why: mountWhy(mount),
  } as const;
  if (directory === undefined) return [filesystem];
  const otherwise = bindOp(mount, options.set);
  return [openOp(mount, directory), { ...filesystem, tolerate: ["EPERM", "EBUSY"], otherwise }];
}

function openOp(mount: Mount, path: string): Op {
  const why = `${mountWhy(mount)}: stat ${path}`;
  return { op: "open", dir: "cwd", path, flags: O.PATH, mode: 0, out: "source", why };
}

/** What the host's mount forbids stays forbidden, but for writing. */
function bindOp(mount: Mount, set: bigint): Op {
  return {
    op: "bind",
    source: "source",
    target: "target",
    recursive: 0,
    set,
    clear: MOUNT_ATTR.RDONLY & ~set,
    propagation: 0n,
    why: mountWhy(mount),
  };
}

/** The tmpfs around the hierarchies stays writable, as ever; they take the attributes of the mount. */
function v1Ops(context: MountContext, mount: Mount): readonly Op[] {
  const { destination } = mount;
  const { cgroupV1Hierarchies } = context.facts;
  const why = mountWhy(mount);
  const merged = cgroupV1Hierarchies.filter(({ name }) => name.includes(","));
  return [
    {
      op: "mount_fs",
      type: "tmpfs",
      source: "tmpfs",
      options: ["mode=755", ...mountLabelOptions(context.spec.linux.mountLabel, "tmpfs")],
      attributes: HARMLESS,
      target: "target",
      why,
    },
    ...cgroupV1Hierarchies.flatMap((hierarchy) => hierarchyOps(context, mount, hierarchy)),
    ...(merged.length === 0 ? [] : [makeDirectory(mount)]),
    ...merged.flatMap(({ name }) =>
      name.split(",").map(
        (controller): Op => ({
          op: "symlink",
          dir: "target",
          name: controller,
          target: name,
          why: `${why}: symlink ${name} ${destination}/${controller}`,
        }),
      ),
    ),
  ];
}

function hierarchyOps(
  context: MountContext,
  mount: Mount,
  hierarchy: { readonly name: string; readonly options: readonly string[] },
): readonly Op[] {
  const why = mountWhy(mount);
  const target = makeDirectory(mount, `${mount.destination}/${hierarchy.name}`);
  if (hasNamespace(context.spec.linux.namespaces, "cgroup")) {
    const readonly = mount.options.set & MOUNT_ATTR.RDONLY;
    return [
      target,
      {
        op: "mount_fs",
        type: "cgroup",
        // Of a hierarchy without controllers its name, as in runc.
        source: hierarchy.options.includes("none") ? hierarchy.name : "cgroup",
        options: hierarchy.options,
        attributes: HARMLESS | readonly,
        target: "target",
        why,
      },
    ];
  }
  const source = context.options.cgroupV1Directories?.get(hierarchy.name);
  if (source === undefined) {
    const problem = `cgroup mount needs the container's directory in hierarchy "${hierarchy.name}"`;
    throw new SpecError(mount.path, `${why}: ${problem}`);
  }
  return [openOp(mount, source), target, bindOp(mount, mount.options.set)];
}
