// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { InitError } from "../base/errors.ts";
import { Encoder } from "./encode.ts";
import { argsOf, HEADER, LIMITS, opNames, PLAN_MAGIC, PLAN_VERSION, RECORD } from "./layout.ts";
import type { ArgKind, Op, OpName, Program } from "./ops.ts";

interface Decoded {
  readonly op: OpName;
  readonly args: readonly unknown[];
  readonly tolerate: readonly number[];
  readonly otherwise: number | undefined;
}

/** Reads an encoded program back, independently of the encoder's code. */
function decode(bytes: Uint8Array): { inputs: number[]; ops: Decoded[]; alternatives: Decoded[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u32 = (at: number): number => view.getUint32(at, true);
  assert.equal(u32(HEADER.magic), PLAN_MAGIC);
  assert.equal(u32(HEADER.version), PLAN_VERSION);
  assert.equal(u32(HEADER.length), bytes.length);
  const pool = u32(HEADER.pool);
  assert.equal(pool + u32(HEADER.poolLength), bytes.length);
  const text = (offset: number): string => {
    const start = pool + offset;
    return new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0, start)));
  };
  const value = (kind: ArgKind, raw: bigint): unknown => {
    const [low, high] = [Number(raw & 0xffff_ffffn), Number(raw >> 32n)];
    if (kind === "str") return text(low);
    if (kind === "bytes") return bytes.slice(pool + low, pool + low + high);
    if (kind === "u64") return raw;
    if (kind !== "strs") return low;
    return Array.from({ length: u32(pool + low) }, (_, i) => text(u32(pool + low + 4 + 4 * i)));
  };
  const record = (_: unknown, index: number): Decoded => {
    const at = HEADER.bytes + index * RECORD.bytes;
    const op = opNames[view.getUint16(at, true) - 1];
    assert.ok(op);
    const args = argsOf(op).map(([, kind], i) =>
      value(kind, view.getBigUint64(at + RECORD.args + 8 * i, true)),
    );
    const errnos = [0, 1, 2, 3].map((i) => view.getUint16(at + RECORD.tolerate + 2 * i, true));
    const hasOtherwise = view.getUint16(at + RECORD.flags, true) === 1;
    const otherwise = hasOtherwise ? u32(at + RECORD.otherwise) : undefined;
    return { op, args, tolerate: errnos.filter((errno) => errno !== 0), otherwise };
  };
  const ops = u32(HEADER.ops);
  const all = Array.from({ length: ops + u32(HEADER.alternatives) }, record);
  const inputs = [...bytes.subarray(HEADER.inputSlots, HEADER.inputSlots + u32(HEADER.inputs))];
  return { inputs, ops: all.slice(0, ops), alternatives: all.slice(ops) };
}

function program(ops: readonly Op[], inputs: readonly string[] = []): Program {
  return { inputs, ops };
}

function assertRejected(ops: readonly Op[], message: RegExp): void {
  assert.throws(
    () => new Encoder().encode(program(ops, ["in"])),
    (error) => error instanceof InitError && message.test(error.message),
  );
}

test("every kind of argument comes back from the bytes", () => {
  const bytes = new Encoder().encode(
    program(
      [
        { op: "open", dir: "cwd", path: "/å", flags: 0xffff_ffff, mode: 0, out: "a", why: "" },
        { op: "exec", argv: ["sh", "", "sh"], env: [], why: "" },
        { op: "write", fd: "in", data: Uint8Array.of(0, 255, 7), why: "" },
        { op: "set_caps", effective: 2n ** 64n - 1n, permitted: 1n, inheritable: 0n, why: "" },
        { op: "close", fd: "never", why: "" },
        { op: "setsid", why: "" },
      ],
      ["in"],
    ),
  );
  const { inputs, ops } = decode(bytes);
  assert.deepEqual(inputs, [0]);
  assert.deepEqual(
    ops.map(({ op, args }) => [op, ...args]),
    [
      ["open", LIMITS.cwd, "/å", 0xffff_ffff, 0, 1],
      ["exec", ["sh", "", "sh"], []],
      ["write", 0, Uint8Array.of(0, 255, 7)],
      ["set_caps", 2n ** 64n - 1n, 1n, 0n],
      ["close", LIMITS.noSlot],
      ["setsid"],
    ],
  );
});

test("tolerated errnos and alternatives are written with their op", () => {
  const make: Op = { op: "mkdir_all", root: "in", path: "x", mode: 0o755, out: "t", why: "" };
  const find: Op = {
    op: "resolve",
    root: "in",
    path: "x",
    flags: 0,
    resolve: 16n,
    out: "t",
    tolerate: ["ENOENT", "ENOTDIR"],
    otherwise: make,
    why: "",
  };
  const use: Op = { op: "mount_attr", fd: "t", set: 1n, clear: 0n, recursive: 0, why: "" };
  const { ops, alternatives } = decode(new Encoder().encode(program([find, find, use], ["in"])));
  assert.deepEqual(
    ops.map((op) => op.otherwise),
    [0, 1, undefined],
  );
  assert.deepEqual(
    ops.map((op) => op.tolerate),
    [[2, 20], [2, 20], []],
  );
  assert.deepEqual(
    alternatives.map((op) => op.args),
    [
      [0, "x", 0o755, 1],
      [0, "x", 0o755, 1],
    ],
  );
});

test("an encoder remembers slots from program to program and reuses closed numbers", () => {
  const encoder = new Encoder();
  const open = (out: string): Op => ({
    op: "open",
    dir: "cwd",
    path: "/",
    flags: 0,
    mode: 0,
    out,
    why: "",
  });
  encoder.encode(program([open("a"), open("b"), { op: "close", fd: "a", why: "" }]));
  const { inputs, ops } = decode(encoder.encode(program([open("d"), open("b")], ["c", "proc"])));
  assert.deepEqual(inputs, [0, LIMITS.procSlot]);
  assert.deepEqual(
    ops.map(({ args }) => args[4]),
    [2, 1],
  );
});

test("an op may read the slot that it fills", () => {
  const ops: readonly Op[] = [
    { op: "reopen", proc: "proc", fd: "in", flags: 0, out: "in", why: "" },
  ];
  const decoded = decode(new Encoder().encode(program(ops, ["proc", "in"])));
  assert.deepEqual(decoded.ops[0]?.args, [LIMITS.procSlot, 0, 0, 0]);
});

test("a program that fails to encode leaves no slot behind", () => {
  const encoder = new Encoder();
  const use: Op = { op: "setns", fd: "a", nstype: 0, why: "" };
  const define: Op = { op: "open", dir: "cwd", path: "/", flags: 0, mode: 0, out: "a", why: "" };
  const bad: Op = { op: "chdir", path: "\0", why: "" };
  assert.throws(() => encoder.encode(program([define, bad])), InitError);
  assert.throws(() => encoder.encode(program([use])), /slot "a" is used before it is defined/);
});

test("mistakes are named with their op", () => {
  const chdir = (path: string): Op => ({ op: "chdir", path, why: "" });
  const close: Op = { op: "close", fd: "in", why: "" };
  const use: Op = { op: "setns", fd: "in", nstype: 0, why: "" };
  assertRejected([chdir("a\0b")], /^plan op "chdir": "path" contains a NUL$/);
  assertRejected([{ op: "exec", argv: ["\0"], env: [], why: "" }], /"exec": "argv" contains a NUL/);
  assertRejected(
    [{ op: "setns", fd: "x", nstype: 0, why: "" }],
    /"setns": slot "x" is used before it is defined/,
  );
  assertRejected([close, use], /slot "in" is used before it is defined/);
  assertRejected([{ op: "close_from", first: 3, why: "" }, use], /slot "in" is used before/);
  assertRejected([{ op: "umask", mask: -1, why: "" }], /"mask" is not a 32-bit number/);
  assertRejected([{ op: "umask", mask: 2 ** 32, why: "" }], /"mask" is not a 32-bit number/);
  assertRejected([{ op: "umask", mask: 0.5, why: "" }], /"mask" is not a 32-bit number/);
  assertRejected(
    [{ op: "set_ambient", mask: 2n ** 64n, why: "" }],
    /"mask" is not a 64-bit bigint/,
  );
  assertRejected([{ op: "set_ambient", mask: -1n, why: "" }], /"mask" is not a 64-bit bigint/);
  assertRejected(
    [{ op: "open_null", root: "in", out: "cwd", why: "" }],
    /"out" can't be slot "cwd"/,
  );
  const five = ["EPERM", "ENOENT", "EIO", "EBUSY", "EINVAL"];
  assertRejected([{ ...chdir("/"), tolerate: five }], /more than four errnos/);
  assertRejected([{ ...chdir("/"), tolerate: ["ENOTHING"] }], /errno "ENOTHING" is not known/);
  assertRejected(
    [{ ...chdir("/"), otherwise: chdir("/") }],
    /an alternative but tolerates no errno/,
  );
  const nested = { ...chdir("/"), tolerate: ["EPERM"], otherwise: chdir("/") };
  assertRejected([{ ...nested, otherwise: nested }], /an alternative can't have an alternative/);
});

test("what is too much is refused before it is sent", () => {
  const open = (_: unknown, i: number): Op => ({
    op: "open",
    dir: "cwd",
    path: "/",
    flags: 0,
    mode: 0,
    out: `${i}`,
    why: "",
  });
  assertRejected(Array.from({ length: LIMITS.slots }, open), /no slot number is free for "222"/);
  assertRejected(
    Array.from({ length: LIMITS.records + 1 }, (): Op => ({ op: "setsid", why: "" })),
    /too many ops/,
  );
  const many = Array.from({ length: LIMITS.list + 1 }, () => "");
  assertRejected([{ op: "exec", argv: many, env: [], why: "" }], /"argv" has too many strings/);
  assertRejected(
    [{ op: "chdir", path: "x".repeat(LIMITS.bytes), why: "" }],
    /the plan is too long/,
  );
  assert.throws(
    () => new Encoder().encode(program([], ["a", "a"])),
    /an input slot is named twice/,
  );
});
