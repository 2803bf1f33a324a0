// SPDX-License-Identifier: Apache-2.0
// Makes a container's cgroup in every tree, or in none: what was made is removed again when a later step fails.
// A cgroup that is there already is used only if it is empty and not frozen.

import type { LinuxResources } from "../oci/spec.ts";
import { CgroupDirectory, type Member, refusal, unless } from "./directory.ts";
import type { CgroupFiles } from "./files.ts";
import { isFrozen } from "./freezer.ts";
import { parentOf } from "./paths.ts";
import { readPids } from "./processes.ts";
import { needsDomain } from "./threaded.ts";

export interface Making {
  /** The container is in some of them already. */
  readonly already?: boolean;
  /** What is going to be asked of them. Undefined: anything. */
  readonly resources?: LinuxResources | undefined;
  /** Called when all are there; on a throw they are removed again. */
  readonly onMade?: () => void;
}

/**
 * Makes all of `members`, or what is missing of them if the container is in some already. SysError for what the kernel refuses,
 * and EBUSY for a cgroup that is in use by others.
 */
export function createMembers(
  members: readonly Member[],
  { already = false, resources, onMade }: Making = {},
): void {
  // In a hybrid layout the v2 tree only groups processes: its controllers are none of our business.
  const isPure = members.every(({ version }) => version === 2);
  const made: { readonly member: Member; readonly path: string }[] = [];
  try {
    for (const member of members) {
      const isNew = createMember(member, {
        isPure,
        needsDomain: () => isPure && needsDomain(resources),
        onMade: (path) => made.push({ member, path }),
      });
      if (!isNew && !already) refuseInUse(member);
    }
    onMade?.();
  } catch (error) {
    for (const { member, path } of made.toReversed()) removeMade(member, path);
    throw error;
  }
}

interface MakingMember {
  readonly isPure: boolean;
  readonly needsDomain: () => boolean;
  readonly onMade: (path: string) => void;
}

/** @returns false if the cgroup was there. */
function createMember(member: Member, making: MakingMember): boolean {
  using stack = new DisposableStack();
  const names = member.path.slice(1).split("/");
  let directory = stack.use(CgroupDirectory.openRoot(member));
  let isNew = false;
  names.forEach((name, index) => {
    if (making.isPure) enableControllers(directory);
    isNew = directory.makeChild(name);
    if (isNew) making.onMade(`/${names.slice(0, index + 1).join("/")}`);
    const child = stack.use(directory.child(name));
    if (member.controllers.includes("cpuset")) inheritCpuset(directory, child);
    if (member.version === 2) makeEnterable(child, making.needsDomain);
    directory = child;
  });
  return isNew;
}

/** Removes those of `members` that nobody has entered; what has processes or cgroups of its own is somebody's, and stays. */
export function removeUnused(members: readonly Member[]): void {
  for (const member of members) removeMade(member, member.path);
}

/** A cgroup that nobody has entered goes at once; anything else is not ours to fight for. */
function removeMade(member: Member, path: string): void {
  unless(
    () => {
      using parent = CgroupDirectory.openIfPresent({ ...member, path: parentOf(path) });
      parent?.removeChild(path.slice(path.lastIndexOf("/") + 1));
    },
    "ENOENT",
    "EBUSY",
  );
}

/**
 * v1: a new cpuset is empty, and no process can enter it before it has processors and memory nodes. In a tree that is mounted
 * "noprefix" the files have bare names.
 */
export function inheritCpuset(parent: CgroupFiles, child: CgroupFiles): void {
  for (const name of ["cpus", "mems"]) {
    const text = child.read(`cpuset.${name}`);
    const file = text === undefined ? name : `cpuset.${name}`;
    if ((text ?? child.read(file))?.trim() !== "") continue;
    const value = parent.read(file)?.trim() ?? "";
    if (value !== "") child.write(file, value);
  }
}

/** v2: gives the children of `parent` all controllers that it has. One that can't be (EBUSY, ...) is left out. */
function enableControllers(parent: CgroupDirectory): void {
  const enabled = new Set(words(parent.read("cgroup.subtree_control")));
  const missing = words(parent.read("cgroup.controllers")).filter((name) => !enabled.has(name));
  if (missing.length === 0 || enable(parent, missing)) return;
  for (const name of missing) enable(parent, [name]);
}

function enable(parent: CgroupDirectory, names: readonly string[]): boolean {
  const value = names.map((name) => `+${name}`).join(" ");
  const failures = ["EBUSY", "EINVAL", "ENOENT", "EOPNOTSUPP", "EPERM", "EACCES"];
  return unless(() => parent.write("cgroup.subtree_control", value) ?? true, ...failures) ?? false;
}

/**
 * v2: a child of a threaded cgroup, or of one that has processes, is no domain: no process can enter before it is threaded
 * itself, and then it can't have every controller (Documentation/admin-guide/cgroup-v2.rst, "Threads").
 */
export function makeEnterable(directory: CgroupFiles, needsDomain: () => boolean): void {
  const type = directory.read("cgroup.type")?.trim();
  if (type !== "domain invalid" && type !== "threaded") return;
  if (needsDomain()) {
    const state = type === "threaded" ? "in threaded mode" : "in an invalid state";
    throw refusal(
      "EOPNOTSUPP",
      `cannot enter cgroupv2 "${directory.path}" with domain controllers -- it is ${state}`,
      directory.path,
    );
  }
  if (type === "domain invalid") directory.write("cgroup.type", "threaded");
}

/** SysError EBUSY for a cgroup that has processes or is frozen; fine if there is none. */
export function refuseInUse(member: Member): void {
  using directory = CgroupDirectory.openIfPresent(member);
  if (directory === undefined) return;
  const count = readPids(directory).length;
  if (count > 0) {
    const message = `container's cgroup is not empty: ${count} process(es) found`;
    throw refusal("EBUSY", message, directory.path);
  }
  if (isFrozen(directory)) {
    throw refusal("EBUSY", "container's cgroup unexpectedly frozen", directory.path);
  }
}

const words = (text: string | undefined): string[] =>
  (text ?? "").split(/\s+/).filter((word) => word !== "");
