// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { O_DIRECTORY, O_PATH } from "../../src/sys/constants.ts";
import {
  assertFailure,
  type BareOp,
  type Input,
  output,
  shell,
  temporaryDirectory,
  testInit,
} from "./testing/init.ts";

interface Root {
  readonly path: string;
  readonly inputs: readonly Input[];
  /** Mounts a devpts of its own at dev/pts. */
  readonly mount: BareOp;
}

function root(t: TestContext): Root {
  const path = temporaryDirectory(t);
  mkdirSync(join(path, "dev/pts"), { recursive: true });
  const inputs = [
    { slot: "proc", path: "/proc" },
    { slot: "r", path },
    { slot: "pts", path: join(path, "dev/pts") },
  ];
  const mount: BareOp = {
    op: "mount_fs",
    type: "devpts",
    source: "devpts",
    options: ["newinstance", "ptmxmode=0666", "mode=0620"],
    attributes: 0n,
    target: "pts",
  };
  return { path, inputs, mount };
}

const console = (rest: { rows?: number; columns?: number; mount?: number } = {}): BareOp => ({
  op: "console",
  root: "r",
  rows: 0,
  columns: 0,
  mount: 0,
  ...rest,
});

testInit("console gives a controlling terminal with a size", (init, t) => {
  const { inputs, mount } = root(t);
  const command =
    "stty size; ls /proc/self/fd; (echo of tty >/dev/tty) && [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo all";
  const ops = [
    mount,
    { op: "setsid" } as const,
    console({ rows: 33, columns: 101 }),
    ...shell(command),
  ];
  const result = init.run([{ inputs, ops }]);
  output(result);
  assert.equal(result.reports[0]?.kind, "console");
  assert.match(result.reports[0]?.link ?? "", /ptmx$/);
  assert.equal(result.console, "33 101\r\n0  1  2  3\r\nof tty\r\nall\r\n");
});

testInit("console without a size leaves it to the client", (init, t) => {
  const { inputs, mount } = root(t);
  const ops = [mount, { op: "setsid" } as const, console(), ...shell("stty size")];
  assert.equal(init.run([{ inputs, ops }]).console, "0 0\r\n");
});

testInit("console binds the slave on dev/console, which it makes", (init, t) => {
  const { path, inputs, mount } = root(t);
  const command = `stat -c '%t:%T' ${path}/dev/console; grep -c ' ${path}/dev/console ' /proc/self/mountinfo; echo x > ${path}/dev/console`;
  const ops = [mount, { op: "setsid" } as const, console({ mount: 1 }), ...shell(command)];
  assert.equal(init.run([{ inputs, ops }]).console, "88:0\r\n1\r\nx\r\n");
  const again = init.run([{ inputs, ops }]);
  assert.equal(again.console, "88:0\r\n1\r\nx\r\n", "an existing file is as good");
});

testInit("console does not follow a link at dev/console", (init, t) => {
  const { path, inputs, mount } = root(t);
  writeFileSync(join(path, "victim"), "");
  symlinkSync("../victim", join(path, "dev/console"));
  const ops = [mount, { op: "setsid" } as const, console({ mount: 1 })];
  assertFailure(init.run([{ inputs, ops }]), 2, "ELOOP");
});

testInit("console takes the ptmx of a devpts only", (init, t) => {
  const { path, inputs, mount } = root(t);
  const ops = [{ op: "setsid" } as const, console()];
  assertFailure(init.run([{ inputs, ops }]), 1, "ENOENT");
  writeFileSync(join(path, "dev/pts/ptmx"), "");
  assertFailure(init.run([{ inputs, ops }]), 1, "ENODEV");
  execFileSync("sh", ["-c", "rm dev/pts/ptmx; mknod dev/pts/ptmx c 5 2"], { cwd: path });
  assertFailure(init.run([{ inputs, ops }]), 1, "ENODEV");
  const reopen: BareOp = {
    op: "open",
    dir: "cwd",
    path: join(path, "dev/pts"),
    flags: O_PATH | O_DIRECTORY,
    mode: 0,
    out: "pts",
  };
  const file: BareOp = { op: "resolve", root: "pts", path: "0", flags: 0, resolve: 0n, out: "x" };
  assertFailure(init.run([{ inputs, ops: [mount, reopen, file] }]), 2, "ENOENT");
});

testInit("console needs a session of its own and a size that fits", (init, t) => {
  const { inputs, mount } = root(t);
  assertFailure(init.run([{ inputs, ops: [mount, console()] }]), 1, "EPERM");
  const huge = console({ rows: 70_000 });
  assertFailure(init.run([{ inputs, ops: [mount, { op: "setsid" }, huge] }]), 2, "EINVAL");
});
