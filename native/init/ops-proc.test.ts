// SPDX-License-Identifier: Apache-2.0
// Writing into procfs: what arrives, and what is refused because somebody has put something else there (CVE-2019-16884,
// CVE-2025-52881).

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWUTS, O_PATH } from "../../src/sys/constants.ts";
import {
  assertFailure,
  type BareOp,
  type Input,
  output,
  shell,
  temporaryDirectory,
  testInit,
} from "./testing/init.ts";

const proc: Input = { slot: "proc", path: "/proc" };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** In a pid namespace of its own, with a procfs of its own. */
const OWN_PROCFS: readonly BareOp[] = [
  { op: "unshare", flags: CLONE_NEWPID },
  { op: "clone", flags: 0n },
  { op: "procfs", out: "proc" },
];

function write(dir: string, path: string, text: string): BareOp {
  return { op: "write_proc", dir, path, data: bytes(text) };
}

function bindOver(source: string, target: string): readonly BareOp[] {
  const open = (path: string, out: string): BareOp => ({
    op: "open",
    dir: "cwd",
    path,
    flags: O_PATH,
    mode: 0,
    out,
  });
  const rest = { recursive: 0, set: 0n, clear: 0n, propagation: 0n };
  return [
    open(source, "source"),
    open(target, "target"),
    { op: "bind", source: "source", target: "target", ...rest },
  ];
}

testInit("procfs shows the processes of the own pid namespace and nothing of the host", (init) => {
  const ops: readonly BareOp[] = [
    ...OWN_PROCFS,
    { op: "open", dir: "proc", path: "self/status", flags: 0, mode: 0, out: "status" },
    { op: "dup2", fd: "status", target: 0 },
  ];
  const result = init.run([{ inputs: [proc], ops: [...ops, ...shell("grep -w NSpid")] }]);
  assert.match(output(result), /^NSpid:\t1$/m);
  const host: BareOp = { op: "open", dir: "proc", path: "sys", flags: O_PATH, mode: 0, out: "sys" };
  assertFailure(init.run([{ inputs: [proc], ops: [...ops, host] }]), 5, "ENOENT");
});

testInit("write_proc changes the process itself, in its own pid namespace too", (init) => {
  for (const before of [[], OWN_PROCFS]) {
    const ops: readonly BareOp[] = [
      ...before,
      { op: "proc_self", proc: "proc", out: "self" },
      write("self", "coredump_filter", "0x5"),
      ...shell("cat /proc/self/coredump_filter"),
    ];
    assert.equal(output(init.run([{ inputs: [proc], ops }])), "00000005\n");
  }
});

testInit(
  "write_proc sets what belongs to the namespaces of the process, and nothing else",
  (init) => {
    const host = readFileSync("/proc/sys/kernel/domainname", "utf8");
    const ops: readonly BareOp[] = [
      { op: "unshare", flags: CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWPID },
      { op: "clone", flags: 0n },
      { op: "procfs_full", out: "sysctl" },
      write("sysctl", "sys/net/ipv4/ip_unprivileged_port_start", "7"),
      write("sysctl", "sys/kernel/domainname", "inside"),
      { op: "close", fd: "sysctl" },
      ...shell(
        "cd /proc/sys; cat net/ipv4/ip_unprivileged_port_start kernel/domainname; ls /proc/self/fd",
      ),
    ];
    assert.equal(output(init.run([{ inputs: [proc], ops }])), "7\ninside\n0\n1\n2\n3\n");
    assert.equal(readFileSync("/proc/sys/kernel/domainname", "utf8"), host);
  },
);

testInit("an empty value is one write of nothing", (init) => {
  const self: BareOp = { op: "proc_self", proc: "proc", out: "self" };
  const result = init.run([{ inputs: [proc], ops: [self, write("self", "comm", "")] }]);
  assert.equal(result.reports.at(-1)?.kind, "done");
});

testInit("write_proc refuses a file that something is mounted over", (init, t) => {
  const fake = join(temporaryDirectory(t), "fake");
  writeFileSync(fake, "untouched");
  // A file of another filesystem, and one of the procfs itself that the write would do harm in.
  for (const source of [fake, "/proc/sys/kernel/core_pattern"]) {
    const ops = [
      ...bindOver(source, "/proc/self/attr/exec"),
      { op: "proc_self", proc: "proc", out: "self" },
      write("self", "attr/exec", "exec unconfined"),
    ] as const;
    const before = readFileSync(source, "utf8");
    assertFailure(init.run([{ inputs: [proc], ops }]), 4, "EXDEV");
    assert.equal(readFileSync(source, "utf8"), before);
  }
});

testInit("write_proc refuses a directory that something is mounted over", (init, t) => {
  const fake = temporaryDirectory(t);
  writeFileSync(join(fake, "exec"), "untouched");
  const ops = [
    ...bindOver(fake, "/proc/self/attr"),
    { op: "proc_self", proc: "proc", out: "self" },
    write("self", "attr/exec", "exec unconfined"),
  ] as const;
  assertFailure(init.run([{ inputs: [proc], ops }]), 4, "EXDEV");
  assert.equal(readFileSync(join(fake, "exec"), "utf8"), "untouched");
});

testInit("a procfs of one's own shows nothing that is mounted over another", (init, t) => {
  const fake = join(temporaryDirectory(t), "fake");
  writeFileSync(fake, "untouched");
  const ops: readonly BareOp[] = [
    ...bindOver(fake, "/proc/sys/kernel/domainname"),
    { op: "unshare", flags: CLONE_NEWUTS },
    { op: "procfs_full", out: "sysctl" },
    write("sysctl", "sys/kernel/domainname", "real"),
    ...shell("domainname"),
  ];
  assert.equal(output(init.run([{ inputs: [proc], ops }])), "real\n");
  assert.equal(readFileSync(fake, "utf8"), "untouched");
});

testInit("write_proc takes no other filesystem for a procfs", (init, t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, "attr"));
  writeFileSync(join(directory, "attr/exec"), "untouched");
  const inputs = [proc, { slot: "fake", path: directory }];
  assertFailure(init.run([{ inputs, ops: [write("fake", "attr/exec", "x")] }]), 0, "EXDEV");
  assert.equal(readFileSync(join(directory, "attr/exec"), "utf8"), "untouched");
  symlinkSync(String(process.pid), join(directory, "self"));
  const self: BareOp = { op: "proc_self", proc: "fake", out: "self" };
  assertFailure(init.run([{ inputs, ops: [self] }]), 0, "EXDEV");
});

testInit("proc_self takes the root of a procfs and nothing below it", (init) => {
  const self: BareOp = { op: "proc_self", proc: "below", out: "self" };
  const inputs = [proc, { slot: "below", path: "/proc/sys" }];
  assertFailure(init.run([{ inputs, ops: [self] }]), 0, "EXDEV");
});

testInit("write_proc follows no link and leaves no directory", (init) => {
  const self: BareOp = { op: "proc_self", proc: "proc", out: "self" };
  for (const [path, errno] of [
    ["cwd/etc/hostname", "ELOOP"],
    ["fd/0", "ELOOP"],
    ["root/proc/self/comm", "ELOOP"],
    ["../1/comm", "EXDEV"],
    ["/proc/self/comm", "EXDEV"],
    ["attr", "EISDIR"],
    ["nothing", "ENOENT"],
  ] as const) {
    const result = init.run([{ inputs: [proc], ops: [self, write("self", path, "x")] }]);
    assertFailure(result, 1, errno);
  }
});

testInit("write_proc passes on what the kernel says of the value", (init) => {
  const self: BareOp = { op: "proc_self", proc: "proc", out: "self" };
  const ops = [self, write("self", "oom_score_adj", "nonsense")];
  assertFailure(init.run([{ inputs: [proc], ops }]), 1, "EINVAL");
});
