// SPDX-License-Identifier: Apache-2.0
// Limits as systemd can hold them. It writes what it knows into the cgroup whenever it sees fit: what is written there beside it
// must be the same, or limits would jump when systemd is reloaded. Pure.

import type { CpuResources, LinuxResources } from "../oci/spec.ts";
import { isSet, type ReadCurrent } from "./write.ts";

/** Microseconds: the kernel's own. */
export const DEFAULT_PERIOD = 100_000n;
/** What the kernel has for a group of which nothing is asked. */
const DEFAULT_SHARES = 1024n;
const SECOND = 1_000_000n;
const PERCENT = 10_000n;

/** Microseconds of processor time in a second, rounded up to what systemd can hold; at least one percent. */
export function toPerSecond(quota: bigint, period: bigint): bigint {
  const percents = ((quota * SECOND) / period + PERCENT - 1n) / PERCENT;
  return (percents || 1n) * PERCENT;
}

/**
 * `resources` in values that systemd can hold: a quota of whole percents. A quota without a period, or a period without a quota,
 * is completed by what is in force, for systemd only knows how they relate to each other; and a group that is to be idle no
 * longer has the weight that the kernel gives it then.
 */
export function toSystemdValues(
  version: 1 | 2,
  resources: LinuxResources,
  current: ReadCurrent,
): LinuxResources {
  const given = resources.cpu;
  if (given === undefined) return resources;
  const cpu = version === 2 ? withWeight(given, current) : given;
  if (!(isSet(cpu.quota) || isSet(cpu.period))) return { ...resources, cpu };
  const inForce = version === 1 ? readQuotaV1(current) : readQuotaV2(current);
  const period = isSet(cpu.period) ? cpu.period : (inForce.period ?? DEFAULT_PERIOD);
  const quota = isSet(cpu.quota) ? cpu.quota : inForce.quota;
  return { ...resources, cpu: withQuota(cpu, quota, period) };
}

function withWeight(cpu: CpuResources, current: ReadCurrent): CpuResources {
  const awakes = cpu.idle === 0 && current("cpu", "cpu.idle")?.trim() === "1";
  return awakes && !isSet(cpu.shares) ? { ...cpu, shares: DEFAULT_SHARES } : cpu;
}

function withQuota(cpu: CpuResources, quota: bigint | undefined, period: bigint): CpuResources {
  if (quota === undefined || quota < 0n) return { ...cpu, quota, period };
  return { ...cpu, quota: roundUp(quota, period), period };
}

/** What is a whole percent stays to the microsecond. */
function roundUp(quota: bigint, period: bigint): bigint {
  const exact = (quota * SECOND) / period;
  return exact % PERCENT === 0n && exact > 0n
    ? quota
    : (toPerSecond(quota, period) * period) / SECOND;
}

interface Quota {
  readonly quota: bigint | undefined;
  readonly period: bigint | undefined;
}

function readQuotaV1(current: ReadCurrent): Quota {
  return {
    quota: toNumber(current("cpu", "cpu.cfs_quota_us")),
    period: toNumber(current("cpu", "cpu.cfs_period_us")),
  };
}

function readQuotaV2(current: ReadCurrent): Quota {
  const [quota, period] = (current("cpu", "cpu.max") ?? "").trim().split(" ");
  return { quota: toNumber(quota), period: toNumber(period) };
}

/** Undefined for none: v1's -1, v2's "max". */
function toNumber(text: string | undefined): bigint | undefined {
  const word = text?.trim() ?? "";
  return /^[1-9]\d*$/.test(word) ? BigInt(word) : undefined;
}
