// SPDX-License-Identifier: Apache-2.0
// Stops all processes of a cgroup, and lets them go on: freezer.state in v1, cgroup.freeze in v2.

import { setTimeout as sleep } from "node:timers/promises";
import { CgroupDirectory, type Member, refusal, unless } from "./directory.ts";

/** How often and how long freezing is watched: 10 s in all. A process in uninterruptible sleep can hold it up. */
const POLL_MS = 10;
const POLLS = 1000;
/** v1 can get stuck in FREEZING when a process of the cgroup forks at that moment; thawing for a moment helps. */
const THAW_EVERY = 50;

/** Whether a cgroup (of v2, or of v1's freezer tree) is frozen or about to be. */
export function isFrozen(directory: CgroupDirectory): boolean {
  const state = directory.read("freezer.state")?.trim() ?? "THAWED";
  const self = directory.read("cgroup.freeze")?.trim() ?? "0";
  return state !== "THAWED" || self === "1";
}

/** v2: whether new processes of a cgroup stop at once, because it or one above it is frozen or about to be. */
export function isStopped(directory: CgroupDirectory): boolean {
  return isFrozen(directory) || /^frozen 1$/m.test(directory.read("cgroup.events") ?? "");
}

/** Asks for the state without waiting for it; does nothing if the cgroup is gone. */
export function setFrozen(member: Member, frozen: boolean): void {
  using directory = CgroupDirectory.openIfPresent(member);
  if (directory === undefined) return;
  unless(() => request(directory, member.version, frozen), "ENOENT", "ENODEV");
}

/**
 * Freezes, and resolves when every process has stopped. SysError ETIMEDOUT after 10 s, thawed again; ENOENT if the cgroup goes
 * meanwhile.
 */
export async function freeze(member: Member): Promise<void> {
  using directory = CgroupDirectory.open(member);
  try {
    for (let poll = 1; poll <= POLLS; poll += 1) {
      if (member.version === 1 && poll % THAW_EVERY === 0) {
        request(directory, 1, false);
        await sleep(POLL_MS);
      }
      if (poll === 1 || member.version === 1) request(directory, member.version, true);
      if (isAllFrozen(directory, member.version)) return;
      await sleep(POLL_MS);
    }
    throw refusal("ETIMEDOUT", `cannot freeze cgroup "${directory.path}" in time`, directory.path);
  } catch (error) {
    setFrozen(member, false);
    throw error;
  }
}

function request(directory: CgroupDirectory, version: 1 | 2, frozen: boolean): void {
  if (version === 2) directory.write("cgroup.freeze", frozen ? "1" : "0");
  else directory.write("freezer.state", frozen ? "FROZEN" : "THAWED");
}

/** v1 says FREEZING until all have stopped, and may go on saying so until it is told again. */
function isAllFrozen(directory: CgroupDirectory, version: 1 | 2): boolean {
  const text = directory.read(version === 1 ? "freezer.state" : "cgroup.events");
  if (text === undefined) {
    const message = `cgroup "${directory.path}" was removed while it froze`;
    throw refusal("ENOENT", message, directory.path);
  }
  return version === 1 ? text.trim() === "FROZEN" : /^frozen 1$/m.test(text);
}
