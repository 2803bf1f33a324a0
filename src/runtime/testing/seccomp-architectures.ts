// SPDX-License-Identifier: Apache-2.0
// Every architecture of the specification with every action and every operator: what a filter does with a call of it, by the
// interpreter, and by the kernel's own numbers. For tests, with any version of libseccomp.

import assert from "node:assert/strict";
import {
  SECCOMP_ACTIONS,
  SECCOMP_ARCHITECTURES,
  SECCOMP_OPERATORS,
} from "../../oci/tables/seccomp.ts";
import type { Libseccomp } from "../../sys/libseccomp.ts";
import { makeFilter } from "../seccomp-filter.ts";
import { runFilter } from "./classic-bpf.ts";
import { toProfile } from "./default-profiles.ts";

interface Kind {
  /** AUDIT_ARCH_* (linux/audit.h). */
  readonly audit: number;
  /** The number of mkdirat(2); undefined: another byte order than that of x86-64 and arm64. */
  readonly mkdirat: number | undefined;
  /** How much of an argument counts. */
  readonly bits: 32 | 64;
  /** The first libseccomp that knows it. */
  readonly since?: "2.6";
}

const OTHER_ORDER = undefined;

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["SCMP_ARCH_X86", { audit: 0x4000_0003, mkdirat: 296, bits: 32 }],
  ["SCMP_ARCH_X86_64", { audit: 0xc000_003e, mkdirat: 258, bits: 64 }],
  ["SCMP_ARCH_X32", { audit: 0xc000_003e, mkdirat: 0x4000_0000 + 258, bits: 32 }],
  ["SCMP_ARCH_ARM", { audit: 0x4000_0028, mkdirat: 323, bits: 32 }],
  ["SCMP_ARCH_AARCH64", { audit: 0xc000_00b7, mkdirat: 34, bits: 64 }],
  ["SCMP_ARCH_MIPS", { audit: 0x0000_0008, mkdirat: OTHER_ORDER, bits: 32 }],
  ["SCMP_ARCH_MIPS64", { audit: 0x8000_0008, mkdirat: OTHER_ORDER, bits: 64 }],
  ["SCMP_ARCH_MIPS64N32", { audit: 0xa000_0008, mkdirat: OTHER_ORDER, bits: 32 }],
  ["SCMP_ARCH_MIPSEL", { audit: 0x4000_0008, mkdirat: 4289, bits: 32 }],
  ["SCMP_ARCH_MIPSEL64", { audit: 0xc000_0008, mkdirat: 5248, bits: 64 }],
  ["SCMP_ARCH_MIPSEL64N32", { audit: 0xe000_0008, mkdirat: 6252, bits: 32 }],
  ["SCMP_ARCH_PPC", { audit: 0x0000_0014, mkdirat: OTHER_ORDER, bits: 32 }],
  ["SCMP_ARCH_PPC64", { audit: 0x8000_0015, mkdirat: OTHER_ORDER, bits: 64 }],
  ["SCMP_ARCH_PPC64LE", { audit: 0xc000_0015, mkdirat: 287, bits: 64 }],
  ["SCMP_ARCH_S390", { audit: 0x0000_0016, mkdirat: OTHER_ORDER, bits: 32 }],
  ["SCMP_ARCH_S390X", { audit: 0x8000_0016, mkdirat: OTHER_ORDER, bits: 64 }],
  ["SCMP_ARCH_PARISC", { audit: 0x0000_000f, mkdirat: OTHER_ORDER, bits: 32 }],
  ["SCMP_ARCH_PARISC64", { audit: 0x8000_000f, mkdirat: OTHER_ORDER, bits: 64 }],
  ["SCMP_ARCH_RISCV64", { audit: 0xc000_00f3, mkdirat: 34, bits: 64 }],
  ["SCMP_ARCH_LOONGARCH64", { audit: 0xc000_0102, mkdirat: 34, bits: 64, since: "2.6" }],
  ["SCMP_ARCH_M68K", { audit: 0x0000_0004, mkdirat: OTHER_ORDER, bits: 32, since: "2.6" }],
  ["SCMP_ARCH_SH", { audit: 0x4000_002a, mkdirat: 296, bits: 32, since: "2.6" }],
  ["SCMP_ARCH_SHEB", { audit: 0x0000_002a, mkdirat: OTHER_ORDER, bits: 32, since: "2.6" }],
]);

/** What the kernel is to do, by the words of its header. */
const RETURNS: ReadonlyMap<string, number> = new Map([
  ["SCMP_ACT_KILL", 0],
  ["SCMP_ACT_KILL_THREAD", 0],
  ["SCMP_ACT_KILL_PROCESS", 0x8000_0000],
  ["SCMP_ACT_TRAP", 0x0003_0000],
  ["SCMP_ACT_ERRNO", 0x0005_0001],
  ["SCMP_ACT_NOTIFY", 0x7fc0_0000],
  ["SCMP_ACT_TRACE", 0x7ff0_0001],
  ["SCMP_ACT_LOG", 0x7ffc_0000],
  ["SCMP_ACT_ALLOW", 0x7fff_0000],
]);

/** Arguments of which each operator is true and false when it compares with 5, with 0xf0 as the mask and 0x50 under it. */
const TRUTH: ReadonlyMap<string, (argument: bigint) => boolean> = new Map([
  ["SCMP_CMP_NE", (argument: bigint) => argument !== 5n],
  ["SCMP_CMP_LT", (argument: bigint) => argument < 5n],
  ["SCMP_CMP_LE", (argument: bigint) => argument <= 5n],
  ["SCMP_CMP_EQ", (argument: bigint) => argument === 5n],
  ["SCMP_CMP_GE", (argument: bigint) => argument >= 5n],
  ["SCMP_CMP_GT", (argument: bigint) => argument > 5n],
  ["SCMP_CMP_MASKED_EQ", (argument: bigint) => (argument & 0xf0n) === 0x50n],
]);
const ARGUMENTS = [0n, 4n, 5n, 6n, 0x50n, 0x5fn, 0xf0n, 2n ** 32n + 5n, 2n ** 64n - 1n];

const EACCES = 0x0005_000d;
const ENOSYS = 0x0005_0026;
const KILL_THREAD = 0;
const NOBODYS_ARCH = 0x1234;

/** Fails unless the filter of one architecture does what its profile says. */
export function checkArchitecture(library: Libseccomp, word: string): void {
  const kind = KINDS.get(word);
  assert.ok(kind, `${word} is in no table`);
  const [, minor = 0] = library.version.split(".").map(Number);
  if (kind.since === "2.6" && minor < 6) {
    assert.throws(() => filterFor(library, word, {}), {
      name: "SpecError",
      message: `linux.seccomp.architectures[0]: libseccomp ${library.version} of this host does not know "${word}"`,
    });
  } else if (kind.mkdirat === OTHER_ORDER) {
    assert.throws(() => filterFor(library, word, {}), {
      name: "SpecError",
      message: `linux.seccomp.architectures[0]: "${word}" has another byte order than this host`,
    });
  } else {
    const { audit, mkdirat, bits } = kind;
    checkActions(library, word, { nr: mkdirat, arch: audit });
    checkOperators(library, word, { nr: mkdirat, arch: audit, bits });
  }
}

interface Call {
  readonly nr: number;
  readonly arch: number;
}

function checkActions(library: Libseccomp, word: string, call: Call): void {
  assert.deepEqual([...RETURNS.keys()].sort(), [...SECCOMP_ACTIONS.keys()].sort());
  const beyond = { ...call, nr: call.nr + 1000 };
  for (const [action, expected] of RETURNS) {
    const filter = filterFor(library, word, { action });
    assert.equal(runFilter(filter, call), expected, `${word} ${action}`);
    assert.equal(runFilter(filter, { ...call, nr: call.nr - 1 }), EACCES, `${word}: another call`);
    assert.equal(runFilter(filter, beyond), ENOSYS, `${word}: newer than the profile`);
    assert.equal(runFilter(filter, { ...call, arch: NOBODYS_ARCH }), KILL_THREAD);
    if (action === "SCMP_ACT_NOTIFY") continue;
    const byDefault = filterFor(library, word, { defaultAction: action });
    assert.equal(runFilter(byDefault, { ...call, nr: call.nr - 1 }), expected, `${word} ${action}`);
  }
}

function checkOperators(
  library: Libseccomp,
  word: string,
  { bits, ...call }: Call & Pick<Kind, "bits">,
): void {
  assert.deepEqual([...TRUTH.keys()].sort(), [...SECCOMP_OPERATORS.keys()].sort());
  for (const [op, isTrue] of TRUTH) {
    const [value, valueTwo] = op === "SCMP_CMP_MASKED_EQ" ? [0xf0, 0x50] : [5, 0];
    const filter = filterFor(library, word, { args: [{ index: 1, op, value, valueTwo }] });
    for (const argument of ARGUMENTS) {
      const expected = isTrue(BigInt.asUintN(bits, argument))
        ? RETURNS.get("SCMP_ACT_ALLOW")
        : EACCES;
      const actual = runFilter(filter, { ...call, args: [0n, argument] });
      assert.equal(actual, expected, `${word} ${op} ${argument}`);
    }
  }
}

interface Wish {
  /** Of mkdirat. */
  readonly action?: string;
  readonly args?: readonly object[];
  /** Without it, all else is denied with EACCES. */
  readonly defaultAction?: string;
}

function filterFor(library: Libseccomp, word: string, wish: Wish): Uint8Array {
  const { defaultAction, args = [] } = wish;
  const otherwise = defaultAction === "SCMP_ACT_ALLOW" ? "SCMP_ACT_LOG" : "SCMP_ACT_ALLOW";
  const denied = { defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 13 };
  const profile = toProfile({
    ...(defaultAction === undefined ? denied : { defaultAction }),
    architectures: [word],
    listenerPath: "/run/agent",
    syscalls: [{ names: ["mkdirat"], action: wish.action ?? otherwise, args }],
  });
  return makeFilter(library, profile).filter;
}

/** The words of the specification, each of which is in the table. */
export const ARCHITECTURES = SECCOMP_ARCHITECTURES;
