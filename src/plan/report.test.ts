// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { InitError } from "../base/errors.ts";
import { decodeReport, REPORT_KINDS } from "./report.ts";

function report(...numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(numbers).buffer);
}

test("a report's numbers are unsigned and its kind has a name", () => {
  assert.deepEqual(decodeReport(report(3, 0xffff_ffff, 13, 2 ** 31)), {
    kind: "failed",
    op: 0xffff_ffff,
    errno: 13,
    value: 2 ** 31,
  });
  assert.deepEqual(
    REPORT_KINDS.map((_, index) => decodeReport(report(index + 1, 0, 0, 0)).kind),
    REPORT_KINDS,
  );
});

test("a report is found inside a larger buffer", () => {
  const buffer = new Uint8Array(40);
  buffer.set(report(2, 0, 0, 5), 8);
  assert.equal(decodeReport(buffer.subarray(8, 24)).value, 5);
});

test("what is not a report is refused", () => {
  assert.throws(() => decodeReport(new Uint8Array(15)), /report of 15 bytes/);
  assert.throws(() => decodeReport(report(0, 0, 0, 0)), InitError);
  assert.throws(() => decodeReport(report(8, 0, 0, 0)), /report of kind 8/);
});
