// SPDX-License-Identifier: Apache-2.0
// Statistics as CRI, the kubelet and the metrics collectors of containerd read them: one message for cgroup v1 (and hybrid),
// another for v2 (contract 4.15). Pure.

import type { Metrics } from "../container/container.ts";
import { packAny } from "../proto/any.ts";
import type { google, io } from "../proto/generated/messages.js";
import { toLong } from "../proto/int64.ts";

type MetricsV1 = Extract<Metrics, { kind: "v1" }>;
type MetricsV2 = Extract<Metrics, { kind: "v2" }>;
type Counters = MetricsV2["cpu"];
type Long = ReturnType<typeof toLong>;
type Psi = NonNullable<MetricsV2["cpuPsi"]>;
type V1 = io.containerd.cgroups.v1.Metrics.$Properties;
type V2 = io.containerd.cgroups.v2.Metrics.$Properties;

/** Keys of memory.stat that v1 has once for the cgroup and once, as total_<key>, with everything below it. */
const V1_MEMORY_KEYS = [
  ...["cache", "rss", "rss_huge", "mapped_file", "dirty", "writeback", "pgpgin", "pgpgout"],
  ...["pgfault", "pgmajfault", "inactive_anon", "active_anon", "inactive_file", "active_file"],
  "unevictable",
];
const V1_LIMIT_KEYS = ["hierarchical_memory_limit", "hierarchical_memsw_limit"];

/** Field of BlkIOStat and the file it is from, without "blkio.". */
const BLKIO_FIELDS = {
  ioServiceBytesRecursive: "io_service_bytes_recursive",
  ioServicedRecursive: "io_serviced_recursive",
  ioQueuedRecursive: "io_queued_recursive",
  ioServiceTimeRecursive: "io_service_time_recursive",
  ioWaitTimeRecursive: "io_wait_time_recursive",
  ioMergedRecursive: "io_merged_recursive",
  ioTimeRecursive: "time_recursive",
  sectorsRecursive: "sectors_recursive",
} as const;

const V2_CPU_KEYS = [
  ...["usage_usec", "user_usec", "system_usec", "nr_periods", "nr_throttled", "throttled_usec"],
  ...["nr_bursts", "burst_usec"],
];
const V2_MEMORY_KEYS = [
  ...["anon", "file", "kernel_stack", "slab", "sock", "shmem", "file_mapped", "file_dirty"],
  ...["file_writeback", "anon_thp", "inactive_anon", "active_anon", "inactive_file", "active_file"],
  ...["unevictable", "slab_reclaimable", "slab_unreclaimable", "pgfault", "pgmajfault"],
  ...["workingset_refault", "workingset_activate", "workingset_nodereclaim", "pgrefill", "pgscan"],
  ...["pgsteal", "pgactivate", "pgdeactivate", "pglazyfree", "pglazyfreed", "thp_fault_alloc"],
  "thp_collapse_alloc",
];
const V2_EVENT_KEYS = ["low", "high", "max", "oom", "oom_kill", "oom_group_kill"];

/** The Any of a Stats answer. */
export function toStats(metrics: Metrics): google.protobuf.Any.$Properties {
  return metrics.kind === "v1"
    ? packAny("io.containerd.cgroups.v1.Metrics", toV1(metrics))
    : packAny("io.containerd.cgroups.v2.Metrics", toV2(metrics));
}

function toV1({ cpuUsage, throttling, ...metrics }: MetricsV1): V1 {
  const { pids, memory, oomControl, blkio, rdma } = metrics;
  return {
    hugetlb: metrics.hugetlb.map(({ pageSize, ...counters }) => ({
      ...longs(counters),
      pagesize: pageSize,
    })),
    ...(pids && { pids: longs(pids) }),
    cpu: {
      usage: {
        total: toLong(cpuUsage.total),
        kernel: toLong(cpuUsage.kernel),
        user: toLong(cpuUsage.user),
        perCpu: cpuUsage.perCpu.map(toLong),
      },
      throttling: longs(throttling),
    },
    ...(memory && { memory: toV1Memory(memory) }),
    ...(blkio && { blkio: toBlkio(blkio) }),
    ...(rdma && { rdma: toRdma(rdma) }),
    ...(oomControl && { memoryOomControl: longs(oomControl) }),
  };
}

function toV1Memory(memory: NonNullable<MetricsV1["memory"]>): NonNullable<V1["memory"]> {
  const { stat, usage, swap, kernel, kernelTcp } = memory;
  const totals = V1_MEMORY_KEYS.map((key) => `total_${key}`);
  return {
    ...keyed(stat, [...V1_MEMORY_KEYS, ...V1_LIMIT_KEYS, ...totals]),
    ...(usage && { usage: longs(usage) }),
    ...(swap && { swap: longs(swap) }),
    ...(kernel && { kernel: longs(kernel) }),
    ...(kernelTcp && { kernelTcp: longs(kernelTcp) }),
  };
}

function toBlkio(blkio: NonNullable<MetricsV1["blkio"]>): NonNullable<V1["blkio"]> {
  const entries = Object.entries(BLKIO_FIELDS).map(([field, file]) => [
    field,
    (blkio[file] ?? []).map(({ op, device, ...numbers }) => ({ op, device, ...longs(numbers) })),
  ]);
  return Object.fromEntries(entries);
}

function toV2({ pids, cpu, cpuPsi, memory, memoryEvents, io, hugetlb, rdma }: MetricsV2): V2 {
  return {
    ...(pids && { pids: longs(pids) }),
    cpu: { ...keyed(cpu, V2_CPU_KEYS), ...toPsi(cpuPsi) },
    ...(memory && { memory: toV2Memory(memory) }),
    ...(rdma && { rdma: toRdma(rdma) }),
    ...(io && { io: { usage: io.usage.map(longs), ...toPsi(io.psi) } }),
    hugetlb: hugetlb.map(({ pageSize, usage, max, failcnt }) => ({
      ...longs({ current: usage, max, failcnt }),
      pagesize: pageSize,
    })),
    ...(memoryEvents && { memoryEvents: keyed(memoryEvents, V2_EVENT_KEYS) }),
  };
}

function toV2Memory({
  stat,
  psi,
  ...numbers
}: NonNullable<MetricsV2["memory"]>): NonNullable<V2["memory"]> {
  return { ...keyed(stat, V2_MEMORY_KEYS), ...longs(numbers), ...toPsi(psi) };
}

function toRdma({ current, limit }: NonNullable<Metrics["rdma"]>): NonNullable<V2["rdma"]> {
  return { current: [...current], limit: [...limit] };
}

function toPsi(psi: Psi | undefined): { psi?: io.containerd.cgroups.v2.PSIStats.$Properties } {
  if (psi === undefined) return {};
  const toData = ({ total, ...averages }: Psi["some"]) => ({ ...averages, total: toLong(total) });
  return { psi: { some: toData(psi.some), full: toData(psi.full) } };
}

/** The counters of these keys, by the name of their field; one that the kernel does not have is left out. */
function keyed(counters: Counters, keys: readonly string[]): Record<string, Long> {
  const fields: Record<string, Long> = {};
  for (const key of keys) {
    const value = Object.hasOwn(counters, key) ? counters[key] : undefined;
    if (value !== undefined) fields[toFieldName(key)] = toLong(value);
  }
  return fields;
}

function longs<Key extends string>(counters: Readonly<Record<Key, bigint>>): Record<Key, Long> {
  const entries = Object.entries<bigint>(counters).map(([key, value]) => [key, toLong(value)]);
  return Object.fromEntries(entries);
}

/** The protobuf compiler's name for a field that is called as the kernel's key. */
function toFieldName(key: string): string {
  return key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
