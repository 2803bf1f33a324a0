// SPDX-License-Identifier: Apache-2.0
// From a Spec to everything that has to happen for it, as data: which programs init runs, in which order. This file is the
// order; what the steps consist of is in the file of each section.

import type { Op, Program, Slot } from "../plan/ops.ts";
import { cgroupOwner, hasWritableCgroup } from "./cgroup-mount.ts";
import type {
  CompiledContainer,
  CompiledProcess,
  CompileOptions,
  ExecTarget,
  HostFacts,
} from "./compiled.ts";
import { detachedTrees, inUserNamespace } from "./detached.ts";
import { enterProgram } from "./enter.ts";
import {
  type CapabilitySets,
  identityOps,
  NO_CAPABILITIES,
  resolveCapabilities,
} from "./identity.ts";
import { inheritedInputs, inheritOps, NOTHING_INHERITED } from "./inherited.ts";
import { checkIntelRdt } from "./intel-rdt.ts";
import { checkJail, enterRootfsOps, unbindableRootOps } from "./jail.ts";
import { keyringName, sessionOps } from "./keyring.ts";
import {
  apparmorOps,
  checkMountLabel,
  checkProcessLabels,
  keyLabelOps,
  processLabels,
  selinuxOps,
} from "./labels.ts";
import { readonlyOps } from "./late-readonly.ts";
import { compileRlimits } from "./limits.ts";
import { lockTreesOps } from "./locked-trees.ts";
import { allNamespaceFlags, checkKernel, isNewNamespace } from "./namespaces.ts";
import { checkNetDevices } from "./net-devices.ts";
import { execOps, findProgramOp, type LateFacts, needsHome } from "./program.ts";
import { makeCwdOps, prepareRootfsOps, restrictPathOps } from "./rootfs.ts";
import { earlyFilterOps, filterInputs, loadFilterOps, type Seccomp } from "./seccomp.ts";
import type { Capabilities, Process, Spec } from "./spec.ts";
import {
  consoleOps,
  givenStdioOps,
  nullStdioOps,
  openNullOp,
  ownedStdio,
  stdioInputs,
} from "./stdio.ts";
import { checkSysctls, openSysctlOps, writeSysctlOps } from "./sysctl.ts";
import { containerTraits, traitOps } from "./traits.ts";
import { checkGroups, hostIds } from "./user-namespace.ts";

/** Tag of the report in which init sends the container's root, for the runtime to look up HOME in. */
export const ROOT_FD_TAG = 1;

const DEFAULT_UMASK = 0o022;

/** Compiles a container. @throws SpecError for what only shows together with the host's facts or the call's options */
export function compileContainer(
  spec: Spec,
  facts: HostFacts,
  options: CompileOptions,
): CompiledContainer {
  checkJail(spec.linux.rootfsPropagation, options.noPivot);
  const { namespaces } = spec.linux;
  checkKernel(namespaces, facts);
  checkSysctls(spec.linux, options.sharedNamespaces ?? []);
  checkNetDevices(spec.linux, options.sharedNamespaces ?? []);
  checkIntelRdt(spec.linux.intelRdt, facts);
  checkMountLabel(spec.linux.mountLabel, facts);
  const { userNamespace } = options;
  const capabilities = spec.process.capabilities ?? NO_CAPABILITIES;
  const { process, sets } = compileProcess({ ...spec.process, capabilities }, facts, options);
  const execTarget: CompiledContainer["execTarget"] = {
    namespaces: allNamespaceFlags(namespaces),
    userNamespace,
    umask: spec.process.user.umask,
    oomScoreAdj: spec.process.oomScoreAdj,
    labels: processLabels(spec.process),
    capabilities,
    rlimits: spec.process.rlimits,
    keyring: options.noNewKeyring ? undefined : keyringName(options.id),
    traits: containerTraits(spec),
    execCPUAffinity: spec.process.execCPUAffinity,
    ...(hasWritableCgroup(spec, facts) && { mayFreeze: true }),
    seccomp: flagsOf(spec.linux.seccomp),
  };
  const trees = detachedTrees(spec, options);
  const lock = lockTreesOps(spec, trees, options);
  const inputs = trees.map(({ slot }) => slot).filter((slot) => !lock.inputs.includes(slot));
  return {
    process,
    privatePidNamespace: isNewNamespace(namespaces, "pid"),
    execTarget,
    rootfs: options.rootfs,
    trees,
    resources: spec.linux.resources,
    cgroupOwner: cgroupOwner(spec, facts, userNamespace),
    enter: (cgroupSlots) => enterProgram(spec, cgroupSlots, lock),
    prepare: prepareProgram(spec, { facts, options, inputs, keyring: execTarget.keyring }),
    finish: (home, pid) => finishProgram(spec, { facts, sets, options, late: { home, pid } }),
  };
}

/** What create and exec have in common, and the capability sets that their programs need. */
export function compileProcess(
  process: Process & { readonly capabilities: Capabilities },
  facts: HostFacts,
  { userNamespace, inherited }: Pick<CompileOptions, "userNamespace" | "inherited">,
): { readonly process: CompiledProcess; readonly sets: CapabilitySets } {
  checkGroups(userNamespace, process.user);
  checkProcessLabels(process, facts);
  const { sets, warnings } = resolveCapabilities(process.capabilities, facts.lastCap);
  return {
    sets,
    process: {
      terminal: process.terminal,
      uid: process.user.uid,
      gid: process.user.gid,
      hostIds: hostIds(userNamespace, process.user),
      rlimits: compileRlimits(process.rlimits),
      needsHome: needsHome(process.env),
      needsPid: (inherited?.listening ?? 0) > 0,
      warnings,
    },
  };
}

function prepareProgram(
  spec: Spec,
  context: {
    readonly facts: HostFacts;
    readonly options: CompileOptions;
    /** Slots of trees that `enter` has no use for. */
    readonly inputs: readonly Slot[];
    readonly keyring: ExecTarget["keyring"];
  },
): Program {
  const { facts, options, inputs, keyring } = context;
  const loopback: Op[] = isNewNamespace(spec.linux.namespaces, "network")
    ? [{ op: "loopback_up", why: "error setting up the loopback interface" }]
    : [];
  const sendRoot: Op[] = needsHome(spec.process.env)
    ? [{ op: "send_fd", fd: "root", tag: ROOT_FD_TAG, why: "error sending the root directory" }]
    : [];
  const session = sessionOps(keyring, inUserNamespace(spec));
  return {
    inputs,
    ops: [
      ...keyLabelOps(spec.process, session),
      ...loopback,
      ...prepareRootfsOps({ spec, facts, options }),
      ...sendRoot,
    ],
  };
}

function finishProgram(
  spec: Spec,
  context: {
    readonly facts: HostFacts;
    readonly sets: CapabilitySets;
    readonly options: CompileOptions;
    readonly late: LateFacts;
  },
): Program {
  const { process } = spec;
  const { seccomp } = spec.linux;
  const { facts, sets, options, late } = context;
  const { nullStdio, inherited = NOTHING_INHERITED } = options;
  const needsNull = nullStdio.length > 0 || spec.linux.maskedPaths.length > 0;
  return {
    inputs: [
      "fifo",
      ...stdioInputs(process, nullStdio),
      ...inheritedInputs(inherited),
      ...filterInputs(seccomp),
    ],
    ops: [
      ...givenStdioOps(process, nullStdio),
      ...inheritOps(inherited),
      ...loadFilterOps(seccomp),
      ...openSysctlOps(spec.linux),
      ...enterRootfsOps(spec, options),
      ...(needsNull ? [openNullOp(), ...nullStdioOps(nullStdio)] : []),
      ...makeCwdOps(process.cwd),
      ...consoleOps(process, true),
      ...readonlyOps(spec),
      umaskOp(process.user.umask),
      ...hostnameOps(spec),
      ...apparmorOps(process, facts),
      ...writeSysctlOps(spec.linux),
      ...restrictPathOps(spec),
      ...unbindableRootOps(spec),
      // Nothing but the fifo, procfs and the stdio is held while init waits.
      ...(needsNull ? [closeOp("null")] : []),
      closeOp("root"),
      ...noNewPrivilegesOps(process),
      ...traitOps(containerTraits(spec)),
      ...selinuxOps(process),
      ...identityOps(process, sets, {
        stdio: ownedStdio(process, nullStdio),
        userNamespace: options.userNamespace,
        seccomp,
      }),
      findProgramOp(process, "process"),
      ...earlyFilterOps(process, seccomp),
      // The runtime waits for this: whatever fails before it fails create and not start, a missing program above all.
      { op: "ready", why: "error reporting that the container is created" },
      { op: "fifo_wait", proc: "proc", fifo: "fifo", why: "error waiting for start" },
      ...execOps(process, late, { inherited, seccomp }),
    ],
  };
}

function hostnameOps({ hostname, domainname }: Spec): readonly Op[] {
  const ops: Op[] = [];
  if (hostname !== undefined) {
    ops.push({ op: "sethostname", name: hostname, why: "error setting hostname" });
  }
  if (domainname !== undefined) {
    ops.push({ op: "setdomainname", name: domainname, why: "error setting domainname" });
  }
  return ops;
}

/** The umask that the program starts with. */
export function umaskOp(mask = DEFAULT_UMASK): Op {
  return { op: "umask", mask, why: "error setting umask" };
}

/** no_new_privs, if the process asks for it. */
export function noNewPrivilegesOps(process: Process): readonly Op[] {
  return process.noNewPrivileges
    ? [{ op: "no_new_privs", why: "error setting PR_SET_NO_NEW_PRIVS" }]
    : [];
}

function flagsOf(seccomp: Seccomp | undefined): ExecTarget["seccomp"] {
  return seccomp === undefined ? undefined : { flags: seccomp.flags, listener: seccomp.listener };
}

function closeOp(fd: string): Op {
  return { op: "close", fd, why: "" };
}
