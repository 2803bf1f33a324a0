// SPDX-License-Identifier: Apache-2.0
// Properties of the conversions, over their whole ranges or many values of it; single values are in resources.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { toCpuWeight, toIoWeight, toLimit, toPidsMax, toSwap } from "./conversions.ts";
import { toPerSecond, toSystemdValues } from "./systemd-values.ts";
import { limits } from "./testing/sandbox.ts";

const MAX_SHARES = 262_144;

test("every value of shares has a weight in range that is never less than that of fewer shares", () => {
  let before = 0n;
  for (let shares = 1; shares <= MAX_SHARES; shares += 1) {
    const weight = toCpuWeight(BigInt(shares)) ?? -1n;
    assert.ok(weight >= 1n && weight <= 10_000n, `${shares} -> ${weight}`);
    assert.ok(weight >= before, `${shares} -> ${weight} after ${before}`);
    before = weight;
  }
  assert.equal(before, 10_000n);
});

test("the weight is the curve's value rounded up: between the real value and one more", () => {
  for (let shares = 3; shares < MAX_SHARES; shares += 17) {
    // The curve solved for the weight's logarithm, written another way round than in the code.
    const log = Math.log2(shares);
    const curve = 10 ** (log ** 2 / 612 + (125 * log) / 612 - 126 / 612);
    const weight = Number(toCpuWeight(BigInt(shares)));
    assert.ok(weight > curve - 1e-6 && weight < curve + 1 + 1e-6, `${shares}: ${curve}, ${weight}`);
  }
  assert.deepEqual([2n, 1024n, 262_144n].map(toCpuWeight), [1n, 100n, 10_000n]);
});

test("memory and swap together split into what was put together", () => {
  const values = [1n, 4096n, 1n << 30n, (1n << 53n) + 1n, (1n << 62n) + 3n];
  for (const memory of values) {
    for (const swap of [0n, ...values]) {
      assert.equal(toSwap(memory, memory + swap), swap, `${memory} ${swap}`);
    }
    assert.throws(() => toSwap(memory, memory - 1n || -2n), { name: "SpecError" });
    assert.equal(toSwap(memory, -1n), -1n);
    assert.equal(toSwap(-1n, memory), memory);
  }
});

test("weights of block devices keep their order and reach both ends", () => {
  let before = 0;
  for (let weight = 10; weight <= 1000; weight += 1) {
    const converted = toIoWeight(weight);
    assert.ok(Number.isInteger(converted) && converted > before, `${weight} -> ${converted}`);
    assert.equal(converted, 1 + Math.floor(((weight - 10) * 9999) / 990));
    before = converted;
  }
  assert.deepEqual([toIoWeight(10), before], [1, 10_000]);
  for (const weight of [0, 9, 1001, 65_535]) assert.throws(() => toIoWeight(weight), RangeOfWeight);
});

const RangeOfWeight = /^SpecError: invalid block I\/O weight \d+ \(valid range is 10-1000\)$/;

test("numbers beyond 2^53 stay exact, and of the negative ones only -1 means unlimited memory", () => {
  assert.equal(toLimit((1n << 63n) - 1n), "9223372036854775807");
  assert.equal(toLimit(-1n), "max");
  assert.equal(toLimit(-2n), "-2");
  assert.equal(toPidsMax((1n << 63n) - 1n), "9223372036854775807");
  assert.deepEqual([-2n, -1n, 0n, 1n].map(toPidsMax), ["max", "max", "1", "1"]);
});

test("a quota for systemd is whole percents, the next ones up, and what is written beside it the same", () => {
  for (const period of [1000n, 33_333n, 50_000n, 100_000n, 999_999n]) {
    for (let quota = 1000n; quota < 400_000n; quota += 3331n) {
      const perSecond = toPerSecond(quota, period);
      const exact = (Number(quota) * 1e6) / Number(period);
      assert.equal(perSecond % 10_000n, 0n);
      assert.ok(Number(perSecond) > exact - 1 && Number(perSecond) < exact + 10_000);
      const given = limits({ cpu: { quota, period } });
      const { cpu } = toSystemdValues(2, given, () => undefined);
      assert.equal(cpu?.period, period);
      assert.ok((cpu?.quota ?? 0n) >= quota);
      // To the microsecond, below which the kernel does not count.
      const told = (perSecond * period) / 1_000_000n;
      assert.ok(cpu?.quota === told || cpu?.quota === quota);
    }
  }
});

const inForce = (files: Record<string, string>) => (_: string, file: string) => files[file];

test("a quota or a period alone is completed by what is in force", () => {
  const v1 = inForce({ "cpu.cfs_quota_us": "20000\n", "cpu.cfs_period_us": "50000\n" });
  const v2 = inForce({ "cpu.max": "20000 50000\n" });
  for (const [version, files] of [
    [1, v1],
    [2, v2],
  ] as const) {
    const values = (cpu: object) => toSystemdValues(version, limits({ cpu }), files).cpu;
    const [quota, period] = [values({ quota: 10_000n }), values({ period: 100_000n })];
    assert.deepEqual([quota?.quota, quota?.period], [10_000n, 50_000n]);
    assert.deepEqual([period?.quota, period?.period], [20_000n, 100_000n]);
    assert.equal(values({ quota: -1n })?.quota, -1n);
    assert.equal(values({ shares: 5n })?.period, undefined);
  }
  for (const text of ["max 25000\n", undefined]) {
    const files = inForce(text === undefined ? {} : { "cpu.max": text });
    const { cpu } = toSystemdValues(2, limits({ cpu: { period: 7000n } }), files);
    assert.deepEqual([cpu?.quota, cpu?.period], [undefined, 7000n]);
  }
});

test("a group that is to be idle no longer gets the kernel's weight in systemd's words as well", () => {
  const values = (cpu: object, idle: string) =>
    toSystemdValues(2, limits({ cpu }), inForce({ "cpu.idle": idle })).cpu?.shares;
  assert.equal(values({ idle: 0 }, "1\n"), 1024n);
  assert.equal(values({ idle: 0, shares: 7n }, "1\n"), 7n);
  assert.equal(values({ idle: 0 }, "0\n"), undefined);
  assert.equal(values({ idle: 1 }, "1\n"), undefined);
});
