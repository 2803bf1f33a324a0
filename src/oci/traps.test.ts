// SPDX-License-Identifier: Apache-2.0
// What JavaScript makes of numbers, names and texts when one does not look: each beside the naive way, which falls for it.

import assert from "node:assert/strict";
import { normalize } from "node:path";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { Encoder } from "../plan/encode.ts";
import type { Op } from "../plan/ops.ts";
import { compileContainer } from "./compile.ts";
import { parseJson } from "./json.ts";
import { parseSpec } from "./parse.ts";
import type { Spec } from "./spec.ts";
import { changed, OPTIONS, specWith, V1_HOST } from "./testdata/samples.ts";

type Json = Readonly<Record<string, unknown>>;

const withProcess = (patch: Json): Json => changed({ process: patch });
const withUser = (patch: Json): Json => withProcess({ user: { uid: 0, gid: 0, ...patch } });

function opsOf(spec: Spec): readonly Op[] {
  const compiled = compileContainer(spec, V1_HOST, OPTIONS);
  return [...compiled.enter(0).ops, ...compiled.prepare.ops, ...compiled.finish("/").ops];
}

function uidOf(document: Json): number {
  const op = opsOf(parseSpec(document).spec).findLast((one) => one.op === "set_uid");
  assert.equal(op?.op, "set_uid");
  return op.uid;
}

const NOT_ID = { uid: /process\.user\.uid/, gid: /process\.user\.gid/ };

/** Ids that a careless reader turns into 0, which is root, or into somebody else. */
const WRONG_IDS: readonly (readonly [unknown, (id: never) => number, number])[] = [
  [4_294_967_296, (id: number) => id | 0, 0],
  [4_294_967_296, (id: number) => id >>> 0, 0],
  [0.5, (id: number) => Math.trunc(id), 0],
  [-1, (id: number) => id >>> 0, 4_294_967_295],
  [4_294_967_295, (id: number) => id | 0, -1],
  ["0x10", (id: string) => Number(id), 16],
  ["1abc", (id: string) => Number.parseInt(id, 10), 1],
  ["", (id: string) => Number(id), 0],
  [" ", (id: string) => Number(id), 0],
  [[], (id: unknown) => Number(id), 0],
  [[1000], (id: unknown) => Number(id), 1000],
  [true, (id: unknown) => Number(id), 1],
];

for (const [way, [id, naive, wrong]] of WRONG_IDS.entries()) {
  test(`${JSON.stringify(id)} is nobody's id; control: carelessly read it is ${wrong}, by way ${way}`, () => {
    assert.equal(naive(id as never), wrong);
    for (const kind of ["uid", "gid"] as const) {
      assert.throws(() => parseSpec(withUser({ [kind]: id })), NOT_ID[kind]);
    }
    assert.throws(() => parseSpec(withUser({ additionalGids: [id] })), /additionalGids\[0\]/);
  });
}

test("an id above 2^31 is itself up to the last byte; control: as a signed number it is another one", () => {
  const uid = 4_294_967_294;
  assert.equal(uidOf(withUser({ uid })), uid);
  assert.notEqual(uid | 0, uid);
  const set: Op = { op: "set_uid", uid, why: "" };
  const bytes = new Encoder().encode({ inputs: [], ops: [set] });
  assert.ok(Buffer.from(bytes).includes(Buffer.of(0xfe, 0xff, 0xff, 0xff, 0, 0, 0, 0)));
});

test("an integer of 64 bits keeps its digits; control: JSON.parse rounds it", () => {
  const infinity = "18446744073709551615";
  const odd = "9007199254740993";
  const text = JSON.stringify(
    withProcess({ rlimits: [{ type: "RLIMIT_NOFILE", hard: "HARD", soft: "SOFT" }] }),
  )
    .replace('"HARD"', infinity)
    .replace('"SOFT"', odd);
  const [limit] = parseSpec(parseJson(text)).spec.process.rlimits;
  assert.deepEqual([String(limit?.hard), String(limit?.soft)], [infinity, odd]);
  assert.notEqual(String(JSON.parse(odd)), odd);
  assert.notEqual(String(BigInt(JSON.parse(infinity))), infinity);
});

test("a number beyond 64 bits is refused; control: as a BigUint64 it is another one", () => {
  const text = JSON.stringify(
    withProcess({ rlimits: [{ type: "RLIMIT_NOFILE", hard: "N", soft: "N" }] }),
  ).replaceAll('"N"', "18446744073709551616");
  assert.throws(() => parseSpec(parseJson(text)), /rlimits\[0\]/);
  assert.equal(BigInt.asUintN(64, 18446744073709551616n), 0n);
});

/** Members that every object has. */
const INHERITED = ["constructor", "toString", "__proto__", "hasOwnProperty"];

for (const name of INHERITED) {
  test(`${name} is no word of any table; control: an object as table knows it`, () => {
    const naive: Readonly<Record<string, unknown>> = { known: 1 };
    assert.notEqual(naive[name], undefined);
    assert.throws(() => specWith({ linux: { namespaces: [{ type: name }] } }), SpecError);
    const limit = { type: name, hard: 1, soft: 1 };
    assert.throws(() => specWith({ process: { rlimits: [limit] } }), SpecError);
    for (const seccomp of [
      { defaultAction: name },
      { defaultAction: "SCMP_ACT_ALLOW", architectures: [name] },
      { defaultAction: "SCMP_ACT_ALLOW", flags: [name] },
    ]) {
      assert.throws(() => specWith({ linux: { seccomp } }), /linux\.seccomp/);
    }
    const sets = { bounding: [name], permitted: [name], effective: [name] };
    const ops = opsOf(specWith({ process: { capabilities: sets } }));
    const bounding = ops.find((op) => op.op === "drop_bounding");
    assert.ok(bounding?.op === "drop_bounding" && bounding.keep === 0n);
    const [mount] = specWith({
      mounts: [{ destination: "/x", type: "tmpfs", source: "tmpfs", options: [name] }],
    }).mounts;
    // It is the filesystem's to refuse.
    assert.deepEqual(mount?.options.data, [name]);
  });
}

test("a member called __proto__ is a member; control: assigned, it is gone and a prototype is there", () => {
  const text = JSON.stringify(changed({ annotations: { PLACE: "x" } })).replace(
    "PLACE",
    "__proto__",
  );
  const { annotations } = parseSpec(parseJson(text)).spec;
  assert.deepEqual([...annotations], [["__proto__", "x"]]);
  const name = "__proto__";
  const naive: Record<string, unknown> = {};
  naive[name] = { linux: "of the attacker" };
  assert.deepEqual([Object.keys(naive), naive["linux"]], [[], "of the attacker"]);
});

test("a section that hides in a prototype says nothing; control: a plain look finds it", () => {
  const text = JSON.stringify(changed({ PLACE: { hostname: "x" } })).replace("PLACE", "__proto__");
  const document = parseJson(text) as Json;
  assert.equal(parseSpec(document).spec.hostname, undefined);
  const copied: Json = Object.assign({}, document);
  assert.equal(copied["hostname"], "x");
});

test("a text with a NUL is refused wherever it would be a path or a word; control: C cuts it there", () => {
  const nul = "/proc/self\0/x";
  const cut = Buffer.from(nul);
  assert.equal(cut.toString("utf8", 0, cut.indexOf(0)), "/proc/self");
  const mount = { destination: "/x", type: "tmpfs", source: "tmpfs" };
  for (const patch of [
    { process: { cwd: nul } },
    { process: { args: [nul] } },
    { process: { env: [`A=${nul}`] } },
    { mounts: [{ ...mount, destination: nul }] },
    { mounts: [{ ...mount, options: [nul] }] },
    { linux: { maskedPaths: [nul] } },
    { linux: { readonlyPaths: [nul] } },
    { linux: { cgroupsPath: nul } },
  ]) {
    assert.throws(() => specWith(patch), /null? byte/, JSON.stringify(patch));
  }
});

test("a destination that comes to /proc is one, however it is written; control: by its start it is not", () => {
  for (const destination of ["/x/../proc", "//proc", "/./proc/", "proc", "/proc/."]) {
    assert.ok(!destination.startsWith("/proc/self") && destination !== "/proc");
    const mounts = [{ destination, type: "tmpfs", source: "tmpfs" }];
    assert.throws(() => opsOf(specWith({ mounts })), /\/proc/, destination);
  }
});

test('a ".." at the start stays in the root; control: normalize keeps it', () => {
  assert.equal(normalize("../../etc"), "../../etc");
  const mounts = [{ destination: "../../etc", type: "tmpfs", source: "tmpfs" }];
  const made = opsOf(specWith({ mounts })).flatMap((op) =>
    op.op === "mkdir_all" ? [op.path] : [],
  );
  assert.ok(made.includes("/etc"));
});
