// SPDX-License-Identifier: Apache-2.0
// Places in JSON documents: what stands there, what the specification has there, and documents with something else there.

import type { Kind } from "./kinds.ts";

/** A place in a document. */
export type Path = readonly (string | number)[];

/** All fields of `kind` with their places: of a list or a map the first element of `sample`. */
export function* fieldsOf(
  kind: Kind,
  sample: unknown,
  at: Path = [],
): Generator<{ readonly kind: Kind; readonly at: Path; readonly isRequired: boolean }> {
  if (kind.kind === "object") {
    for (const [name, field] of Object.entries(kind.fields)) {
      const path = [...at, name];
      yield { kind: field, at: path, isRequired: kind.required.includes(name) };
      yield* fieldsOf(field, valueAt(sample, [name]), path);
    }
  } else if (kind.kind === "list" || kind.kind === "map") {
    const [first] = Object.keys(sample as object);
    if (first === undefined) throw new Error(`the sample has nothing at ${at.join(".")}`);
    const key = kind.kind === "list" ? Number(first) : first;
    yield { kind: kind.of, at: [...at, key], isRequired: false };
    yield* fieldsOf(kind.of, valueAt(sample, [key]), [...at, key]);
  }
}

/** What stands at a place. */
export function valueAt(document: unknown, at: Path): unknown {
  return at.reduce<unknown>(
    (value, key) => Object.getOwnPropertyDescriptor(value ?? {}, key)?.value,
    document,
  );
}

/** A copy of a document with something else at a place; undefined removes it. */
export function withValue(document: unknown, at: Path, value: unknown): unknown {
  const [key, ...rest] = at;
  if (key === undefined) return value;
  const copy = Array.isArray(document) ? [...document] : { ...(document as object) };
  const inner = withValue(valueAt(document, [key]), rest, value);
  Object.defineProperty(copy, key, {
    value: inner,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  if (inner === undefined && !Array.isArray(copy)) Reflect.deleteProperty(copy, key);
  return copy;
}

/** The kind of what stands at a place; undefined if the specification has nothing there. */
export function kindAt(kind: Kind | undefined, at: Path): Kind | undefined {
  const [key, ...rest] = at;
  if (kind === undefined || key === undefined) return kind;
  switch (kind.kind) {
    case "list":
    case "map":
      return kindAt(kind.of, rest);
    case "object":
      return Object.hasOwn(kind.fields, key) ? kindAt(kind.fields[key], rest) : undefined;
    default:
      return undefined;
  }
}
