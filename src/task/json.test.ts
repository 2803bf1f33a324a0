// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJson } from "./json.ts";

for (const text of ["", " ", "{", '{"a"', '{"a":', '{"a":"b', "[1,", "tru", '"\\']) {
  test(`a document that ends too early is told as Go does: ${text}`, () => {
    assert.throws(() => parseJson(Buffer.from(text)), {
      code: "unknown",
      message: "unexpected end of JSON input",
    });
  });
}

test("another mistake is named with its place", () => {
  assert.throws(() => parseJson(Buffer.from('{"a":x}')), {
    code: "unknown",
    message: /^invalid JSON: .*'x'/,
  });
});

test("a document is what it says, also a deep one", () => {
  assert.deepEqual(parseJson(Buffer.from('{"__proto__":1}')), JSON.parse('{"__proto__":1}'));
  assert.ok(parseJson(Buffer.from("[".repeat(1000) + "]".repeat(1000))));
});

test("a document that is too deep, or has a name twice, is refused", () => {
  assert.throws(() => parseJson(Buffer.from("[".repeat(10_000) + "]".repeat(10_000))), {
    message: "invalid JSON: it is nested more than 1000 levels deep",
  });
  assert.throws(() => parseJson(Buffer.from('{"user":{"uid":1000,"uid":0}}')), {
    message: 'invalid JSON: user has the name "uid" twice',
  });
});

test("an integer keeps all its digits: a limit may be 2^64-1", () => {
  const document = '{"process":{"rlimits":[{"hard":18446744073709551615,"soft":1024}]}}';
  assert.deepEqual(parseJson(new TextEncoder().encode(document)), {
    process: { rlimits: [{ hard: 2n ** 64n - 1n, soft: 1024 }] },
  });
});
