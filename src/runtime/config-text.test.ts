// SPDX-License-Identifier: Apache-2.0
// config.json as bytes that somebody has damaged: no JSON, another JSON, or the same; always a plan or one sentence.

import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { InitError, SpecError } from "../base/errors.ts";
import { parseJson } from "../oci/json.ts";
import { judge } from "../oci/testing/judge.ts";
import { compileEverything } from "./testing/compile-everything.ts";

const FULL_RUN = process.env["TSRUNC_TEST_FULL"] === "1";
const RUNS = FULL_RUN
  ? { numRuns: 30_000, interruptAfterTimeLimit: 45_000, markInterruptAsFailure: false }
  : { numRuns: 1000 };

const TESTDATA = new URL("../oci/testdata/", import.meta.url);
const TEXTS = readdirSync(TESTDATA)
  .filter((name) => name.endsWith(".json"))
  .map((name) => readFileSync(new URL(name, TESTDATA)));

/** Bytes that mean something to JSON, or nothing to anybody. */
const PIECES = [
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "\\",
  "\\u0000",
  "-",
  "9".repeat(40),
  "1e999",
  "null",
  "\n",
  "\0",
  "\ufeff",
  '"__proto__":',
  '"a":1,"a":2,',
  "[".repeat(2000),
  "\xff",
];

const change = fc.record({
  at: fc.nat(),
  remove: fc.oneof(fc.constant(0), fc.nat({ max: 40 }), fc.constant(1e9)),
  insert: fc.oneof(
    fc.constantFrom("", ...PIECES).map((piece) => Buffer.from(piece, "latin1")),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  ),
});

const damaged = fc
  .tuple(fc.constantFrom(...TEXTS), fc.array(change, { minLength: 1, maxLength: 4 }))
  .map(([bytes, changes]) =>
    changes.reduce((text, { at, remove, insert }) => {
      const place = at % (text.length + 1);
      return Buffer.concat([text.subarray(0, place), insert, text.subarray(place + remove)]);
    }, bytes),
  );

/** undefined: it is no JSON, and that is told. */
function parsed(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: parseJson(text) };
  } catch (error) {
    assert.ok(error instanceof SpecError, String(error));
    assert.match(error.message, /^invalid JSON: [^\p{Cc}\u2028\u2029]+$/u);
    return undefined;
  }
}

/** Integers of JSON.parse. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

test("damaged text is refused in one sentence or is what JSON.parse makes of it, digits and names aside", () => {
  fc.assert(
    fc.property(damaged, (bytes) => {
      fc.pre(isUtf8(bytes));
      const text = bytes.toString("utf8");
      const document = parsed(text);
      if (document === undefined) return;
      assert.equal(JSON.stringify(document.json, rounded), JSON.stringify(JSON.parse(text)));
    }),
    RUNS,
  );
});

test("damaged text becomes a plan or one sentence, and no plan if it is invalid", () => {
  let plans = 0;
  fc.assert(
    fc.property(damaged, (bytes) => {
      fc.pre(isUtf8(bytes));
      const document = parsed(bytes.toString("utf8"));
      if (document === undefined) return;
      try {
        compileEverything(document.json);
      } catch (error) {
        assert.ok(error instanceof SpecError || error instanceof InitError, String(error));
        return;
      }
      plans += 1;
      assert.equal(judge(document.json), undefined);
    }),
    RUNS,
  );
  assert.ok(plans > 0);
});

test("any JSON is read as JSON.parse reads it, unless a name is twice in an object", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6, stringUnit: "binary" }), (text) => {
      assert.equal(JSON.stringify(parseJson(text), rounded), JSON.stringify(JSON.parse(text)));
    }),
    RUNS,
  );
});
