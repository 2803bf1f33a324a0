// SPDX-License-Identifier: Apache-2.0
// What is put before a seccomp filter: system calls that are newer than its profile do not exist. A profile that denies by
// default would answer EPERM to a call that its author did not know, and a C library that tries the new call first takes that
// for the answer, instead of using the old one as on a kernel without the new. Pure.

/** A system call architecture as a filter sees it. */
export interface KnownSyscalls {
  /** AUDIT_ARCH_* of the kernel: x32 has that of x86-64. */
  readonly auditArch: number;
  /** Ranges of numbers in rising order. What is above all of them goes on to the filter. */
  readonly ranges: readonly SyscallRange[];
}

export interface SyscallRange {
  /** The first number beyond the range; undefined: there is none. */
  readonly end: number | undefined;
  /** The highest number in it that the profile knows. */
  readonly highest: number;
}

/** Changes whenever other instructions come out of the same arguments: it is part of the name of cached filters. */
export const STUB_FORMAT = 1;

/** struct sock_filter. */
interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

const INSTRUCTION_BYTES = 8;
const LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const JUMP = 0x05; // BPF_JMP | BPF_JA
const JUMP_IF_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const JUMP_IF_GREATER = 0x25; // BPF_JMP | BPF_JGT | BPF_K
const JUMP_IF_NOT_LESS = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const RETURN = 0x06; // BPF_RET | BPF_K
/** Offsets in struct seccomp_data. */
const NR = 0;
const ARCH = 4;
/** SECCOMP_RET_ERRNO with ENOSYS. */
const NO_SUCH_CALL = 0x0005_0026;

/** Instructions that end with ENOSYS for a call above the highest known one, and else go on after themselves. */
export function enosysStub(architectures: readonly KnownSyscalls[]): Uint8Array {
  const known = architectures.filter(({ ranges }) => ranges.length > 0);
  if (known.length === 0) return new Uint8Array();
  const blocks = known.map(({ auditArch, ranges }) => ({
    auditArch,
    length: blockLength(ranges),
    ranges,
  }));
  const total = 1 + blocks.reduce((sum, { length }) => sum + 1 + length, 0);
  const program: Instruction[] = [instruction(LOAD, ARCH)];
  for (const { auditArch, length, ranges } of blocks) {
    // A block is a few instructions, far below the 255 that a conditional jump can go.
    program.push(instruction(JUMP_IF_EQUAL, auditArch, 0, length));
    program.push(instruction(LOAD, NR));
    for (const { end, highest } of ranges) {
      if (end !== undefined) program.push(instruction(JUMP_IF_NOT_LESS, end, 3, 0));
      program.push(instruction(JUMP_IF_GREATER, highest, 0, 1));
      program.push(instruction(RETURN, NO_SUCH_CALL));
      program.push(jumpTo(total, program.length));
    }
    if (ranges.at(-1)?.end !== undefined) program.push(jumpTo(total, program.length));
  }
  return encode(program);
}

function blockLength(ranges: readonly SyscallRange[]): number {
  const lengths = ranges.map(({ end }) => (end === undefined ? 3 : 4));
  const after = ranges.at(-1)?.end === undefined ? 0 : 1;
  return 1 + lengths.reduce((sum, length) => sum + length, 0) + after;
}

/** The only jump without a limit. */
function jumpTo(target: number, from: number): Instruction {
  return instruction(JUMP, target - from - 1);
}

function instruction(code: number, k: number, jt = 0, jf = 0): Instruction {
  return { code, jt, jf, k };
}

function encode(program: readonly Instruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(INSTRUCTION_BYTES * program.length));
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    const at = INSTRUCTION_BYTES * index;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, jt);
    view.setUint8(at + 3, jf);
    view.setUint32(at + 4, k, true);
  }
  return new Uint8Array(view.buffer);
}
