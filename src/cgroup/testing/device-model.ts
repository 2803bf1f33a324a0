// SPDX-License-Identifier: Apache-2.0
// For tests of device rules: what they mean in the plainest words, an interpreter of the programs that are made of them, and
// random ones.

import assert from "node:assert/strict";
import type { DeviceCgroupRule } from "../../oci/spec.ts";
import { accessBits } from "../device-rules.ts";

/** One access to one device. */
export interface DeviceRequest {
  readonly type: "b" | "c";
  readonly major: number;
  readonly minor: number;
  /** Of "rwm", at least one. */
  readonly access: string;
}

/** A rule that takes something out of a wildcard: no device controller of v1 can hold what it asks for. */
export class HoleError extends Error {}

/**
 * The words of Documentation/admin-guide/cgroup-v1/devices.rst, one permission of one entry at a time. Nothing here is shared
 * with what is tested.
 */
export class DeviceModel {
  #allowByDefault = false;
  /** "c 1:* r" */
  #exceptions = new Set<string>();

  constructor(rules: readonly DeviceCgroupRule[]) {
    for (const rule of rules) this.#apply(rule);
  }

  allows({ type, major, minor, access }: DeviceRequest): boolean {
    const entries = [`${major}:${minor}`, `${major}:*`, `*:${minor}`, "*:*"];
    const has = (entry: string) => (letter: string) =>
      this.#exceptions.has(`${type} ${entry} ${letter}`);
    return this.#allowByDefault
      ? !entries.some((entry) => [...access].some(has(entry)))
      : entries.some((entry) => [...access].every(has(entry)));
  }

  #apply({ allow, type, major, minor, access }: DeviceCgroupRule): void {
    if (type === "a") {
      this.#allowByDefault = allow;
      this.#exceptions.clear();
      return;
    }
    const [a, b] = [major ?? "*", minor ?? "*"];
    for (const letter of access) {
      const name = `${type} ${a}:${b} ${letter}`;
      if (allow !== this.#allowByDefault) {
        this.#exceptions.add(name);
        continue;
      }
      for (const wider of [`*:${b}`, `${a}:*`, "*:*"]) {
        const covering = `${type} ${wider} ${letter}`;
        if (covering !== name && this.#exceptions.has(covering)) throw new HoleError(covering);
      }
      this.#exceptions.delete(name);
    }
  }
}

/** Runs a program on struct bpf_cgroup_dev_ctx; throws on anything the kernel's verifier would refuse. */
export function runDeviceProgram(program: Uint8Array, request: DeviceRequest): number {
  const view = new DataView(program.buffer);
  const context = [
    ((accessBits(request.access) << 16) | (request.type === "b" ? 1 : 2)) >>> 0,
    request.major,
    request.minor,
  ];
  const registers: (number | undefined)[] = [];
  const read = (index: number): number => {
    const value = registers[index];
    assert.ok(value !== undefined, `register r${index} is read before it is written`);
    return value;
  };
  for (let pc = 0, steps = 0; steps < 10_000; pc++, steps++) {
    assert.ok((pc + 1) * 8 <= program.length, "the program runs off its end");
    const opcode = view.getUint8(pc * 8);
    const dst = view.getUint8(pc * 8 + 1) & 15;
    const src = view.getUint8(pc * 8 + 1) >> 4;
    const offset = view.getInt16(pc * 8 + 2, true);
    const immediate = view.getUint32(pc * 8 + 4, true);
    switch (opcode) {
      case 0x61:
        assert.equal(src, 1);
        registers[dst] = context[offset / 4];
        break;
      case 0xb7:
        registers[dst] = immediate;
        break;
      case 0xbc:
        registers[dst] = read(src);
        break;
      case 0x54:
        registers[dst] = (read(dst) & immediate) >>> 0;
        break;
      case 0x74:
        registers[dst] = read(dst) >>> immediate;
        break;
      case 0x56:
        if (read(dst) !== immediate) pc += offset;
        break;
      case 0x5e:
        if (read(dst) !== read(src)) pc += offset;
        break;
      case 0x16:
        if (read(dst) === immediate) pc += offset;
        break;
      case 0x95:
        return read(0);
      default:
        assert.fail(`unknown opcode 0x${opcode.toString(16)}`);
    }
  }
  return assert.fail("the program does not end");
}

/** The same numbers again for the same seed (mulberry32). */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const NUMBERS = [0, 1, 3, 8, 0xfff];
const ACCESS = ["r", "w", "m", "rw", "rm", "wm", "rwm"];
const pick = <T>(random: (below: number) => number, list: readonly T[]): T => {
  const item = list[random(list.length)];
  assert.ok(item !== undefined);
  return item;
};

/** Few numbers, so that rules meet each other. */
export function randomRules(random: (below: number) => number): DeviceCgroupRule[] {
  return Array.from({ length: random(12) }, () => ({
    allow: random(3) > 0,
    type: random(12) === 0 ? "a" : pick(random, ["b", "c"] as const),
    major: random(4) === 0 ? undefined : pick(random, NUMBERS),
    minor: random(3) === 0 ? undefined : pick(random, NUMBERS),
    access: pick(random, ACCESS),
  }));
}

/** Every access to every device that `randomRules` can name, and to one that it can't. */
export const EVERY_REQUEST: readonly DeviceRequest[] = [...NUMBERS, 77].flatMap((major) =>
  [...NUMBERS, 77].flatMap((minor) =>
    ACCESS.flatMap((access) =>
      (["b", "c"] as const).map((type) => ({ type, major, minor, access })),
    ),
  ),
);
