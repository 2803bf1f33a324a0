// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { add, compare, quantile, type Samples, toTable } from "./samples.ts";

test("quantiles are interpolated and do not depend on the order", () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(quantile([1, 2, 3], 0), 1);
  assert.equal(quantile([1, 2, 3], 1), 3);
  assert.equal(quantile([7], 0.9), 7);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

test("only what both were measured for is compared, by medians", () => {
  const base: Samples = new Map();
  const subject: Samples = new Map();
  for (const value of [10, 20, 30]) add(base, "create", value);
  for (const value of [5, 10, 90]) add(subject, "create", value);
  add(base, "only base", 1);
  const [create, ...rest] = compare(base, subject);
  assert.deepEqual(rest, []);
  assert.equal(create?.ratio, 0.5);
  assert.equal(create?.count, 3);
});

test("the table has a line for each comparison and columns of one width", () => {
  const base: Samples = new Map([["create", [100.4]]]);
  const lines = toTable(compare(base, base), ["runc", "tsrunc"]).split("\n");
  assert.equal(lines.length, 3);
  assert.equal(new Set(lines.map((line) => line.length)).size, 1);
  assert.match(lines[2] ?? "", /^\| create \| +100 \(100\) \| +100 \(100\) \| +1\.00 \| +1 \|$/);
});
