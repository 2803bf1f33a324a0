// SPDX-License-Identifier: Apache-2.0
// Runs a seccomp filter as the kernel does: what it makes of a system call, without making one. For tests, which ask what a
// filter means and not which instructions a version of libseccomp chose.

/** struct seccomp_data. */
export interface SyscallData {
  readonly nr: number;
  /** AUDIT_ARCH_*. */
  readonly arch: number;
  readonly args?: readonly bigint[];
}

interface Machine {
  readonly data: DataView;
  readonly memory: number[];
  a: number;
  x: number;
}

const MEMORY_WORDS = 16;
const DATA_BYTES = 64;

/** What the filter returns (SECCOMP_RET_*). Throws for a program that the kernel would not take. */
export function runFilter(filter: Uint8Array, call: SyscallData): number {
  const program = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  const memory: number[] = Array(MEMORY_WORDS).fill(0);
  const machine: Machine = { data: toData(call), memory, a: 0, x: 0 };
  for (let at = 0; at < filter.byteLength; at += 8) {
    const code = program.getUint16(at, true);
    const k = program.getUint32(at + 4, true);
    const kind = code & 7;
    if (kind === 6) return code === 0x16 ? machine.a : k;
    if (code === 5) at += 8 * k;
    else if (kind === 5) at += 8 * program.getUint8(at + (holds(machine, code, k) ? 2 : 3));
    else step(machine, code, k);
  }
  throw new Error("the filter has no end");
}

function toData({ nr, arch, args = [] }: SyscallData): DataView {
  const data = new DataView(new ArrayBuffer(DATA_BYTES));
  data.setUint32(0, nr >>> 0, true);
  data.setUint32(4, arch >>> 0, true);
  for (const [index, value] of args.entries()) {
    data.setBigUint64(16 + 8 * index, BigInt.asUintN(64, value), true);
  }
  return data;
}

/** A conditional jump: with a constant or the index register. */
function holds({ a, x }: Machine, code: number, k: number): boolean {
  const operand = (code & 8) === 0 ? k : x;
  switch (code & 0xf0) {
    case 0x10:
      return a === operand;
    case 0x20:
      return a > operand;
    case 0x30:
      return a >= operand;
    case 0x40:
      return (a & operand) !== 0;
    default:
      throw new Error(`jump 0x${code.toString(16)}`);
  }
}

function step(machine: Machine, code: number, k: number): void {
  switch (code) {
    case 0x20: // ld [k]
      if (k % 4 !== 0 || k >= DATA_BYTES) throw new Error(`load at ${k}`);
      machine.a = machine.data.getUint32(k, true);
      return;
    case 0x00: // ld #k
      machine.a = k;
      return;
    case 0x01: // ldx #k
      machine.x = k;
      return;
    case 0x60: // ld M[k]
      machine.a = machine.memory[k] ?? 0;
      return;
    case 0x61: // ldx M[k]
      machine.x = machine.memory[k] ?? 0;
      return;
    case 0x02: // st M[k]
      machine.memory[k] = machine.a;
      return;
    case 0x54: // and #k
      machine.a = (machine.a & k) >>> 0;
      return;
    case 0x07: // tax
      machine.x = machine.a;
      return;
    case 0x87: // txa
      machine.a = machine.x;
      return;
    default:
      throw new Error(`instruction 0x${code.toString(16)}`);
  }
}
