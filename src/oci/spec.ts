// SPDX-License-Identifier: Apache-2.0
// The OCI configuration after parsing: only what is supported, with the types and ranges that the rest may rely on.
// 64-bit integers are bigint. Optional things that are absent are `undefined`.

import type { Gid, Uid } from "../base/brand.ts";
import type { CpuAffinity } from "./affinity.ts";
import type { IdMapping, IdMappings } from "./id-mappings.ts";
import type { IntelRdt } from "./intel-rdt.ts";
import type { MemoryPolicy } from "./memory-policy.ts";
import type { MountOptions } from "./mount-options.ts";
import type { NetDevice } from "./net-devices.ts";
import type { IoPriority, Scheduler } from "./scheduling.ts";
import type { Seccomp } from "./seccomp.ts";
import type { Sysctl } from "./sysctl.ts";

export interface Spec {
  /** "1.x.y". */
  readonly ociVersion: string;
  readonly process: Process;
  readonly root: Root;
  readonly mounts: readonly Mount[];
  readonly hostname: string | undefined;
  readonly domainname: string | undefined;
  readonly annotations: ReadonlyMap<string, string>;
  readonly hooks: Hooks;
  readonly linux: Linux;
}

export type HookKind =
  | "prestart"
  | "createRuntime"
  | "createContainer"
  | "startContainer"
  | "poststart"
  | "poststop";

/** Of each kind those that there are, in the order in which they run. */
export type Hooks = Readonly<Record<HookKind, readonly Hook[]>>;

export interface Hook {
  /** Absolute. */
  readonly path: string;
  /** At least one. */
  readonly args: readonly string[];
  /** As given; undefined: what the kind of hook inherits. */
  readonly env: readonly string[] | undefined;
  /** Above 0; undefined: as long as it takes. */
  readonly timeoutSeconds: number | undefined;
}

export interface Root {
  /** As in config.json: absolute, or relative to the bundle. Never empty. */
  readonly path: string;
  readonly readonly: boolean;
}

export interface Process {
  readonly terminal: boolean;
  /** Undefined unless both sides are set. */
  readonly consoleSize: { readonly rows: number; readonly columns: number } | undefined;
  readonly user: User;
  /** At least one. */
  readonly args: readonly string[];
  /** `NAME=value`; names are unique, of several the last one has won. */
  readonly env: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** Undefined: those of the container for an exec, none for the container itself. */
  readonly capabilities: Capabilities | undefined;
  /** Each type once, of several the last one has won. None: those of the container for an exec. */
  readonly rlimits: readonly Rlimit[];
  readonly noNewPrivileges: boolean;
  /** Undefined: that of the container for an exec, none for the container itself. */
  readonly apparmorProfile: string | undefined;
  /** The same. */
  readonly selinuxLabel: string | undefined;
  /** Undefined: inherited. */
  readonly oomScoreAdj: number | undefined;
  /** Undefined: that of the container for an exec, what is inherited for the container itself. */
  readonly scheduler: Scheduler | undefined;
  /** The same. */
  readonly ioPriority: IoPriority | undefined;
  /** Of execs only. Undefined: that of the container's configuration, if it has one. */
  readonly execCPUAffinity: CpuAffinity | undefined;
}

export interface User {
  readonly uid: Uid;
  readonly gid: Gid;
  readonly umask: number | undefined;
  readonly additionalGids: readonly Gid[];
}

/** Names as in tables/capabilities.ts; unknown ones have been dropped with a warning. */
export interface Capabilities {
  readonly bounding: readonly string[];
  readonly effective: readonly string[];
  readonly permitted: readonly string[];
  readonly inheritable: readonly string[];
  readonly ambient: readonly string[];
}

export interface Rlimit {
  /** RLIMIT_* as in tables/rlimits.ts. */
  readonly type: string;
  readonly soft: bigint;
  readonly hard: bigint;
}

export interface Mount {
  /** Where it stands in config.json, for messages: "mounts[3]". */
  readonly path: string;
  /** Absolute and clean, in the container. */
  readonly destination: string;
  /** "bind" whenever an option says so. */
  readonly type: string;
  /** As in config.json; a bind source that is relative is relative to the bundle. */
  readonly source: string;
  readonly isBind: boolean;
  readonly options: MountOptions;
  /** Only a bind can have one. */
  readonly idMap: MountIdMap | undefined;
}

/** An id-mapped mount: ids of the source, on disk, are other ids where it is mounted. */
export interface MountIdMap {
  /** Undefined: that of the container's user namespace. */
  readonly mappings: IdMappings | undefined;
  /** Also for the mounts below. */
  readonly recursive: boolean;
}

export type NamespaceType =
  | "pid"
  | "network"
  | "mount"
  | "ipc"
  | "uts"
  | "user"
  | "cgroup"
  | "time";

export interface Namespace {
  readonly type: NamespaceType;
  /** Undefined: a new one. */
  readonly path: string | undefined;
}

/** How far a clock is ahead of the host's; nanoseconds in 0..999999999. */
export interface TimeOffset {
  readonly clock: "monotonic" | "boottime";
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

export type RootfsPropagation = `${"" | "r"}${"private" | "slave" | "shared" | "unbindable"}`;

export interface Linux {
  readonly namespaces: readonly Namespace[];
  /** Of a new user namespace; of one that is joined, what it is said to have. */
  readonly uidMappings: readonly IdMapping[];
  readonly gidMappings: readonly IdMapping[];
  /** Of a new time namespace. */
  readonly timeOffsets: readonly TimeOffset[];
  readonly devices: readonly Device[];
  readonly cgroupsPath: string | undefined;
  readonly resources: LinuxResources;
  /** Undefined: not asked for. */
  readonly intelRdt: IntelRdt | undefined;
  readonly netDevices: readonly NetDevice[];
  readonly rootfsPropagation: RootfsPropagation | undefined;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  /** Undefined: no filter. */
  readonly seccomp: Seccomp | undefined;
  readonly sysctl: readonly Sysctl[];
  /** For SELinux: the label of the filesystems that are mounted. */
  readonly mountLabel: string | undefined;
  /** The kernel's number of the execution domain; undefined: the inherited one. */
  readonly personality: number | undefined;
  /** Undefined: the inherited one. */
  readonly memoryPolicy: MemoryPolicy | undefined;
}

export interface Device {
  readonly type: "b" | "c" | "p";
  /** Absolute and clean, in the container. */
  readonly path: string;
  readonly major: number;
  readonly minor: number;
  /** Permission bits only. */
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

/** linux.resources. */
export interface LinuxResources {
  readonly devices: readonly DeviceCgroupRule[];
  readonly memory: MemoryResources | undefined;
  readonly cpu: CpuResources | undefined;
  readonly pids: { readonly limit: bigint } | undefined;
  readonly blockIO: BlockIoResources | undefined;
  readonly hugepageLimits: readonly HugepageLimit[];
  readonly network: NetworkResources | undefined;
  readonly rdma: readonly RdmaLimit[];
  /** cgroup v2 only: what to write into which file of the cgroup, in the order given. */
  readonly unified: ReadonlyMap<string, string>;
}

/** One entry of linux.resources.devices. */
export interface DeviceCgroupRule {
  readonly allow: boolean;
  readonly type: "a" | "b" | "c";
  /** Undefined: all. */
  readonly major: number | undefined;
  /** Undefined: all. */
  readonly minor: number | undefined;
  /** One or more of "r", "w", "m". */
  readonly access: string;
}

/** Bytes; -1 is no limit, undefined leaves it alone. */
export interface MemoryResources {
  readonly limit: bigint | undefined;
  readonly reservation: bigint | undefined;
  /** Memory and swap together. */
  readonly swap: bigint | undefined;
  readonly kernel: bigint | undefined;
  readonly kernelTCP: bigint | undefined;
  /** What the kernel takes is 0..100. */
  readonly swappiness: bigint | undefined;
  readonly disableOOMKiller: boolean;
  readonly checkBeforeUpdate: boolean;
}

/** Times in microseconds. */
export interface CpuResources {
  readonly shares: bigint | undefined;
  /** Negative: no limit. */
  readonly quota: bigint | undefined;
  readonly period: bigint | undefined;
  readonly burst: bigint | undefined;
  readonly realtimeRuntime: bigint | undefined;
  readonly realtimePeriod: bigint | undefined;
  /** 1: SCHED_IDLE for the whole group. */
  readonly idle: number | undefined;
  /** A list like "0-3,7". */
  readonly cpus: string | undefined;
  readonly mems: string | undefined;
}

/** Weights are 10..1000, 0 and undefined leave them alone. */
export interface BlockIoResources {
  readonly weight: number | undefined;
  readonly leafWeight: number | undefined;
  readonly weightDevice: readonly WeightDevice[];
  /** Bytes per second. */
  readonly throttleReadBpsDevice: readonly ThrottleDevice[];
  readonly throttleWriteBpsDevice: readonly ThrottleDevice[];
  /** Operations per second. */
  readonly throttleReadIOPSDevice: readonly ThrottleDevice[];
  readonly throttleWriteIOPSDevice: readonly ThrottleDevice[];
}

interface BlockDevice {
  readonly major: number;
  readonly minor: number;
}
export interface WeightDevice extends BlockDevice {
  readonly weight: number | undefined;
  readonly leafWeight: number | undefined;
}
export interface ThrottleDevice extends BlockDevice {
  readonly rate: bigint;
}

export interface HugepageLimit {
  /** As the kernel writes it in file names: "2MB". */
  readonly pageSize: string;
  /** Bytes; 0 forbids them. */
  readonly limit: bigint;
}

export interface NetworkResources {
  /** Undefined or 0: none. */
  readonly classID: number | undefined;
  readonly priorities: readonly { readonly name: string; readonly priority: number }[];
}

export interface RdmaLimit {
  readonly device: string;
  readonly hcaHandles: number | undefined;
  readonly hcaObjects: number | undefined;
}
