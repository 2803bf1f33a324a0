// SPDX-License-Identifier: Apache-2.0
// Values of the OCI configuration, which speaks cgroup v1, in the units of cgroup v2. Pure.

import { SpecError } from "../base/errors.ts";

const MIN_SHARES = 2n;
const MAX_SHARES = 262_144n;
const MAX_WEIGHT = 10_000n;

/**
 * cpu.shares (2..262144) -> cpu.weight (1..10000), undefined for 0, which means "not set". The curve is a quadratic in
 * log2(shares) through the three points where the defaults and the limits of both files meet: 2 -> 1, 1024 -> 100,
 * 262144 -> 10000.
 */
export function toCpuWeight(shares: bigint): bigint | undefined {
  if (shares === 0n) return undefined;
  if (shares <= MIN_SHARES) return 1n;
  if (shares >= MAX_SHARES) return MAX_WEIGHT;
  const log = Math.log2(Number(shares));
  return BigInt(Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34)));
}

/**
 * Memory and swap together (v1's memsw) -> swap alone (v2), in bytes; -1 is unlimited, undefined leaves it alone.
 * SpecError if the sum is smaller than the memory limit, or given without one.
 */
export function toSwap(memory: bigint | undefined, both: bigint | undefined): bigint | undefined {
  if (both === undefined || both === 0n) return memory === -1n ? -1n : undefined;
  if (both === -1n || memory === -1n) return both;
  if (memory === undefined || memory === 0n) {
    throw new SpecError(
      "linux.resources.memory.swap",
      "unable to set swap limit without memory limit",
    );
  }
  if (both < memory) {
    throw new SpecError(
      "linux.resources.memory.swap",
      "memory+swap limit should be >= memory limit",
    );
  }
  return both - memory;
}

const MIN_IO_WEIGHT = 10;
const MAX_IO_WEIGHT = 1000;

/** blkio.weight (10..1000) -> io.weight (1..10000), on a straight line. SpecError outside of the range. */
export function toIoWeight(weight: number): number {
  if (weight < MIN_IO_WEIGHT || weight > MAX_IO_WEIGHT) {
    throw new SpecError(
      "linux.resources.blockIO.weight",
      `invalid block I/O weight ${weight} (valid range is ${MIN_IO_WEIGHT}-${MAX_IO_WEIGHT})`,
    );
  }
  return Math.trunc(1 + ((weight - 10) * 9999) / 990);
}

/** A limit in bytes as v2 files take it: -1 is "max". Other negative numbers are for the kernel to refuse, as on v1. */
export function toLimit(value: bigint): string {
  return value === -1n ? "max" : value.toString();
}

/** linux.resources.pids.limit as pids.max takes it: 0 would let nothing start, so it means one process. */
export function toPidsMax(limit: bigint): string {
  if (limit < 0n) return "max";
  return limit === 0n ? "1" : limit.toString();
}

/** Far above what kernels are built for (8192); a list comes from outside. */
const MAX_CPU = 65_535;

/** A list like "0-3,7" as bits, the lowest of the first byte for 0. SpecError for anything else. */
export function parseCpuList(list: string): Uint8Array {
  const ranges = list
    .trim()
    .split(",")
    .map((part) => {
      const match = /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(part);
      const first = Number(match?.[1]);
      const last = Number(match?.[2] ?? match?.[1]);
      if (match === null || last < first || last > MAX_CPU) {
        throw new SpecError("linux.resources.cpu", `invalid list ${JSON.stringify(list)}`);
      }
      return { first, last };
    });
  const highest = ranges.reduce((most, { last }) => Math.max(most, last), 0);
  const bits = new Uint8Array(Math.floor(highest / 8) + 1);
  // In their order each is set once, however often it is named.
  let next = 0;
  for (const { first, last } of ranges.toSorted((one, other) => one.first - other.first)) {
    for (let value = Math.max(first, next); value <= last; value += 1) {
      const byte = Math.floor(value / 8);
      bits[byte] = (bits[byte] ?? 0) | (1 << (value % 8));
    }
    next = Math.max(next, last + 1);
  }
  return bits;
}
