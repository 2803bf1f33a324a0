// SPDX-License-Identifier: Apache-2.0
// Configurations that somebody has damaged: real ones and full ones with parts that are gone, moved, replaced by something else
// or by something of another configuration.

import fc from "fast-check";
import { hostile } from "./arbitrary-values.ts";
import { type Path, valueAt, withValue } from "./places.ts";

const NUMBERS = [0, -1, 1.5, 2 ** 31, 2 ** 32 - 1, 2 ** 53, 1e300, -0];
const BIG_NUMBERS = [
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
  2n ** 64n,
  -(2n ** 64n),
  10n ** 23n,
];
const OTHERS = [null, true, false, "", [], {}, [[]], [null], { "": null }, { type: "x" }];

/** What does not belong there, most of the time. */
const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...NUMBERS, ...BIG_NUMBERS, ...OTHERS),
  hostile,
  hostile.map((text) => [text]),
  fc.string(),
  fc.string().map((text) => `/${text}`),
  fc.constant("a\0b"),
  fc.jsonValue({ maxDepth: 2 }),
);

/** One change. Places are counted among those that a document has, so that every number is one. */
export type Mutation =
  | { readonly kind: "remove"; readonly place: number }
  | { readonly kind: "replace"; readonly place: number; readonly value: unknown }
  | { readonly kind: "double"; readonly place: number }
  | { readonly kind: "splice"; readonly place: number; readonly from: number }
  | { readonly kind: "transplant"; readonly place: number; readonly from: number }
  | {
      readonly kind: "add";
      readonly place: number;
      readonly name: string;
      readonly value: unknown;
    };

const place = fc.nat();
const names = fc.constantFrom("__proto__", "constructor", "toString", "", "path", "type", "0", "x");

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant("remove" as const), place }),
  fc.record({ kind: fc.constant("replace" as const), place, value: anyValue }),
  fc.record({ kind: fc.constant("double" as const), place }),
  fc.record({ kind: fc.constant("splice" as const), place, from: place }),
  fc.record({ kind: fc.constant("transplant" as const), place, from: place }),
  fc.record({ kind: fc.constant("add" as const), place, name: names, value: anyValue }),
);

/** A document with one change; `donor` is where spliced parts are from. */
export function mutate(document: unknown, change: Mutation, donor: unknown): unknown {
  const places = placesOf(document);
  const at = places[change.place % Math.max(places.length, 1)];
  if (at === undefined) return document;
  switch (change.kind) {
    case "remove":
      return without(document, at);
    case "replace":
      return withValue(document, at, change.value);
    case "double":
      return doubled(document, at);
    case "splice": {
      // The same place of another configuration, or any.
      const foreign = valueAt(donor, at);
      const all = placesOf(donor);
      const from = all[change.from % Math.max(all.length, 1)] ?? [];
      return withValue(document, at, foreign ?? valueAt(donor, from) ?? null);
    }
    case "transplant":
      return withValue(document, at, valueAt(document, places[change.from % places.length] ?? []));
    case "add": {
      const target = valueAt(document, at);
      const isObject = typeof target === "object" && target !== null && !Array.isArray(target);
      return isObject ? withValue(document, [...at, change.name], change.value) : document;
    }
    default:
      return change satisfies never;
  }
}

/** All places of a document but the whole. */
export function placesOf(document: unknown, at: Path = []): readonly Path[] {
  if (typeof document !== "object" || document === null) return [];
  return Object.keys(document).flatMap((key) => {
    const place = [...at, Array.isArray(document) ? Number(key) : key];
    return [place, ...placesOf(valueAt(document, [key]), place)];
  });
}

function without(document: unknown, at: Path): unknown {
  const parent = at.slice(0, -1);
  const key = at.at(-1);
  const list = valueAt(document, parent);
  if (!Array.isArray(list)) return withValue(document, at, undefined);
  return withValue(
    document,
    parent,
    list.filter((_, index) => index !== key),
  );
}

/** An element of a list once more at its end; of an object, its members in another order. */
function doubled(document: unknown, at: Path): unknown {
  const parent = at.slice(0, -1);
  const list = valueAt(document, parent);
  if (Array.isArray(list)) return withValue(document, parent, [...list, valueAt(document, at)]);
  return withValue(
    document,
    parent,
    Object.fromEntries(Object.entries(list as object).toReversed()),
  );
}
