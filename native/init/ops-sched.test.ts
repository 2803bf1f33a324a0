// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { availableParallelism, endianness } from "node:os";
import { assertFailure, type BareOp, output, shell, testInit } from "./testing/init.ts";

assert.equal(endianness(), "LE");

const RESET_ON_FORK = 1n;
const BE_4 = (2 << 13) | 4;
const PER_LINUX32 = 8;
const MPOL_PREFERRED = 1;
const MPOL_BIND = 2;
const MPOL_INTERLEAVE = 3;
const MPOL_LOCAL = 4;

interface Attr {
  readonly policy: number;
  readonly flags?: bigint;
  readonly nice?: number;
  readonly priority?: number;
  readonly runtime?: bigint;
  readonly deadline?: bigint;
  readonly period?: bigint;
}

/** struct sched_attr. */
function attr({ policy, flags = 0n, nice = 0, priority = 0, ...times }: Attr): Uint8Array {
  const view = new DataView(new ArrayBuffer(56));
  view.setUint32(0, 56, true);
  view.setUint32(4, policy, true);
  view.setBigUint64(8, flags, true);
  view.setInt32(16, nice, true);
  view.setUint32(20, priority, true);
  view.setBigUint64(24, times.runtime ?? 0n, true);
  view.setBigUint64(32, times.deadline ?? 0n, true);
  view.setBigUint64(40, times.period ?? 0n, true);
  return new Uint8Array(view.buffer);
}

function scheduler(values: Attr): BareOp {
  return { op: "set_scheduler", attr: attr(values) };
}

/** Whether the machine gives its root this; a test that it does not says so. */
function can(...command: readonly string[]): boolean {
  const [program = "", ...args] = command;
  return spawnSync(program, args).status === 0;
}

const cpus = shell("grep Cpus_allowed_list /proc/self/status | tr -dc 0-9,-");
const chrt = shell("chrt -p $$ | sed 's/^.*: //'");

testInit("a process runs on the CPUs that it is given, and on no others", (init) => {
  const first: BareOp = { op: "set_affinity", cpus: Uint8Array.of(1) };
  assert.equal(output(init.run([{ ops: [first, ...cpus] }])), "0");
  // More words than the kernel has CPUs.
  const long: BareOp = { op: "set_affinity", cpus: new Uint8Array(8192).fill(1, 0, 1) };
  assert.equal(output(init.run([{ ops: [long, ...cpus] }])), "0");
});

testInit("no CPU at all is refused", (init) => {
  for (const none of [new Uint8Array(8), new Uint8Array(0)]) {
    assertFailure(init.run([{ ops: [{ op: "set_affinity", cpus: none }] }]), 0, "EINVAL");
  }
});

testInit("an affinity is forgotten when it is reset", (init, t) => {
  if (availableParallelism() < 2) return t.skip("the machine has one CPU");
  const all = output(init.run([{ ops: cpus }]));
  const first: BareOp = { op: "set_affinity", cpus: Uint8Array.of(1) };
  const ops: readonly BareOp[] = [first, { op: "reset_affinity" }, ...cpus];
  assert.equal(output(init.run([{ ops }])), all);
  assert.notEqual(all, "0");
});

testInit("scheduling policy and nice value are those of the program", (init) => {
  const batch = scheduler({ policy: 3, nice: 19 });
  assert.equal(output(init.run([{ ops: [batch, ...chrt] }])), "SCHED_BATCH\n0\n");
  assert.equal(output(init.run([{ ops: [batch, ...shell("nice")] }])), "19\n");
  assert.equal(output(init.run([{ ops: [scheduler({ policy: 5 }), ...chrt] }])), "SCHED_IDLE\n0\n");
});

testInit("a real-time priority is that of the program", (init, t) => {
  if (!can("chrt", "-f", "7", "true")) return t.skip("the machine allows no SCHED_FIFO");
  const fifo = scheduler({ policy: 1, priority: 7 });
  assert.equal(output(init.run([{ ops: [fifo, ...chrt] }])), "SCHED_FIFO\n7\n");
});

testInit("deadline parameters are those of the program", (init, t) => {
  const times = ["-T", "42000", "-D", "1000000", "-P", "1000000"];
  if (!can("chrt", "-d", ...times, "0", "true")) {
    return t.skip("the machine allows no SCHED_DEADLINE");
  }
  const deadline = scheduler({
    policy: 6,
    flags: RESET_ON_FORK,
    runtime: 42_000n,
    deadline: 1_000_000n,
    period: 1_000_000n,
  });
  assert.equal(
    output(init.run([{ ops: [deadline, ...chrt] }])),
    "SCHED_DEADLINE|SCHED_RESET_ON_FORK\n0\n42000/1000000/1000000\n",
  );
});

testInit("scheduler parameters that make no sense are refused", (init) => {
  const refused = (op: BareOp): void => assertFailure(init.run([{ ops: [op] }]), 0, "EINVAL");
  refused(scheduler({ policy: 0, priority: 5 }));
  refused(scheduler({ policy: 1 }));
  refused(scheduler({ policy: 99 }));
  refused({ op: "set_scheduler", attr: attr({ policy: 0 }).slice(0, 48) });
  refused({ op: "set_scheduler", attr: attr({ policy: 0 }).fill(48, 0, 1) });
});

testInit("an I/O priority is that of the program", (init) => {
  const set: BareOp = { op: "set_io_priority", value: BE_4 };
  assert.equal(output(init.run([{ ops: [set, ...shell("ionice")] }])), "best-effort: prio 4\n");
  const unknown: BareOp = { op: "set_io_priority", value: 7 << 13 };
  assertFailure(init.run([{ ops: [unknown] }]), 0, "EINVAL");
});

testInit("a personality is that of the program", (init, t) => {
  if (process.arch !== "x64") return t.skip("only x86-64 always has a 32-bit personality");
  const set: BareOp = { op: "set_personality", persona: PER_LINUX32 };
  assert.equal(output(init.run([{ ops: [set, ...shell("uname -m")] }])), "i686\n");
  const ask: BareOp = { op: "set_personality", persona: 0xffff_ffff };
  assertFailure(init.run([{ ops: [ask] }]), 0, "EINVAL");
});

testInit("a memory policy is that of the program", (init, t) => {
  // The second word of each line, once.
  const policy = shell("cut -d' ' -f2 /proc/self/numa_maps | sort -u");
  const of = (mode: number, nodes: Uint8Array): string =>
    output(init.run([{ ops: [{ op: "set_memory_policy", mode, nodes }, ...policy] }]));
  if (!can("test", "-e", "/proc/self/numa_maps")) return t.skip("a kernel without NUMA");
  const node0 = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);
  assert.equal(of(MPOL_BIND, node0), "bind:0\n");
  assert.equal(of(MPOL_INTERLEAVE, node0), "interleave:0\n");
  assert.equal(of(MPOL_PREFERRED, node0), "prefer:0\n");
  assert.equal(of(MPOL_LOCAL, new Uint8Array(0)), "local\n");
  assert.equal(of(0, new Uint8Array(0)), "default\n");
});

testInit("memory policies that make no sense are refused", (init) => {
  const refused = (mode: number, nodes: Uint8Array): void => {
    const op: BareOp = { op: "set_memory_policy", mode, nodes };
    assertFailure(init.run([{ ops: [op] }]), 0, "EINVAL");
  };
  refused(99, new Uint8Array(8));
  refused(MPOL_BIND, new Uint8Array(8));
  refused(MPOL_BIND, Uint8Array.of(1));
});
