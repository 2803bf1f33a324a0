// SPDX-License-Identifier: Apache-2.0
// Programs as the bytes that tsrunc-init executes. What can be known before it runs is checked here, with the op's name in
// the error; init checks all of it again.

import { toErrno } from "../base/brand.ts";
import { InitError } from "../base/errors.ts";
import { errnoNumberOf } from "./errnos.ts";
import {
  argOf,
  argsOf,
  HEADER,
  LIMITS,
  opcodeOf,
  PLAN_MAGIC,
  PLAN_VERSION,
  RECORD,
  RECORD_HAS_OTHERWISE,
  recordsOf,
} from "./layout.ts";
import type { ArgKind, Op, Program } from "./ops.ts";
import { Pool } from "./pool.ts";
import { SlotTable } from "./slots.ts";

const EINVAL = toErrno(22);
const E2BIG = toErrno(7);
const U32_MAX = 0xffff_ffff;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** Encodes the programs of one init process: it remembers which slots earlier programs defined. */
export class Encoder {
  #slots = new SlotTable();

  /**
   * The bytes of a program, for a memfd.
   * @throws InitError naming the op: a slot used before it is defined, a NUL in a string, too much of anything.
   */
  encode(program: Program): Uint8Array {
    const writer = new Writer(program, new SlotTable(this.#slots));
    const bytes = writer.write();
    this.#slots = writer.slots;
    return bytes;
  }
}

/** One program on its way to bytes. */
class Writer {
  readonly slots: SlotTable;
  readonly #program: Program;
  readonly #pool = new Pool();
  readonly #records: readonly Op[];
  readonly #view: DataView;

  constructor(program: Program, slots: SlotTable) {
    this.#program = program;
    this.slots = slots;
    this.#records = recordsOf(program);
    if (this.#records.length > LIMITS.records) throw tooMuch("", "the plan has too many ops");
    this.#view = new DataView(new ArrayBuffer(HEADER.bytes + RECORD.bytes * this.#records.length));
  }

  write(): Uint8Array {
    this.#writeInputs();
    this.#writeRecords();
    return this.#join();
  }

  #writeInputs(): void {
    const { inputs } = this.#program;
    if (new Set(inputs).size !== inputs.length) throw invalid("", "an input slot is named twice");
    for (const [index, slot] of inputs.entries()) {
      const number = this.slots.define(slot);
      if (number === undefined) throw invalid("", `no slot number is free for input "${slot}"`);
      this.#view.setUint8(HEADER.inputSlots + index, number);
    }
  }

  /** An alternative is written with its op: it sees the slots of that place in the program. */
  #writeRecords(): void {
    const { ops } = this.#program;
    let alternative = 0;
    for (const [index, op] of ops.entries()) {
      const at = this.#writeRecord(index, op);
      if (op.otherwise === undefined) continue;
      if (op.tolerate === undefined || op.tolerate.length === 0) {
        throw invalid(op.op, "it has an alternative but tolerates no errno");
      }
      if (op.otherwise.otherwise !== undefined) {
        throw invalid(op.op, "an alternative can't have an alternative");
      }
      this.#view.setUint16(at + RECORD.flags, RECORD_HAS_OTHERWISE, true);
      this.#view.setUint32(at + RECORD.otherwise, alternative, true);
      this.#writeRecord(ops.length + alternative, op.otherwise);
      alternative += 1;
    }
  }

  #writeRecord(index: number, op: Op): number {
    const at = HEADER.bytes + index * RECORD.bytes;
    this.#view.setUint16(at + RECORD.opcode, opcodeOf(op.op), true);
    this.#writeTolerated(at + RECORD.tolerate, op);
    const args = argsOf(op.op).map(([name, kind], position) => ({ name, kind, position }));
    const isOutput = ({ kind }: { kind: ArgKind }): boolean => kind === "out" || kind === "inout";
    // Outputs come last: an op may read the slot that it fills.
    for (const arg of [...args.filter((arg) => !isOutput(arg)), ...args.filter(isOutput)]) {
      const value = this.#argument(op, arg.name, arg.kind);
      this.#view.setBigUint64(at + RECORD.args + 8 * arg.position, value, true);
    }
    if (op.op === "close") this.slots.forget(op.fd);
    if (op.op === "close_from") this.slots.forgetAll();
    return at;
  }

  #writeTolerated(at: number, op: Op): void {
    const names = op.tolerate ?? [];
    if (names.length > LIMITS.tolerate) throw invalid(op.op, "it tolerates more than four errnos");
    for (const [index, name] of names.entries()) {
      const number = errnoNumberOf(name);
      if (number === undefined) throw invalid(op.op, `errno "${name}" is not known`);
      this.#view.setUint16(at + 2 * index, number, true);
    }
  }

  #argument(op: Op, name: string, kind: ArgKind): bigint {
    const value = argOf(op, name);
    switch (kind) {
      case "fd":
        return (
          this.#slot(op, name, value) ??
          fail(op, `slot ${quote(value)} is used before it is defined`)
        );
      case "fd?":
        return this.#slot(op, name, value) ?? BigInt(LIMITS.noSlot);
      case "out":
      case "inout":
        return this.#output(op, name, value);
      case "str":
        return this.#pool.addString(checkString(op, name, value));
      case "strs":
        return this.#pool.addList(checkList(op, name, value));
      case "bytes":
        return this.#pool.addBytes(
          value instanceof Uint8Array ? value : fail(op, `"${name}" is not bytes`),
        );
      case "u32":
        return isU32(value) ? BigInt(value) : fail(op, `"${name}" is not a 32-bit number`);
      case "u64":
        return isU64(value) ? value : fail(op, `"${name}" is not a 64-bit bigint`);
      default:
        return kind satisfies never;
    }
  }

  #slot(op: Op, name: string, value: unknown): bigint | undefined {
    const number = this.slots.find(checkString(op, name, value));
    return number === undefined ? undefined : BigInt(number);
  }

  #output(op: Op, name: string, value: unknown): bigint {
    const slot = checkString(op, name, value);
    if (slot === "cwd") throw invalid(op.op, `"${name}" can't be slot "cwd"`);
    const number = this.slots.define(slot);
    if (number === undefined) throw tooMuch(op.op, `no slot number is free for "${slot}"`);
    return BigInt(number);
  }

  #join(): Uint8Array {
    const pool = this.#pool.finish();
    const length = this.#view.byteLength + pool.length;
    if (length > LIMITS.bytes) throw tooMuch("", "the plan is too long");
    const { ops, inputs } = this.#program;
    const set = (at: number, value: number): void => this.#view.setUint32(at, value, true);
    set(HEADER.magic, PLAN_MAGIC);
    set(HEADER.version, PLAN_VERSION);
    set(HEADER.length, length);
    set(HEADER.ops, ops.length);
    set(HEADER.alternatives, this.#records.length - ops.length);
    set(HEADER.inputs, inputs.length);
    set(HEADER.pool, this.#view.byteLength);
    set(HEADER.poolLength, pool.length);
    const bytes = new Uint8Array(length);
    bytes.set(new Uint8Array(this.#view.buffer));
    bytes.set(pool, this.#view.byteLength);
    return bytes;
  }
}

function checkString(op: Op, name: string, value: unknown): string {
  if (typeof value !== "string") throw invalid(op.op, `"${name}" is not a string`);
  if (value.includes("\0")) throw invalid(op.op, `"${name}" contains a NUL`);
  return value;
}

function checkList(op: Op, name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw invalid(op.op, `"${name}" is not a list`);
  if (value.length > LIMITS.list) throw tooMuch(op.op, `"${name}" has too many strings`);
  return value.map((item: unknown) => checkString(op, name, item));
}

function isU32(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= U32_MAX;
}

function isU64(value: unknown): value is bigint {
  return typeof value === "bigint" && value >= 0n && value <= U64_MAX;
}

function quote(value: unknown): string {
  return `"${String(value)}"`;
}

function fail(op: Op, problem: string): never {
  throw invalid(op.op, problem);
}

function invalid(op: string, problem: string): InitError {
  return new InitError(op === "" ? problem : `plan op "${op}": ${problem}`, EINVAL, op);
}

function tooMuch(op: string, problem: string): InitError {
  return new InitError(op === "" ? problem : `plan op "${op}": ${problem}`, E2BIG, op);
}
