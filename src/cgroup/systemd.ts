// SPDX-License-Identifier: Apache-2.0
// The systemd driver: a container's cgroup is a transient scope. systemd makes and removes it and knows the limits; what it does
// not do (trees that it does not manage, exact values) is done on top as without it.

import { readFileSync } from "node:fs";
import type { Pid } from "../base/brand.ts";
import type { LinuxResources } from "../oci/spec.ts";
import { createMembers } from "./create.ts";
import type { DevicePolicy } from "./device-policy.ts";
import { CgroupDirectory, type Member, refusal } from "./directory.ts";
import { freeze, isFrozen, setFrozen } from "./freezer.ts";
import { readPids } from "./processes.ts";
import { setUnitProperties, startUnit } from "./systemd-manager.ts";
import type { SystemdUnit } from "./systemd-path.ts";
import {
  toCreateProperties,
  toDeviceProperties,
  toLimitProperties,
  type UnitProperty,
} from "./systemd-properties.ts";

/** A unit and its cgroups. */
export interface Scope {
  readonly unit: SystemdUnit;
  readonly version: 1 | 2;
  readonly members: readonly Member[];
}

/** What must be said when a scope is made. */
export interface ScopeRequest {
  readonly devices: DevicePolicy;
  readonly unified: LinuxResources["unified"];
  readonly extra: readonly UnitProperty[];
}

/**
 * Makes the scope with `pid` in it, and the cgroup in the trees that systemd leaves alone; those of v1 the process joins itself.
 * SysError as of `startUnit`, and ESRCH if the process is not where the scope was expected.
 */
export async function startScope(
  { unit, version, members }: Scope,
  pid: Pid,
  { devices, unified, extra }: ScopeRequest,
): Promise<void> {
  const described = { slice: unit.slice, description: `tsrunc container ${unit.name}` };
  await startUnit(unit.name, [
    ...toCreateProperties(described, version, pid, unified),
    ...toDeviceProperties(devices, version, readProcDevices(), true),
    ...extra,
  ]);
  for (const member of members) if (isSystemds(member, version)) requireProcess(member, unit, pid);
  createMembers(members, { already: true });
  // In a hybrid layout systemd may not use the unified tree.
  for (const member of members) if (version === 1 && member.version === 2) join(member, pid);
}

/** Tells systemd the limits, and the device rules if there are `devices`. SysError for what it does not take. */
export async function setScopeLimits(
  { unit, version }: Scope,
  resources: LinuxResources,
  devices?: DevicePolicy,
): Promise<void> {
  const rules =
    devices === undefined ? [] : toDeviceProperties(devices, version, readProcDevices(), false);
  await setUnitProperties(unit.name, [...rules, ...toLimitProperties(version, resources)]);
}

/**
 * The same for a live container. With any change systemd writes v1's device rules anew, and for a moment nothing is allowed: the
 * container, stopped by the `freezer` of v1, must not see it.
 */
export async function updateScopeLimits(
  scope: Scope,
  resources: LinuxResources,
  freezer: Member | undefined,
): Promise<void> {
  if (freezer === undefined || isFrozenAlready(freezer)) {
    await setScopeLimits(scope, resources);
    return;
  }
  await freeze(freezer);
  try {
    await setScopeLimits(scope, resources);
  } finally {
    setFrozen(freezer, false);
  }
}

function isFrozenAlready(member: Member): boolean {
  using directory = CgroupDirectory.openIfPresent(member);
  return directory !== undefined && isFrozen(directory);
}

const readProcDevices = (): string => readFileSync("/proc/devices", "utf8");

/** Whether every process of a unit is in this tree, whatever controllers it has. */
const isSystemds = ({ controllers }: Member, version: 1 | 2): boolean =>
  version === 2 || controllers.includes("name=systemd");

/** Without this, limits would be written into a cgroup that nobody is in. */
function requireProcess(member: Member, unit: SystemdUnit, pid: Pid): void {
  using directory = CgroupDirectory.openIfPresent(member);
  if (directory !== undefined && readPids(directory).includes(pid)) return;
  const path = `${member.mountPoint}${member.path}`;
  throw refusal("ESRCH", `systemd did not make unit "${unit.name}" at "${path}"`, path);
}

function join(member: Member, pid: Pid): void {
  using directory = CgroupDirectory.open(member);
  directory.write("cgroup.procs", String(pid));
}
