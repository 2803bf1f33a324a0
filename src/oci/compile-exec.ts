// SPDX-License-Identifier: Apache-2.0
// From a process document to what has to happen to start it in a container that exists.

import type { Op, Program } from "../plan/ops.ts";
import type { CpuAffinity } from "./affinity.ts";
import { compileProcess, noNewPrivilegesOps, umaskOp } from "./compile.ts";
import type { CompiledExec, ExecTarget, HostFacts } from "./compiled.ts";
import { cgroupInputs, cloneOps, leaveHostOps } from "./enter.ts";
import { type CapabilitySets, identityOps } from "./identity.ts";
import { inheritedInputs, inheritOps, NOTHING_INHERITED } from "./inherited.ts";
import { sessionOps } from "./keyring.ts";
import {
  apparmorOps,
  keyLabelOps,
  type ProcessLabels,
  processLabels,
  selinuxOps,
} from "./labels.ts";
import { execOps, findProgramOp, type LateFacts } from "./program.ts";
import { earlyFilterOps, filterInputs, loadFilterOps } from "./seccomp.ts";
import type { Process } from "./spec.ts";
import {
  consoleOps,
  givenStdioOps,
  nullStdioOps,
  openNullOp,
  ownedStdio,
  stdioInputs,
} from "./stdio.ts";
import { CLONE, O } from "./tables/kernel.ts";
import { execTraits, traitOps } from "./traits.ts";
import { becomeRootOps, leaveGroupsOp } from "./user-namespace.ts";

/** Compiles an exec. What its document does not say of limits and capabilities is as in the container. @throws SpecError for what only shows together with the host's facts */
export function compileExec(process: Process, target: ExecTarget, facts: HostFacts): CompiledExec {
  const labels = processLabels(process, target.labels);
  const compiled = compileProcess(
    {
      ...process,
      ...labels,
      capabilities: process.capabilities ?? target.capabilities,
      rlimits: process.rlimits.length > 0 ? process.rlimits : target.rlimits,
    },
    facts,
    target,
  );
  const affinity = process.execCPUAffinity ?? target.execCPUAffinity;
  const oomScoreAdj = process.oomScoreAdj ?? target.oomScoreAdj;
  return {
    process: compiled.process,
    startsOutside: affinity?.initial !== undefined || target.mayFreeze === true,
    enter: (cgroupSlots) => joinContainerProgram(target, oomScoreAdj, cgroupSlots, affinity),
    finish: (home, pid) =>
      finishProgram(process, target, { facts, labels, sets: compiled.sets, late: { home, pid } }),
  };
}

/** Into the cgroup and the namespaces of the container's init, as a process of their pid namespace. */
export function joinContainerProgram(
  target: Omit<ExecTarget, "nullStdio">,
  oomScoreAdj: Process["oomScoreAdj"],
  cgroupSlots: number,
  affinity?: CpuAffinity,
): Program {
  return {
    inputs: ["proc", ...cgroupInputs(cgroupSlots), "init"],
    ops: [
      ...leaveHostOps(cgroupSlots, oomScoreAdj, affinity),
      ...(inUserNamespace(target) ? joinAsUserOps(target) : joinOps(target)),
    ],
  };
}

/** Whether the container has a user namespace that is not the runtime's. */
export function inUserNamespace({ namespaces }: Pick<ExecTarget, "namespaces">): boolean {
  return (namespaces & CLONE.NEWUSER) !== 0;
}

function joinOps({ namespaces }: Pick<ExecTarget, "namespaces">): readonly Op[] {
  return [setnsOp(namespaces), closeInitOp(), ...cloneOps()];
}

/**
 * The user namespace comes last: others may belong to the host. And the clone comes before the mounts of the container:
 * among those, with parts of its procfs hidden, the kernel would give nobody another procfs.
 */
function joinAsUserOps({ namespaces }: Pick<ExecTarget, "namespaces">): readonly Op[] {
  const outer = namespaces & ~(CLONE.NEWNS | CLONE.NEWUSER);
  const mount = namespaces & CLONE.NEWNS;
  return [
    ...(outer === 0 ? [] : [setnsOp(outer)]),
    ...cloneOps(),
    ...(mount === 0 ? [] : [setnsOp(mount)]),
    leaveGroupsOp(),
    setnsOp(CLONE.NEWUSER),
    closeInitOp(),
    ...becomeRootOps(),
  ];
}

function setnsOp(nstype: number): Op {
  return { op: "setns", fd: "init", nstype, why: "error joining the namespaces of the container" };
}

function closeInitOp(): Op {
  return { op: "close", fd: "init", why: "" };
}

/** The root and the working directory are the container's since its mount namespace was joined. */
function finishProgram(
  process: Process,
  target: ExecTarget,
  context: {
    readonly facts: HostFacts;
    readonly labels: ProcessLabels;
    readonly sets: CapabilitySets;
    readonly late: LateFacts;
  },
): Program {
  const { nullStdio, inherited = NOTHING_INHERITED, seccomp } = target;
  const { facts, labels } = context;
  return {
    inputs: [
      ...stdioInputs(process, nullStdio),
      ...inheritedInputs(inherited),
      ...filterInputs(seccomp),
    ],
    ops: [
      ...givenStdioOps(process, nullStdio),
      ...inheritOps(inherited),
      ...loadFilterOps(seccomp),
      ...keyLabelOps(labels, sessionOps(target.keyring, inUserNamespace(target))),
      ...rootedOps(process, nullStdio),
      ...noNewPrivilegesOps(process),
      umaskOp(process.user.umask ?? target.umask),
      ...traitOps(execTraits(process, target.traits)),
      // Before a filter that may forbid what they need; they count from the execve in any case.
      ...apparmorOps(labels, facts),
      ...selinuxOps(labels),
      ...identityOps(process, context.sets, {
        stdio: ownedStdio(process, nullStdio),
        userNamespace: target.userNamespace,
        seccomp,
      }),
      findProgramOp(process, "process"),
      ...earlyFilterOps(process, seccomp),
      ...execOps(process, context.late, { inherited, seccomp }),
    ],
  };
}

/** What needs a descriptor of the container's root: its terminals and its null device. */
function rootedOps(process: Process, nullStdio: ExecTarget["nullStdio"]): readonly Op[] {
  const needsNull = nullStdio.length > 0;
  if (!process.terminal && !needsNull) return [];
  const why = "error opening the container's root";
  return [
    { op: "open", dir: "cwd", path: "/", flags: O.PATH, mode: 0, out: "root", why },
    ...consoleOps(process, false),
    ...(needsNull ? [openNullOp(), ...nullStdioOps(nullStdio)] : []),
    ...(needsNull ? [{ op: "close", fd: "null", why: "" } as const] : []),
    { op: "close", fd: "root", why: "" },
  ];
}
