// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFlat, parseNested, parseNumber, parsePsi, toPageSize, UNLIMITED } from "./stats.ts";
import { parseBlkio, parsePartitions } from "./stats-v1.ts";
import { parseIoStat } from "./stats-v2.ts";

test("a number file may say max, a negative number or nothing", () => {
  assert.equal(parseNumber("4096\n", 0n), 4096n);
  assert.equal(parseNumber("18446744073709551615\n", 0n), UNLIMITED);
  assert.equal(parseNumber("max\n", UNLIMITED), UNLIMITED);
  assert.equal(parseNumber("max\n", 0n), 0n);
  assert.equal(parseNumber("-1\n", 0n), 0n);
  assert.equal(parseNumber(undefined, UNLIMITED), 0n);
});

test("flat files keep every key, also one that an object has by nature", () => {
  const counters = parseFlat("anon 4096\nfile 0\n__proto__ 7\nbroken\n\n");
  assert.equal(counters["anon"], 4096n);
  assert.equal(counters["file"], 0n);
  assert.equal(Object.getOwnPropertyDescriptor(counters, "__proto__")?.value, 7n);
  assert.equal(counters["toString"], undefined);
});

test("nested files are lines of a name and pairs", () => {
  assert.deepEqual(parseNested("mlx4_0 hca_handle=2 hca_object=max\n"), [
    {
      name: "mlx4_0",
      values: new Map([
        ["hca_handle", "2"],
        ["hca_object", "max"],
      ]),
    },
  ]);
  assert.deepEqual(parseNested(""), []);
});

test("pressure has averages in percent and a total in microseconds", () => {
  const text =
    "some avg10=0.22 avg60=0.17 avg300=1.11 total=58761459\n" +
    "full avg10=0.00 avg60=0.00 avg300=0.01 total=123\n";
  assert.deepEqual(parsePsi(text), {
    some: { avg10: 0.22, avg60: 0.17, avg300: 1.11, total: 58_761_459n },
    full: { avg10: 0, avg60: 0, avg300: 0.01, total: 123n },
  });
  const someOnly = parsePsi("some avg10=0.22 avg60=0.17 avg300=1.11 total=5\n");
  assert.deepEqual(someOnly?.full, { avg10: 0, avg60: 0, avg300: 0, total: 0n });
  assert.equal(parsePsi(undefined), undefined);
  assert.equal(parsePsi(""), undefined);
});

test("blkio lines have an operation or none, and sums are left out", () => {
  const row = { device: "", major: 8n, minor: 0n };
  assert.deepEqual(parseBlkio("8:0 Read 4096\n8:0 Total 4096\n8:0 77\nTotal 4096\n"), [
    { ...row, op: "Read", value: 4096n },
    { ...row, op: "", value: 77n },
  ]);
});

test("device names come from /proc/partitions", () => {
  const text =
    "major minor  #blocks  name\n\n 254        0   41943040 vda\n   7        1 4 loop1\n";
  assert.deepEqual(
    [...parsePartitions(text)],
    [
      ["254:0", "/dev/vda"],
      ["7:1", "/dev/loop1"],
    ],
  );
});

test("io.stat has a line per device, an idle one without numbers", () => {
  const text = "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n7:0 \n254:0 rbytes=9\n";
  assert.deepEqual(parseIoStat(text), [
    { major: 8n, minor: 0n, rbytes: 1n, wbytes: 2n, rios: 3n, wios: 4n },
    { major: 254n, minor: 0n, rbytes: 9n, wbytes: 0n, rios: 0n, wios: 0n },
  ]);
});

test("huge page sizes are named as the controller does", () => {
  assert.deepEqual([64, 2048, 32_768, 1_048_576].map(toPageSize), ["64KB", "2MB", "32MB", "1GB"]);
});
