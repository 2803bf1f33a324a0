// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import protobuf from "protobufjs/minimal.js";
import { google } from "./generated/messages.js";
import { toBigInt, toLong } from "./int64.ts";
import { fromTimestamp, toTimestamp } from "./timestamp.ts";

interface LongClass {
  new (low: number, high: number, unsigned: boolean): ReturnType<typeof toLong>;
  fromBits(low: number, high: number, unsigned: boolean): ReturnType<typeof toLong>;
  isLong(value: unknown): boolean;
}
const StandIn = createRequire(import.meta.url)("./long.cjs") as LongClass;

test("the bundle's stand-in for the long package encodes as the package does", () => {
  for (const value of [0n, 1n, 0xffff_ffffn, 2n ** 63n, 2n ** 64n - 1n, -1n, -62_135_596_800n]) {
    const long = toLong(value);
    const standIn = new StandIn(long.low, long.high, long.unsigned);
    const bytes = (seconds: typeof long): string =>
      Buffer.from(google.protobuf.Timestamp.encode({ seconds }).finish()).toString("hex");
    assert.equal(bytes(standIn), bytes(long));
    assert.equal(toBigInt(standIn), value);
  }
  assert.ok(StandIn.isLong(StandIn.fromBits(1, 2, true)));
});

test("the stand-in has all that protobufjs looks for in a Long class", () => {
  const bits = new protobuf.util.LongBits(0xffff_ffff, 0x7fff_ffff);
  const long = new StandIn(bits.lo | 0, bits.hi | 0, false);
  assert.equal(toBigInt(long), 2n ** 63n - 1n);
});

test("an absent 64-bit field is zero", () => {
  assert.equal(toBigInt(undefined), 0n);
  assert.equal(toBigInt(null), 0n);
});

test("times go to a Timestamp and back, also before 1970 and before year one", () => {
  for (const ns of [0n, 1n, 1_795_440_322_758_953_510n, -1n, -62_135_596_801_000_000_000n]) {
    const timestamp = toTimestamp(ns);
    assert.ok((timestamp.nanos ?? -1) >= 0);
    assert.equal(fromTimestamp(timestamp), ns);
  }
});

test("no time is Go's zero time and never 1970", () => {
  assert.equal(toBigInt(toTimestamp(undefined).seconds), -62_135_596_800n);
  assert.equal(fromTimestamp(toTimestamp(undefined)), undefined);
  assert.equal(fromTimestamp(null), undefined);
});
