// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS } from "../../src/sys/constants.ts";
import { assertFailure, type BareOp, output, shell, testInit } from "./testing/init.ts";

testInit("clone makes a sibling that goes on, and reports it before it does", (init) => {
  const clone: BareOp = { op: "clone", flags: 0n };
  const ops: readonly BareOp[] = [clone, { op: "send_fd", fd: "cwd", tag: 5 }];
  const result = init.run([{ ops: ops.slice(0, 1) }, { ops: shell("echo $$ $PPID") }]);
  const [pid] = result.reports;
  assert.deepEqual([pid?.kind, pid?.link], ["pid", "anon_inode:[pidfd]"]);
  assert.deepEqual(
    result.reports.map((report) => report.kind),
    ["pid", "done"],
  );
  const [own, parent] = output(result).trim().split(" ").map(Number);
  assert.equal(own, pid?.value);
  assert.notEqual(parent, own);
  assert.equal(result.statuses.length, 2);
});

testInit("a child whose parent dies before it has reported it does not go on", (init) => {
  const clone: BareOp = { op: "clone", flags: 0n };
  const result = init.run([{ ops: [clone, ...shell("echo on")] }], { kill: ["sendmsg"] });
  assert.deepEqual([result.reports, result.ended, result.stdout], [[], true, ""]);
  // SIGSYS, and perhaps with a core.
  const statuses = result.statuses.map((status) => status & ~0x80);
  assert.deepEqual(new Set(statuses), new Set([31, 1 << 8]));
});

testInit("clone can make namespaces", (init) => {
  const clone: BareOp = { op: "clone", flags: BigInt(CLONE_NEWPID) };
  assert.equal(output(init.run([{ ops: [clone, ...shell("echo $$")] }])), "1\n");
});

testInit("clone fails with the kernel's errno", (init) => {
  // CLONE_THREAD without CLONE_SIGHAND
  assertFailure(init.run([{ ops: [{ op: "clone", flags: 0x10000n }] }]), 0, "EINVAL");
});

testInit("unshare and setns change namespaces", (init) => {
  const inputs = [{ slot: "uts", path: "/proc/self/ns/uts", flags: 0 }];
  const name = (text: string): BareOp => ({ op: "sethostname", name: text });
  const ops: readonly BareOp[] = [
    { op: "unshare", flags: CLONE_NEWUTS },
    name("inside"),
    ...shell("hostname; nsenter --uts=/proc/$PPID/ns/uts hostname"),
  ];
  const [inside, outside] = output(init.run([{ ops }]))
    .trim()
    .split("\n");
  assert.equal(inside, "inside");
  assert.notEqual(outside, "inside");
  const back: readonly BareOp[] = [
    { op: "unshare", flags: CLONE_NEWUTS },
    name("inside"),
    { op: "setns", fd: "uts", nstype: CLONE_NEWUTS },
    ...shell("hostname"),
  ];
  assert.equal(output(init.run([{ inputs, ops: back }])).trim(), outside);
});

testInit("setns refuses what is no such namespace", (init) => {
  const inputs = [{ slot: "uts", path: "/proc/self/ns/uts", flags: 0 }];
  const setns = (fd: string): BareOp => ({ op: "setns", fd, nstype: CLONE_NEWNS });
  assertFailure(init.run([{ inputs, ops: [setns("uts")] }]), 0, "EINVAL");
  assertFailure(init.run([{ ops: [setns("cwd")] }]), 0, "EBADF");
});

testInit("unshare gives up on EINVAL", (init) => {
  assertFailure(init.run([{ ops: [{ op: "unshare", flags: 1 }] }]), 0, "EINVAL");
});

testInit("setsid makes a session once", (init) => {
  const ops: readonly BareOp[] = [{ op: "setsid" }, ...shell("cut -d' ' -f1,6 /proc/$$/stat")];
  const [pid, session] = output(init.run([{ ops }]))
    .trim()
    .split(" ");
  assert.equal(pid, session);
  assertFailure(init.run([{ ops: [{ op: "setsid" }, { op: "setsid" }] }]), 1, "EPERM");
});

testInit("set_dumpable hides the process from others of its user", (init) => {
  const dumpable = (value: number): BareOp => ({ op: "set_dumpable", value });
  const owner: BareOp = { op: "set_uid", uid: 65534 };
  const open: BareOp = {
    op: "open",
    dir: "cwd",
    path: "/proc/self/environ",
    flags: 0,
    mode: 0,
    out: "e",
  };
  assertFailure(init.run([{ ops: [owner, dumpable(0), open] }]), 2, "EACCES");
  output(init.run([{ ops: [owner, dumpable(1), open, ...shell("true")] }]));
  assertFailure(init.run([{ ops: [dumpable(9)] }]), 0, "EINVAL");
});

testInit("session_keyring makes a keyring with the permissions added", (init) => {
  const keyring: BareOp = { op: "session_keyring", name: "_ses.test", permissions: 0x80000 };
  const line = output(init.run([{ ops: [keyring, ...shell("grep _ses.test /proc/keys")] }]));
  const permissions = Number.parseInt(line.trim().split(/\s+/)[4] ?? "", 16);
  assert.equal(permissions & 0x80000, 0x80000, line);
  const none: BareOp = { ...keyring, permissions: 0, tolerate: ["ENOSYS"] };
  assert.match(output(init.run([{ ops: [none, ...shell("grep _ses.test /proc/keys")] }])), /_ses/);
  assert.equal(
    output(init.run([{ ops: [none, ...shell("echo on")] }], { deny: ["keyctl"] })),
    "on\n",
  );
  assertFailure(init.run([{ ops: [keyring] }], { deny: ["keyctl"] }), 0, "ENOSYS");
});

testInit("reset_affinity allows all CPUs that the cpuset has", (init) => {
  const ops = [
    { op: "reset_affinity" } as const,
    ...shell("grep Cpus_allowed_list /proc/self/status; nproc --all"),
  ];
  const all = output(
    init.run([{ ops: shell("grep Cpus_allowed_list /proc/self/status; nproc --all") }]),
  );
  assert.equal(output(init.run([{ ops }])), all);
  assertFailure(
    init.run([{ ops: [{ op: "reset_affinity" }] }], { deny: ["sched_setaffinity"] }),
    0,
    "ENOSYS",
  );
});

testInit("loopback_up raises lo of the process's network namespace", (init) => {
  const flags = shell("mount -t sysfs sysfs /sys; cat /sys/class/net/lo/flags");
  const unshare: BareOp = { op: "unshare", flags: CLONE_NEWNET };
  assert.equal(output(init.run([{ ops: [unshare, ...flags] }])), "0x8\n");
  assert.equal(output(init.run([{ ops: [unshare, { op: "loopback_up" }, ...flags] }])), "0x9\n");
  const weak: BareOp = { op: "set_caps", effective: 0n, permitted: 0n, inheritable: 0n };
  assertFailure(init.run([{ ops: [unshare, weak, { op: "loopback_up" }] }]), 2, "EPERM");
});

testInit("socket makes one of the network namespace that the process is in by then", (init) => {
  const socket: BareOp = { op: "socket", domain: 16, type: 3, protocol: 0, out: "socket" };
  const send: BareOp = { op: "send_fd", fd: "socket", tag: 7 };
  const result = init.run([{ ops: [socket, send, { op: "unshare", flags: CLONE_NEWNET }] }]);
  const [report] = result.reports;
  assert.deepEqual([report?.kind, report?.value], ["fd", 7]);
  assert.match(report?.link ?? "", /^socket:/);
  const unknown: BareOp = { op: "socket", domain: 9999, type: 3, protocol: 0, out: "socket" };
  assertFailure(init.run([{ ops: [unknown] }]), 0, "EAFNOSUPPORT");
});
