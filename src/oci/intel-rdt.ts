// SPDX-License-Identifier: Apache-2.0
// linux.intelRdt: the share of caches and memory bandwidth of a container, as a group of the resctrl file system. What is
// written where is `cgroup/resctrl.ts`.

import { SpecError } from "../base/errors.ts";
import type { HostFacts } from "./compiled.ts";
import {
  fieldPath,
  readBoolean,
  readList,
  readSection,
  readText,
  type Section,
  toText,
} from "./fields.ts";

/** Directories of the kernel's own in the root of the file system: no groups. */
const RESERVED = ["info", "mon_data", "mon_groups"];

/** The longest name of a file. */
const MAX_NAME_BYTES = 255;

/** linux.intelRdt. */
export interface IntelRdt {
  /** The name of a class of service; undefined: one of its own, with the container's id. "/" is the default class. */
  readonly closId: string | undefined;
  readonly l3CacheSchema: string | undefined;
  readonly memBwSchema: string | undefined;
  /** Lines for the file schemata, after the two above. */
  readonly schemata: readonly string[];
  readonly enableMonitoring: boolean;
}

/** linux.intelRdt; also one that is empty asks for a group. */
export function parseIntelRdt(linux: Section): IntelRdt | undefined {
  const section = readSection(linux, "intelRdt");
  if (section === undefined) return undefined;
  const memBwSchema = readText(section, "memBwSchema") || undefined;
  const memBwPath = fieldPath(section, "memBwSchema");
  if (memBwSchema !== undefined) toLine(memBwSchema, memBwPath);
  if (memBwSchema?.startsWith("MB:") === false) {
    throw new SpecError(memBwPath, `${memBwPath} must start with "MB:"`);
  }
  return {
    closId: parseClosId(section),
    l3CacheSchema: readText(section, "l3CacheSchema") || undefined,
    memBwSchema,
    schemata: readList(section, "schemata", toLine).filter((line) => line !== ""),
    enableMonitoring: readBoolean(section, "enableMonitoring"),
  };
}

/** A name right below the root of the file system, or "/", which is that root. */
function parseClosId(section: Section): string | undefined {
  const id = readText(section, "closID") || undefined;
  if (id === undefined || id === "/") return id;
  const invalid = id === "." || id === ".." || /[/\n]/.test(id) || RESERVED.includes(id);
  if (!invalid && Buffer.byteLength(id) <= MAX_NAME_BYTES) return id;
  throw new SpecError(
    fieldPath(section, "closID"),
    `invalid intelRdt.ClosID ${JSON.stringify(id)}`,
  );
}

function toLine(value: unknown, path: string): string {
  const line = toText(value, path);
  if (!line.includes("\n")) return line;
  throw new SpecError(path, `${path} must not contain newlines`);
}

/** @throws SpecError for what this host can't share out */
export function checkIntelRdt(rdt: IntelRdt | undefined, facts: HostFacts): void {
  if (rdt === undefined) return;
  const { resctrl } = facts;
  if (resctrl === undefined) {
    const problem = "intelRdt is specified in config, but Intel RDT is not enabled";
    throw new SpecError("linux.intelRdt", problem);
  }
  if (rdt.l3CacheSchema !== undefined && !resctrl.l3) {
    const problem =
      "intelRdt.l3CacheSchema is specified in config, but Intel RDT/CAT is not enabled";
    throw new SpecError("linux.intelRdt.l3CacheSchema", problem);
  }
  if (rdt.memBwSchema !== undefined && !resctrl.mb) {
    const problem = "intelRdt.memBwSchema is specified in config, but Intel RDT/MBA is not enabled";
    throw new SpecError("linux.intelRdt.memBwSchema", problem);
  }
}
