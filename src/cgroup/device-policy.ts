// SPDX-License-Identifier: Apache-2.0
// What a list of device rules means, as cgroup v1's device controller sees it: a default and exceptions from it. v1 gets
// the difference to its current state, v2 gets a program made of the result. Pure.

import { SpecError } from "../base/errors.ts";
import type { DeviceCgroupRule } from "../oci/spec.ts";
import { accessBits, accessText } from "./device-rules.ts";

/** A device or a wildcard of devices whose `access` bits are treated unlike the default. */
export interface DeviceException {
  readonly type: "b" | "c";
  readonly major: number | undefined;
  readonly minor: number | undefined;
  readonly access: number;
}

export interface DevicePolicy {
  readonly allowByDefault: boolean;
  /** By `deviceName`; sorted by major, minor, type, wildcards first. */
  readonly exceptions: ReadonlyMap<string, DeviceException>;
}

export interface DeviceWrite {
  readonly file: "devices.allow" | "devices.deny";
  readonly value: string;
}

/** A policy in the making: rules come by the thousand, and a copy for each would take hours. */
interface Draft {
  allowByDefault: boolean;
  readonly exceptions: Map<string, DeviceException>;
}

/** Nothing is allowed: what a container starts from, whatever the host's own cgroup allows. */
const DENY_ALL: DevicePolicy = { allowByDefault: false, exceptions: new Map() };

/** The policy that `rules` make, in order. SpecError for a rule that cuts a hole into a wildcard, which v1 can't hold. */
export function toDevicePolicy(rules: readonly DeviceCgroupRule[]): DevicePolicy {
  const policy: Draft = { ...DENY_ALL, exceptions: new Map() };
  for (const rule of rules) applyRule(policy, rule);
  return { ...policy, exceptions: sorted(policy.exceptions) };
}

/** The policy that a v1 `devices.list` shows. Exceptions of an allow-all cgroup are not visible there. */
export function parseDevicesList(text: string): DevicePolicy {
  const exceptions = new Map<string, DeviceException>();
  for (const line of text.split("\n")) {
    const match = /^([abc]) (\d+|\*):(\d+|\*) ([rwm]+)$/.exec(line);
    if (match === null) continue;
    const [, type, major, minor, access = ""] = match;
    if (type === "a") return { allowByDefault: true, exceptions: new Map() };
    if (type === "b" || type === "c") {
      const exception = {
        type,
        major: toNumber(major),
        minor: toNumber(minor),
        access: accessBits(access),
      } as const;
      exceptions.set(deviceName(exception), exception);
    }
  }
  return { allowByDefault: false, exceptions: sorted(exceptions) };
}

/** The v1 writes that lead from one policy to another: narrowing ones first, so never wider than the two together. */
export function transition(from: DevicePolicy, to: DevicePolicy): DeviceWrite[] {
  const changesDefault = from.allowByDefault !== to.allowByDefault;
  const before = changesDefault ? new Map<string, DeviceException>() : from.exceptions;
  const added = difference(to.exceptions, before);
  const removed = difference(before, to.exceptions);
  const [allowed, denied] = to.allowByDefault ? [removed, added] : [added, removed];
  const writes: DeviceWrite[] = [];
  if (changesDefault) {
    writes.push({ file: to.allowByDefault ? "devices.allow" : "devices.deny", value: "a" });
  }
  for (const value of denied) writes.push({ file: "devices.deny", value });
  for (const value of allowed) writes.push({ file: "devices.allow", value });
  return writes;
}

/** Whether v1's devices.list, parsed, shows that `wanted` is in force (an allow-all list hides its exceptions). */
export function isInForce(wanted: DevicePolicy, shown: DevicePolicy): boolean {
  if (wanted.allowByDefault || shown.allowByDefault) {
    return wanted.allowByDefault === shown.allowByDefault;
  }
  return (
    difference(wanted.exceptions, shown.exceptions).length === 0 &&
    difference(shown.exceptions, wanted.exceptions).length === 0
  );
}

/** "c 1:*": the kernel's name of what an exception covers. */
export function deviceName(device: Omit<DeviceException, "access">): string {
  return `${device.type} ${device.major ?? "*"}:${device.minor ?? "*"}`;
}

function applyRule(policy: Draft, rule: DeviceCgroupRule): void {
  const { type, major, minor } = rule;
  if (type === "a") {
    policy.allowByDefault = rule.allow;
    policy.exceptions.clear();
    return;
  }
  const access = accessBits(rule.access);
  const device: DeviceException = { type, major, minor, access };
  const { exceptions } = policy;
  const old = exceptions.get(deviceName(device))?.access ?? 0;
  if (rule.allow !== policy.allowByDefault) {
    setAccess(exceptions, device, old | access);
  } else {
    refuseHole(policy, device);
    setAccess(exceptions, device, old & ~access);
  }
}

function setAccess(
  exceptions: Map<string, DeviceException>,
  device: DeviceException,
  access: number,
): void {
  if (access === 0) exceptions.delete(deviceName(device));
  else exceptions.set(deviceName(device), { ...device, access });
}

/** v1 ignores a rule that takes something out of a wildcard entry; saying so is better than a false sense of safety. */
function refuseHole(policy: DevicePolicy, device: DeviceException): void {
  const { type, major, minor, access } = device;
  const wider = [
    { type, major: undefined, minor },
    { type, major, minor: undefined },
    { type, major: undefined, minor: undefined },
  ];
  for (const wildcard of wider) {
    const name = deviceName(wildcard);
    const covered = policy.exceptions.get(name);
    if (name === deviceName(device) || covered === undefined) continue;
    if ((covered.access & access) === 0) continue;
    throw new SpecError(
      "linux.resources.devices",
      `requested rule [${deviceName(device)} ${accessText(access)}] not supported by devices cgroupv1 ` +
        `(cannot punch hole in existing wildcard rule [${name} ${accessText(covered.access)}])`,
    );
  }
}

/** What `a` has and `b` has not, as values of a v1 write. */
function difference(
  a: ReadonlyMap<string, DeviceException>,
  b: ReadonlyMap<string, DeviceException>,
): string[] {
  const values: string[] = [];
  for (const [name, { access }] of a) {
    const rest = access & ~(b.get(name)?.access ?? 0);
    if (rest !== 0) values.push(`${name} ${accessText(rest)}`);
  }
  return values;
}

function sorted(
  exceptions: ReadonlyMap<string, DeviceException>,
): ReadonlyMap<string, DeviceException> {
  const order = (a: DeviceException, b: DeviceException): number =>
    (a.major ?? -1) - (b.major ?? -1) ||
    (a.minor ?? -1) - (b.minor ?? -1) ||
    a.type.charCodeAt(0) - b.type.charCodeAt(0); // localeCompare would load ICU's tables: 5 ms
  return new Map([...exceptions].sort(([, a], [, b]) => order(a, b)));
}

const toNumber = (text: string | undefined): number | undefined =>
  text === undefined || text === "*" ? undefined : Number(text);
