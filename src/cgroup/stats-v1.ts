// SPDX-License-Identifier: Apache-2.0
// Statistics of a v1 (or hybrid) cgroup, each group from the tree of its controller.

import { readFileSync } from "node:fs";
import { CgroupDirectory, type Member } from "./directory.ts";
import { type CgroupFiles, type FindFiles, OpenTrees } from "./files.ts";
import type { BlkioEntry, HugetlbV1, MemoryEntry, MetricsV1 } from "./metrics.ts";
import { parseNumber, readFlatFile, readHugePageSizes, readNumber, readRdma } from "./stats.ts";

/** cpuacct.stat counts in ticks of USER_HZ, which is 100 on every supported architecture. */
const NS_PER_TICK = 10_000_000n;
/** "No limit" reads as 0 in the v1 messages. */
const NO_LIMIT = 0n;

/** A scheduler's statistics of a cgroup and all cgroups below it, as CFQ called them. */
const BLKIO_FILES = [
  "io_service_bytes_recursive",
  "io_serviced_recursive",
  "io_queued_recursive",
  "io_service_time_recursive",
  "io_wait_time_recursive",
  "io_merged_recursive",
  "time_recursive",
  "sectors_recursive",
] as const;

/** Reads everything. Controllers that are not mounted, and cgroups that are gone, are left out. */
export function readMetricsV1(find: (controller: string) => Member | undefined): MetricsV1 {
  using trees = new OpenTrees(find);
  return toMetricsV1((controller) => trees.get(controller), {
    pageSizes: readHugePageSizes(),
    hasSwap: hasSwapAccounting(find("memory")),
  });
}

/** What of the host is needed to understand the files. */
export interface HostOfV1 {
  /** Of huge pages, as hugetlb names them. */
  readonly pageSizes: readonly string[];
  /** Without, the files for memory and swap together say nothing. */
  readonly hasSwap: boolean;
}

/** What the files say. */
export function toMetricsV1(find: FindFiles, { pageSizes, hasSwap }: HostOfV1): MetricsV1 {
  const [memory, pids, blkio, rdma] = [find("memory"), find("pids"), find("blkio"), find("rdma")];
  return {
    kind: "v1",
    hugetlb: readHugetlb(find("hugetlb"), pageSizes),
    pids: pids && {
      current: readNumber(pids, "pids.current", NO_LIMIT),
      limit: readNumber(pids, "pids.max", NO_LIMIT),
    },
    cpuUsage: readCpuUsage(find("cpuacct")),
    throttling: readThrottling(find("cpu")),
    memory: memory && readMemory(memory, hasSwap),
    oomControl: memory && readOomControl(memory),
    blkio: blkio && readBlkio(blkio),
    rdma: rdma && readRdma(rdma),
  };
}

/** Without swap accounting the root has no such file, and asking each cgroup's would say so for every group. */
function hasSwapAccounting(member: Member | undefined): boolean {
  using root = member && CgroupDirectory.openRoot(member);
  return root?.read("memory.memsw.usage_in_bytes") !== undefined;
}

function readHugetlb(
  directory: CgroupFiles | undefined,
  pageSizes: readonly string[],
): HugetlbV1[] {
  if (directory === undefined) return [];
  return pageSizes.map((pageSize) => ({
    pageSize,
    usage: readNumber(directory, `hugetlb.${pageSize}.usage_in_bytes`, NO_LIMIT),
    max: readNumber(directory, `hugetlb.${pageSize}.max_usage_in_bytes`, NO_LIMIT),
    failcnt: readNumber(directory, `hugetlb.${pageSize}.failcnt`, NO_LIMIT),
  }));
}

function readCpuUsage(directory: CgroupFiles | undefined): MetricsV1["cpuUsage"] {
  if (directory === undefined) return { total: 0n, kernel: 0n, user: 0n, perCpu: [] };
  const ticks = readFlatFile(directory, "cpuacct.stat") ?? {};
  const perCpu = directory.read("cpuacct.usage_percpu")?.trim() ?? "";
  return {
    total: readNumber(directory, "cpuacct.usage", NO_LIMIT),
    kernel: (ticks["system"] ?? 0n) * NS_PER_TICK,
    user: (ticks["user"] ?? 0n) * NS_PER_TICK,
    perCpu: perCpu === "" ? [] : perCpu.split(/\s+/).map((word) => parseNumber(word, NO_LIMIT)),
  };
}

function readThrottling(directory: CgroupFiles | undefined): MetricsV1["throttling"] {
  const stat = (directory && readFlatFile(directory, "cpu.stat")) ?? {};
  return {
    periods: stat["nr_periods"] ?? 0n,
    throttledPeriods: stat["nr_throttled"] ?? 0n,
    throttledTime: stat["throttled_time"] ?? 0n,
  };
}

function readMemory(directory: CgroupFiles, hasSwap: boolean): MetricsV1["memory"] {
  return {
    stat: readFlatFile(directory, "memory.stat") ?? {},
    usage: readMemoryEntry(directory, "memory"),
    swap: hasSwap ? readMemoryEntry(directory, "memory.memsw") : undefined,
    kernel: readMemoryEntry(directory, "memory.kmem"),
    kernelTcp: readMemoryEntry(directory, "memory.kmem.tcp"),
  };
}

function readMemoryEntry(directory: CgroupFiles, prefix: string): MemoryEntry | undefined {
  const usage = directory.read(`${prefix}.usage_in_bytes`);
  if (usage === undefined) return undefined;
  return {
    limit: readNumber(directory, `${prefix}.limit_in_bytes`, NO_LIMIT),
    usage: parseNumber(usage, NO_LIMIT),
    max: readNumber(directory, `${prefix}.max_usage_in_bytes`, NO_LIMIT),
    failcnt: readNumber(directory, `${prefix}.failcnt`, NO_LIMIT),
  };
}

function readOomControl(directory: CgroupFiles): MetricsV1["oomControl"] {
  const control = readFlatFile(directory, "memory.oom_control");
  return (
    control && {
      oomKillDisable: control["oom_kill_disable"] ?? 0n,
      underOom: control["under_oom"] ?? 0n,
      oomKill: control["oom_kill"] ?? 0n,
    }
  );
}

/**
 * The scheduler's numbers where it keeps any: CFQ, or BFQ in files of its own. Else those of the throttling layer, which sees all
 * requests; where it sums up (Linux 5.2), with those of the cgroups below.
 */
function readBlkio(directory: CgroupFiles): Record<string, readonly BlkioEntry[]> {
  for (const prefix of ["", "bfq."]) {
    if (directory.read(`blkio.${prefix}io_serviced_recursive`) === undefined) continue;
    const entries = BLKIO_FILES.map((name) => [name, readBlkioFile(directory, prefix + name)]);
    const read: Record<string, BlkioEntry[]> = Object.fromEntries(entries);
    if (Object.values(read).some((rows) => rows.length > 0)) return nameDevices(read);
  }
  const throttled = (name: string): BlkioEntry[] => {
    const recursive = `throttle.${name}_recursive`;
    const isThere = directory.read(`blkio.${recursive}`) !== undefined;
    return readBlkioFile(directory, isThere ? recursive : `throttle.${name}`);
  };
  return nameDevices({
    io_service_bytes_recursive: throttled("io_service_bytes"),
    io_serviced_recursive: throttled("io_serviced"),
  });
}

const readBlkioFile = (directory: CgroupFiles, name: string): BlkioEntry[] =>
  parseBlkio(directory.read(`blkio.${name}`) ?? "");

/** Lines "8:0 Read 4096" or "8:0 4096"; the sum in the last line ("Total 4096", also per device) is left out. */
export function parseBlkio(text: string): BlkioEntry[] {
  return text.split("\n").flatMap((line) => {
    const match = /^(\d+):(\d+) (?:(\w+) )?(\d+)$/.exec(line);
    if (match === null || match[3] === "Total") return [];
    const [, major = "0", minor = "0", op = "", value = "0"] = match;
    return [{ op, device: "", major: BigInt(major), minor: BigInt(minor), value: BigInt(value) }];
  });
}

function nameDevices(
  entries: Readonly<Record<string, readonly BlkioEntry[]>>,
): Record<string, readonly BlkioEntry[]> {
  const rows = Object.values(entries).flat();
  const names =
    rows.length === 0 ? undefined : parsePartitions(readFileSync("/proc/partitions", "utf8"));
  const named = ([key, list]: [string, readonly BlkioEntry[]]): [string, BlkioEntry[]] => [
    key,
    list.map((row) => ({ ...row, device: names?.get(`${row.major}:${row.minor}`) ?? "" })),
  ];
  return Object.fromEntries(Object.entries(entries).map(named));
}

/** "major:minor" -> "/dev/name", from /proc/partitions. */
export function parsePartitions(text: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [major, minor, , name] = line.trim().split(/\s+/);
    if (name !== undefined && /^\d+$/.test(major ?? ""))
      names.set(`${major}:${minor}`, `/dev/${name}`);
  }
  return names;
}
