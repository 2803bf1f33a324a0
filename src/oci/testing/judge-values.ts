// SPDX-License-Identifier: Apache-2.0
// Reading documents whose types are right, for the rules of the judge: what is absent is empty.

import { posix } from "node:path";

/** A document or a part of it. */
export type Value = unknown;

/** What is at a place, by names; undefined if nothing is. */
export function get(value: Value, ...names: readonly string[]): Value {
  const found = names.reduce<Value>(
    (part, name) => Object.getOwnPropertyDescriptor(part ?? {}, name)?.value,
    value,
  );
  return found ?? undefined;
}

export function textOf(value: Value, ...names: readonly string[]): string {
  const found = get(value, ...names);
  return typeof found === "string" ? found : "";
}

export function listOf(value: Value, ...names: readonly string[]): readonly Value[] {
  const found = get(value, ...names);
  return Array.isArray(found) ? found : [];
}

export function textsOf(value: Value, ...names: readonly string[]): readonly string[] {
  return listOf(value, ...names).map(String);
}

export function keysOf(value: Value, ...names: readonly string[]): readonly string[] {
  return Object.keys(get(value, ...names) ?? {});
}

/** A number; 0 if there is none. */
export function numberOf(value: Value, ...names: readonly string[]): bigint {
  const found = get(value, ...names);
  return typeof found === "number" || typeof found === "bigint" ? BigInt(found) : 0n;
}

export function hasDuplicates(list: readonly unknown[]): boolean {
  return new Set(list).size !== list.length;
}

/** In the container: without "." and "..", and without "/" at its end. */
export function insidePath(path: string): string {
  return posix.normalize(`/${path}/`).replace(/(?<=.)\/$/, "");
}

export function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}

/** Types of the namespaces that a configuration has. */
export function typesOf(config: Value, isNew = false): readonly string[] {
  return listOf(config, "linux", "namespaces")
    .filter((namespace) => !isNew || textOf(namespace, "path") === "")
    .map((namespace) => textOf(namespace, "type"));
}
