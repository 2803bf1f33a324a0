// SPDX-License-Identifier: Apache-2.0
// The processes of a cgroup and of the cgroups below it: listing, signalling, killing. Signals go through pidfds that were
// checked against the cgroup after opening, so a recycled pid is never hit.

import { readFileSync } from "node:fs";
import { type Pid, toPid } from "../base/brand.ts";
import { SIGKILL } from "../sys/constants.ts";
import { openPidfd, signalPidfd } from "../sys/pidfd.ts";
import { CgroupDirectory, type Member, unless } from "./directory.ts";
import { setFrozen } from "./freezer.ts";
import { parseOwnCgroups } from "./layout.ts";
import { readThreadGroups } from "./threaded.ts";
import { walkTree } from "./tree.ts";

/** Pidfds that are open at a time while a cgroup is signalled. */
const CHUNK = 64;
/** Rounds of killing until no new process shows up; without forks, two are enough, with a frozen cgroup a few more. */
const KILL_ROUNDS = 100;

/** Every process in `directory` and below it, in this pid namespace's numbers, each once. */
export function readPids(directory: CgroupDirectory): Pid[] {
  const pids = new Set<Pid>();
  walkTree(directory, {
    enter: (cgroup) => {
      for (const pid of readOwnPids(cgroup)) pids.add(pid);
    },
  });
  return [...pids];
}

/** Sends `signal` once to every process in `directory` and below it. SysError EINVAL for a bad signal. */
export function signalAll(directory: CgroupDirectory, signal: number): void {
  signalUnseen(directory, signal, new Set());
}

/** Kills every process of a container: at once by cgroup.kill (Linux 5.14) in a v2 tree, then whatever `list` still shows. */
export function killAll(members: readonly Member[], list: Member): void {
  for (const member of members) if (member.version === 2) killUnified(member);
  using directory = CgroupDirectory.openIfPresent(list);
  if (directory === undefined) return;
  const freezer = members.find(
    ({ version, controllers }) =>
      version === list.version && (version === 2 || controllers.includes("freezer")),
  );
  killInRounds(directory, freezer);
}

/**
 * Kills one by one, until no process shows up that was not killed yet: all there is without cgroup.kill. When the first round
 * was not enough the cgroup is frozen, so that it can't fork away; nor move, where there are several cgroups: while one of them is
 * listed a process can be in another one each time.
 */
export function killInRounds(directory: CgroupDirectory, freezer: Member | undefined): void {
  const seen = new Set<Pid>();
  let isSettled = freezer === undefined;
  try {
    for (let round = 0; round < KILL_ROUNDS; round += 1) {
      const { fresh, cgroups } = signalUnseen(directory, SIGKILL, seen);
      if (fresh === 0 && (isSettled || cgroups === 1)) return;
      if (round === 0 || isSettled || freezer === undefined) continue;
      setFrozen(freezer, true);
      isSettled = true;
      // So far pids could have been given away again. Of a frozen cgroup nobody takes one.
      seen.clear();
    }
  } finally {
    // A frozen process of v1 does not die before it is thawed, whoever froze it.
    if (freezer !== undefined) setFrozen(freezer, false);
  }
}

/**
 * Where `pid` is below the v2 cgroup `directory`, if that has no room for processes itself: with controllers enabled for its
 * children, a cgroup must be empty (the "no internal processes" rule).
 */
export function openMoved(
  directory: CgroupDirectory,
  member: Member,
  pid: Pid,
): CgroupDirectory | undefined {
  if ((directory.read("cgroup.subtree_control")?.trim() ?? "") === "") return undefined;
  const text = unless(() => readFileSync(`/proc/${pid}/cgroup`, "utf8"), "ENOENT", "ESRCH") ?? "";
  const path = parseOwnCgroups(text).get("");
  if (path === undefined || !path.startsWith(`${member.path}/`)) return undefined;
  return CgroupDirectory.openIfPresent({ ...member, path });
}

function killUnified(member: Member): void {
  using directory = CgroupDirectory.openIfPresent(member);
  unless(() => directory?.write("cgroup.kill", "1"), "ENOENT", "ENODEV", "EOPNOTSUPP");
}

/**
 * Signals every process that is not in `seen`, and adds it, on the way down: who makes cgroups faster than they can be listed is
 * killed before. @returns how many there were, and in how many cgroups was looked for them.
 */
function signalUnseen(
  directory: CgroupDirectory,
  signal: number,
  seen: Set<Pid>,
): { readonly fresh: number; readonly cgroups: number } {
  let fresh = 0;
  let cgroups = 0;
  walkTree(directory, {
    enter: (cgroup) => {
      cgroups += 1;
      const pids = readOwnPids(cgroup).filter((pid) => !seen.has(pid));
      fresh += pids.length;
      for (let start = 0; start < pids.length; start += CHUNK) {
        for (const pid of signalChunk(cgroup, pids.slice(start, start + CHUNK), signal)) {
          seen.add(pid);
        }
      }
    },
  });
  return { fresh, cgroups };
}

/** @returns those that were signalled, or are gone; others may have moved to another cgroup. */
function signalChunk(
  cgroup: CgroupDirectory,
  pids: readonly Pid[],
  signal: number,
): readonly Pid[] {
  using stack = new DisposableStack();
  const handles = pids.map((pid) => {
    const pidfd = unless(() => openPidfd(pid), "ESRCH", "EINVAL");
    if (pidfd !== undefined) stack.use(pidfd);
    return { pid, pidfd };
  });
  const members = new Set(readOwnPids(cgroup));
  const done = handles.filter(({ pid, pidfd }) => pidfd === undefined || members.has(pid));
  for (const { pidfd } of done) {
    if (pidfd !== undefined) unless(() => signalPidfd(pidfd, signal), "ESRCH");
  }
  return done.map(({ pid }) => pid);
}

/** Pids that are 0 belong to processes outside this pid namespace. */
function readOwnPids(cgroup: CgroupDirectory): Pid[] {
  const text = cgroup.read("cgroup.procs") ?? readThreadGroups(cgroup);
  return text
    .split("\n")
    .map(Number)
    .filter((pid) => pid > 0)
    .map(toPid);
}
