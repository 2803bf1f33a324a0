// SPDX-License-Identifier: Apache-2.0
// What `compile` makes of a spec: everything that must happen, as data. `runtime/` turns it into a live process.

import type { Program, Slot } from "../plan/ops.ts";
import type { CpuAffinity } from "./affinity.ts";
import type { HookSubject } from "./hooks.ts";
import type { IdMappings } from "./id-mappings.ts";
import type { Inherited } from "./inherited.ts";
import type { ProcessLabels, SecurityModule } from "./labels.ts";
import type { SeccompUse } from "./seccomp.ts";
import type {
  Capabilities,
  Hook,
  LinuxResources,
  MountIdMap,
  NamespaceType,
  Rlimit,
} from "./spec.ts";
import type { ProcessTraits } from "./traits.ts";

/** Facts about the host that a plan depends on; `runtime/host-facts.ts` probes them once. */
export interface HostFacts {
  /** The highest capability the kernel knows, for example 40. */
  readonly lastCap: number;
  /** "v1" covers hybrid too: what a container sees is the v1 tree. */
  readonly cgroupMode: "v1" | "v2";
  /**
   * cgroup v1 only: every hierarchy's directory name under the cgroup mount and its mount options
   * (`{ name: "cpu,cpuacct", options: ["cpu", "cpuacct"] }`, `{ name: "systemd", options: ["none", "name=systemd"] }`).
   */
  readonly cgroupV1Hierarchies: readonly {
    readonly name: string;
    readonly options: readonly string[];
  }[];
  /** Whether /proc/kcore exists (then /dev/core is made). */
  readonly hasKcore: boolean;
  /** Kinds of namespaces that the kernel was built without. */
  readonly missingNamespaces?: readonly NamespaceType[];
  /** The resctrl file system; undefined: there is none, or nobody has mounted it. */
  readonly resctrl?: ResctrlFacts | undefined;
  /** Those that are at work in the kernel; undefined is none. */
  readonly securityModules?: readonly SecurityModule[];
}

/** Which resources of the processor the resctrl file system shares out. */
export interface ResctrlFacts {
  /** The L3 cache. */
  readonly l3: boolean;
  /** Memory bandwidth. */
  readonly mb: boolean;
}

/** A user and a group as the host knows them. */
export interface HostIds {
  readonly uid: number;
  readonly gid: number;
}

/** The user namespace that a container is in, as the runtime has made or found it. */
export interface UserNamespace extends IdMappings {
  /** Whether setgroups(2) is allowed in it: who makes one without privilege has to deny it first. */
  readonly setgroups: boolean;
}

/** What the source of a bind mount is on the host; "proc" is a directory of a procfs. */
export type BindSourceKind = "dir" | "file" | "proc";

/** What is decided per call and not by config.json. */
export interface CompileOptions {
  readonly id: string;
  /** Absolute path of the bundle directory. */
  readonly bundle: string;
  /** Absolute path of the root filesystem, without symbolic links. */
  readonly rootfs: string;
  /** runc's option no_pivot_root: the root filesystem is moved over the host's, for hosts whose root is an initramfs. */
  readonly noPivot: boolean;
  /** Keep the session keyring (runc option no_new_keyring). */
  readonly noNewKeyring: boolean;
  /** Slots of the process's stdio that are to be the container's /dev/null; with a terminal none is given. */
  readonly nullStdio: readonly (0 | 1 | 2)[];
  /** What the program gets besides its stdio; undefined: nothing. */
  readonly inherited?: Inherited | undefined;
  /** By index in `mounts`: what `bindSourcePath` leads to; undefined if there is nothing, or for other mounts. */
  readonly bindSourceKinds: readonly (BindSourceKind | undefined)[];
  /**
   * cgroup v1 only: the container's own directory in each hierarchy on the host, by the hierarchy's name. Needed for a mount
   * of type cgroup without a cgroup namespace.
   */
  readonly cgroupV1Directories?: ReadonlyMap<string, string>;
  /** Undefined: the container has none, or nothing is known of the one that it joins. */
  readonly userNamespace?: UserNamespace | undefined;
  /** cgroup v2 only: the container's own directory on the host. */
  readonly cgroupV2Directory?: string | undefined;
  /**
   * With noPivot: where complete mounts of procfs and sysfs are on the host outside of the root filesystem, in the order of
   * mounting.
   */
  readonly hostProcMounts?: readonly string[];
  /** Types of joined namespaces that are the runtime's own: what is set in them is set on the host. */
  readonly sharedNamespaces?: readonly NamespaceType[];
}

/** A tree of mounts on the host that the runtime clones and hands over, detached from everything. */
export interface DetachedTree {
  /** Of the program `prepare`. */
  readonly slot: Slot;
  /** Absolute, on the host. */
  readonly path: string;
  /** With the mounts below. */
  readonly recursive: boolean;
  /** MS_SLAVE or MS_PRIVATE, for the whole tree. */
  readonly propagation: bigint;
  readonly idMap: MountIdMap | undefined;
  /** The start of the sentence about a failure. */
  readonly why: string;
}

/** A namespace that is joined; the runtime opens `path` and passes the descriptor in the slot `ns:<type>`. */
export interface JoinedNamespace {
  readonly type: NamespaceType;
  readonly path: string;
  /** The CLONE_NEW* flag. */
  readonly nstype: number;
}

export interface CompiledRlimit {
  /** The kernel's number, RLIMIT_NOFILE = 7. */
  readonly resource: number;
  readonly soft: bigint;
  readonly hard: bigint;
}

/** What exec and create have in common once namespaces are there. */
export interface CompiledProcess {
  readonly terminal: boolean;
  readonly uid: number;
  readonly gid: number;
  /** What uid and gid are outside of the container's user namespace; undefined: the same, it has none. */
  readonly hostIds: HostIds | undefined;
  /** Set by the runtime with prlimit(2) between two programs. */
  readonly rlimits: readonly CompiledRlimit[];
  /** True if HOME must be taken from the container's /etc/passwd before `finish` is made. */
  readonly needsHome: boolean;
  /** True if `finish` must be told the pid by which the process knows itself. */
  readonly needsPid: boolean;
  /** What an operator should hear: capabilities that this kernel or this configuration cannot give. */
  readonly warnings: readonly string[];
}

/**
 * A container, compiled. Programs run in this order in one init process, and the runtime acts between them:
 * `enter` + `prepare` -> (hooks, cgroup limits, rlimits) -> `finish`. A hole of the runtime's is passed as a slot.
 *
 * Input slots that the runtime provides:
 * - `enter`: `proc` (the host's /proc, O_PATH), `cgroup:0..n` (v1: the `tasks` file of every hierarchy; v2 without
 *   CLONE_INTO_CGROUP: `cgroup.procs`), `ns:<type>` per joined namespace and per prepared one
 * - `prepare`: those of `trees`, if any; else it finds everything in its own mount namespace, where descriptors of another
 *   are of no use to mounts unless these are detached
 * - `finish`: `fifo` (O_PATH of exec.fifo), `stdin`, `stdout`, `stderr` (those not in nullStdio and without a terminal),
 *   `inherit:0..n` (as many as are inherited), `filter` if there is a seccomp profile
 */
export interface CompiledContainer {
  readonly process: CompiledProcess;
  /** True if the container has a pid namespace of its own (type "pid" without a path): contract 7.4. */
  readonly privatePidNamespace: boolean;
  /** What an exec has to know of this container. */
  readonly execTarget: Omit<ExecTarget, "nullStdio">;
  /** Absolute path of the root filesystem on the host. */
  readonly rootfs: string;
  /** None unless there is a user namespace or an id-mapped mount. */
  readonly trees: readonly DetachedTree[];
  readonly resources: LinuxResources;
  /** The host's uid of the root that is to manage cgroups below the container's own; undefined: nobody inside is. */
  readonly cgroupOwner: number | undefined;
  /** Number of `cgroup:N` slots is only known by the runtime, so the program is made for it. */
  enter(cgroupSlots: number): Program;
  readonly prepare: Program;
  /**
   * `home` is set when `process.needsHome` (from the container's passwd, "/" if it has none), `pid` when `process.needsPid`.
   */
  finish(home: string | undefined, pid?: number): Program;
}

/** The hooks of a container: of those that run in the runtime's namespaces what they are, of the others programs. */
export interface CompiledHooks {
  readonly subject: HookSubject;
  readonly prestart: readonly Hook[];
  readonly createRuntime: readonly Hook[];
  readonly createContainer: readonly CompiledHook[];
  readonly startContainer: readonly CompiledHook[];
  readonly poststart: readonly Hook[];
  readonly poststop: readonly Hook[];
}

/** A hook that runs inside of the container. */
export interface CompiledHook extends CompiledExec {
  readonly hook: Hook;
}

/** An exec, compiled; `enter` ends with clone in the container's namespaces, `finish` with execve. */
export interface CompiledExec {
  readonly process: CompiledProcess;
  /**
   * It is not to be born in the cgroup, where there is such a way: `enter` has something to do outside, and joins by a
   * `cgroup:N` in every tree.
   */
  readonly startsOutside: boolean;
  /** Inputs: `proc`, `cgroup:N`, `init` (pidfd of the container's init). */
  enter(cgroupSlots: number): Program;
  /** Inputs: `stdin`, `stdout`, `stderr`, `inherit:0..n`, `filter` as for a container. */
  finish(home: string | undefined, pid?: number): Program;
}

/** The container that an exec enters. */
export interface ExecTarget {
  /** CLONE_NEW* flags of the namespaces in which the container differs from the runtime. */
  readonly namespaces: number;
  /** Of the container, if it has one of its own and something is known of it. */
  readonly userNamespace?: UserNamespace | undefined;
  readonly nullStdio: readonly (0 | 1 | 2)[];
  /** As in CompileOptions. */
  readonly inherited?: Inherited | undefined;
  /** umask of the container's own config, if it has one. */
  readonly umask: number | undefined;
  /** process.oomScoreAdj of the container's own config: an exec without one of its own gets it. */
  readonly oomScoreAdj?: number | undefined;
  /** process.apparmorProfile and selinuxLabel of the container's own config: the same. */
  readonly labels?: ProcessLabels | undefined;
  /** process.capabilities of the container's own config, and its rlimits: the same. */
  readonly capabilities: Capabilities;
  readonly rlimits: readonly Rlimit[];
  /** Name of the container's session keyring, if it has one of its own. */
  readonly keyring?: string | undefined;
  /** How the kernel treats its processes: an exec that asks for nothing else is treated alike. */
  readonly traits: ProcessTraits;
  /** process.execCPUAffinity of the container's own config: the same. */
  readonly execCPUAffinity?: CpuAffinity | undefined;
  /** The container can freeze the cgroup of its init: nobody may be born there, for the runtime would wait for him. */
  readonly mayFreeze?: boolean | undefined;
  /** How the container's seccomp filter is installed, if it has one: in an exec, too. */
  readonly seccomp?: SeccompUse | undefined;
}
