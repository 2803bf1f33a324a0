// SPDX-License-Identifier: Apache-2.0
// Removes a container's cgroup with all cgroups below it, in every tree. Parents stay: they were not made for this
// container alone.

import { setTimeout as sleep } from "node:timers/promises";
import { isErrno } from "../base/errors.ts";
import { CgroupDirectory, type Member, unless } from "./directory.ts";
import { parentOf } from "./paths.ts";

/** A cgroup says EBUSY for a while after its last process was reaped: pauses double from 1 ms, 4 s in all. */
const FIRST_PAUSE_MS = 1;
const LAST_PAUSE_MS = 2048;

/** Resolves when all are gone; those that were gone already are fine. SysError EBUSY when processes keep one alive. */
export async function removeMembers(members: readonly Member[]): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    const failures = members.flatMap((member) => removeMember(member) ?? []);
    const [failure] = failures;
    if (failure === undefined) return;
    if (pauseMs > LAST_PAUSE_MS || !failures.every((error) => isErrno(error, "EBUSY")))
      throw failure;
    await sleep(pauseMs);
  }
}

/** @returns the error, if it is still there. */
function removeMember(member: Member): unknown {
  try {
    using parent = CgroupDirectory.openIfPresent({ ...member, path: parentOf(member.path) });
    if (parent !== undefined)
      removeTree(parent, member.path.slice(member.path.lastIndexOf("/") + 1));
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Tries the directory itself first: it rarely has children, and listing costs more than the attempt. */
function removeTree(parent: CgroupDirectory, name: string): void {
  const tryIt = (): unknown => {
    try {
      parent.removeChild(name);
      return undefined;
    } catch (error) {
      return isErrno(error, "ENOENT") ? undefined : error;
    }
  };
  const failure = tryIt();
  if (failure === undefined) return;
  if (!isErrno(failure, "EBUSY")) throw failure;
  using directory = unless(() => parent.child(name), "ENOENT");
  if (directory === undefined) return;
  const children = unless(() => directory.children(), "ENOENT") ?? [];
  if (children.length === 0) throw failure;
  for (const child of children) removeTree(directory, child);
  const second = tryIt();
  if (second !== undefined) throw second;
}
