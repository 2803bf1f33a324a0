// SPDX-License-Identifier: Apache-2.0
// What must hold for every plan, whatever configuration it is of: for the reviewed ones, and for those of the property tests.

import assert from "node:assert/strict";
import { argOf, argsOf } from "../../plan/layout.ts";
import type { Op, OpName, Program } from "../../plan/ops.ts";
import { CLONE } from "../tables/kernel.ts";

/** The programs of one process: of a container three, else two. */
export interface Plan {
  readonly name: string;
  readonly programs: readonly Program[];
}

/** What is left to do when the user has been changed. */
const LAST: readonly OpName[] = [
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
];

/** The only ops that need no privilege that a change of ids takes away; filters only with no_new_privs: see below. */
const UNPRIVILEGED: ReadonlySet<OpName> = new Set([...LAST, "seccomp", "seccomp_listen"]);

const INSIDE: ReadonlySet<OpName> = new Set(["setns", "unshare"]);

/** What docs/security.md says of system calls under a filter is about these ops; a further one may need further calls. */
const UNDER_FILTER: ReadonlySet<OpName> = new Set([...LAST, "set_uid"]);

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

/** By the sentence that says what holds. */
export const INVARIANTS: Readonly<Record<string, (plan: Plan) => void>> = {
  "a plan ends with exec, right after everything but stdio was closed"({ name, programs }) {
    const ops = opsOf(programs);
    // A filter opens nothing.
    const end = ops.slice(-3).filter(({ op }) => op !== "seccomp");
    assert.deepEqual(
      end.slice(-2).map(({ op }) => op),
      ["close_from", "exec"],
      name,
    );
    assert.equal(ops.filter(({ op }) => op === "exec").length, 1, name);
  },

  "a container waits at the fifo only when nothing but exec can fail"({ name, programs }) {
    const ops = opsOf(programs).map(({ op }) => op);
    const tail = ["find_exec", "ready", "fifo_wait", "close_from", "seccomp", "exec"];
    const absent = [
      ...(programs.length === 3 ? [] : ["ready", "fifo_wait"]),
      ...(ops.at(-2) === "seccomp" ? [] : ["seccomp"]),
    ];
    const listens = ops.includes("seccomp_listen");
    const expected = tail
      .filter((op) => !absent.includes(op))
      .flatMap((op) => (listens && op === "find_exec" ? [op, "seccomp_listen", "close"] : [op]));
    assert.deepEqual(ops.slice(-expected.length), expected, name);
  },

  "nothing after the change of user needs a privilege that is gone"({ name, programs }) {
    const ops = opsOf(programs);
    const rest = ops.slice(lastIndexOf(ops, "set_uid") + 1);
    const wrong = rest.filter(({ op }) => !UNPRIVILEGED.has(op)).map(({ op }) => op);
    assert.deepEqual(wrong, [], name);
  },

  "what init does under a filter is what security.md tells of"({ name, programs }) {
    const ops = opsOf(programs).map(({ op }) => op);
    if (!ops.includes("seccomp")) return;
    const wrong = ops.slice(ops.indexOf("seccomp") + 1).filter((op) => !UNDER_FILTER.has(op));
    assert.deepEqual(wrong, [], name);
  },

  "capabilities are carried over the change of user, and not further"({ name, programs }) {
    const ops = opsOf(programs);
    if (!ops.some(({ op }) => op === "set_caps")) return;
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
  },

  "init is not dumpable from before the first namespace to the end"({ name, programs }) {
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
  },

  "a process holds nothing of the host from the moment in which others inside can see it"({
    name,
    programs,
  }) {
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
  },

  "what is open while init waits is procfs and the fifo"({ name, programs }) {
    const ops = opsOf(programs);
    const wait = ops.findIndex(({ op }) => op === "fifo_wait");
    if (wait === -1) return;
    assert.deepEqual(openBefore(programs, wait), ["fifo", "proc"], name);
  },

  "every mount target is resolved by the kernel below the root, and nothing is opened there by path"({
    name,
    programs,
  }) {
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
  },

  "every op that can fail has words for it"({ name, programs }) {
    for (const op of opsOf(programs))
      assert.ok(op.op === "close" || op.why !== "", `${name}: ${op.op}`);
  },
};

/** Throws an Error that says what does not hold. */
export function assertInvariants(plan: Plan): void {
  for (const [what, holds] of Object.entries(INVARIANTS)) {
    try {
      holds(plan);
    } catch (error) {
      throw new Error(`${plan.name}: not true: ${what}`, { cause: error });
    }
  }
}
