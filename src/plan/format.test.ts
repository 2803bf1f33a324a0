// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatProgram } from "./format.ts";
import type { Op } from "./ops.ts";

function line(op: Op): string {
  return formatProgram({ inputs: [], ops: [op] });
}

test("inputs come first, then one op a line", () => {
  const text = formatProgram({
    inputs: ["proc", "rootfs"],
    ops: [
      { op: "setsid", why: "new session" },
      { op: "chdir", path: "/", why: "" },
    ],
  });
  assert.equal(text, 'inputs proc rootfs\nsetsid\nchdir path="/"\n');
});

test("bits have the kernel's names, and those without one are in hexadecimal", () => {
  assert.equal(
    line({ op: "unshare", flags: 0x2c02_0000, why: "" }),
    "unshare flags=CLONE_NEWPID|CLONE_NEWIPC|CLONE_NEWUTS|CLONE_NEWNS\n",
  );
  assert.equal(
    line({ op: "mount_attr", fd: "m", set: 0x1000_000fn, clear: 0n, recursive: 1, why: "" }),
    "mount_attr fd=m set=NOEXEC|NODEV|NOSUID|RDONLY|0x10000000 clear=0 recursive=1\n",
  );
  assert.equal(
    line({ op: "open", dir: "cwd", path: "/", flags: 0x290000, mode: 0, out: "r", why: "" }),
    'open dir=cwd path="/" flags=O_PATH|O_CLOEXEC|O_DIRECTORY mode=0 out=r\n',
  );
  assert.equal(
    line({ op: "drop_bounding", keep: 0x21n, why: "" }),
    "drop_bounding keep=CHOWN|KILL\n",
  );
  assert.equal(
    line({ op: "set_ambient", mask: 1n << 63n, why: "" }),
    "set_ambient mask=0x8000000000000000\n",
  );
});

test("modes are octal, devices major:minor, and -1 is what it means", () => {
  assert.equal(
    line({
      op: "mknod",
      dir: "d",
      name: "n",
      mode: 0o20666,
      device: 0x103n,
      uid: 0,
      gid: 5,
      why: "",
    }),
    'mknod dir=d name="n" mode=020666 device=1:3 uid=0 gid=5\n',
  );
  assert.equal(
    line({ op: "fchown", fd: 1, uid: 7, gid: 0xffff_ffff, why: "" }),
    "fchown fd=1 uid=7 gid=-1\n",
  );
});

test("what a process is treated as has the kernel's names, and what has none is a number", () => {
  const attr = new DataView(new ArrayBuffer(56));
  attr.setUint32(0, 56, true);
  attr.setUint32(4, 3, true);
  attr.setBigUint64(8, 0x81n, true);
  attr.setInt32(16, -5, true);
  const ops = [
    { op: "set_scheduler", attr: new Uint8Array(attr.buffer), why: "" },
    { op: "set_io_priority", value: (2 << 13) | 4, why: "" },
    { op: "set_io_priority", value: 7 << 13, why: "" },
    { op: "set_personality", persona: 8, why: "" },
    { op: "set_memory_policy", mode: 0x8002, nodes: new Uint8Array(8).fill(5, 0, 1), why: "" },
    { op: "set_memory_policy", mode: 9, nodes: new Uint8Array(0), why: "" },
  ] satisfies Op[];
  assert.deepEqual(ops.map(line), [
    "set_scheduler attr=policy:BATCH,flags:RESET_ON_FORK|0x80,nice:-5,priority:0,runtime:0,deadline:0,period:0\n",
    "set_io_priority value=BE:4\n",
    "set_io_priority value=7:0\n",
    "set_personality persona=LINUX32\n",
    "set_memory_policy mode=BIND|STATIC_NODES nodes=[0,2]\n",
    "set_memory_policy mode=9 nodes=[]\n",
  ]);
});

test("bytes are text if they can be, groups are numbers", () => {
  const write = (data: Uint8Array): Op => ({ op: "write", fd: "f", data, why: "" });
  assert.equal(line(write(new TextEncoder().encode("0"))), 'write fd=f data="0"\n');
  assert.equal(line(write(Uint8Array.of(0, 200))), "write fd=f data=0x00c8\n");
  const gids = new Uint8Array(Uint32Array.of(5, 1000).buffer);
  assert.equal(line({ op: "set_groups", gids, why: "" }), "set_groups gids=[5,1000]\n");
});

test("strings are quoted so that each op stays on its line", () => {
  assert.equal(
    line({ op: "exec", argv: ["a\nb", '"'], env: ["A=é"], why: "" }),
    'exec argv=["a\\nb","\\""] env=["A=é"]\n',
  );
});

test("what is tolerated and what is done then stand behind the op", () => {
  const otherwise: Op = { op: "unlink", dir: "d", name: "n", tolerate: ["EPERM"], why: "" };
  assert.equal(
    line({
      op: "symlink",
      dir: "d",
      name: "n",
      target: "t",
      tolerate: ["EEXIST", "EROFS"],
      otherwise,
      why: "",
    }),
    'symlink dir=d name="n" target="t" tolerate EEXIST,EROFS otherwise unlink dir=d name="n" tolerate EPERM\n',
  );
});
