// SPDX-License-Identifier: Apache-2.0
// Whole plans of real configurations: compared with what was reviewed (UPDATE_GOLDEN=1 rewrites them: read the diff), and
// with what must hold for every plan.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { Encoder } from "../plan/encode.ts";
import { formatProgram } from "../plan/format.ts";
import type { Program } from "../plan/ops.ts";
import { compileContainer } from "./compile.ts";
import { compileExec } from "./compile-exec.ts";
import type { BindSourceKind, CompiledContainer, CompileOptions, HostFacts } from "./compiled.ts";
import { parseJson } from "./json.ts";
import { parseSpec } from "./parse.ts";
import { parseProcess } from "./process.ts";
import { withoutRules } from "./seccomp.ts";
import type { Mount } from "./spec.ts";
import { OPTIONS, V1_HOST, V2_HOST } from "./testdata/samples.ts";
import { INVARIANTS } from "./testing/plan-invariants.ts";

/** Path of a file in testdata. */
function testdata(name: string): string {
  return join(import.meta.dirname, "testdata", name);
}

/** Names of the configurations, without ".json". */
function fixtureNames(): readonly string[] {
  return readdirSync(testdata(""))
    .filter((name) => name.endsWith(".json") && !name.endsWith(".process.json"))
    .map((name) => name.slice(0, -".json".length))
    .sort();
}

function loadJson(name: string): unknown {
  return parseJson(readFileSync(testdata(`${name}.json`), "utf8"));
}

/** What the configurations with a user namespace ask for, or have in the one that they join. */
const IDS = [{ containerId: 0, hostId: 100_000, size: 65_536 }];
const USER_NAMESPACE = { uids: IDS, gids: IDS, setgroups: true };

/** What differs from a v1 host without /dev/null on stdio. */
const CALLS: Readonly<
  Record<string, { readonly facts?: HostFacts; readonly options?: Partial<CompileOptions> }>
> = {
  "cri-1.6-container": { facts: V2_HOST, options: { nullStdio: [0] } },
  "cri-2.1-userns-sandbox": { options: { userNamespace: USER_NAMESPACE } },
  "cri-2.1-userns-container": {
    facts: V2_HOST,
    options: { nullStdio: [0], userNamespace: USER_NAMESPACE },
  },
  "read-only": { facts: V2_HOST },
  userns: { options: { userNamespace: USER_NAMESPACE } },
  "docker-20.10-userns": { options: { userNamespace: USER_NAMESPACE } },
  "docker-26-userns": { options: { userNamespace: USER_NAMESPACE } },
  "userns-joined": { options: { userNamespace: USER_NAMESPACE } },
  "docker-28-userns": { options: { userNamespace: USER_NAMESPACE } },
  labels: { facts: { ...V1_HOST, securityModules: ["apparmor", "selinux"] } },
  "net-host": { options: { nullStdio: [0, 1, 2], noNewKeyring: true } },
};

/** Names of what configurations bind that is no directory. */
const FILES: ReadonlySet<string> = new Set([
  "docker-init",
  "etc-hosts",
  "file",
  "hostname",
  "hosts",
  "resolv.conf",
  "termination-log",
]);

function sourceKind(mount: Mount): BindSourceKind | undefined {
  if (!mount.isBind) return undefined;
  return FILES.has(basename(mount.source)) ? "file" : "dir";
}

/** Only sections with something in them: a new kind of limit changes no plan but those that ask for it. */
function askedFor({
  unified,
  hugepageLimits,
  rdma,
  ...rest
}: CompiledContainer["resources"]): object {
  return {
    ...rest,
    ...(hugepageLimits.length > 0 && { hugepageLimits }),
    ...(rdma.length > 0 && { rdma }),
    ...(unified.size > 0 && { unified: Object.fromEntries(unified) }),
  };
}

function summary(compiled: CompiledContainer): string {
  const { process, privatePidNamespace, execTarget, rootfs, resources } = compiled;
  const parts = {
    ...{ process, privatePidNamespace, execTarget, rootfs },
    resources: askedFor(resources),
  };
  return JSON.stringify(parts, (_, value) => (typeof value === "bigint" ? `${value}n` : value), 1);
}

/** All programs as text; encoding them too shows that init would take them. */
function format(programs: Readonly<Record<string, Program>>): string {
  const encoder = new Encoder();
  return Object.entries(programs)
    .map(([name, program]) => {
      encoder.encode(program);
      return `# ${name}\n${formatProgram(program)}`;
    })
    .join("\n");
}

function assertGolden(name: string, text: string): void {
  const file = testdata(`${name}.plan`);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
  assert.equal(readFileSync(file, "utf8"), text);
}

for (const name of fixtureNames()) {
  test(`the plan of ${name}.json is the reviewed one`, () => {
    const { spec, warnings } = parseSpec(loadJson(name));
    assert.deepEqual(warnings, []);
    const { facts = V1_HOST, options = {} } = CALLS[name] ?? {};
    const compiled = compileContainer(spec, facts, {
      ...OPTIONS,
      bindSourceKinds: spec.mounts.map(sourceKind),
      ...options,
    });
    const programs = {
      enter: compiled.enter(facts.cgroupMode === "v1" ? 2 : 0),
      prepare: compiled.prepare,
      finish: compiled.finish(compiled.process.needsHome ? "/root" : undefined),
    };
    assertGolden(name, `${summary(compiled)}\n\n${format(programs)}\n`);
  });
}

for (const [name, into, process] of [
  ["exec-plain", "plain", "exec-plain"],
  ["exec-tty", "plain", "exec-tty"],
  ["exec-userns", "userns", "exec-plain"],
  ["exec-traits", "traits", "exec-plain"],
] as const) {
  test(`the plan of an exec, ${process}.process.json into ${into}.json, is the reviewed one`, () => {
    const { spec } = parseSpec(loadJson(into));
    const options = { ...OPTIONS, ...CALLS[into]?.options };
    const container = compileContainer(spec, V1_HOST, options);
    const document = parseProcess(loadJson(`${process}.process`), "process");
    const nullStdio: readonly (0 | 1 | 2)[] = document.terminal ? [] : [0];
    const target = { ...container.execTarget, nullStdio };
    const compiled = compileExec(document, target, V1_HOST);
    const programs = { enter: compiled.enter(2), finish: compiled.finish("/home/user") };
    assertGolden(name, `${format(programs)}\n`);
  });
}

function compileFixture(name: string): CompiledContainer | undefined {
  try {
    const { spec } = parseSpec(loadJson(name));
    return compileContainer(spec, CALLS[name]?.facts ?? V1_HOST, OPTIONS);
  } catch {
    return undefined;
  }
}

/** Every compiled fixture with the programs of its init, and an exec into it. */
function* plans(): Generator<{ readonly name: string; readonly programs: readonly Program[] }> {
  for (const name of fixtureNames()) {
    const compiled = compileFixture(name);
    if (compiled === undefined) continue;
    const { prepare } = compiled;
    yield { name, programs: [compiled.enter(3), prepare, compiled.finish("/")] };
    const { spec } = parseSpec(loadJson(name));
    const target = { ...compiled.execTarget, nullStdio: [] };
    const exec = compileExec(spec.process, target, CALLS[name]?.facts ?? V1_HOST);
    yield { name: `exec into ${name}`, programs: [exec.enter(3), exec.finish("/")] };
  }
}

test("a user namespace with mounts of its own gets only trees that were locked before it was entered", () => {
  let seen = 0;
  for (const name of fixtureNames()) {
    const { spec } = parseSpec(loadJson(name));
    const isNew = (type: string): boolean =>
      spec.linux.namespaces.some((one) => one.type === type && one.path === undefined);
    const userns = spec.linux.namespaces.some(({ type }) => type === "user");
    const compiled = compileFixture(name);
    if (compiled === undefined || !userns || !isNew("mount")) continue;
    seen += 1;
    const { ops } = compiled.enter(3);
    const entered = ops.findIndex(
      ({ why }) => why.includes("user namespace") && !why.includes("lock"),
    );
    const copied = ops.filter((op) => op.op === "clone_mount").map((op) => op.out);
    const placed = ops.slice(0, entered).flatMap((op) => (op.op === "attach" ? [op.mount] : []));
    const slots = compiled.trees.map(({ slot }) => slot);
    assert.ok(slots.length > 0, name);
    assert.deepEqual(
      slots.filter((slot) => !placed.includes(slot)),
      [],
      `${name}: not placed`,
    );
    assert.deepEqual(
      slots.filter((slot) => !copied.includes(slot)),
      [],
      `${name}: not copied`,
    );
  }
  assert.ok(seen > 2);
});

for (const noNewPrivileges of [true, false]) {
  const place = noNewPrivileges ? "exec" : "set_uid";
  test(`with noNewPrivileges ${noNewPrivileges} a filter is installed right before ${place}`, () => {
    const { spec } = parseSpec(loadJson("seccomp"));
    const process = { ...spec.process, noNewPrivileges };
    const compiled = compileContainer({ ...spec, process }, V1_HOST, OPTIONS);
    const exec = compileExec(process, { ...compiled.execTarget, nullStdio: [] }, V1_HOST);
    for (const { inputs, ops } of [compiled.finish("/"), exec.finish("/")]) {
      const names = ops.map(({ op }) => op);
      assert.ok(inputs.includes("filter"));
      assert.equal(names.filter((op) => op === "seccomp").length, 1);
      assert.equal(names[names.indexOf("seccomp") + 1], place);
      assert.ok(names.indexOf("load_filter") < names.indexOf("seccomp"));
    }
  });
}

for (const noNewPrivileges of [true, false]) {
  test(`with noNewPrivileges ${noNewPrivileges} a listener is there before a process is ready or executes`, () => {
    const { spec } = parseSpec(loadJson("seccomp-notify"));
    const process = { ...spec.process, noNewPrivileges };
    const compiled = compileContainer({ ...spec, process }, V1_HOST, OPTIONS);
    const exec = compileExec(process, { ...compiled.execTarget, nullStdio: [] }, V1_HOST);
    for (const { inputs, ops } of [compiled.finish("/"), exec.finish("/")]) {
      const names = ops.map(({ op }) => op);
      assert.deepEqual(inputs.slice(-2), ["filter", "gate"]);
      assert.ok(!names.includes("seccomp"));
      const at = names.indexOf("seccomp_listen");
      assert.equal(names.lastIndexOf("seccomp_listen"), at);
      assert.deepEqual(ops[at + 1], { op: "close", fd: "gate", why: "" });
      assert.ok(names.indexOf("load_filter") < at && at < names.indexOf("close_from"));
      if (names.includes("ready")) assert.ok(at < names.indexOf("ready"));
      assert.equal(names.indexOf("set_uid") > at, !noNewPrivileges);
    }
  });
}

test("a plan needs no rules of the filter", () => {
  const { spec } = parseSpec(loadJson("seccomp"));
  const lean = withoutRules(spec);
  assert.deepEqual(lean.linux.seccomp?.profile.rules, []);
  const [whole, rest] = [spec, lean].map((one) => {
    const { enter, prepare, finish } = compileContainer(one, V1_HOST, OPTIONS);
    return format({ enter: enter(2), prepare, finish: finish("/") });
  });
  assert.equal(rest, whole);
  const plain = parseSpec(loadJson("plain")).spec;
  assert.equal(withoutRules(plain), plain);
});

test("an exec whose own document says nothing of new privileges gets the filter while it has the privilege", () => {
  const { spec } = parseSpec(loadJson("seccomp"));
  const { execTarget } = compileContainer(spec, V1_HOST, OPTIONS);
  const document = { args: ["/bin/true"], cwd: "/" };
  const exec = compileExec(
    parseProcess(document, "process"),
    { ...execTarget, nullStdio: [] },
    V1_HOST,
  );
  const names = exec.finish("/").ops.map(({ op }) => op);
  assert.equal(names[names.indexOf("seccomp") + 1], "set_uid");
});

for (const [what, holds] of Object.entries(INVARIANTS)) {
  test(what, () => {
    for (const plan of plans()) holds(plan);
  });
}

test("some plans have a filter, and some none", () => {
  const filtered = [...plans()].map(({ programs }) =>
    programs.some(({ ops }) => ops.some(({ op }) => op === "seccomp" || op === "seccomp_listen")),
  );
  assert.ok(filtered.filter((one) => one).length > 5);
  assert.ok(filtered.includes(false));
});
