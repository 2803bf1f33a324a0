// SPDX-License-Identifier: Apache-2.0
// The first program of an init: into the cgroup, then into the namespaces. Before any namespace is entered the process stops
// being dumpable, so that nothing that is already inside can trace it or reach its descriptors (CVE-2016-9962).

import type { Op, Program, Slot } from "../plan/ops.ts";
import { affinityOps, type CpuAffinity } from "./affinity.ts";
import { earlyFilesystemOps } from "./detached.ts";
import { notDumpable } from "./dumpable.ts";
import type { LockOps } from "./locked-trees.ts";
import {
  type EnteredNamespace,
  enteredNamespaces,
  hasNamespace,
  isNewNamespace,
  newNamespaceFlags,
} from "./namespaces.ts";
import type { Process, Spec } from "./spec.ts";
import { CLONE, O } from "./tables/kernel.ts";
import { becomeRootOps, leaveGroupsOp } from "./user-namespace.ts";

/**
 * The first program of a container's init.
 *
 * Root of the host has every right over every namespace, so all are joined before the user namespace. New ones are made
 * after it, because they are to belong to it. The process is cloned last, into a pid namespace that may be new. One that is
 * not may belong to somebody else than the user namespace, whose root could open no procfs of it then: the clone, and the
 * procfs, come before the user namespace. `lock` is `lockTreesOps` of it.
 */
export function enterProgram(spec: Spec, cgroupSlots: number, lock: LockOps): Program {
  const { namespaces } = spec.linux;
  const entered = enteredNamespaces(spec.linux);
  const outer = entered.filter(({ type }) => type !== "mount" && type !== "user");
  const inner = entered.filter(({ type }) => type === "mount" || type === "user");
  const flags = newNamespaceFlags(spec.linux);
  const clonesFirst = hasNamespace(namespaces, "user") && !isNewNamespace(namespaces, "pid");
  const unshare: Op[] =
    flags === 0 ? [] : [{ op: "unshare", flags, why: "error creating new namespaces" }];
  return {
    inputs: [
      "proc",
      ...cgroupInputs(cgroupSlots),
      ...entered.map(({ type }) => `ns:${type}`),
      ...lock.inputs,
    ],
    ops: [
      ...leaveHostOps(cgroupSlots, spec.process.oomScoreAdj),
      ...outer.flatMap(joinOps),
      ...(clonesFirst ? cloneOps() : []),
      ...earlyFilesystemOps(spec),
      ...lock.before,
      ...inner.flatMap(joinOps),
      // One call for all: the process is in its cgroup, which becomes the root of the cgroup namespace.
      ...unshare,
      ...lock.after,
      ...(clonesFirst ? [] : cloneOps()),
    ],
  };
}

function joinOps({ type, nstype, why }: EnteredNamespace): readonly Op[] {
  const join: Op[] = [
    { op: "setns", fd: `ns:${type}`, nstype, why },
    { op: "close", fd: `ns:${type}`, why },
  ];
  return type === "user" ? [leaveGroupsOp(), ...join, ...becomeRootOps()] : join;
}

/** The slots of `cgroup:0` and on. */
export function cgroupInputs(count: number): readonly Slot[] {
  return Array.from({ length: count }, (_, index) => `cgroup:${index}`);
}

/** Everything from the cgroup to the last moment outside. The own entry in /proc can't be written once not dumpable. */
export function leaveHostOps(
  cgroupSlots: number,
  oomScoreAdj: Process["oomScoreAdj"],
  affinity?: CpuAffinity,
): Op[] {
  return [
    ...affinityOps(affinity, cgroupInputs(cgroupSlots).flatMap(joinCgroupOps)),
    ...oomScoreOps(oomScoreAdj),
    notDumpable(),
  ];
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
