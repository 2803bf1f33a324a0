// SPDX-License-Identifier: Apache-2.0
// Resource statistics of a cgroup, in the terms of the kernel's files; `task/convert.ts` makes protobuf of them.
// All numbers are bigint (uint64 of the kernel). A member is undefined where its controller or file is missing.

export type Counters = Readonly<Record<string, bigint>>;

export interface Psi {
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
  /** Microseconds. */
  readonly total: bigint;
}
export interface PsiPair {
  readonly some: Psi;
  readonly full: Psi;
}

export interface HugetlbV1 {
  readonly pageSize: string;
  readonly usage: bigint;
  readonly max: bigint;
  readonly failcnt: bigint;
}
export interface MemoryEntry {
  readonly limit: bigint;
  readonly usage: bigint;
  readonly max: bigint;
  readonly failcnt: bigint;
}
export interface BlkioEntry {
  readonly op: string;
  readonly device: string;
  readonly major: bigint;
  readonly minor: bigint;
  readonly value: bigint;
}
export interface RdmaEntry {
  readonly device: string;
  readonly hcaHandles: number;
  readonly hcaObjects: number;
}
export interface RdmaStat {
  readonly current: readonly RdmaEntry[];
  readonly limit: readonly RdmaEntry[];
}

export interface MetricsV1 {
  readonly kind: "v1";
  readonly hugetlb: readonly HugetlbV1[];
  readonly pids: { readonly current: bigint; readonly limit: bigint } | undefined;
  /** Nanoseconds. */
  readonly cpuUsage: {
    readonly total: bigint;
    readonly kernel: bigint;
    readonly user: bigint;
    readonly perCpu: readonly bigint[];
  };
  readonly throttling: {
    readonly periods: bigint;
    readonly throttledPeriods: bigint;
    readonly throttledTime: bigint;
  };
  /** memory.stat by the kernel's keys, and the four limit groups. */
  readonly memory:
    | {
        readonly stat: Counters;
        readonly usage: MemoryEntry | undefined;
        readonly swap: MemoryEntry | undefined;
        readonly kernel: MemoryEntry | undefined;
        readonly kernelTcp: MemoryEntry | undefined;
      }
    | undefined;
  readonly oomControl:
    | { readonly oomKillDisable: bigint; readonly underOom: bigint; readonly oomKill: bigint }
    | undefined;
  /** By the file's name without `blkio.`, for example "io_service_bytes_recursive". */
  readonly blkio: Readonly<Record<string, readonly BlkioEntry[]>> | undefined;
  readonly rdma: RdmaStat | undefined;
}

export interface MetricsV2 {
  readonly kind: "v2";
  readonly pids: { readonly current: bigint; readonly limit: bigint } | undefined;
  /** cpu.stat by the kernel's keys. */
  readonly cpu: Counters;
  readonly cpuPsi: PsiPair | undefined;
  readonly memory:
    | {
        /** memory.stat by the kernel's keys. */
        readonly stat: Counters;
        readonly usage: bigint;
        readonly usageLimit: bigint;
        readonly swapUsage: bigint;
        readonly swapLimit: bigint;
        readonly maxUsage: bigint;
        readonly swapMaxUsage: bigint;
        readonly psi: PsiPair | undefined;
      }
    | undefined;
  /** memory.events by the kernel's keys. */
  readonly memoryEvents: Counters | undefined;
  readonly io:
    | {
        readonly usage: readonly {
          readonly major: bigint;
          readonly minor: bigint;
          readonly rbytes: bigint;
          readonly wbytes: bigint;
          readonly rios: bigint;
          readonly wios: bigint;
        }[];
        readonly psi: PsiPair | undefined;
      }
    | undefined;
  readonly hugetlb: readonly HugetlbV1[];
  readonly rdma: RdmaStat | undefined;
}

export type Metrics = MetricsV1 | MetricsV2;
