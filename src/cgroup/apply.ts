// SPDX-License-Identifier: Apache-2.0
// Puts limits and device rules in force in a container's cgroup. What to write is decided in resources.ts and
// device-policy.ts; here are the order, the second tries and the texts of what the kernel refuses.

import { isErrno } from "../base/errors.ts";
import type { LinuxResources } from "../oci/spec.ts";
import { encodeDeviceFilter } from "./device-filter.ts";
import { type DevicePolicy, isInForce, parseDevicesList, transition } from "./device-policy.ts";
import { installDeviceFilter } from "./device-program.ts";
import { CgroupDirectory, type Member, refusal } from "./directory.ts";
import { isInUserNamespace } from "./mode.ts";
import { toWritesV1, toWritesV2 } from "./resources.ts";
import { applyUnified } from "./unified.ts";
import type { CgroupWrite } from "./write.ts";

/** Finds the tree of a controller; on v2 there is only one. */
type FindMember = (controller: string) => Member | undefined;

/** Writes all limits but devices. SysError or SpecError for the first that is refused; earlier ones stay in force. */
export function applyLimits(version: 1 | 2, find: FindMember, resources: LinuxResources): void {
  using stack = new DisposableStack();
  const open = new Map<string, CgroupDirectory>();
  const directoryOf = (controller: string): CgroupDirectory => {
    const member = find(controller);
    if (member === undefined) {
      const text = "container could not join or create cgroup";
      throw refusal("ENODEV", `cannot set ${controller} limit: ${text}`, controller);
    }
    const key = member.mountPoint;
    const directory = open.get(key) ?? stack.use(CgroupDirectory.open(member));
    open.set(key, directory);
    return directory;
  };
  const current = (controller: string, file: string): string | undefined =>
    find(controller) === undefined ? undefined : directoryOf(controller).read(file);
  const writes = (version === 1 ? toWritesV1 : toWritesV2)(resources, current);
  for (const group of Map.groupBy(writes, (write) => write.controller).values()) {
    applyGroup(group, directoryOf);
  }
  if (resources.unified.size > 0) applyUnified(directoryOf("unified"), resources.unified);
}

/** The writes of one controller, and those again that did not fit the old values of others. */
function applyGroup(
  writes: readonly CgroupWrite[],
  directoryOf: (controller: string) => CgroupDirectory,
): void {
  const again: CgroupWrite[] = [];
  for (const write of writes) {
    try {
      applyWrite(write, directoryOf(write.controller));
    } catch (error) {
      if (write.retry !== true || !isErrno(error, "EINVAL")) throw error;
      again.push(write);
    }
  }
  for (const write of again) applyWrite(write, directoryOf(write.controller));
}

function applyWrite({ file, value, optional, clamped }: CgroupWrite, at: CgroupDirectory): void {
  try {
    at.write(file, value);
  } catch (error) {
    if (optional === true && isErrno(error, "ENOENT")) return;
    throw isErrno(error, "EBUSY") ? explainBusy(error, file, value, at) : error;
  }
  if (clamped === true) refuseClamped(value, at.read(file)?.trim() ?? value, at.path);
}

/** v1 refuses a memory limit that it can't reclaim down to. */
function explainBusy(error: unknown, file: string, value: string, at: CgroupDirectory): unknown {
  if (file !== "memory.limit_in_bytes") return error;
  const usage = at.read("memory.usage_in_bytes")?.trim();
  const peak = at.read("memory.max_usage_in_bytes")?.trim();
  const message = `unable to set memory limit to ${value} (current usage: ${usage}, peak usage: ${peak})`;
  return refusal("EBUSY", message, `${at.path}/${file}`);
}

function refuseClamped(wanted: string, actual: string, path: string): void {
  const [asked, got] = [BigInt(wanted), BigInt(actual)];
  if (asked === got) return;
  const bound = asked > got ? "maximum" : "minimum";
  throw refusal("EINVAL", `the ${bound} allowed cpu-shares is ${got}`, path);
}

/**
 * Puts device rules in force. SysError for what the kernel refuses, but in a user namespace, where it refuses all of it: what is
 * made there may open no device of the host but those that were given to it.
 */
export function applyDevices(member: Member, policy: DevicePolicy): void {
  try {
    if (member.version === 1) applyDevicesV1(member, policy);
    else applyDevicesV2(member, policy);
  } catch (error) {
    if (!isErrno(error, "EPERM", "EACCES") || !isInUserNamespace()) throw error;
  }
}

/** v1: changes devices.list into `policy` by the smallest difference, and checks that it became that. */
function applyDevicesV1(member: Member, policy: DevicePolicy): void {
  using directory = CgroupDirectory.open(member);
  const shown = (): DevicePolicy => parseDevicesList(directory.read("devices.list") ?? "");
  for (const { file, value } of transition(shown(), policy)) directory.write(file, value);
  if (isInForce(policy, shown())) return;
  const path = `${directory.path}/devices.list`;
  throw refusal(
    "EPERM",
    `resulting devices cgroup of "${path}" doesn't match the device rules`,
    path,
  );
}

/** v2: a program for `policy` decides from now on. One that allows everything is not needed where none can be attached. */
function applyDevicesV2(member: Member, policy: DevicePolicy): void {
  using directory = CgroupDirectory.open(member);
  try {
    installDeviceFilter(directory.fd, encodeDeviceFilter(policy));
  } catch (error) {
    if (policy.allowByDefault && policy.exceptions.size === 0) return;
    throw error;
  }
}
