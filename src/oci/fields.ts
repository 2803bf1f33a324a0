// SPDX-License-Identifier: Apache-2.0
// Reads fields of untrusted JSON one by one. Everything that is wrong becomes a SpecError that names the field. As in the
// JSON reader of the reference implementation, null is the same as absent and unknown fields are nobody's business.

import { SpecError } from "../base/errors.ts";

/** A JSON object and where it stands. */
export interface Section {
  /** "" for the whole document, else for example "process.user". */
  readonly path: string;
  readonly fields: object;
}

export interface Range<N extends number | bigint> {
  readonly min: N;
  readonly max: N;
}

export const U32: Range<number> = { min: 0, max: 0xffff_ffff };
export const I32: Range<number> = { min: -0x8000_0000, max: 0x7fff_ffff };
export const I64: Range<bigint> = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
export const U64: Range<bigint> = { min: 0n, max: 2n ** 64n - 1n };

/** The path of a field of a section. */
export function fieldPath(section: Section, name: string): string {
  return section.path === "" ? name : `${section.path}.${name}`;
}

/** A field's value, undefined if absent or null. Own properties only: "__proto__" is a name like any other. */
export function readField(section: Section, name: string): unknown {
  const value: unknown = Object.getOwnPropertyDescriptor(section.fields, name)?.value;
  return value === null ? undefined : value;
}

/** `value` as an object. */
export function toSection(value: unknown, path: string): Section {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(path, "an object");
  }
  return { path, fields: value };
}

/** `value` as a string without NUL. */
export function toText(value: unknown, path: string): string {
  if (typeof value !== "string") throw wrong(path, "a string");
  if (value.includes("\0")) throw new SpecError(path, `${path} must not contain a null byte`);
  return value;
}

/** The kernel takes no longer string of a program's arguments and environment: MAX_ARG_STRLEN of execve(2), with its NUL. */
const MAX_ARGUMENT_BYTES = 128 * 1024 - 1;
/** A UTF-16 unit is at most this in UTF-8. */
const MAX_BYTES_PER_UNIT = 3;

/** `value` as a string that execve(2) takes: who starts a container should not be the one who learns of it. */
export function toArgument(value: unknown, path: string): string {
  const text = toText(value, path);
  const mayBeLong = text.length * MAX_BYTES_PER_UNIT > MAX_ARGUMENT_BYTES;
  if (mayBeLong && byteLength(text) > MAX_ARGUMENT_BYTES) {
    const problem = `${path} must not be longer than ${MAX_ARGUMENT_BYTES} bytes`;
    throw new SpecError(path, `${problem}: the kernel takes no longer argument or variable`);
  }
  return text;
}

/** Length in UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}

/** `value` as an integer in `range`. */
export function toInteger(value: unknown, path: string, range: Range<number>): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && inRange(value, range)) {
    return value;
  }
  throw wrong(path, `an integer between ${range.min} and ${range.max}`);
}

/** `value` as a 64-bit integer in `range`. */
export function toBigInteger(value: unknown, path: string, range: Range<bigint>): bigint {
  const integer = typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof integer === "bigint" && inRange(integer, range)) return integer;
  throw wrong(path, `an integer between ${range.min} and ${range.max}`);
}

/** `value` as a list; each element is read with its own path ("mounts[3]"). */
export function toList<T>(
  value: unknown,
  path: string,
  read: (element: unknown, path: string) => T,
): readonly T[] {
  if (!Array.isArray(value)) throw wrong(path, "a list");
  return value.map((element: unknown, index) => read(element, `${path}[${index}]`));
}

/** A field that is an object. */
export function readSection(section: Section, name: string): Section | undefined {
  const value = readField(section, name);
  return value === undefined ? undefined : toSection(value, fieldPath(section, name));
}

/** A field that is a string. */
export function readText(section: Section, name: string): string | undefined {
  const value = readField(section, name);
  return value === undefined ? undefined : toText(value, fieldPath(section, name));
}

/** What was read of a field without which there is no sense in its section. */
export function required<T>(value: T | undefined, section: Section, name: string): T {
  if (value !== undefined) return value;
  const path = fieldPath(section, name);
  throw new SpecError(path, `${path} is required`);
}

/** A field that is true or false; absent is false. */
export function readBoolean(section: Section, name: string): boolean {
  const value = readField(section, name) ?? false;
  if (typeof value !== "boolean") throw wrong(fieldPath(section, name), "true or false");
  return value;
}

/** A field that is an integer in `range`. */
export function readInteger(
  section: Section,
  name: string,
  range: Range<number>,
): number | undefined {
  const value = readField(section, name);
  return value === undefined ? undefined : toInteger(value, fieldPath(section, name), range);
}

/** A field that is a 64-bit integer in `range`. */
export function readBigInteger(
  section: Section,
  name: string,
  range: Range<bigint>,
): bigint | undefined {
  const value = readField(section, name);
  return value === undefined ? undefined : toBigInteger(value, fieldPath(section, name), range);
}

/** A field that is a list; absent is empty. */
export function readList<T>(
  section: Section,
  name: string,
  read: (element: unknown, path: string) => T,
): readonly T[] {
  const value = readField(section, name);
  return value === undefined ? [] : toList(value, fieldPath(section, name), read);
}

/** The error for something that the specification has and this runtime does not, yet. */
export function notSupported(path: string, what = path): SpecError {
  return new SpecError(path, `${what} is not supported yet`);
}

function inRange<N extends number | bigint>(value: N, range: Range<N>): boolean {
  return value >= range.min && value <= range.max;
}

function wrong(path: string, expected: string): SpecError {
  return new SpecError(path, `${path === "" ? "the document" : path} must be ${expected}`);
}
