// SPDX-License-Identifier: Apache-2.0
// What filters mean, as the kernel would run them: made by the host's libseccomp, executed by an interpreter.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Libseccomp } from "../sys/libseccomp.ts";
import { makeFilter } from "./seccomp-filter.ts";
import { runFilter } from "./testing/classic-bpf.ts";
import { checkDefaultProfile, PROFILES, toProfile } from "./testing/default-profiles.ts";

const X86_64 = 0xc000_003e;
const I386 = 0x4000_0003;
const AARCH64 = 0xc000_00b7;
const ARM = 0x4000_0028;
const X32_BIT = 0x4000_0000;

const ALLOW = 0x7fff_0000;
const KILL_THREAD = 0;
const KILL_PROCESS = 0x8000_0000;
const EPERM = 0x0005_0001;
const ENOSYS = 0x0005_0026;

const library = new Libseccomp();
/** The host's own architecture. */
const NATIVE = library.native;
const native = (name: string): number => numberOf(library.nativeName, name);

const compile = (seccomp: unknown): Uint8Array => makeFilter(library, toProfile(seccomp)).filter;

/** A filter that allows by default, with one rule for personality. */
function withRule(rule: object, rest: object = {}): Uint8Array {
  const syscalls = [{ names: ["personality"], action: "SCMP_ACT_ERRNO", ...rule }];
  return compile({ defaultAction: "SCMP_ACT_ALLOW", syscalls, ...rest });
}

function numberOf(architecture: string, name: string): number {
  const token = library.architecture(architecture);
  assert.ok(token !== undefined, architecture);
  const number = library.syscallNumber(token, name);
  assert.ok(number !== undefined && number >= 0, `${architecture} has no ${name}`);
  return number;
}

/** What becomes of a personality call of the host. */
function personality(filter: Uint8Array, ...args: readonly bigint[]): number {
  return runFilter(filter, { nr: native("personality"), arch: NATIVE, args });
}

for (const [action, errnoRet, expected] of [
  ["SCMP_ACT_KILL", undefined, KILL_THREAD],
  ["SCMP_ACT_KILL_THREAD", undefined, KILL_THREAD],
  ["SCMP_ACT_KILL_PROCESS", undefined, KILL_PROCESS],
  ["SCMP_ACT_TRAP", undefined, 0x0003_0000],
  ["SCMP_ACT_ERRNO", undefined, EPERM],
  ["SCMP_ACT_ERRNO", 0, 0x0005_0000],
  ["SCMP_ACT_ERRNO", 4094, 0x0005_0ffe],
  ["SCMP_ACT_TRACE", undefined, 0x7ff0_0001],
  ["SCMP_ACT_TRACE", 0xffff, 0x7ff0_ffff],
  ["SCMP_ACT_LOG", undefined, 0x7ffc_0000],
  ["SCMP_ACT_ALLOW", undefined, ALLOW],
] as const) {
  const data = errnoRet === undefined ? "" : ` with ${errnoRet}`;
  test(`the action ${action}${data} is what the kernel does, for a rule and by default`, () => {
    assert.equal(personality(withRule({ action, errnoRet })), expected);
    const byDefault = compile({
      defaultAction: action,
      defaultErrnoRet: errnoRet,
      syscalls: [{ names: ["read", "uname", "write"], action: "SCMP_ACT_LOG" }],
    });
    // Lower than the highest that the profile speaks of.
    assert.equal(runFilter(byDefault, { nr: native("close"), arch: NATIVE }), expected);
  });
}

const BIG = 0x1234_5678_9abc_def0n;
const MAX = 2n ** 64n - 1n;

for (const [op, value, valueTwo, yes, no] of [
  ["SCMP_CMP_EQ", 8n, 0n, [8n], [0n, 9n, 8n + 2n ** 32n]],
  ["SCMP_CMP_EQ", BIG, 0n, [BIG], [BIG + 1n, BIG - 2n ** 32n]],
  ["SCMP_CMP_EQ", MAX, 0n, [MAX], [0xffff_ffffn, MAX - 1n]],
  ["SCMP_CMP_NE", 8n, 0n, [0n, 9n, 8n + 2n ** 32n], [8n]],
  ["SCMP_CMP_LT", BIG, 0n, [0n, BIG - 1n, BIG - 2n ** 32n], [BIG, BIG + 1n, MAX]],
  ["SCMP_CMP_LE", BIG, 0n, [0n, BIG - 1n, BIG], [BIG + 1n, MAX, BIG + 2n ** 32n]],
  ["SCMP_CMP_GE", BIG, 0n, [BIG, BIG + 1n, MAX], [0n, BIG - 1n, BIG - 2n ** 32n]],
  ["SCMP_CMP_GT", BIG, 0n, [BIG + 1n, MAX, BIG + 2n ** 32n], [0n, BIG, BIG - 1n]],
  ["SCMP_CMP_MASKED_EQ", 0x7e02_0000n, 0n, [0n, 0x11n], [0x1000_0000n, 0x2_0000n]],
  ["SCMP_CMP_MASKED_EQ", 0xf0n, 0x50n, [0x50n, 0xf5fn], [0n, 0x40n, 0xf0n]],
  ["SCMP_CMP_MASKED_EQ", 2n ** 63n, 2n ** 63n, [MAX, 2n ** 63n], [0n, 2n ** 63n - 1n]],
] as const) {
  test(`${op} ${value} ${valueTwo} compares all 64 bits of the argument`, () => {
    const filter = withRule({ args: [{ index: 2, op, value, valueTwo }] });
    for (const argument of yes) {
      assert.equal(personality(filter, 0n, 0n, argument), EPERM, `${argument}`);
    }
    for (const argument of no) {
      assert.equal(personality(filter, 0n, 0n, argument), ALLOW, `${argument}`);
    }
  });
}

const EQ = (index: number, value: number): object => ({ index, value, op: "SCMP_CMP_EQ" });

test("conditions on different arguments must all hold", () => {
  const filter = withRule({ args: [EQ(0, 1), EQ(5, 2)] });
  assert.equal(personality(filter, 1n, 0n, 0n, 0n, 0n, 2n), EPERM);
  assert.equal(personality(filter, 1n, 0n, 0n, 0n, 0n, 3n), ALLOW);
  assert.equal(personality(filter, 0n, 0n, 0n, 0n, 0n, 2n), ALLOW);
});

test("of several conditions on one argument one is enough, and then of all", () => {
  const filter = withRule({ args: [EQ(0, 1), EQ(0, 2), EQ(1, 7)] });
  assert.equal(personality(filter, 1n), EPERM);
  assert.equal(personality(filter, 2n), EPERM);
  assert.equal(personality(filter, 3n, 7n), EPERM);
  assert.equal(personality(filter, 3n), ALLOW);
});

test("several rules for one call are alternatives", () => {
  const syscalls = [0, 8].map((value) => ({
    names: ["personality"],
    action: "SCMP_ACT_ALLOW",
    args: [EQ(0, value)],
  }));
  const filter = compile({ defaultAction: "SCMP_ACT_ERRNO", syscalls });
  assert.equal(personality(filter, 0n), ALLOW);
  assert.equal(personality(filter, 8n), ALLOW);
  assert.equal(personality(filter, 4n), EPERM);
});

test("every architecture of the profile is filtered by its own numbers, others are killed", () => {
  const architectures = ["X86_64", "X86", "X32", "AARCH64", "ARM"].map((a) => `SCMP_ARCH_${a}`);
  const filter = withRule({ names: ["mkdirat"] }, { architectures });
  for (const [name, arch] of [
    ["x86_64", X86_64],
    ["x86", I386],
    ["x32", X86_64],
    ["aarch64", AARCH64],
    ["arm", ARM],
  ] as const) {
    const nr = numberOf(name, "mkdirat");
    assert.equal(runFilter(filter, { nr, arch }), EPERM, name);
    assert.equal(runFilter(filter, { nr: nr + 1, arch }), ALLOW, name);
  }
  assert.equal(runFilter(filter, { nr: 1, arch: 0x8000_0016 }), KILL_THREAD);
});

test("without a list of architectures the host's own is filtered, and foreign calls are killed", () => {
  const filter = withRule({ names: ["mkdirat"] });
  assert.equal(runFilter(filter, { nr: native("mkdirat"), arch: NATIVE }), EPERM);
  assert.equal(runFilter(filter, { nr: numberOf("x86", "mkdirat"), arch: I386 }), KILL_THREAD);
  const x32 = numberOf("x32", "mkdirat");
  assert.equal(runFilter(filter, { nr: x32, arch: X86_64 }), KILL_THREAD);
});

const DENYING = {
  defaultAction: "SCMP_ACT_ERRNO",
  architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_ARM"],
  syscalls: [{ names: ["read", "openat2", "cacheflush"], action: "SCMP_ACT_ALLOW" }],
};

test("a call that is newer than the profile does not exist, one that it leaves out is denied", () => {
  const filter = compile(DENYING);
  for (const [name, arch] of [
    ["x86_64", X86_64],
    ["x86", I386],
    ["x32", X86_64],
    ["arm", ARM],
  ] as const) {
    const nr = numberOf(name, "openat2");
    assert.equal(runFilter(filter, { nr, arch }), ALLOW, name);
    assert.equal(runFilter(filter, { nr: numberOf(name, "mkdirat"), arch }), EPERM, name);
    if (name !== "x32") assert.equal(runFilter(filter, { nr: nr + 1, arch }), ENOSYS, name);
  }
  // The highest of x32 are those that differ from x86-64.
  assert.equal(runFilter(filter, { nr: X32_BIT + 600, arch: X86_64 }), ENOSYS);
  assert.equal(runFilter(filter, { nr: 0x000f_0002, arch: ARM }), ALLOW);
  assert.equal(runFilter(filter, { nr: 0x000f_0005, arch: ARM }), EPERM);
});

test("a rule that denies makes a call known, too", () => {
  const rules = { names: ["openat2"], action: "SCMP_ACT_ERRNO" };
  const filter = compile({ ...DENYING, syscalls: [rules] });
  assert.equal(runFilter(filter, { nr: native("openat2"), arch: NATIVE }), EPERM);
});

for (const [defaultAction, errno, expected] of [
  ["SCMP_ACT_ALLOW", undefined, ALLOW],
  ["SCMP_ACT_LOG", undefined, 0x7ffc_0000],
  ["SCMP_ACT_TRACE", 7, 0x7ff0_0007],
  ["SCMP_ACT_ERRNO", 38, ENOSYS],
  ["SCMP_ACT_KILL", undefined, ENOSYS],
  ["SCMP_ACT_KILL_PROCESS", undefined, ENOSYS],
  ["SCMP_ACT_TRAP", undefined, ENOSYS],
] as const) {
  test(`a call that is newer than a profile with ${defaultAction} ends in 0x${expected.toString(16)}`, () => {
    const syscalls = [{ names: ["read"], action: "SCMP_ACT_ERRNO", errnoRet: 5 }];
    const filter = compile({ defaultAction, defaultErrnoRet: errno, syscalls });
    assert.equal(runFilter(filter, { nr: 5000, arch: NATIVE }), expected);
  });
}

test("names that nobody knows and rules that change nothing are left out", () => {
  const filter = compile({
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [
      { names: ["frobnicate", "read"], action: "SCMP_ACT_ERRNO" },
      { names: ["write"], action: "SCMP_ACT_ALLOW" },
      { names: [], action: "SCMP_ACT_KILL" },
    ],
  });
  assert.equal(runFilter(filter, { nr: native("read"), arch: NATIVE }), EPERM);
  assert.equal(runFilter(filter, { nr: native("write"), arch: NATIVE }), ALLOW);
});

test("a profile without any rule is its default action", () => {
  const filter = compile({ defaultAction: "SCMP_ACT_KILL_PROCESS" });
  assert.equal(runFilter(filter, { nr: 1, arch: NATIVE }), KILL_PROCESS);
});

test("what libseccomp refuses is a failure that names the call", () => {
  const rules = [KILL_PROCESS, EPERM].map((action) => ({
    names: ["mkdir"],
    action,
    // More arguments than a system call has: parsing would have refused it.
    conditions: [{ index: 6, operator: 4, value: 0n, valueTwo: 0n }],
  }));
  assert.throws(() => makeFilter(library, { defaultAction: ALLOW, architectures: [], rules }), {
    name: "SpecError",
    message: /libseccomp [\d.]+ refuses the rule for "mkdir": seccomp_rule_add: invalid argument/,
  });
});

test("a filter that the kernel would not take is refused before there is a container", () => {
  const args = Array.from({ length: 4500 }, (_, value) => EQ(0, value * 2));
  assert.throws(() => withRule({ args }), /has \d+ instructions, more than the kernel takes/);
});

for (const name of PROFILES) {
  test(`the filter of ${name}.json does with every system call what the profile says`, () => {
    checkDefaultProfile(library, name);
  });
}
