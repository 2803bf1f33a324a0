// SPDX-License-Identifier: Apache-2.0
// Resource limits as ordered writes to the files of a cgroup. Pure but for `current`, through which the order depends on
// what is in force. Device rules are elsewhere: device-policy.ts.

import { SpecError } from "../base/errors.ts";
import type { CpuResources, LinuxResources, MemoryResources } from "../oci/spec.ts";
import { blockIoWritesV1, blockIoWritesV2 } from "./block-io.ts";
import { toCpuWeight, toLimit, toPidsMax, toSwap } from "./conversions.ts";
import type { CgroupWrite, ReadCurrent } from "./write.ts";

/** The writes for a v1 (or hybrid) cgroup. SpecError for values that the kernel would misunderstand. */
export function toWritesV1(resources: LinuxResources, current: ReadCurrent): CgroupWrite[] {
  if (resources.unified.size > 0) {
    const problem = "invalid configuration: cannot use unified on cgroup v1";
    throw new SpecError("linux.resources.unified", problem);
  }
  return [
    ...cpusetWrites(resources.cpu),
    ...memoryWritesV1(resources.memory, current),
    ...cpuWritesV1(resources.cpu),
    ...pidsWrites(resources),
    ...blockIoWritesV1(resources.blockIO, current),
    ...hugetlbWrites(resources, "limit_in_bytes"),
    ...networkWritesV1(resources.network),
    ...rdmaWrites(resources),
  ];
}

/**
 * The writes for a v2 cgroup but those of `unified`, which come after all others. SpecError as above; what v2 does not have
 * (real time, swappiness, network classes, ...) is left out.
 */
export function toWritesV2(resources: LinuxResources, current: ReadCurrent): CgroupWrite[] {
  return [
    ...pidsWrites(resources),
    ...memoryWritesV2(resources.memory, current),
    ...blockIoWritesV2(resources.blockIO, current),
    ...cpuWritesV2(resources.cpu, current),
    ...cpusetWrites(resources.cpu),
    ...hugetlbWrites(resources, "max"),
    ...rdmaWrites(resources),
  ];
}

const isSet = (value: bigint | undefined): value is bigint => value !== undefined && value !== 0n;

function pidsWrites({ pids }: LinuxResources): CgroupWrite[] {
  if (pids === undefined) return [];
  return [{ controller: "pids", file: "pids.max", value: toPidsMax(pids.limit) }];
}

/** The limit of reservations (`rsvd`) is the younger one: Linux 5.7. */
function hugetlbWrites(
  { hugepageLimits }: LinuxResources,
  limitFile: "limit_in_bytes" | "max",
): CgroupWrite[] {
  const controller = "hugetlb";
  return hugepageLimits.flatMap(({ pageSize, limit }) => {
    const value = limit.toString();
    return [
      { controller, file: `hugetlb.${pageSize}.${limitFile}`, value },
      { controller, file: `hugetlb.${pageSize}.rsvd.${limitFile}`, value, optional: true },
    ];
  });
}

function networkWritesV1(network: LinuxResources["network"]): CgroupWrite[] {
  if (network === undefined) return [];
  const writes: CgroupWrite[] = network.priorities.map(({ name, priority }) => ({
    controller: "net_prio",
    file: "net_prio.ifpriomap",
    value: `${name} ${priority}`,
  }));
  if (!network.classID) return writes;
  const value = network.classID.toString();
  return [{ controller: "net_cls", file: "net_cls.classid", value }, ...writes];
}

function rdmaWrites({ rdma }: LinuxResources): CgroupWrite[] {
  return rdma.flatMap(({ device, hcaHandles, hcaObjects }) => {
    const handles = hcaHandles === undefined ? [] : [`hca_handle=${hcaHandles}`];
    const objects = hcaObjects === undefined ? [] : [`hca_object=${hcaObjects}`];
    const value = [device, ...handles, ...objects].join(" ");
    if (value === device) return [];
    return [{ controller: "rdma", file: "rdma.max", value }];
  });
}

function cpusetWrites(cpu: CpuResources | undefined): CgroupWrite[] {
  const controller = "cpuset";
  const writes: CgroupWrite[] = [];
  if (cpu?.cpus !== undefined && cpu.cpus !== "") {
    writes.push({ controller, file: "cpuset.cpus", value: cpu.cpus });
  }
  if (cpu?.mems !== undefined && cpu.mems !== "") {
    writes.push({ controller, file: "cpuset.mems", value: cpu.mems });
  }
  return writes;
}

function memoryWritesV1(memory: MemoryResources | undefined, current: ReadCurrent): CgroupWrite[] {
  if (memory === undefined) return [];
  const controller = "memory";
  refuseBelowUsage(memory, current(controller, "memory.usage_in_bytes"));
  const writes = limitWritesV1(memory, current(controller, "memory.limit_in_bytes"));
  if (isSet(memory.reservation)) {
    const value = memory.reservation.toString();
    writes.push({ controller, file: "memory.soft_limit_in_bytes", value });
  }
  if (memory.disableOOMKiller) {
    writes.push({ controller, file: "memory.oom_control", value: "1" });
  }
  if (memory.swappiness !== undefined) {
    const value = checkSwappiness(memory.swappiness);
    writes.push({ controller, file: "memory.swappiness", value });
  }
  return writes;
}

/** The kernel demands limit <= memsw at every moment: raising starts with memsw, lowering with the limit. */
function limitWritesV1(memory: MemoryResources, currentLimit: string | undefined): CgroupWrite[] {
  const controller = "memory";
  const limit: CgroupWrite[] = isSet(memory.limit)
    ? [{ controller, file: "memory.limit_in_bytes", value: memory.limit.toString() }]
    : [];
  const swapFile = { controller, file: "memory.memsw.limit_in_bytes" } as const;
  if (!isSet(memory.swap)) {
    // No limit on memory is meant to be none on swap either.
    return memory.limit === -1n ? [{ ...swapFile, value: "-1", optional: true }, ...limit] : limit;
  }
  const swap: CgroupWrite = { ...swapFile, value: memory.swap.toString() };
  const raises = memory.swap === -1n || BigInt(currentLimit?.trim() || 0) < memory.swap;
  return raises ? [swap, ...limit] : [...limit, swap];
}

function memoryWritesV2(memory: MemoryResources | undefined, current: ReadCurrent): CgroupWrite[] {
  if (memory === undefined) return [];
  const controller = "memory";
  refuseBelowUsage(memory, current(controller, "memory.current"));
  const writes: CgroupWrite[] = [];
  const swap = toSwap(memory.limit, memory.swap);
  if (swap !== undefined) {
    const value = toLimit(swap);
    // Without swap accounting there is no file, and no swap to limit.
    const optional = value === "max" || value === "0" ? ({ optional: true } as const) : {};
    writes.push({ controller, file: "memory.swap.max", value, ...optional });
  }
  if (isSet(memory.limit)) {
    writes.push({ controller, file: "memory.max", value: toLimit(memory.limit) });
  }
  if (isSet(memory.reservation)) {
    writes.push({ controller, file: "memory.low", value: toLimit(memory.reservation) });
  }
  return writes;
}

/** checkBeforeUpdate: the kernel would rather kill than refuse a limit below what is in use. */
function refuseBelowUsage(memory: MemoryResources, currentUsage: string | undefined): void {
  if (!memory.checkBeforeUpdate || currentUsage === undefined) return;
  const usage = BigInt(currentUsage.trim() || 0);
  const { limit = 0n, swap = 0n } = memory;
  if (swap > 0n && swap <= usage) {
    throw new SpecError(
      "linux.resources.memory.swap",
      `rejecting memory+swap limit ${swap} <= usage ${usage}`,
    );
  }
  if (limit > 0n && limit <= usage) {
    throw new SpecError(
      "linux.resources.memory.limit",
      `rejecting memory limit ${limit} <= usage ${usage}`,
    );
  }
}

function checkSwappiness(swappiness: bigint): string {
  if (swappiness >= 0n && swappiness <= 100n) return swappiness.toString();
  throw new SpecError(
    "linux.resources.memory.swappiness",
    `invalid memory swappiness value: ${swappiness} (valid range is 0-100)`,
  );
}

function cpuWritesV1(cpu: CpuResources | undefined): CgroupWrite[] {
  if (cpu === undefined) return [];
  const controller = "cpu";
  const writes: CgroupWrite[] = [];
  if (isSet(cpu.shares)) {
    writes.push({ controller, file: "cpu.shares", value: cpu.shares.toString(), clamped: true });
  }
  if (cpu.idle !== undefined) {
    writes.push({ controller, file: "cpu.idle", value: cpu.idle.toString() });
  }
  // Each of the three must fit the two others that are in force, which may be the old ones.
  const retry = true;
  if (isSet(cpu.period)) {
    writes.push({ controller, file: "cpu.cfs_period_us", value: cpu.period.toString(), retry });
  }
  if (isSet(cpu.quota)) {
    writes.push({ controller, file: "cpu.cfs_quota_us", value: cpu.quota.toString(), retry });
  }
  if (cpu.burst !== undefined) {
    const value = cpu.burst.toString();
    writes.push({ controller, file: "cpu.cfs_burst_us", value, optional: true, retry });
  }
  if (isSet(cpu.realtimePeriod)) {
    const value = cpu.realtimePeriod.toString();
    writes.push({ controller, file: "cpu.rt_period_us", value, retry });
  }
  if (isSet(cpu.realtimeRuntime)) {
    const value = cpu.realtimeRuntime.toString();
    writes.push({ controller, file: "cpu.rt_runtime_us", value, retry });
  }
  return writes;
}

function cpuWritesV2(cpu: CpuResources | undefined, current: ReadCurrent): CgroupWrite[] {
  if (cpu === undefined) return [];
  const controller = "cpu";
  const writes: CgroupWrite[] = [];
  if (cpu.idle !== undefined) {
    writes.push({ controller, file: "cpu.idle", value: cpu.idle.toString() });
  }
  const weight = toCpuWeight(cpu.shares ?? 0n);
  // An idle group has no weight: the kernel refuses one.
  if (weight !== undefined && cpu.idle !== 1) {
    writes.push({ controller, file: "cpu.weight", value: weight.toString() });
  }
  if (cpu.burst !== undefined) {
    const value = cpu.burst.toString();
    writes.push({ controller, file: "cpu.max.burst", value, optional: true, retry: true });
  }
  if (isSet(cpu.quota) || isSet(cpu.period)) {
    const value = toCpuMax(cpu, current(controller, "cpu.max"));
    writes.push({ controller, file: "cpu.max", value });
  }
  return writes;
}

/** cpu.max holds both numbers: the one that is not given stays as it is. */
function toCpuMax(cpu: CpuResources, currentMax: string | undefined): string {
  const [oldQuota = "max", oldPeriod = "100000"] = (currentMax?.trim() || "max").split(" ");
  const quota = isSet(cpu.quota) ? toLimit(cpu.quota) : oldQuota;
  return `${quota} ${isSet(cpu.period) ? cpu.period : oldPeriod}`;
}
