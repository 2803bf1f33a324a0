// SPDX-License-Identifier: Apache-2.0
// linux.resources.cpu as writes: processor time, and which processors. Pure but for `current`: what is not given stays, and files
// may be called differently.

import type { CpuResources } from "../oci/spec.ts";
import { toCpuWeight } from "./conversions.ts";
import { type CgroupWrite, isSet, type ReadCurrent } from "./write.ts";

const controller = "cpu";
/** Each of these must fit others that are in force, which may be the old ones. */
const retry = true;

/** The processors and memory nodes of both versions; a v1 tree that is mounted "noprefix" has bare names. */
export function cpusetWrites(
  cpu: CpuResources | undefined,
  current: ReadCurrent = () => undefined,
): CgroupWrite[] {
  return (["cpus", "mems"] as const).flatMap((name): CgroupWrite[] => {
    const value = cpu?.[name];
    if (value === undefined || value === "") return [];
    const isBare =
      current("cpuset", `cpuset.${name}`) === undefined && current("cpuset", name) !== undefined;
    const file = isBare ? name : `cpuset.${name}`;
    return [{ field: `cpu.${name}`, controller: "cpuset", file, value }];
  });
}

/** v1, but for the cpuset tree. */
export function cpuWritesV1(cpu: CpuResources | undefined): CgroupWrite[] {
  if (cpu === undefined) return [];
  const writes = idleWrites(cpu);
  if (isSet(cpu.shares) && cpu.idle !== 1) {
    const value = cpu.shares.toString();
    writes.push({ field: "cpu.shares", controller, file: "cpu.shares", value, clamped: true });
  }
  if (isSet(cpu.period)) {
    const value = cpu.period.toString();
    writes.push({ field: "cpu.period", controller, file: "cpu.cfs_period_us", value, retry });
  }
  if (isSet(cpu.quota)) {
    const value = cpu.quota.toString();
    writes.push({ field: "cpu.quota", controller, file: "cpu.cfs_quota_us", value, retry });
  }
  if (cpu.burst !== undefined) {
    const file = { file: "cpu.cfs_burst_us", optional: true, retry } as const;
    writes.push({ field: "cpu.burst", controller, value: cpu.burst.toString(), ...file });
  }
  return [...writes, ...realtimeWrites(cpu)];
}

/** v1's bandwidth for real-time threads: none of them can enter a cgroup that has none. */
export function realtimeWrites(cpu: CpuResources | undefined): CgroupWrite[] {
  const writes: CgroupWrite[] = [];
  if (isSet(cpu?.realtimePeriod)) {
    const value = cpu.realtimePeriod.toString();
    const file = "cpu.rt_period_us";
    writes.push({ field: "cpu.realtimePeriod", controller, file, value, retry });
  }
  if (isSet(cpu?.realtimeRuntime)) {
    const value = cpu.realtimeRuntime.toString();
    const file = "cpu.rt_runtime_us";
    writes.push({ field: "cpu.realtimeRuntime", controller, file, value, retry });
  }
  return writes;
}

/** v2, which has no real time. */
export function cpuWritesV2(cpu: CpuResources | undefined, current: ReadCurrent): CgroupWrite[] {
  if (cpu === undefined) return [];
  const writes = idleWrites(cpu);
  const weight = toCpuWeight(cpu.shares ?? 0n);
  if (weight !== undefined && cpu.idle !== 1) {
    const value = weight.toString();
    writes.push({ field: "cpu.shares", controller, file: "cpu.weight", value });
  }
  if (cpu.burst !== undefined) {
    const file = { file: "cpu.max.burst", optional: true, retry } as const;
    writes.push({ field: "cpu.burst", controller, value: cpu.burst.toString(), ...file });
  }
  if (isSet(cpu.quota) || isSet(cpu.period)) {
    const value = toCpuMax(cpu, current(controller, "cpu.max"));
    const field = isSet(cpu.quota) ? "cpu.quota" : "cpu.period";
    writes.push({ field, controller, file: "cpu.max", value });
  }
  return writes;
}

/** First: an idle group has no weight, and the kernel refuses one. */
function idleWrites({ idle }: CpuResources): CgroupWrite[] {
  if (idle === undefined) return [];
  return [{ field: "cpu.idle", controller, file: "cpu.idle", value: idle.toString() }];
}

/** cpu.max holds both numbers: the one that is not given stays as it is. Any negative quota is none. */
function toCpuMax(cpu: CpuResources, currentMax: string | undefined): string {
  const [oldQuota = "max", oldPeriod = "100000"] = (currentMax?.trim() || "max").split(" ");
  const given = isSet(cpu.quota) ? cpu.quota : undefined;
  const wanted = given !== undefined && given < 0n ? "max" : given?.toString();
  return `${wanted ?? oldQuota} ${isSet(cpu.period) ? cpu.period : oldPeriod}`;
}
