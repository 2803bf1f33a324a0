// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { parseJson } from "./json.ts";

test("integers beyond what a double holds become bigint, everything else stays", () => {
  assert.deepEqual(parseJson('{"a":[18446744073709551615,-9223372036854775808,1.5,"x"]}'), {
    a: [2n ** 64n - 1n, -(2n ** 63n), 1.5, "x"],
  });
  assert.equal(parseJson("9007199254740991"), Number.MAX_SAFE_INTEGER);
  assert.equal(parseJson("9007199254740993"), 9007199254740993n);
  assert.equal(parseJson("1e300"), 1e300);
  assert.equal(parseJson("0.30000000000000004"), 0.1 + 0.2);
  assert.equal(parseJson("null"), null);
});

test("digits in strings are not numbers", () => {
  assert.deepEqual(parseJson('["18446744073709551615"]'), ["18446744073709551615"]);
});

test("what is not JSON is a SpecError that says so", () => {
  for (const text of ["", "{", "{'a':1}", "12345678901234567890 x"]) {
    assert.throws(
      () => parseJson(text),
      (error) => error instanceof SpecError && error.message.startsWith("invalid JSON: "),
      text,
    );
  }
  assert.throws(() => parseJson(""), { message: "invalid JSON: unexpected end of JSON input" });
});
