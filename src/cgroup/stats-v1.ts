// SPDX-License-Identifier: Apache-2.0
// Statistics of a v1 (or hybrid) cgroup, each group from the tree of its controller.

import { readFileSync } from "node:fs";
import { CgroupDirectory, type Member } from "./directory.ts";
import type { BlkioEntry, HugetlbV1, MemoryEntry, MetricsV1 } from "./metrics.ts";
import { parseNumber, readFlatFile, readHugePageSizes, readNumber, readRdma } from "./stats.ts";

type FindMember = (controller: string) => Member | undefined;

/** cpuacct.stat counts in ticks of USER_HZ, which is 100 on every supported architecture. */
const NS_PER_TICK = 10_000_000n;
/** "No limit" reads as 0 in the v1 messages. */
const NO_LIMIT = 0n;

/** Files of the CFQ scheduler's statistics, for all cgroups below too. */
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
export function readMetricsV1(find: FindMember): MetricsV1 {
  using stack = new DisposableStack();
  const open = (controller: string): CgroupDirectory | undefined => {
    const member = find(controller);
    const directory = member && CgroupDirectory.openIfPresent(member);
    return directory && stack.use(directory);
  };
  const memory = open("memory");
  const pids = open("pids");
  const blkio = open("blkio");
  const rdma = open("rdma");
  return {
    kind: "v1",
    hugetlb: readHugetlb(open("hugetlb")),
    pids: pids && {
      current: readNumber(pids, "pids.current", NO_LIMIT),
      limit: readNumber(pids, "pids.max", NO_LIMIT),
    },
    cpuUsage: readCpuUsage(open("cpuacct")),
    throttling: readThrottling(open("cpu")),
    memory: memory && readMemory(memory, find("memory")),
    oomControl: memory && readOomControl(memory),
    blkio: blkio && readBlkio(blkio),
    rdma: rdma && readRdma(rdma),
  };
}

function readHugetlb(directory: CgroupDirectory | undefined): HugetlbV1[] {
  if (directory === undefined) return [];
  return readHugePageSizes().map((pageSize) => ({
    pageSize,
    usage: readNumber(directory, `hugetlb.${pageSize}.usage_in_bytes`, NO_LIMIT),
    max: readNumber(directory, `hugetlb.${pageSize}.max_usage_in_bytes`, NO_LIMIT),
    failcnt: readNumber(directory, `hugetlb.${pageSize}.failcnt`, NO_LIMIT),
  }));
}

function readCpuUsage(directory: CgroupDirectory | undefined): MetricsV1["cpuUsage"] {
  if (directory === undefined) return { total: 0n, kernel: 0n, user: 0n, perCpu: [] };
  const ticks = readFlatFile(directory, "cpuacct.stat") ?? {};
  const perCpu = directory.read("cpuacct.usage_percpu")?.trim() ?? "";
  return {
    total: readNumber(directory, "cpuacct.usage", NO_LIMIT),
    kernel: (ticks["system"] ?? 0n) * NS_PER_TICK,
    user: (ticks["user"] ?? 0n) * NS_PER_TICK,
    perCpu: perCpu === "" ? [] : perCpu.split(" ").map(BigInt),
  };
}

function readThrottling(directory: CgroupDirectory | undefined): MetricsV1["throttling"] {
  const stat = (directory && readFlatFile(directory, "cpu.stat")) ?? {};
  return {
    periods: stat["nr_periods"] ?? 0n,
    throttledPeriods: stat["nr_throttled"] ?? 0n,
    throttledTime: stat["throttled_time"] ?? 0n,
  };
}

function readMemory(directory: CgroupDirectory, member: Member | undefined): MetricsV1["memory"] {
  // Without swap accounting the root has no such file, and asking each cgroup's would say so for every group.
  using root = member && CgroupDirectory.openRoot(member);
  const hasSwap = root?.read("memory.memsw.usage_in_bytes") !== undefined;
  return {
    stat: readFlatFile(directory, "memory.stat") ?? {},
    usage: readMemoryEntry(directory, "memory"),
    swap: hasSwap ? readMemoryEntry(directory, "memory.memsw") : undefined,
    kernel: readMemoryEntry(directory, "memory.kmem"),
    kernelTcp: readMemoryEntry(directory, "memory.kmem.tcp"),
  };
}

function readMemoryEntry(directory: CgroupDirectory, prefix: string): MemoryEntry | undefined {
  const usage = directory.read(`${prefix}.usage_in_bytes`);
  if (usage === undefined) return undefined;
  return {
    limit: readNumber(directory, `${prefix}.limit_in_bytes`, NO_LIMIT),
    usage: parseNumber(usage, NO_LIMIT),
    max: readNumber(directory, `${prefix}.max_usage_in_bytes`, NO_LIMIT),
    failcnt: readNumber(directory, `${prefix}.failcnt`, NO_LIMIT),
  };
}

function readOomControl(directory: CgroupDirectory): MetricsV1["oomControl"] {
  const control = readFlatFile(directory, "memory.oom_control");
  return (
    control && {
      oomKillDisable: control["oom_kill_disable"] ?? 0n,
      underOom: control["under_oom"] ?? 0n,
      oomKill: control["oom_kill"] ?? 0n,
    }
  );
}

/** The scheduler's numbers where it keeps any, else those of the throttling layer, which sees all requests. */
function readBlkio(directory: CgroupDirectory): Record<string, readonly BlkioEntry[]> {
  const entries: Record<string, readonly BlkioEntry[]> = {};
  if (directory.read("blkio.io_serviced_recursive") !== undefined) {
    for (const name of BLKIO_FILES) entries[name] = readBlkioFile(directory, name);
  }
  if (Object.values(entries).every((rows) => rows.length === 0)) {
    entries["io_service_bytes_recursive"] = readBlkioFile(directory, "throttle.io_service_bytes");
    entries["io_serviced_recursive"] = readBlkioFile(directory, "throttle.io_serviced");
  }
  return nameDevices(entries);
}

const readBlkioFile = (directory: CgroupDirectory, name: string): BlkioEntry[] =>
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
