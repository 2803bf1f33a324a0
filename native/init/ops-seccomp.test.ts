// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { O_PATH, O_RDONLY, O_WRONLY } from "../../src/sys/constants.ts";
import {
  assertFailure,
  type BareOp,
  type Input,
  output,
  shell,
  temporaryDirectory,
  testInit,
} from "./testing/init.ts";

const LOAD_NR = [0x20, 0, 0, 0];
const RETURN = 0x06;
const ALLOW = 0x7fff_0000;
const KILL_PROCESS = 0x8000_0000;
const EPERM = 0x0005_0001;
const ENOSYS = 0x0005_0026;

const X64 = process.arch === "x64";
/** Numbers of system calls here. */
const NR = {
  mkdir: X64 ? 83 : 34,
  sethostname: X64 ? 170 : 161,
  close_range: 436,
  faccessat2: 439,
  setresuid: X64 ? 117 : 147,
};

type Instruction = readonly [code: number, jt: number, jf: number, k: number];

function encode(program: readonly (readonly number[])[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * program.length));
  for (const [index, [code = 0, jt = 0, jf = 0, k = 0]] of program.entries()) {
    view.setUint16(8 * index, code, true);
    view.setUint8(8 * index + 2, jt);
    view.setUint8(8 * index + 3, jf);
    view.setUint32(8 * index + 4, k, true);
  }
  return new Uint8Array(view.buffer);
}

/** Allows everything but some calls. */
function denying(calls: readonly number[], action: number): Uint8Array {
  const rules = calls.flatMap((nr): Instruction[] => [
    [0x15, 0, 1, nr],
    [RETURN, 0, 0, action],
  ]);
  return encode([LOAD_NR, ...rules, [RETURN, 0, 0, ALLOW]]);
}

function filterInput(t: TestContext, bytes: Uint8Array, flags = O_RDONLY): Input {
  const path = join(temporaryDirectory(t), "filter");
  writeFileSync(path, bytes);
  return { slot: "f", path, flags };
}

const LOAD: BareOp = { op: "load_filter", filter: "f" };
const install = (flags = 0): BareOp => ({ op: "seccomp", flags });
const noCaps: BareOp = { op: "set_caps", effective: 0n, permitted: 0n, inheritable: 0n };
const status = shell("grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status");
const inForce = (noNewPrivs: number): string => `NoNewPrivs:\t${noNewPrivs}\nSeccomp:\t2\n`;

testInit("a filter is in force for the program", (init, t) => {
  const inputs = [filterInput(t, denying([NR.sethostname], EPERM))];
  assert.equal(output(init.run([{ inputs, ops: [LOAD, install(), ...status] }])), inForce(0));
  const denied: readonly BareOp[] = [LOAD, install(), { op: "sethostname", name: "x" }];
  assertFailure(init.run([{ inputs, ops: denied }]), 2, "EPERM");
});

testInit(
  "a filter that is loaded is not in force yet, and needs its descriptor no more",
  (init, t) => {
    const inputs = [filterInput(t, denying([NR.sethostname], EPERM))];
    const ops: readonly BareOp[] = [
      LOAD,
      { op: "close_from", first: 3 },
      { op: "unshare", flags: 0x0400_0000 },
      { op: "sethostname", name: "x" },
      install(4),
      ...status,
    ];
    assert.equal(output(init.run([{ inputs, ops }])), inForce(0));
  },
);

testInit("a filter survives from one program to the next", (init, t) => {
  const inputs = [filterInput(t, denying([NR.sethostname], EPERM))];
  assert.equal(
    output(init.run([{ inputs, ops: [LOAD] }, { ops: [install(), ...status] }])),
    inForce(0),
  );
});

testInit("without CAP_SYS_ADMIN a filter takes no_new_privs", (init, t) => {
  const inputs = [filterInput(t, denying([NR.sethostname], EPERM))];
  assertFailure(init.run([{ inputs, ops: [noCaps, LOAD, install()] }]), 2, "EACCES");
  const ops: readonly BareOp[] = [noCaps, { op: "no_new_privs" }, LOAD, install(), ...status];
  assert.equal(output(init.run([{ inputs, ops }])), inForce(1));
});

testInit("execve is the only call after a filter that comes last", (init, t) => {
  const execve = X64 ? 59 : 221;
  // What kills the program's first call kills nothing of init.
  const filter = encode([
    LOAD_NR,
    [0x15, 1, 0, execve],
    [RETURN, 0, 0, KILL_PROCESS],
    [RETURN, 0, 0, ALLOW],
  ]);
  const inputs = [filterInput(t, filter)];
  const [find, exec] = shell("true");
  assert.ok(find && exec);
  const ops = [LOAD, find, { op: "close_from", first: 3 } as const, install(), exec];
  const result = init.run([{ inputs, ops }]);
  assert.ok(result.ended);
  const failed = result.reports.filter(({ kind }) => kind === "failed");
  assert.deepEqual(failed, [], "execve came through");
  const SIGSYS = 31;
  assert.deepEqual(
    result.statuses.map((one) => one & 0x7f),
    [SIGSYS],
    "and the program began",
  );
});

testInit("init ends under a filter that forbids everything, its end as well", (init, t) => {
  const inputs = [filterInput(t, encode([[RETURN, 0, 0, EPERM]]))];
  const result = init.run([{ inputs, ops: [LOAD, install(), ...shell("true")] }]);
  assert.ok(result.ended);
  assert.deepEqual(result.reports, [], "nothing can be said");
  const signals = result.statuses.map((one) => one & 0x7f);
  assert.equal(signals.length, 1);
  assert.notEqual(signals[0], 0, "by the signal of a fault: which one is the machine's affair");
});

for (const [answer, action] of [
  ["is unknown", ENOSYS],
  ["is denied", EPERM],
] as const) {
  testInit(`what follows a filter goes on where a newer call ${answer}`, (init, t) => {
    const calls = [NR.close_range, NR.faccessat2];
    const inputs = [filterInput(t, denying(calls, action))];
    const ops: readonly BareOp[] = [
      LOAD,
      { op: "open", dir: "cwd", path: "/", flags: O_PATH, mode: 0, out: "left" },
      install(),
      { op: "find_exec", candidates: ["/bin/sh"] },
      { op: "close_from", first: 3 },
      { op: "exec", argv: ["sh", "-c", "cd /proc/self/fd; echo *"], env: ["PATH=/bin"] },
    ];
    assert.match(output(init.run([{ inputs, ops }])), /^0 1 2( 3)?\n$/);
  });
}

testInit("ids change without the calls that only few programs make", (init, t) => {
  const inputs = [filterInput(t, denying([NR.setresuid], KILL_PROCESS))];
  const ops: readonly BareOp[] = [
    LOAD,
    install(),
    { op: "set_uid", uid: 1234 },
    ...shell("grep ^Uid: /proc/self/status"),
  ];
  assert.equal(output(init.run([{ inputs, ops }])), "Uid:\t1234\t1234\t1234\t1234\n");
});

testInit("what is no filter is refused", (init, t) => {
  const good = denying([NR.mkdir], EPERM);
  for (const [bytes, errno] of [
    [new Uint8Array(), "EINVAL"],
    [good.subarray(0, 12), "EINVAL"],
    [new Uint8Array(4097 * 8), "EFBIG"],
  ] as const) {
    assertFailure(init.run([{ inputs: [filterInput(t, bytes)], ops: [LOAD] }]), 0, errno);
  }
  const closed = filterInput(t, good, O_PATH);
  assertFailure(init.run([{ inputs: [closed], ops: [LOAD] }]), 0, "EBADF");
  const pipe: Input = { slot: "f", path: "/dev/null", flags: O_RDONLY };
  assertFailure(init.run([{ inputs: [pipe], ops: [LOAD] }]), 0, "EINVAL");
});

const NEW_LISTENER = 8;
const NOTIFY = 0x7fc0_0000;
const listen = (flags = NEW_LISTENER): BareOp => ({ op: "seccomp_listen", flags, gate: "gate" });
const gate = (path: string): Input => ({ slot: "gate", path, flags: O_WRONLY });

testInit("a listener is told of by its number, and does not stay", (init, t) => {
  const inputs = [filterInput(t, denying([NR.mkdir], NOTIFY)), gate("/dev/null")];
  const list = shell("echo /proc/self/fd/*; grep ^Seccomp: /proc/self/status");
  const result = init.run([{ inputs, ops: [LOAD, listen(), ...list] }]);
  const listeners = result.reports.filter(({ kind }) => kind === "listener");
  assert.equal(listeners.length, 1);
  const { value = 0, link } = listeners[0] ?? {};
  assert.ok(value > 3, `${value}`);
  assert.equal(link, undefined, "a number, no descriptor: that takes a call that may ask");
  assert.match(output(result), /^(\/proc\/self\/fd\/[0-3] ?)+\nSeccomp:\t2\n$/);
});

testInit("before the gate is open nothing is called but write", (init, t) => {
  const write = X64 ? 1 : 64;
  const filter = encode([
    LOAD_NR,
    [0x15, 1, 0, write],
    [RETURN, 0, 0, KILL_PROCESS],
    [RETURN, 0, 0, ALLOW],
  ]);
  // A gate that can't be passed: then it is told, and the end of init is one that the filter forbids.
  const inputs = [filterInput(t, filter), gate("/dev/full")];
  const result = init.run([{ inputs, ops: [LOAD, listen()] }]);
  assert.deepEqual(
    result.reports.map(({ kind }) => kind),
    ["listener"],
  );
  const SIGSYS = 31;
  assert.deepEqual(
    result.statuses.map((one) => one & 0x7f),
    [SIGSYS],
    "close comes after the gate",
  );
});

testInit("a gate that can't be passed is a failure", (init, t) => {
  const inputs = [filterInput(t, denying([NR.mkdir], NOTIFY)), gate("/dev/full")];
  assertFailure(init.run([{ inputs, ops: [LOAD, listen()] }]), 1, "ENOSPC");
});

testInit("what the kernel does not take is refused", (init, t) => {
  // Without a filter; with one that runs off its end; with a flag that no kernel has.
  assertFailure(init.run([{ ops: [install()] }]), 0, "EINVAL");
  const endless = filterInput(t, encode([LOAD_NR, LOAD_NR]));
  assertFailure(init.run([{ inputs: [endless], ops: [LOAD, install()] }]), 1, "EINVAL");
  const good = filterInput(t, denying([NR.mkdir], EPERM));
  assertFailure(init.run([{ inputs: [good], ops: [LOAD, install(1 << 30)] }]), 1, "EINVAL");
});

testInit("a filter of as many instructions as the kernel takes is installed", (init, t) => {
  const many = encode([...Array<readonly number[]>(4095).fill(LOAD_NR), [RETURN, 0, 0, ALLOW]]);
  const inputs = [filterInput(t, many)];
  assert.equal(output(init.run([{ inputs, ops: [LOAD, install(), ...status] }])), inForce(0));
});
