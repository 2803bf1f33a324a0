// SPDX-License-Identifier: Apache-2.0
// Puts limits and device rules in force in a container's cgroup. What to write is decided in resources.ts and
// device-policy.ts; here are the order, the second tries and the texts of what the kernel refuses.

import { isErrno, SysError } from "../base/errors.ts";
import type { LinuxResources } from "../oci/spec.ts";
import { encodeDeviceFilter } from "./device-filter.ts";
import { type DevicePolicy, isInForce, parseDevicesList, transition } from "./device-policy.ts";
import { installDeviceFilter } from "./device-program.ts";
import { CgroupDirectory, type Member, refusal } from "./directory.ts";
import type { CgroupFiles, FindFiles } from "./files.ts";
import { isInUserNamespace } from "./mode.ts";
import { toWritesV1, toWritesV2 } from "./resources.ts";
import { toSystemdValues } from "./systemd-values.ts";
import { applyUnified } from "./unified.ts";
import type { CgroupWrite, ReadCurrent } from "./write.ts";

/**
 * What systemd can hold of limits that are about to be applied: it is told first. SpecError for those that contradict each other
 * or are exceeded already.
 */
export function toSystemdLimits(
  version: 1 | 2,
  find: FindFiles,
  resources: LinuxResources,
): LinuxResources {
  toWrites(version, find, resources);
  return toSystemdValues(version, resources, (controller, file) => find(controller)?.read(file));
}

/**
 * Writes all limits but devices. SpecError, as above, before the first is written; SysError for one that the kernel refuses, and
 * those before it stay in force.
 */
export function applyLimits(version: 1 | 2, find: FindFiles, resources: LinuxResources): void {
  writeAll(toWrites(version, find, resources), find);
  if (resources.unified.size > 0) applyUnified(requireFiles(find, "unified"), resources.unified);
}

/** Writes in order; what did not fit the old values of a controller is tried again after its others. Errors as above. */
export function writeAll(writes: readonly CgroupWrite[], find: FindFiles): void {
  for (const [controller, group] of Map.groupBy(writes, (write) => write.controller)) {
    writeGroup(group, requireFiles(find, controller));
  }
}

function toWrites(version: 1 | 2, find: FindFiles, resources: LinuxResources): CgroupWrite[] {
  const current: ReadCurrent = (controller, file) => find(controller)?.read(file);
  return (version === 1 ? toWritesV1 : toWritesV2)(resources, current);
}

function requireFiles(find: FindFiles, controller: string): CgroupFiles {
  const files = find(controller);
  if (files !== undefined) return files;
  const text = "container could not join or create cgroup";
  throw refusal("ENODEV", `cannot set ${controller} limit: ${text}`, controller);
}

function writeGroup(writes: readonly CgroupWrite[], files: CgroupFiles): void {
  const again: CgroupWrite[] = [];
  for (const write of writes) {
    try {
      writeOne(write, files);
    } catch (error) {
      if (write.retry !== true || !isErrno(error, "EINVAL")) throw error;
      again.push(write);
    }
  }
  for (const write of again) writeOne(write, files);
}

function writeOne(write: CgroupWrite, at: CgroupFiles): void {
  const { file, value, optional, clamped } = write;
  try {
    at.write(file, value);
  } catch (error) {
    if (optional === true && isErrno(error, "ENOENT")) return;
    throw isErrno(error, "EBUSY") && file === "memory.limit_in_bytes"
      ? explainBusy(file, value, at)
      : nameField(error, write.field, `${at.path}/${file}`);
  }
  if (clamped === true) refuseClamped(value, at.read(file)?.trim() ?? value, at.path);
}

/** Whoever wrote the configuration knows its fields, and rarely the kernel's files. */
function nameField(error: unknown, field: string, path: string): unknown {
  if (!(error instanceof SysError)) return error;
  return refusal(error.code, `linux.resources.${field}: ${error.message}`, path);
}

/** v1 refuses a memory limit that it can't reclaim down to. */
function explainBusy(file: string, value: string, at: CgroupFiles): SysError {
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
