// SPDX-License-Identifier: Apache-2.0
// The sections of linux.resources that few ask for: block devices, huge pages, network classes, RDMA, and files of cgroup v2
// by their own names.

import { SpecError } from "../base/errors.ts";
import {
  fieldPath,
  type Range,
  readBigInteger,
  readField,
  readInteger,
  readList,
  readText,
  type Section,
  toSection,
  toText,
  U32,
  U64,
} from "./fields.ts";
import type {
  BlockIoResources,
  HugepageLimit,
  LinuxResources,
  NetworkResources,
  RdmaLimit,
  ThrottleDevice,
  WeightDevice,
} from "./spec.ts";

const U16: Range<number> = { min: 0, max: 0xffff };

export function parseBlockIo(section: Section | undefined): BlockIoResources | undefined {
  if (section === undefined) return undefined;
  const throttles = (name: string): readonly ThrottleDevice[] =>
    readList(section, name, parseThrottle);
  return {
    weight: readInteger(section, "weight", U16),
    leafWeight: readInteger(section, "leafWeight", U16),
    weightDevice: readList(section, "weightDevice", parseWeightDevice),
    throttleReadBpsDevice: throttles("throttleReadBpsDevice"),
    throttleWriteBpsDevice: throttles("throttleWriteBpsDevice"),
    throttleReadIOPSDevice: throttles("throttleReadIOPSDevice"),
    throttleWriteIOPSDevice: throttles("throttleWriteIOPSDevice"),
  };
}

function parseWeightDevice(value: unknown, path: string): WeightDevice {
  const section = toSection(value, path);
  return {
    ...parseDevice(section),
    weight: readInteger(section, "weight", U16),
    leafWeight: readInteger(section, "leafWeight", U16),
  };
}

function parseThrottle(value: unknown, path: string): ThrottleDevice {
  const section = toSection(value, path);
  return { ...parseDevice(section), rate: readBigInteger(section, "rate", U64) ?? 0n };
}

/** Absent numbers are 0, as in the reference: no device has them, and the kernel says so. */
function parseDevice(section: Section): { readonly major: number; readonly minor: number } {
  return {
    major: readInteger(section, "major", U32) ?? 0,
    minor: readInteger(section, "minor", U32) ?? 0,
  };
}

export function parseHugepageLimit(value: unknown, path: string): HugepageLimit {
  const section = toSection(value, path);
  const pageSize = readText(section, "pageSize") ?? "";
  // It becomes part of a file's name.
  if (!/^[1-9][0-9]*[KMG]B$/.test(pageSize)) {
    throw new SpecError(fieldPath(section, "pageSize"), `invalid huge page size "${pageSize}"`);
  }
  return { pageSize, limit: readBigInteger(section, "limit", U64) ?? 0n };
}

export function parseNetwork(section: Section | undefined): NetworkResources | undefined {
  if (section === undefined) return undefined;
  return {
    classID: readInteger(section, "classID", U32),
    priorities: readList(section, "priorities", (value, path) => {
      const priority = toSection(value, path);
      return {
        name: toWord(readText(priority, "name") ?? "", fieldPath(priority, "name")),
        priority: readInteger(priority, "priority", U32) ?? 0,
      };
    }),
  };
}

export function parseRdma(section: Section | undefined): readonly RdmaLimit[] {
  return entries(section).map(({ name, value, path }) => {
    const limit = toSection(value ?? {}, path);
    return {
      device: toWord(name, path),
      hcaHandles: readInteger(limit, "hcaHandles", U32),
      hcaObjects: readInteger(limit, "hcaObjects", U32),
    };
  });
}

/** What is in front of a space in a file that holds several lines: it must not begin another line or word. */
function toWord(text: string, path: string): string {
  if (/^[^\s\0]+$/.test(text)) return text;
  throw new SpecError(path, `${path} ${JSON.stringify(text)} must be a name without spaces`);
}

/** cgroup core files that tell the kernel to do something now, or name processes of the host. */
const NO_SETTINGS = ["procs", "threads", "kill", "freeze", "type"].map((name) => `cgroup.${name}`);

export function parseUnified(section: Section | undefined): LinuxResources["unified"] {
  return new Map(
    entries(section).map(({ name, value, path }) => {
      if (name.includes("/")) {
        throw new SpecError(path, `unified resource "${name}" must be a file name (no slashes)`);
      }
      if (!/^[^.\s\0]+\.[^\s\0]+$/.test(name)) {
        throw new SpecError(
          path,
          `unified resource ${JSON.stringify(name)} must be in the form CONTROLLER.PARAMETER`,
        );
      }
      if (NO_SETTINGS.includes(name)) {
        throw new SpecError(path, `unified resource "${name}" is not a setting`);
      }
      return [name, toText(value ?? "", path)];
    }),
  );
}

interface Entry {
  readonly name: string;
  readonly value: unknown;
  readonly path: string;
}

/** The entries of an object whose names come from the user. */
function entries(section: Section | undefined): Entry[] {
  if (section === undefined) return [];
  return Object.keys(section.fields).map((name) => ({
    name,
    value: readField(section, name),
    path: `${section.path}[${JSON.stringify(name)}]`,
  }));
}
