// SPDX-License-Identifier: Apache-2.0
// linux.namespaces and linux.timeOffsets: which namespaces are made new, which are joined, and in what order.

import { SpecError } from "../base/errors.ts";
import type { HostFacts, JoinedNamespace } from "./compiled.ts";
import {
  fieldPath,
  I64,
  readBigInteger,
  readInteger,
  readList,
  readSection,
  readText,
  type Section,
  toSection,
} from "./fields.ts";
import { isAbsolute } from "./path.ts";
import type { Linux, Namespace, NamespaceType, TimeOffset } from "./spec.ts";
import { CLONE } from "./tables/kernel.ts";

/** In joining order: mounts hide the host's files, and with the user namespace the host's privileges are gone. */
const FLAGS: ReadonlyMap<NamespaceType, number> = new Map([
  ["ipc", CLONE.NEWIPC],
  ["uts", CLONE.NEWUTS],
  ["network", CLONE.NEWNET],
  ["pid", CLONE.NEWPID],
  ["time", CLONE.NEWTIME],
  ["cgroup", CLONE.NEWCGROUP],
  ["mount", CLONE.NEWNS],
  ["user", CLONE.NEWUSER],
]);

/** Namespaces that a kernel may be built without. */
export const OPTIONAL_NAMESPACES: readonly NamespaceType[] = ["user", "cgroup", "time"];

const CLOCKS = ["monotonic", "boottime"] as const;
const NANOSECONDS = { min: 0, max: 999_999_999 };

/** What decides which namespaces there are. */
type NamespaceSections = Pick<Linux, "namespaces" | "timeOffsets">;

/** A namespace that stage 1 joins; the runtime passes its descriptor in the slot `ns:<type>`. */
export interface EnteredNamespace {
  readonly type: NamespaceType;
  /** The CLONE_NEW* flag. */
  readonly nstype: number;
  readonly why: string;
}

/** linux.namespaces. */
export function parseNamespaces(linux: Section): readonly Namespace[] {
  const namespaces = readList(linux, "namespaces", parseNamespace);
  const seen = new Set<NamespaceType>();
  for (const [index, { type }] of namespaces.entries()) {
    if (seen.has(type)) {
      const problem = `malformed spec file: duplicated ns "${type}"`;
      throw new SpecError(`linux.namespaces[${index}].type`, problem);
    }
    seen.add(type);
  }
  return namespaces;
}

function parseNamespace(value: unknown, path: string): Namespace {
  const section = toSection(value, path);
  const type = toType(readText(section, "type") ?? "", `${path}.type`);
  const file = readText(section, "path") || undefined;
  if (file !== undefined && !isAbsolute(file)) {
    throw new SpecError(`${path}.path`, `path of namespace "${type}" must be absolute: "${file}"`);
  }
  return { type, path: file };
}

function toType(text: string, path: string): NamespaceType {
  for (const type of FLAGS.keys()) if (type === text) return type;
  throw new SpecError(path, `namespace "${text}" does not exist`);
}

/** linux.timeOffsets: how far the clocks of a new time namespace are ahead. */
export function parseTimeOffsets(linux: Section): readonly TimeOffset[] {
  const offsets = readSection(linux, "timeOffsets");
  if (offsets === undefined) return [];
  return Object.keys(offsets.fields).flatMap((name) => {
    const clock = CLOCKS.find((known) => known === name);
    if (clock === undefined) {
      const problem = `unknown clock "${name}", want monotonic or boottime`;
      throw new SpecError(fieldPath(offsets, name), problem);
    }
    const section = readSection(offsets, name);
    if (section === undefined) return [];
    const seconds = readBigInteger(section, "secs", I64) ?? 0n;
    const nanoseconds = readInteger(section, "nanosecs", NANOSECONDS) ?? 0;
    return [{ clock, seconds, nanoseconds }];
  });
}

/** Whether the container has this namespace apart from the runtime's, new or joined. */
export function hasNamespace(namespaces: readonly Namespace[], type: NamespaceType): boolean {
  return namespaces.some((namespace) => namespace.type === type);
}

/** Whether the container gets a namespace of this type that nobody else is in. */
export function isNewNamespace(namespaces: readonly Namespace[], type: NamespaceType): boolean {
  return namespaces.some((namespace) => namespace.type === type && namespace.path === undefined);
}

/**
 * The new namespaces that the runtime makes beforehand, because something has to be written from outside before anybody is
 * in them, and that stage 1 joins: a user namespace and its maps, a time namespace and its offsets. With a user namespace
 * also a time namespace without offsets, which is to belong to it.
 */
export function preparedNamespaces({
  namespaces,
  timeOffsets,
}: NamespaceSections): readonly NamespaceType[] {
  const user = hasNamespace(namespaces, "user");
  const types: NamespaceType[] = isNewNamespace(namespaces, "user") ? ["user"] : [];
  if (isNewNamespace(namespaces, "time") && (user || timeOffsets.length > 0)) types.push("time");
  return types;
}

/** CLONE_NEW* flags of the namespaces that stage 1 makes. */
export function newNamespaceFlags(linux: NamespaceSections): number {
  const prepared = preparedNamespaces(linux);
  return flagsOf(
    linux.namespaces.filter(({ type, path }) => path === undefined && !prepared.includes(type)),
  );
}

/** The namespaces that stage 1 joins, those that exist and those that were made for it, in joining order. */
export function enteredNamespaces(linux: NamespaceSections): readonly EnteredNamespace[] {
  const prepared = preparedNamespaces(linux);
  return [...FLAGS].flatMap(([type, nstype]) => {
    const path = linux.namespaces.find((namespace) => namespace.type === type)?.path;
    if (path !== undefined) {
      return [{ type, nstype, why: `error joining ${type} namespace "${path}"` }];
    }
    if (!prepared.includes(type)) return [];
    return [{ type, nstype, why: `error entering the new ${type} namespace` }];
  });
}

/** @throws SpecError for a namespace that this kernel does not have */
export function checkKernel(namespaces: readonly Namespace[], facts: HostFacts): void {
  const optional = namespaces.filter(({ type }) => OPTIONAL_NAMESPACES.includes(type));
  if (optional.length === 0) return;
  const { missingNamespaces = [] } = facts;
  const missing = optional.find(({ type }) => missingNamespaces.includes(type));
  if (missing === undefined) return;
  throw new SpecError(
    "linux.namespaces",
    `${missing.type} namespaces aren't enabled in the kernel`,
  );
}

/** CLONE_NEW* flags of all namespaces in which the container differs from the runtime. */
export function allNamespaceFlags(namespaces: readonly Namespace[]): number {
  return flagsOf(namespaces);
}

/** The namespaces that exist and are joined, in joining order. */
export function joinedNamespaces(namespaces: readonly Namespace[]): readonly JoinedNamespace[] {
  const joins: JoinedNamespace[] = [];
  for (const [type, nstype] of FLAGS) {
    const path = namespaces.find((namespace) => namespace.type === type)?.path;
    if (path !== undefined) joins.push({ type, path, nstype });
  }
  return joins;
}

function flagsOf(namespaces: readonly Namespace[]): number {
  return namespaces.reduce((flags, { type }) => flags | (FLAGS.get(type) ?? 0), 0);
}
