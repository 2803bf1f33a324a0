// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseId } from "./id.ts";

for (const id of [
  "a",
  "0123456789abcdef".repeat(4),
  "my_container-1.2+x",
  "x".repeat(255),
  "...",
]) {
  test(`accepted as an id: ${id.slice(0, 24)}`, () => assert.equal(parseId(id, "container"), id));
}

const REFUSED: readonly (readonly [string, string])[] = [
  ["", "container id must not be empty: invalid argument"],
  [".", 'invalid container id format: ".": invalid argument'],
  ["..", 'invalid container id format: "..": invalid argument'],
  ["a/b", 'invalid container id format: "a/b": invalid argument'],
  ["../x", 'invalid container id format: "../x": invalid argument'],
  ["a\0b", 'invalid container id format: "a\\u0000b": invalid argument'],
  ["a\n", 'invalid container id format: "a\\n": invalid argument'],
  ["ä", 'invalid container id format: "ä": invalid argument'],
  ["x".repeat(256), "container id of 256 characters is longer than 255: invalid argument"],
];

for (const [id, message] of REFUSED) {
  test(`refused as an id: ${JSON.stringify(id.slice(0, 24))}`, () => {
    assert.throws(() => parseId(id, "container"), { code: "invalid_argument", message });
  });
}

test("the refusal says what the id was for", () => {
  assert.throws(() => parseId("", "exec"), {
    message: "exec id must not be empty: invalid argument",
  });
});
