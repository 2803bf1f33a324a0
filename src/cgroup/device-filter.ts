// SPDX-License-Identifier: Apache-2.0
// A device policy as the instructions of a BPF_PROG_TYPE_CGROUP_DEVICE program (cgroup v2). Pure: bytes only.

import type { DeviceException, DevicePolicy } from "./device-policy.ts";
import { ACCESS_ALL } from "./device-rules.ts";

// Opcodes, linux/bpf_common.h and linux/bpf.h.
const LDX_MEM_W = 0x61;
const ALU64_MOV_K = 0xb7;
const ALU32_MOV_X = 0xbc;
const ALU32_AND_K = 0x54;
const ALU32_RSH_K = 0x74;
const JMP32_JNE_K = 0x56;
const JMP32_JNE_X = 0x5e;
const JMP32_JEQ_K = 0x16;
const EXIT = 0x95;

/** Device types in the low half of `access_type`, BPF_DEVCG_DEV_*. */
const TYPE_NUMBER = { b: 1, c: 2 } as const;

// What each register holds once the prologue has run; r1 (the context) is free from then on.
const RESULT = 0;
const SCRATCH = 1;
const TYPE = 2;
const ACCESS = 3;
const MAJOR = 4;
const MINOR = 5;

interface Instruction {
  readonly opcode: number;
  readonly dst?: number;
  readonly src?: number;
  readonly offset?: number;
  readonly immediate?: number;
}

/** The program's instructions, 8 little-endian bytes each (both supported architectures are little-endian). */
export function encodeDeviceFilter(policy: DevicePolicy): Uint8Array {
  const program = [...PROLOGUE];
  for (const exception of policy.exceptions.values()) {
    program.push(...exceptionBlock(exception, policy.allowByDefault));
  }
  program.push(...returnValue(policy.allowByDefault));
  return encode(program);
}

/** struct bpf_cgroup_dev_ctx { u32 access_type (access << 16 | type), major, minor }. */
const PROLOGUE: readonly Instruction[] = [
  { opcode: LDX_MEM_W, dst: TYPE, src: SCRATCH, offset: 0 },
  { opcode: ALU32_MOV_X, dst: ACCESS, src: TYPE },
  { opcode: ALU32_AND_K, dst: TYPE, immediate: 0xffff },
  { opcode: ALU32_RSH_K, dst: ACCESS, immediate: 16 },
  { opcode: LDX_MEM_W, dst: MAJOR, src: SCRATCH, offset: 4 },
  { opcode: LDX_MEM_W, dst: MINOR, src: SCRATCH, offset: 8 },
];

/**
 * Returns the opposite of the default if the request is covered by the exception, else falls through. An exception that
 * allows must cover all requested bits; one that denies bites when it has any of them, as v1's controller does.
 */
function exceptionBlock(exception: DeviceException, allowByDefault: boolean): Instruction[] {
  const tests: Instruction[] = [
    { opcode: JMP32_JNE_K, dst: TYPE, immediate: TYPE_NUMBER[exception.type] },
  ];
  if (exception.access !== ACCESS_ALL) {
    tests.push(
      { opcode: ALU32_MOV_X, dst: SCRATCH, src: ACCESS },
      { opcode: ALU32_AND_K, dst: SCRATCH, immediate: exception.access },
      allowByDefault
        ? { opcode: JMP32_JEQ_K, dst: SCRATCH, immediate: 0 }
        : { opcode: JMP32_JNE_X, dst: SCRATCH, src: ACCESS },
    );
  }
  if (exception.major !== undefined) {
    tests.push({ opcode: JMP32_JNE_K, dst: MAJOR, immediate: exception.major });
  }
  if (exception.minor !== undefined) {
    tests.push({ opcode: JMP32_JNE_K, dst: MINOR, immediate: exception.minor });
  }
  const block = [...tests, ...returnValue(!allowByDefault)];
  // A failed test jumps to the next block: over everything after itself.
  return block.map((instruction, index) =>
    isJump(instruction) ? { ...instruction, offset: block.length - index - 1 } : instruction,
  );
}

const isJump = ({ opcode }: Instruction): boolean =>
  opcode === JMP32_JNE_K || opcode === JMP32_JNE_X || opcode === JMP32_JEQ_K;

const returnValue = (allow: boolean): Instruction[] => [
  { opcode: ALU64_MOV_K, dst: RESULT, immediate: allow ? 1 : 0 },
  { opcode: EXIT },
];

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(({ opcode, dst = 0, src = 0, offset = 0, immediate = 0 }, index) => {
    view.setUint8(index * 8, opcode);
    view.setUint8(index * 8 + 1, (src << 4) | dst);
    view.setInt16(index * 8 + 2, offset, true);
    view.setUint32(index * 8 + 4, immediate, true);
  });
  return bytes;
}
