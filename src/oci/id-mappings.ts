// SPDX-License-Identifier: Apache-2.0
// Id mappings: which ids inside are which ids outside. Of a user namespace (linux.uidMappings), and of an id-mapped mount,
// where "inside" is what the file system has on its disk.

import { SpecError } from "../base/errors.ts";
import {
  fieldPath,
  readInteger,
  readList,
  required,
  type Section,
  toSection,
  U32,
} from "./fields.ts";

/** `size` ids from `containerId` on are those from `hostId` on. */
export interface IdMapping {
  readonly containerId: number;
  readonly hostId: number;
  /** At least 1. */
  readonly size: number;
}

/** Both maps of a user namespace. */
export interface IdMappings {
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
}

/** user_namespaces(7), Linux 4.15. */
const MAX_ENTRIES = 340;
/** The kernel takes a map in one write of less than a page. */
const MAX_BYTES = 4095;
/** 2^32-1 is nobody's id. */
const END = 0xffff_ffff;

/** A list of mappings; absent is empty. @throws SpecError for what no kernel would take */
export function parseIdMappings(section: Section, name: string): readonly IdMapping[] {
  const mappings = readList(section, name, parseIdMapping);
  const path = fieldPath(section, name);
  if (mappings.length > MAX_ENTRIES || formatIdMappings(mappings).length > MAX_BYTES) {
    throw new SpecError(path, `${path} has more entries than the kernel takes`);
  }
  for (const [index, mapping] of mappings.entries()) {
    if (mappings.slice(0, index).some((earlier) => overlap(earlier, mapping))) {
      throw new SpecError(`${path}[${index}]`, `${path}[${index}] overlaps an earlier mapping`);
    }
  }
  return mappings;
}

function parseIdMapping(value: unknown, path: string): IdMapping {
  const section = toSection(value, path);
  const read = (name: string): number => required(readInteger(section, name, U32), section, name);
  const containerId = read("containerID");
  const hostId = read("hostID");
  const size = read("size");
  if (size === 0) throw new SpecError(`${path}.size`, `${path}.size must not be 0`);
  if (Math.max(containerId, hostId) + size > END) {
    throw new SpecError(`${path}.size`, `${path} ends after the last id there is`);
  }
  return { containerId, hostId, size };
}

function overlap(one: IdMapping, other: IdMapping): boolean {
  const meet = (a: number, b: number): boolean => a < b + other.size && b < a + one.size;
  return meet(one.containerId, other.containerId) || meet(one.hostId, other.hostId);
}

/** The id outside that `id` is; undefined if it is nobody. */
export function toHostId(mappings: readonly IdMapping[], id: number): number | undefined {
  const found = mappings.find(
    ({ containerId, size }) => id >= containerId && id < containerId + size,
  );
  return found === undefined ? undefined : found.hostId + (id - found.containerId);
}

/** Whether both say the same, in whatever order. */
export function sameIdMappings(one: readonly IdMapping[], other: readonly IdMapping[]): boolean {
  const sorted = (mappings: readonly IdMapping[]): string =>
    formatIdMappings(mappings).split("\n").sort().join("\n");
  return sorted(one) === sorted(other);
}

/** What is written to /proc/<pid>/uid_map or gid_map. */
export function formatIdMappings(mappings: readonly IdMapping[]): string {
  return mappings
    .map(({ containerId, hostId, size }) => `${containerId} ${hostId} ${size}\n`)
    .join("");
}

/** What /proc/<pid>/uid_map or gid_map says. */
export function readIdMappings(text: string): readonly IdMapping[] {
  return text
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([containerId, hostId, size]) =>
      containerId === undefined || hostId === undefined || size === undefined
        ? []
        : [{ containerId, hostId, size }],
    );
}
