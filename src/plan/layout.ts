// SPDX-License-Identifier: Apache-2.0
// How a program lies in memory: header, records of one size, pool. Written once here; the encoder uses it and the C
// header is generated from it. All numbers are little-endian. Change the layout and `FORMAT` together.

import { type ArgKind, OPS, type Op, type OpName, type Program } from "./ops.ts";

/** Raised when the layout changes; the op table itself is covered by `PLAN_VERSION`. */
const FORMAT = 2;

/** "PLAN" in the first four bytes. */
export const PLAN_MAGIC = 0x4e414c50;

/** What both sides must not exceed, and the special numbers; emitted as `PLAN_<NAME>` in C. */
export const LIMITS = {
  /** Arguments of an op. */
  args: 6,
  /** Errnos that an op tolerates. */
  tolerate: 4,
  /** Slots of an init: with the program, fewer than a message takes descriptors (SCM_MAX_FD, 253). */
  slots: 224,
  /** The slot number of "cwd". */
  cwd: 255,
  /** The slot number of "proc", whether it is filled or not. */
  procSlot: 223,
  /** An `fd?` argument whose slot nothing has defined. */
  noSlot: 254,
  /** Bytes of an encoded program. */
  bytes: 4 << 20,
  /** Records (ops and alternatives) of a program. */
  records: 16_384,
  /** Strings of one list; argv and env are lists. */
  list: 65_535,
  /** The op number of a failure of the whole plan. */
  wholePlan: 0xffff_ffff,
} as const;

/** Byte offsets in the header. */
export const HEADER = {
  magic: 0,
  version: 4,
  length: 8,
  ops: 12,
  alternatives: 16,
  inputs: 20,
  pool: 24,
  poolLength: 28,
  /** One byte per input. */
  inputSlots: 32,
  bytes: 256,
} as const;

/** Byte offsets in a record. */
export const RECORD = {
  opcode: 0,
  flags: 2,
  tolerate: 4,
  otherwise: 12,
  args: 16,
  bytes: 64,
} as const;

/** Flag of a record: `otherwise` is the index of an alternative. */
export const RECORD_HAS_OTHERWISE = 1;

/** Why init refuses a plan: `value` of a report about the whole plan. Emitted as `CHECK_<NAME>`, numbered from 1. */
export const CHECKS = [
  "packet",
  "size",
  "header",
  "inputs",
  "opcode",
  "record",
  "slot",
  "number",
  "string",
  "list",
  "bytes",
  "unused",
] as const;

const OP_NAMES = Object.keys(OPS) as OpName[];
const OPCODES = new Map(OP_NAMES.map((name, index) => [name, index + 1]));

/** All op names in the order of their opcodes, which start at 1. */
export const opNames: readonly OpName[] = OP_NAMES;

/** The opcode of an op. */
export function opcodeOf(name: OpName): number {
  return OPCODES.get(name) ?? 0;
}

/** The arguments of an op in the order of the record. */
export function argsOf(name: OpName): readonly (readonly [name: string, kind: ArgKind])[] {
  return Object.entries(OPS[name]);
}

/** The value of an argument of an op, by the name that the schema gives it. */
export function argOf(op: Op, name: string): unknown {
  return Object.getOwnPropertyDescriptor(op, name)?.value;
}

/** A fingerprint of format, limits and op table (FNV-1a, 32 bits): an init of another build refuses the plan. */
function fingerprint(): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(JSON.stringify([FORMAT, LIMITS, OPS]))) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash;
}

/** What both sides must have in common. */
export const PLAN_VERSION = fingerprint();

/** All records of a program: its ops, then the alternatives in the order of the ops that have one. */
export function recordsOf(program: Program): readonly Op[] {
  return [...program.ops, ...program.ops.flatMap((op) => (op.otherwise ? [op.otherwise] : []))];
}
