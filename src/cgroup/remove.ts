// SPDX-License-Identifier: Apache-2.0
// Removes a container's cgroup with all cgroups below it, in every tree. Parents stay: they were not made for this
// container alone.

import { setTimeout as sleep } from "node:timers/promises";
import { errorText, isErrno, SysError } from "../base/errors.ts";
import { CgroupDirectory, type Member, refusal, unless } from "./directory.ts";
import { parentOf } from "./paths.ts";
import { walkTree } from "./tree.ts";

/** A cgroup says EBUSY for a while after its last process was reaped: pauses double from 1 ms, 4 s in all. */
const FIRST_PAUSE_MS = 1;
const LAST_PAUSE_MS = 2048;
/** A refusal names so many of the cgroups that are left. */
const NAMED = 10;
const LONGEST = 400;

/** A cgroup that is still there, and why. */
interface Left {
  readonly path: string;
  readonly error: unknown;
}

/**
 * Resolves when all are gone; those that were gone already are fine. SysError that names what is left: EBUSY when processes keep
 * it alive.
 */
export async function removeMembers(members: readonly Member[]): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    const left = members.flatMap((member) => removeMember(member));
    if (left.length === 0) return;
    if (pauseMs > LAST_PAUSE_MS || !left.every(({ error }) => isErrno(error, "EBUSY"))) {
      throw failure(left);
    }
    await sleep(pauseMs);
  }
}

function failure(left: readonly Left[]): Error {
  const first = left.find(({ error }) => !isErrno(error, "EBUSY")) ?? left[0];
  const named = left.slice(0, NAMED).map(({ error }) => shorten(errorText(error)));
  if (left.length > NAMED) named.push(`and ${left.length - NAMED} more`);
  const code = first?.error instanceof SysError ? first.error.code : "EBUSY";
  return refusal(code, `failed to remove paths: ${named.join("; ")}`, first?.path ?? "cgroup");
}

/** Paths of cgroups can have any length; what is wrong stands at the end. */
const shorten = (text: string): string =>
  text.length <= LONGEST ? text : `${text.slice(0, LONGEST / 2)}...${text.slice(-LONGEST / 2)}`;

/** @returns what is left of it. */
function removeMember(member: Member): Left[] {
  const path = member.mountPoint + member.path;
  try {
    using parent = CgroupDirectory.openIfPresent({ ...member, path: parentOf(member.path) });
    if (parent === undefined) return [];
    return removeTree(parent, member.path.slice(member.path.lastIndexOf("/") + 1));
  } catch (error) {
    return [{ path, error }];
  }
}

/** Tries the directory itself first: it rarely has children, and listing costs more than the attempt. */
function removeTree(parent: CgroupDirectory, name: string): Left[] {
  const first = removeOne(parent, name);
  if (first.length === 0 || !isErrno(first[0]?.error, "EBUSY")) return first;
  using directory = unless(() => parent.child(name), "ENOENT", "ENODEV");
  if (directory === undefined) return [];
  // What is in the way is named, not all that is above it and must stay for that reason.
  const below: Left[] = [];
  walkTree(directory, {
    leave: (above, child) => {
      const left = removeOne(above, child);
      if (!left.every(({ path }) => isAboveAny(path, below))) below.push(...left);
    },
  });
  return below.length > 0 ? below : removeOne(parent, name);
}

function removeOne(parent: CgroupDirectory, name: string): Left[] {
  try {
    parent.removeChild(name);
    return [];
  } catch (error) {
    return isErrno(error, "ENOENT", "ENODEV") ? [] : [{ path: `${parent.path}/${name}`, error }];
  }
}

const isAboveAny = (path: string, below: readonly Left[]): boolean =>
  below.some((left) => left.path.startsWith(`${path}/`));
