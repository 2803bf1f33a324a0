// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  assertFailure,
  type BareOp,
  output,
  temporaryDirectory,
  testInit,
} from "./testing/init.ts";

const find = (...candidates: readonly string[]): BareOp => ({ op: "find_exec", candidates });

testInit("exec gets exactly its arguments and environment", (init) => {
  const argv = ["name", "/proc/self/cmdline", "/proc/self/environ", "--", "", "a b", "é"];
  const env = ["A=1", "B=x=y", "EMPTY=", "A=2", "odd"];
  const { stdout } = init.run([{ ops: [find("/bin/cat"), { op: "exec", argv, env }] }]);
  assert.deepEqual(stdout.split("\0"), [...argv, ...env, ""]);
});

testInit("exec takes as many strings as the kernel does", (init) => {
  const argv = ["true", ...Array.from({ length: 60_000 }, () => "x")];
  output(init.run([{ ops: [find("/bin/true"), { op: "exec", argv, env: [] }] }]));
  const long = ["true", "x".repeat(200_000)];
  assertFailure(
    init.run([{ ops: [find("/bin/true"), { op: "exec", argv: long, env: [] }] }]),
    1,
    "E2BIG",
  );
});

testInit("exec works in a later program than find_exec", (init) => {
  const exec: BareOp = { op: "exec", argv: ["echo", "on"], env: [] };
  assert.equal(output(init.run([{ ops: [find("/bin/echo")] }, { ops: [exec] }])), "on\n");
});

testInit("exec without a program or an argument is refused", (init) => {
  assertFailure(init.run([{ ops: [{ op: "exec", argv: ["x"], env: [] }] }]), 0, "EINVAL");
  assertFailure(
    init.run([{ ops: [find("/bin/true"), { op: "exec", argv: [], env: [] }] }]),
    1,
    "EINVAL",
  );
});

testInit("exec of something that is no program fails", (init, t) => {
  const file = join(temporaryDirectory(t), "f");
  writeFileSync(file, "no program", { mode: 0o755 });
  assertFailure(
    init.run([{ ops: [find(file), { op: "exec", argv: ["f"], env: [] }] }]),
    1,
    "ENOEXEC",
  );
});

testInit("find_exec with one candidate says what is wrong with it", (init, t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, "plain"), "");
  mkdirSync(join(directory, "private"), 0o700);
  chmodSync(directory, 0o755);
  symlinkSync("loop", join(directory, "loop"));
  execFileSync("mkfifo", ["-m", "777", join(directory, "fifo")]);
  const fails = (path: string, errno: string) =>
    assertFailure(init.run([{ ops: [find(join(directory, path))] }]), 0, errno);
  fails("missing", "ENOENT");
  fails("plain", "EACCES");
  fails("plain/x", "ENOTDIR");
  fails("", "EISDIR");
  fails("loop", "ELOOP");
  fails("fifo", "EACCES");
  assertFailure(init.run([{ ops: [find(`/${"x/".repeat(3000)}`)] }]), 0, "ENAMETOOLONG");
  const user: BareOp = { op: "set_uid", uid: 1000 };
  assertFailure(init.run([{ ops: [user, find(join(directory, "private/x"))] }]), 1, "EACCES");
});

testInit("find_exec takes the first candidate that can be executed", (init, t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, "echo"), "");
  mkdirSync(join(directory, "sub/echo"), { recursive: true });
  const candidates = [join(directory, "echo"), join(directory, "sub/echo"), "/nowhere/echo"];
  const exec: BareOp = { op: "exec", argv: ["echo", "on"], env: [] };
  assert.equal(output(init.run([{ ops: [find(...candidates, "/bin/echo"), exec] }])), "on\n");
  assertFailure(init.run([{ ops: [find(...candidates)] }]), 0, "EACCES");
  assertFailure(init.run([{ ops: [find(...candidates.slice(1))] }]), 0, "ENOENT");
  assertFailure(init.run([{ ops: [find()] }]), 0, "ENOENT");
});

testInit("find_exec looks with the rights that the process has now", (init, t) => {
  const file = join(temporaryDirectory(t), "f");
  writeFileSync(file, "", { mode: 0o700 });
  chmodSync(join(file, ".."), 0o755);
  const user: BareOp = { op: "set_uid", uid: 1000 };
  for (const options of [{}, { deny: ["faccessat2"] }]) {
    assertFailure(init.run([{ ops: [user, find(file)] }], options), 1, "EACCES");
    assert.equal(init.run([{ ops: [find(file)] }], options).reports[0]?.kind, "done");
  }
});

testInit("ready reports, and the program goes on by itself", (init) => {
  const ops: readonly BareOp[] = [
    { op: "ready" },
    find("/bin/echo"),
    { op: "ready" },
    { op: "exec", argv: ["echo", "on"], env: [] },
  ];
  const result = init.run([{ ops }]);
  assert.equal(output(result), "on\n");
  assert.deepEqual(
    result.reports.map(({ kind }) => kind),
    ["ready", "ready"],
  );
  const failing = init.run([{ ops: [{ op: "ready" }, find("/no/such")] }]);
  assert.equal(failing.reports[0]?.kind, "ready");
  assertFailure(failing, 1, "ENOENT");
});

testInit("fifo_wait blocks until there is a reader and tells it", (init, t) => {
  const directory = temporaryDirectory(t);
  const fifo = join(directory, "fifo");
  execFileSync("mkfifo", [fifo]);
  const got = openSync(join(directory, "got"), "w");
  const reader = spawn("sh", ["-c", `sleep 0.1; exec cat ${fifo}`], {
    stdio: ["ignore", got, "inherit"],
  });
  closeSync(got);
  reader.unref();
  const inputs = [
    { slot: "proc", path: "/proc" },
    { slot: "fifo", path: fifo },
  ];
  const ops: readonly BareOp[] = [
    find("/bin/ls"),
    { op: "fifo_wait", proc: "proc", fifo: "fifo" },
    { op: "exec", argv: ["ls", "/proc/self/fd"], env: [] },
  ];
  assert.equal(output(init.run([{ inputs, ops }])), "0\n1\n2\n3\n");
  execFileSync("sh", [
    "-c",
    `while kill -0 ${reader.pid} 2>/dev/null && ! [ -s ${directory}/got ]; do sleep 0.01; done`,
  ]);
  assert.equal(readFileSync(join(directory, "got"), "utf8"), "0");
});

testInit("fifo_wait survives a reader that goes away", (init, t) => {
  const fifo = join(temporaryDirectory(t), "fifo");
  execFileSync("mkfifo", [fifo]);
  // Opened without blocking and closed at once, again and again: open succeeds, write may not.
  const reader = spawn("sh", ["-c", `for i in 1 2 3 4 5 6 7 8 9; do : < ${fifo}; done`], {
    stdio: "ignore",
  });
  reader.unref();
  const inputs = [
    { slot: "proc", path: "/proc" },
    { slot: "fifo", path: fifo },
  ];
  const result = init.run([{ inputs, ops: [{ op: "fifo_wait", proc: "proc", fifo: "fifo" }] }]);
  reader.kill();
  const [report] = result.reports;
  assert.ok(report?.kind === "done" || report?.errno === 32, JSON.stringify(result));
});

testInit("fifo_wait needs a fifo that it may write", (init, t) => {
  const directory = temporaryDirectory(t);
  const inputs = [
    { slot: "proc", path: "/proc" },
    { slot: "fifo", path: directory },
  ];
  const wait: BareOp = { op: "fifo_wait", proc: "proc", fifo: "fifo" };
  assertFailure(init.run([{ inputs, ops: [wait] }]), 0, "EISDIR");
  assertFailure(
    init.run([
      {
        inputs,
        ops: [
          { op: "close", fd: "fifo" },
          { ...wait, proc: "proc", fifo: "cwd" },
        ],
      },
    ]),
    1,
    "EBADF",
  );
});
