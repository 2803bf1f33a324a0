// SPDX-License-Identifier: Apache-2.0
// The first program of an init: into the cgroup, then into the namespaces. Before any namespace is entered the process stops
// being dumpable, so that nothing that is already inside can trace it or reach its descriptors (CVE-2016-9962).

import type { Op, Slot } from "../plan/ops.ts";
import type { Process } from "./spec.ts";
import { CLONE, O } from "./tables/kernel.ts";

/** The slots of `cgroup:0` and on. */
export function cgroupInputs(count: number): readonly Slot[] {
  return Array.from({ length: count }, (_, index) => `cgroup:${index}`);
}

/** Everything from the cgroup to the last moment outside. The own entry in /proc can't be written once not dumpable. */
export function leaveHostOps(cgroupSlots: number, oomScoreAdj: Process["oomScoreAdj"]): Op[] {
  return [
    ...cgroupInputs(cgroupSlots).flatMap(joinCgroupOps),
    {
      op: "reset_affinity",
      why: "error resetting CPU affinity",
      tolerate: ["EINVAL", "EPERM", "ENOSYS", "EACCES"],
    },
    ...oomScoreOps(oomScoreAdj),
    notDumpable(),
  ];
}

/** The process stays undumpable: after clone, which copies it, and after ids changed, which resets it. */
export function notDumpable(): Op {
  return { op: "set_dumpable", value: 0, why: "error setting PR_SET_DUMPABLE" };
}

/**
 * Goes on as a child of the runtime: pid and time namespaces are entered by children only. The host's procfs, which leads to
 * the host's files, is given up before that for one of the container's own after it: the child can be seen inside from its
 * first moment, and with CAP_SYS_PTRACE a process that is already there can take a descriptor from one that is not dumpable,
 * too.
 */
export function cloneOps(): readonly Op[] {
  return [
    { op: "close", fd: "proc", why: "" },
    { op: "clone", flags: BigInt(CLONE.PARENT), why: "error cloning container init" },
    notDumpable(),
    { op: "procfs", out: "proc", why: "error opening a procfs of the container's own" },
  ];
}

/** "0" is whoever writes: with one thread the cheap way, and no process is between two cgroups. */
function joinCgroupOps(slot: Slot): readonly Op[] {
  const why = "unable to apply cgroup configuration: cannot join cgroup";
  return [
    { op: "write", fd: slot, data: new TextEncoder().encode("0"), why },
    { op: "close", fd: slot, why },
  ];
}

function oomScoreOps(score: Process["oomScoreAdj"]): readonly Op[] {
  if (score === undefined) return [];
  const why = `error setting process.oomScoreAdj ${score}`;
  const data = new TextEncoder().encode(String(score));
  return [
    {
      op: "open",
      dir: "proc",
      path: "self/oom_score_adj",
      flags: O.WRONLY,
      mode: 0,
      out: "oom",
      why,
    },
    { op: "write", fd: "oom", data, why },
    { op: "close", fd: "oom", why },
  ];
}
