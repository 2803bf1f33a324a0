// SPDX-License-Identifier: Apache-2.0
// Limits as properties of a systemd unit. systemd writes them into the cgroup's files whenever it sees fit, so it must know them;
// the exact values are written on top (apply.ts). Names and types: org.freedesktop.systemd1(5). Pure.

import { SpecError } from "../base/errors.ts";
import type { CpuResources, LinuxResources } from "../oci/spec.ts";
import type { DbusValue } from "../sys/sd-bus-message.ts";
import { parseCpuList, toCpuWeight, toSwap } from "./conversions.ts";
import type { DeviceException, DevicePolicy } from "./device-policy.ts";
import { accessText } from "./device-rules.ts";
import { DEFAULT_PERIOD, toPerSecond } from "./systemd-values.ts";
import { isSet } from "./write.ts";

/** `since`: the first systemd that has it. To an older one it is not told, and the cgroup's file alone has the value. */
export type UnitProperty = readonly [name: string, value: DbusValue, since?: number];

/** What systemd takes for "infinity". */
const INFINITY = 2n ** 64n - 1n;

/** The first systemd with a property, or with a value of it; what is not listed is older than any that has cgroup v2. */
const SINCE = { quotaPeriod: 242, cpusets: 244, idle: 252, oomPolicy: 253 } as const;

const number = (name: string, value: bigint): UnitProperty => [
  name,
  { signature: "t", value: value < 0n ? INFINITY : value },
];
const since = ([name, value]: UnitProperty, first: number): UnitProperty => [name, value, first];
const text = (name: string, value: string): UnitProperty => [name, { signature: "s", value }];
const flag = (name: string, value: boolean): UnitProperty => [name, { signature: "b", value }];

/** What a scope is made with. `pid` is the first process in it: systemd has no scopes without one. */
export function toCreateProperties(
  unit: { readonly slice: string; readonly description: string },
  version: 1 | 2,
  pid: number,
  unified: LinuxResources["unified"] = new Map(),
): UnitProperty[] {
  return [
    text("Description", unit.description),
    text("Slice", unit.slice),
    // Sub-cgroups are the container's own business.
    flag("Delegate", true),
    ["PIDs", { signature: "au", value: [pid] }],
    flag("MemoryAccounting", true),
    flag("CPUAccounting", true),
    flag(version === 2 ? "IOAccounting" : "BlockIOAccounting", true),
    flag("TasksAccounting", true),
    // No order relative to the host's own units: shutting down must not wait for it.
    flag("DefaultDependencies", false),
    ...oomProperties(unified.get("memory.oom.group")?.trim()),
  ];
}

/** Whether one process is killed for want of memory or all are. systemd wants to know before it makes the unit. */
function oomProperties(group: string | undefined): UnitProperty[] {
  if (group !== "0" && group !== "1") return [];
  const policy = text("OOMPolicy", group === "1" ? "kill" : "continue");
  return [since(policy, SINCE.oomPolicy)];
}

/** All limits that systemd has a word for. SpecError for values that have no meaning. */
export function toLimitProperties(version: 1 | 2, resources: LinuxResources): UnitProperty[] {
  const { cpu, pids } = resources;
  const properties = version === 1 ? limitsV1(resources) : limitsV2(resources);
  properties.push(...quotaProperties(cpu));
  // 0 would let nothing start, so it means one process (conversions.ts).
  if (pids !== undefined) properties.push(number("TasksMax", pids.limit === 0n ? 1n : pids.limit));
  if (version === 2) {
    properties.push(...cpusetProperties(cpu?.cpus, cpu?.mems));
    for (const [key, value] of resources.unified) properties.push(...unifiedProperties(key, value));
  }
  return properties;
}

function limitsV1({ memory, cpu, blockIO }: LinuxResources): UnitProperty[] {
  const properties: UnitProperty[] = [];
  if (isSet(memory?.limit)) properties.push(number("MemoryLimit", memory.limit));
  if (isSet(cpu?.shares)) properties.push(number("CPUShares", cpu.shares));
  if (blockIO?.weight) properties.push(number("BlockIOWeight", BigInt(blockIO.weight)));
  return properties;
}

function limitsV2({ memory, cpu }: LinuxResources): UnitProperty[] {
  const properties: UnitProperty[] = [];
  if (isSet(memory?.limit)) properties.push(number("MemoryMax", memory.limit));
  if (isSet(memory?.reservation)) properties.push(number("MemoryLow", memory.reservation));
  const swap = toSwap(memory?.limit, memory?.swap);
  if (swap !== undefined) properties.push(number("MemorySwapMax", swap));
  const weight = toCpuWeight(cpu?.shares ?? 0n);
  if (cpu?.idle === 1) properties.push(IDLE);
  else if (weight !== undefined) properties.push(number("CPUWeight", weight));
  return properties;
}

/** systemd.resource-control(5): the weight 0 is "idle". */
const IDLE = since(number("CPUWeight", 0n), SINCE.idle);

const quotaPeriod = (period: bigint): UnitProperty =>
  since(number("CPUQuotaPeriodUSec", period), SINCE.quotaPeriod);

function quotaProperties(cpu: CpuResources | undefined): UnitProperty[] {
  const properties: UnitProperty[] = [];
  const period = isSet(cpu?.period) ? cpu.period : undefined;
  if (period !== undefined) properties.push(quotaPeriod(period));
  if (isSet(cpu?.quota)) properties.push(toQuota(cpu.quota, period ?? DEFAULT_PERIOD));
  return properties;
}

/** The exact quota is below it (systemd-values.ts). */
function toQuota(quota: bigint, period: bigint): UnitProperty {
  return number("CPUQuotaPerSecUSec", quota < 0n ? INFINITY : toPerSecond(quota, period));
}

function cpusetProperties(cpus: string | undefined, mems: string | undefined): UnitProperty[] {
  const bits = (name: string, list: string): UnitProperty => [
    name,
    { signature: "ay", value: [...parseCpuList(list)] },
    SINCE.cpusets,
  ];
  return [
    ...(cpus ? [bits("AllowedCPUs", cpus)] : []),
    ...(mems ? [bits("AllowedMemoryNodes", mems)] : []),
  ];
}

/** Files of v2 whose value is one number or "max". */
const UNIFIED_NUMBERS: ReadonlyMap<string, string> = new Map([
  ["cpu.weight", "CPUWeight"],
  ["memory.high", "MemoryHigh"],
  ["memory.low", "MemoryLow"],
  ["memory.min", "MemoryMin"],
  ["memory.max", "MemoryMax"],
  ["memory.swap.max", "MemorySwapMax"],
  ["pids.max", "TasksMax"],
]);

/** Files that systemd has no property for are none of its business. */
function unifiedProperties(key: string, given: string): UnitProperty[] {
  const value = given.trim();
  const property = UNIFIED_NUMBERS.get(key);
  if (property !== undefined) return [number(property, unifiedNumber(key, value))];
  switch (key) {
    case "cpu.max": {
      const [quota = "", period = DEFAULT_PERIOD.toString()] = value.split(/\s+/);
      const usec = unifiedNumber(key, period);
      if (usec <= 0n) throw unreadable(key, value);
      return [quotaPeriod(usec), toQuota(unifiedNumber(key, quota), usec)];
    }
    case "cpu.idle":
      // Of one that is not, the weight says more.
      return value === "1" ? [IDLE] : [];
    case "cpuset.cpus":
      return cpusetProperties(value, undefined);
    case "cpuset.mems":
      return cpusetProperties(undefined, value);
    default:
      return [];
  }
}

function unifiedNumber(key: string, value: string): bigint {
  if (value === "max") return -1n;
  if (/^\d{1,19}$/.test(value)) return BigInt(value);
  throw unreadable(key, value);
}

function unreadable(key: string, value: string): SpecError {
  return new SpecError(
    `linux.resources.unified[${JSON.stringify(key)}]`,
    `unified resource "${key}" value conversion error: ${JSON.stringify(value)}`,
  );
}

/** Every device of both kinds. */
const ALL_DEVICES = [
  ["char-*", "rwm"],
  ["block-*", "rwm"],
] as const;

/**
 * Device rules. systemd knows lists of what is allowed only. With exceptions from "everything", v2 leaves it to our own program;
 * on v1, where systemd's later writes could undo ours, it forbids everything before ours come, but for the time in which the
 * container is `beingMade`. There the policy is "strict" from the beginning to the end: with a change systemd would move the
 * processes to another devices cgroup. `procDevices` is the text of /proc/devices, for the names of whole groups.
 */
export function toDeviceProperties(
  policy: DevicePolicy,
  version: 1 | 2,
  procDevices: string,
  beingMade: boolean,
): UnitProperty[] {
  const { allowByDefault, exceptions } = policy;
  const isAll = allowByDefault && (exceptions.size === 0 || version === 2 || beingMade);
  const listed = [...exceptions.values()]
    .map((device) => deviceEntry(device, procDevices))
    .filter((entry) => entry !== undefined);
  const some = allowByDefault ? [] : listed;
  const allowed = isAll && version === 1 ? ALL_DEVICES : some;
  return [
    text("DevicePolicy", isAll && version === 2 ? "auto" : "strict"),
    // An empty list takes back what was there.
    ["DeviceAllow", { signature: "a(ss)", value: [] }],
    ...(allowed.length === 0
      ? []
      : [["DeviceAllow", { signature: "a(ss)", value: allowed }] satisfies UnitProperty]),
  ];
}

/** undefined for what systemd can't say: a minor on every major, or a group without a driver. */
function deviceEntry(
  { type, major, minor, access }: DeviceException,
  procDevices: string,
): readonly [string, string] | undefined {
  const kind = type === "c" ? "char" : "block";
  const letters = accessText(access);
  if (major === undefined) return minor === undefined ? [`${kind}-*`, letters] : undefined;
  if (minor !== undefined) return [`/dev/${kind}/${major}:${minor}`, letters];
  const group = deviceGroup(procDevices, type, major);
  return group === undefined ? undefined : [`${kind}-${group}`, letters];
}

function deviceGroup(procDevices: string, type: "b" | "c", major: number): string | undefined {
  const [characters = "", blocks = ""] = procDevices.split(/^Block devices:$/m);
  const lines = (type === "c" ? characters : blocks).split("\n");
  const line = lines.find((candidate) => candidate.trim().startsWith(`${major} `));
  return line?.trim().slice(`${major} `.length);
}
