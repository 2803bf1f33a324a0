// SPDX-License-Identifier: Apache-2.0
// linux.resources: limits of the cgroup, as values. What file each goes to is for cgroup/ to know.

import { SpecError } from "../base/errors.ts";
import {
  fieldPath,
  I64,
  readBigInteger,
  readBoolean,
  readInteger,
  readList,
  readSection,
  readText,
  type Section,
  toSection,
  U64,
} from "./fields.ts";
import {
  parseBlockIo,
  parseHugepageLimit,
  parseNetwork,
  parseRdma,
  parseUnified,
} from "./resources-more.ts";
import type { CpuResources, DeviceCgroupRule, LinuxResources, MemoryResources } from "./spec.ts";

/** Numbers of devices are 12 and 20 bits in the kernel; -1 stands for all. */
const DEVICE_NUMBER = { min: -1, max: 0xffff_ffff };

/** A resources document; `path` is where it stands ("linux.resources"). @throws SpecError */
export function parseResources(json: unknown, path: string): LinuxResources {
  const resources = toSection(json ?? {}, path);
  return {
    devices: readList(resources, "devices", parseDeviceRule),
    memory: parseMemory(readSection(resources, "memory")),
    cpu: parseCpu(readSection(resources, "cpu")),
    pids: parsePids(readSection(resources, "pids")),
    blockIO: parseBlockIo(readSection(resources, "blockIO")),
    hugepageLimits: readList(resources, "hugepageLimits", parseHugepageLimit),
    network: parseNetwork(readSection(resources, "network")),
    rdma: parseRdma(readSection(resources, "rdma")),
    unified: parseUnified(readSection(resources, "unified")),
  };
}

function parseDeviceRule(value: unknown, path: string): DeviceCgroupRule {
  const section = toSection(value, path);
  const access = readText(section, "access") ?? "";
  if (access === "") {
    const index = /\[(\d+)\]$/.exec(path)?.[1] ?? "0";
    throw new SpecError(`${path}.access`, `device access at ${index} field cannot be empty`);
  }
  if (!/^[rwm]+$/.test(access)) {
    throw new SpecError(`${path}.access`, `invalid device access "${access}"`);
  }
  return {
    allow: readBoolean(section, "allow"),
    type: parseRuleType(section),
    major: parseDeviceNumber(section, "major"),
    minor: parseDeviceNumber(section, "minor"),
    access,
  };
}

function parseRuleType(section: Section): DeviceCgroupRule["type"] {
  const type = readText(section, "type") ?? "";
  switch (type) {
    case "":
    case "a":
      return "a";
    case "b":
    case "c":
      return type;
    default:
      throw new SpecError(fieldPath(section, "type"), `invalid cgroup device type "${type}"`);
  }
}

function parseDeviceNumber(section: Section, name: string): number | undefined {
  const number = readInteger(section, name, DEVICE_NUMBER);
  return number === -1 ? undefined : number;
}

function parseMemory(section: Section | undefined): MemoryResources | undefined {
  if (section === undefined) return undefined;
  const bytes = (name: string): bigint | undefined => readBigInteger(section, name, I64);
  return {
    limit: bytes("limit"),
    reservation: bytes("reservation"),
    swap: bytes("swap"),
    kernel: bytes("kernel"),
    kernelTCP: bytes("kernelTCP"),
    swappiness: parseSwappiness(section),
    disableOOMKiller: readBoolean(section, "disableOOMKiller"),
    checkBeforeUpdate: readBoolean(section, "checkBeforeUpdate"),
  };
}

/** Docker's -1, which leaves it alone, may come as the same bits without a sign. */
function parseSwappiness(section: Section): bigint | undefined {
  const swappiness = readBigInteger(section, "swappiness", { min: -1n, max: U64.max });
  return swappiness === -1n || swappiness === U64.max ? undefined : swappiness;
}

function parseCpu(section: Section | undefined): CpuResources | undefined {
  if (section === undefined) return undefined;
  return {
    shares: readBigInteger(section, "shares", U64),
    quota: readBigInteger(section, "quota", I64),
    period: readBigInteger(section, "period", U64),
    burst: readBigInteger(section, "burst", U64),
    realtimeRuntime: readBigInteger(section, "realtimeRuntime", I64),
    realtimePeriod: readBigInteger(section, "realtimePeriod", U64),
    idle: readInteger(section, "idle", { min: 0, max: 1 }),
    cpus: readText(section, "cpus") || undefined,
    mems: readText(section, "mems") || undefined,
  };
}

function parsePids(section: Section | undefined): LinuxResources["pids"] {
  const limit = section && readBigInteger(section, "limit", I64);
  return limit === undefined ? undefined : { limit };
}
