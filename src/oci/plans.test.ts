// SPDX-License-Identifier: Apache-2.0
// Whole plans of real configurations: compared with what was reviewed (UPDATE_GOLDEN=1 rewrites them: read the diff), and
// with what must hold for every plan.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { Encoder } from "../plan/encode.ts";
import { formatProgram } from "../plan/format.ts";
import { argOf, argsOf } from "../plan/layout.ts";
import type { Op, OpName, Program } from "../plan/ops.ts";
import { compileContainer } from "./compile.ts";
import { compileExec } from "./compile-exec.ts";
import type { BindSourceKind, CompiledContainer, CompileOptions, HostFacts } from "./compiled.ts";
import { parseJson } from "./json.ts";
import { parseSpec } from "./parse.ts";
import { parseProcess } from "./process.ts";
import { withoutRules } from "./seccomp.ts";
import type { Mount } from "./spec.ts";
import { CLONE } from "./tables/kernel.ts";
import { OPTIONS, V1_HOST, V2_HOST } from "./testdata/samples.ts";

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

/** The only ops that need no privilege that a change of ids takes away. */
const UNPRIVILEGED: ReadonlySet<OpName> = new Set([
  "set_dumpable",
  "open",
  "chdir",
  "close",
  "check_cwd",
  "keep_caps",
  "set_caps",
  "set_ambient",
  "find_exec",
  "ready",
  "fifo_wait",
  "close_from",
  // Only with no_new_privs: see below.
  "seccomp",
  "seccomp_listen",
  "exec",
]);

const INSIDE: ReadonlySet<OpName> = new Set(["setns", "unshare"]);

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

function opsOf(programs: readonly Program[]): readonly Op[] {
  return programs.flatMap(({ ops }) => ops);
}

function outputsOf(op: Op): readonly string[] {
  const outputs = argsOf(op.op).filter(([, kind]) => kind === "out" || kind === "inout");
  return outputs.map(([argument]) => String(argOf(op, argument)));
}

/** Who has a user namespace becomes root in it first, and then the user. */
function lastIndexOf(ops: readonly Op[], name: OpName): number {
  const index = ops.findLastIndex(({ op }) => op === name);
  assert.notEqual(index, -1, `no ${name}`);
  return index;
}

function indexOf(ops: readonly Op[], name: OpName): number {
  const index = ops.findIndex(({ op }) => op === name);
  assert.notEqual(index, -1, `no ${name}`);
  return index;
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

test("a plan ends with exec, right after everything but stdio was closed", () => {
  for (const { name, programs } of plans()) {
    const ops = opsOf(programs);
    // A filter opens nothing.
    const end = ops.slice(-3).filter(({ op }) => op !== "seccomp");
    assert.deepEqual(
      end.slice(-2).map(({ op }) => op),
      ["close_from", "exec"],
      name,
    );
    assert.equal(ops.filter(({ op }) => op === "exec").length, 1, name);
  }
});

test("a container waits at the fifo only when nothing but exec can fail", () => {
  for (const { name, programs } of plans()) {
    const ops = opsOf(programs).map(({ op }) => op);
    const tail = ["find_exec", "ready", "fifo_wait", "close_from", "seccomp", "exec"];
    const absent = [
      ...(name.startsWith("exec into") ? ["ready", "fifo_wait"] : []),
      ...(ops.at(-2) === "seccomp" ? [] : ["seccomp"]),
    ];
    const listens = ops.includes("seccomp_listen");
    const expected = tail
      .filter((op) => !absent.includes(op))
      .flatMap((op) => (listens && op === "find_exec" ? [op, "seccomp_listen", "close"] : [op]));
    assert.deepEqual(ops.slice(-expected.length), expected, name);
  }
});

test("nothing after the change of user needs a privilege that is gone", () => {
  for (const { name, programs } of plans()) {
    const ops = opsOf(programs);
    const rest = ops.slice(lastIndexOf(ops, "set_uid") + 1);
    const wrong = rest.filter(({ op }) => !UNPRIVILEGED.has(op)).map(({ op }) => op);
    assert.deepEqual(wrong, [], name);
  }
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

/** What docs/security.md says of system calls under a filter is about these ops; a further one may need further calls. */
const UNDER_FILTER: ReadonlySet<OpName> = new Set([
  "set_uid",
  "set_dumpable",
  "open",
  "chdir",
  "close",
  "check_cwd",
  "keep_caps",
  "set_caps",
  "set_ambient",
  "find_exec",
  "ready",
  "fifo_wait",
  "close_from",
  "exec",
]);

test("what init does under a filter is what security.md tells of", () => {
  let count = 0;
  for (const { name, programs } of plans()) {
    const ops = opsOf(programs).map(({ op }) => op);
    if (!ops.includes("seccomp")) continue;
    count += 1;
    const wrong = ops.slice(ops.indexOf("seccomp") + 1).filter((op) => !UNDER_FILTER.has(op));
    assert.deepEqual(wrong, [], name);
  }
  assert.ok(count > 5);
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

test("capabilities are carried over the change of user, and not further", () => {
  for (const { name, programs } of plans()) {
    const ops = opsOf(programs);
    if (!ops.some(({ op }) => op === "set_caps")) continue;
    const order = ["drop_bounding", "keep_caps", "set_groups", "set_gid", "set_uid"] as const;
    const places = order.map((op) =>
      op === "keep_caps" ? indexOf(ops, op) : lastIndexOf(ops, op),
    );
    assert.deepEqual(
      [...places].sort((a, b) => a - b),
      places,
      name,
    );
    const after = ops.slice(lastIndexOf(ops, "set_uid"));
    const cleared = after.findIndex((op) => op.op === "keep_caps" && op.value === 0);
    assert.ok(cleared !== -1 && cleared < indexOf(after, "set_caps"), name);
    assert.ok(indexOf(after, "check_cwd") < indexOf(after, "set_caps"), name);
  }
});

test("init is not dumpable from before the first namespace to the end", () => {
  for (const { name, programs } of plans()) {
    const ops = opsOf(programs);
    const first = ops.findIndex(({ op }) => INSIDE.has(op));
    assert.ok(first === -1 || indexOf(ops, "set_dumpable") < first, name);
    // Where a new process or new ids could bring it back.
    for (const [index, { op }] of ops.entries()) {
      if (op === "clone" || op === "set_uid")
        assert.equal(ops[index + 1]?.op, "set_dumpable", name);
    }
    const values = ops.flatMap((op) => (op.op === "set_dumpable" ? [op.value] : []));
    assert.ok(
      values.every((value) => value === 0),
      name,
    );
  }
});

function isUserFlag(nstype: number): boolean {
  return (nstype & CLONE.NEWUSER) !== 0;
}

/** Slots that are open before op number `end`. */
function openBefore(programs: readonly Program[], end: number): readonly string[] {
  const open = new Set(programs.flatMap(({ inputs }) => inputs));
  for (const op of opsOf(programs).slice(0, end)) {
    for (const slot of outputsOf(op)) open.add(slot);
    if (op.op === "close") open.delete(op.fd);
  }
  return [...open].sort();
}

test("a process holds nothing of the host from the moment in which others inside can see it", () => {
  for (const { name, programs } of plans()) {
    const [enter] = programs;
    assert.ok(enter);
    const open = openBefore([enter], indexOf(enter.ops, "clone"));
    // Nobody in a user namespace has a right over this program, and these lead to the container itself.
    const joinsUser = enter.ops.some((op) => op.op === "setns" && isUserFlag(op.nstype));
    const own = joinsUser ? ["init", "ns:mount", "ns:user"] : [];
    // And what is going to be mounted in it: its trees, and the file systems of namespaces that it joins.
    const isTree = (slot: string): boolean => slot === "root" || /^(fs|source):/.test(slot);
    const isOwn = (slot: string): boolean => own.includes(slot) || (joinsUser && isTree(slot));
    assert.deepEqual(
      open.filter((slot) => !isOwn(slot)),
      [],
      name,
    );
  }
});

test("what is open while init waits is procfs and the fifo", () => {
  for (const { name, programs } of plans()) {
    const ops = opsOf(programs);
    const wait = ops.findIndex(({ op }) => op === "fifo_wait");
    if (wait === -1) continue;
    assert.deepEqual(openBefore(programs, wait), ["fifo", "proc"], name);
  }
});

test("every mount target is resolved by the kernel below the root, and nothing is opened there by path", () => {
  for (const { name, programs } of plans()) {
    const [, prepare] = programs;
    const ops = prepare?.ops ?? [];
    const direct = ops.flatMap((op) => (op.op === "open" ? [op] : []));
    for (const op of direct) assert.ok(op.out === "source" || op.path === "/", name);
    for (const op of ops) {
      if (op.op === "bind" || op.op === "mount_fs" || op.op === "attach") {
        const isRoot =
          op.op === "attach" && op.mount === "root" && ["host", "place"].includes(op.target);
        assert.ok(isRoot || op.target === "target" || op.target === "root", name);
      }
    }
  }
});

test("every op that can fail has words for it", () => {
  for (const { name, programs } of plans()) {
    for (const op of opsOf(programs))
      assert.ok(op.op === "close" || op.why !== "", `${name}: ${op.op}`);
  }
});
