// SPDX-License-Identifier: Apache-2.0
// linux.namespaces: which are made new, which are joined, and in what order.

import { SpecError } from "../base/errors.ts";
import type { JoinedNamespace } from "./compiled.ts";
import { notSupported, readList, readText, type Section, toSection } from "./fields.ts";
import { isAbsolute } from "./path.ts";
import type { Namespace, NamespaceType } from "./spec.ts";
import { CLONE } from "./tables/kernel.ts";

/** In joining order: what needs the host's privileges and its /proc first, mounts after that. */
const FLAGS: ReadonlyMap<NamespaceType, number> = new Map([
  ["user", CLONE.NEWUSER],
  ["ipc", CLONE.NEWIPC],
  ["uts", CLONE.NEWUTS],
  ["network", CLONE.NEWNET],
  ["pid", CLONE.NEWPID],
  ["mount", CLONE.NEWNS],
  ["cgroup", CLONE.NEWCGROUP],
  ["time", CLONE.NEWTIME],
]);

const UNSUPPORTED: readonly NamespaceType[] = ["user", "time"];

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
  if (UNSUPPORTED.includes(type)) throw notSupported(`${path}.type`, `a ${type} namespace`);
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

/** Whether the container has this namespace apart from the runtime's, new or joined. */
export function hasNamespace(namespaces: readonly Namespace[], type: NamespaceType): boolean {
  return namespaces.some((namespace) => namespace.type === type);
}

/** Whether the container gets a namespace of this type that nobody else is in. */
export function isNewNamespace(namespaces: readonly Namespace[], type: NamespaceType): boolean {
  return namespaces.some((namespace) => namespace.type === type && namespace.path === undefined);
}

/** CLONE_NEW* flags of the namespaces to make. */
export function newNamespaceFlags(namespaces: readonly Namespace[]): number {
  return flagsOf(namespaces.filter(({ path }) => path === undefined));
}

/** CLONE_NEW* flags of all namespaces in which the container differs from the runtime. */
export function allNamespaceFlags(namespaces: readonly Namespace[]): number {
  return flagsOf(namespaces);
}

/** The namespaces to join, in joining order. */
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
