// SPDX-License-Identifier: Apache-2.0
// Every field of the specification with everything that JSON can put there and that it is not: each mistake has one sentence,
// which begins with the place and says what belongs there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { parseSpec } from "./parse.ts";
import { FULL } from "./testing/full.ts";
import type { Kind } from "./testing/kinds.ts";
import { CONFIG } from "./testing/model.ts";
import { fieldsOf, type Path, withValue } from "./testing/places.ts";

/** Objects whose names come from the user. */
const MAPS: ReadonlySet<string> = new Set([
  "annotations",
  "linux.sysctl",
  "linux.netDevices",
  "linux.resources.rdma",
  "linux.resources.unified",
]);

/** "linux.namespaces[2].type", 'annotations["a"]'. */
function nameOf(at: Path): string {
  const [parent, key] = [nameOfParent(at), at.at(-1)];
  if (key === undefined) return "";
  if (typeof key === "number") return `${parent}[${key}]`;
  if (MAPS.has(parent)) return `${parent}[${JSON.stringify(key)}]`;
  return parent === "" ? key : `${parent}.${key}`;
}

function nameOfParent(at: Path): string {
  return at.length === 0 ? "" : nameOf(at.slice(0, -1));
}

const NOT_A_STRING: readonly unknown[] = [0, -1, 1.5, 2n ** 64n, true, [], ["a"], {}, { a: 1 }];
const NOT_A_BOOLEAN: readonly unknown[] = [0, 1, "", "true", [], {}, 2n ** 64n];
const NOT_A_NUMBER: readonly unknown[] = ["", "1", "0x10", true, [], [1], {}, 0.5, -0.5, 1e300];
const NOT_A_LIST: readonly unknown[] = ["", "a", 0, 2n ** 53n, true, {}, { "0": "a" }];
const NOT_AN_OBJECT: readonly unknown[] = ["", "a", 0, false, true, [], [{}], 2n ** 64n];

/** What is wrong for a kind, and how it is told. */
function wrongValues(kind: Kind): { readonly values: readonly unknown[]; readonly want: string } {
  switch (kind.kind) {
    case "text":
      return { values: NOT_A_STRING, want: "a string" };
    case "boolean":
      return { values: NOT_A_BOOLEAN, want: "true or false" };
    case "list":
      return { values: NOT_A_LIST, want: "a list" };
    case "map":
    case "object":
      return { values: NOT_AN_OBJECT, want: "an object" };
    case "integer": {
      const outside = [kind.min - 1n, kind.max + 1n, -(2n ** 64n), 2n ** 64n, 10n ** 40n];
      // Small ones come as numbers from the parser of JSON.
      const numbers = outside.map((value) =>
        Number.isSafeInteger(Number(value)) ? Number(value) : value,
      );
      return {
        values: [...NOT_A_NUMBER, ...numbers],
        want: `an integer between ${kind.min} and ${kind.max}`,
      };
    }
    default:
      return kind satisfies never;
  }
}

/** Where people read something else, because clients know it or because it says more. */
function sentence(name: string, want: string): string {
  if (/^hooks\.\w+\[0\]\.timeout$/.test(name)) return `${name} must be a number of seconds above 0`;
  return `${name} must be ${want}`;
}

function assertRefused(at: Path, value: unknown, message: string): void {
  const json = withValue(FULL, at, value);
  const what = `${nameOf(at)} = ${typeof value === "bigint" ? value : JSON.stringify(value)}`;
  try {
    parseSpec(json);
  } catch (error) {
    assert.ok(error instanceof SpecError, `${what}: ${String(error)}`);
    assert.deepEqual([error.path, error.message], [nameOf(at), message], what);
    return;
  }
  assert.fail(`${what} is accepted`);
}

test("a configuration with every field is accepted", () => {
  parseSpec(FULL);
});

let rows = 0;

for (const { kind, at } of fieldsOf(CONFIG, FULL)) {
  const name = nameOf(at);
  const { values, want } = wrongValues(kind);
  test(`${name} is ${want}, and nothing else`, () => {
    for (const value of values) assertRefused(at, value, sentence(name, want));
    rows += values.length;
  });
}

test("of all fields there are mistakes by the hundred", () => {
  assert.ok(rows > 1000, String(rows));
});

const nulBytes: readonly { readonly at: Path }[] = [...fieldsOf(CONFIG, FULL)].filter(
  ({ kind, at }) => kind.kind === "text" && kind.words === undefined && !at.includes("env"),
);

test("no string may have a null byte", () => {
  for (const { at } of nulBytes) {
    const name = nameOf(at);
    const isMount = name.startsWith("mounts[");
    assertRefused(
      at,
      "/a\0b",
      isMount
        ? `invalid mount ${name}: mount field contains null byte`
        : `${name} must not contain a null byte`,
    );
  }
  assert.ok(nulBytes.length > 40, String(nulBytes.length));
});

test("null is the same as nothing, but not as an element of a list", () => {
  const sentences: Record<string, string> = {
    process: "process property must not be empty",
    root: "root must be specified",
    "root.path": "root.path must not be empty",
    "process.args": "args must not be empty",
    "process.cwd": "Cwd property must not be empty",
  };
  for (const { at, kind, isRequired } of fieldsOf(CONFIG, FULL)) {
    const name = nameOf(at);
    if (sentences[name] !== undefined) assertRefused(at, null, sentences[name]);
    else if (typeof at.at(-1) === "number") {
      assertRefused(at, null, sentence(name, wrongValues(kind).want));
    } else if (!isRequired && !MAPS.has(nameOfParent(at))) {
      assert.equal(
        outcomeOf(withValue(FULL, at, null)),
        outcomeOf(withValue(FULL, at, undefined)),
        name,
      );
    }
  }
});

/** What comes of a configuration: a sentence, or nothing if it is accepted. */
function outcomeOf(json: unknown): string {
  try {
    parseSpec(json);
    return "";
  } catch (error) {
    assert.ok(error instanceof SpecError, String(error));
    return `${error.path}: ${error.message}`;
  }
}
