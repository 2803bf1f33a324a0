// SPDX-License-Identifier: Apache-2.0
// What the cgroup mounts of a host look like, from the texts of /proc/self/mountinfo and /proc/self/cgroup. Pure: the
// file that reads them is mode.ts.

import { unescapeOctal } from "../sys/proc.ts";

/** "hybrid" is v1 with a cgroup2 tree beside it that (mostly) has no controllers. */
export type CgroupKind = "v1" | "hybrid" | "v2";

/** One mounted cgroup tree. */
export interface Hierarchy {
  readonly version: 1 | 2;
  /** Absolute path of the mount. */
  readonly mountPoint: string;
  /** v1: controllers as mounted, or one `name=x`. v2: empty, they differ per cgroup. */
  readonly controllers: readonly string[];
  /** The cgroup of this process, relative to the mount, "/" or "/a/b". */
  readonly ownPath: string;
}

export interface CgroupLayout {
  readonly kind: CgroupKind;
  /** The trees a container joins; in a hybrid layout the cgroup2 tree comes last. */
  readonly hierarchies: readonly Hierarchy[];
}

type OwnCgroups = ReadonlyMap<string, string>;

interface CgroupMount {
  readonly root: string;
  readonly mountPoint: string;
  readonly fsType: string;
  readonly options: readonly string[];
}

/** Where distributions and containerd mount cgroups; other mounts of the same tree are ignored if this one exists. */
const CGROUP_ROOT = "/sys/fs/cgroup";
const UNIFIED = `${CGROUP_ROOT}/unified`;

/** Decides the kind of layout and lists the trees, or undefined if no cgroup file system is mounted. */
export function parseLayout(mountInfo: string, ownCgroups: string): CgroupLayout | undefined {
  const mounts = parseCgroupMounts(mountInfo);
  const own = parseOwnCgroups(ownCgroups);
  const root = mounts.findLast((mount) => mount.mountPoint === CGROUP_ROOT);
  if (root?.fsType === "cgroup2") return { kind: "v2", hierarchies: [toHierarchy(root, own)] };

  const v1 = pickPerTree(mounts, own);
  const unified = mounts.findLast((mount) => mount.mountPoint === UNIFIED);
  const hierarchies = v1.map((mount) => toHierarchy(mount, own));
  if (unified?.fsType === "cgroup2") {
    return { kind: "hybrid", hierarchies: [...hierarchies, toHierarchy(unified, own)] };
  }
  return hierarchies.length === 0 ? undefined : { kind: "v1", hierarchies };
}

/** What a mount of each v1 tree is called and needs as options, for a cgroup mount inside a container. */
export function v1Mounts(
  layout: CgroupLayout,
): { readonly name: string; readonly options: readonly string[] }[] {
  return layout.hierarchies
    .filter((hierarchy) => hierarchy.version === 1)
    .map(({ mountPoint, controllers }) => ({
      name: mountPoint.slice(mountPoint.lastIndexOf("/") + 1),
      options: controllers[0]?.startsWith("name=") ? ["none", ...controllers] : controllers,
    }));
}

/** Controllers or names -> path, from /proc/<pid>/cgroup; the cgroup2 line has the key "". */
export function parseOwnCgroups(text: string): OwnCgroups {
  const own = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    for (const key of match[1].split(",")) own.set(key, match[2]);
  }
  return own;
}

/** The mounts of type cgroup, cgroup2 and whatever covers the place where they belong, in mount order. */
function parseCgroupMounts(text: string): CgroupMount[] {
  const mounts: CgroupMount[] = [];
  for (const line of text.split("\n")) {
    // id parent major:minor ROOT MOUNTPOINT options [optional fields...] - TYPE source SUPER-OPTIONS
    const [before, after] = line.split(" - ");
    const [, , , root, mountPoint] = (before ?? "").split(" ");
    const [fsType, , options] = (after ?? "").split(" ");
    if (root === undefined || mountPoint === undefined || fsType === undefined) continue;
    const isCgroup = fsType === "cgroup" || fsType === "cgroup2";
    const path = unescapeOctal(mountPoint);
    if (!isCgroup && path !== CGROUP_ROOT && path !== UNIFIED) continue;
    mounts.push({
      root: unescapeOctal(root),
      mountPoint: path,
      fsType,
      options: options === undefined || options === "" ? [] : options.split(","),
    });
  }
  return mounts;
}

/** A tree can be mounted more than once (bind mounts, containers): the one at the usual place wins, else the first. */
function pickPerTree(mounts: readonly CgroupMount[], own: OwnCgroups): CgroupMount[] {
  const chosen = new Map<string, CgroupMount>();
  for (const mount of mounts) {
    const key = treeNames(mount, own).join(",");
    const before = chosen.get(key);
    const better = before === undefined || (!isUsual(before) && isUsual(mount));
    if (key !== "" && better) chosen.set(key, mount);
  }
  return [...chosen.values()];
}

const isUsual = (mount: CgroupMount): boolean => mount.mountPoint.startsWith(`${CGROUP_ROOT}/`);

/** The controllers of a v1 mount, or its `name=x`: among its options those that /proc/self/cgroup knows as trees. */
function treeNames(mount: CgroupMount, own: OwnCgroups): string[] {
  return mount.fsType === "cgroup" ? mount.options.filter((option) => own.has(option)) : [];
}

function toHierarchy(mount: CgroupMount, own: OwnCgroups): Hierarchy {
  const controllers = treeNames(mount, own);
  return {
    version: mount.fsType === "cgroup" ? 1 : 2,
    mountPoint: mount.mountPoint,
    controllers,
    ownPath: relativeToRoot(own.get(controllers[0] ?? "") ?? "/", mount.root),
  };
}

/** In a container without a cgroup namespace the mount's root is the container's cgroup, and paths are the host's. */
function relativeToRoot(path: string, root: string): string {
  if (path === root) return "/";
  if (root === "/" || !path.startsWith(`${root}/`)) return path;
  return path.slice(root.length);
}
