// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDWR,
  O_WRONLY,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_SYMLINKS,
} from "../../src/sys/constants.ts";
import {
  assertFailure,
  type BareOp,
  output,
  shell,
  temporaryDirectory,
  testInit,
} from "./testing/init.ts";

const proc = { slot: "proc", path: "/proc" } as const;

testInit("open makes and opens files, with the umask", (init, t) => {
  const directory = temporaryDirectory(t);
  const open: BareOp = {
    op: "open",
    dir: "d",
    path: "f",
    flags: O_WRONLY | O_CREAT | O_EXCL,
    mode: 0o666,
    out: "f",
  };
  const write: BareOp = { op: "write", fd: "f", data: new TextEncoder().encode("text") };
  const inputs = [{ slot: "d", path: directory }];
  output(
    init.run([{ inputs, ops: [{ op: "umask", mask: 0o027 }, open, write, ...shell("true")] }]),
  );
  assert.equal(readFileSync(join(directory, "f"), "utf8"), "text");
  assert.equal(statSync(join(directory, "f")).mode & 0o7777, 0o640);
  assertFailure(init.run([{ inputs, ops: [open] }]), 0, "EEXIST");
});

testInit("resolve stays in its root", (init, t) => {
  const root = temporaryDirectory(t);
  symlinkSync("/etc/../../../etc", join(root, "link"));
  mkdirSync(join(root, "etc"));
  const resolve = (path: string, flags: number): BareOp => ({
    op: "resolve",
    root: "r",
    path,
    flags: O_PATH | O_DIRECTORY,
    resolve: BigInt(flags),
    out: "x",
  });
  const inputs = [{ slot: "r", path: root }];
  const send: BareOp = { op: "send_fd", fd: "x", tag: 0 };
  const result = init.run([{ inputs, ops: [resolve("/link", RESOLVE_IN_ROOT), send] }]);
  assert.equal(result.reports[0]?.link, join(root, "etc"));
  assertFailure(init.run([{ inputs, ops: [resolve("link", RESOLVE_NO_SYMLINKS)] }]), 0, "ELOOP");
  assertFailure(init.run([{ inputs, ops: [resolve("no", RESOLVE_IN_ROOT)] }]), 0, "ENOENT");
});

testInit("reopen turns a path descriptor into one that reads and writes", (init, t) => {
  const file = join(temporaryDirectory(t), "f");
  writeFileSync(file, "");
  const inputs = [proc, { slot: "f", path: file }];
  const write: BareOp = { op: "write", fd: "f", data: Uint8Array.of(65) };
  const reopen: BareOp = { op: "reopen", proc: "proc", fd: "f", flags: O_RDWR, out: "f" };
  output(init.run([{ inputs, ops: [reopen, write, ...shell("true")] }]));
  assert.equal(readFileSync(file, "utf8"), "A");
  assertFailure(init.run([{ inputs, ops: [write] }]), 0, "EBADF");
  assertFailure(init.run([{ inputs, ops: [{ ...reopen, fd: "cwd" }] }]), 0, "EBADF");
});

testInit("write fails as the file does", (init) => {
  const inputs = [{ slot: "full", path: "/dev/full", flags: O_WRONLY }];
  const ops: readonly BareOp[] = [{ op: "write", fd: "full", data: Uint8Array.of(1) }];
  assertFailure(init.run([{ inputs, ops }]), 0, "ENOSPC");
});

testInit("close empties a slot, and an empty slot is fine", (init) => {
  const inputs = [{ slot: "a", path: "/etc" }];
  const ops: readonly BareOp[] = [
    { op: "close", fd: "a" },
    { op: "close", fd: "a" },
    { op: "close", fd: "never" },
  ];
  assert.equal(output(init.run([{ inputs, ops: [...ops, ...shell("echo on")] }])), "on\n");
});

testInit("dup2 replaces stdio and nothing else", (init, t) => {
  const file = join(temporaryDirectory(t), "f");
  writeFileSync(file, "");
  const inputs = [{ slot: "f", path: file, flags: O_RDWR }];
  const dup2 = (target: number): BareOp => ({ op: "dup2", fd: "f", target });
  output(init.run([{ inputs, ops: [dup2(1), ...shell("echo text")] }]));
  assert.equal(readFileSync(file, "utf8"), "text\n");
  assertFailure(init.run([{ inputs, ops: [dup2(3)] }]), 0, "EINVAL");
});

testInit("close_from closes everything but the socket", (init) => {
  const inputs = [
    { slot: "a", path: "/etc" },
    { slot: "b", path: "/etc" },
  ];
  const result = init.run([
    { inputs, ops: [{ op: "close_from", first: 0 }] },
    { ops: shell("echo lost") },
  ]);
  assert.deepEqual(
    result.reports.map((report) => report.kind),
    ["done"],
  );
  assert.equal(result.stdout, "");
  // The memfd of the plan was 4 and is closed: 5 is the first input.
  const look: BareOp = { op: "chdir", path: "/proc/self/fd/5" };
  assertFailure(
    init.run([{ inputs, ops: [look, { op: "close_from", first: 3 }, look] }]),
    2,
    "ENOENT",
  );
});

testInit("mkdir_all makes parents with exactly the mode and gives the last", (init, t) => {
  const root = temporaryDirectory(t);
  const mkdir = (path: string): BareOp => ({
    op: "mkdir_all",
    root: "r",
    path,
    mode: 0o777,
    out: "x",
  });
  const inputs = [{ slot: "r", path: root }];
  const send: BareOp = { op: "send_fd", fd: "x", tag: 0 };
  const umask: BareOp = { op: "umask", mask: 0o077 };
  const result = init.run([
    { inputs, ops: [umask, mkdir("/a//b/c/"), send, mkdir("a/b"), mkdir("/"), send] },
  ]);
  assert.equal(result.reports[0]?.link, join(root, "a/b/c"));
  assert.equal(result.reports[1]?.link, root);
  for (const path of ["a", "a/b", "a/b/c"]) {
    assert.equal(statSync(join(root, path)).mode & 0o7777, 0o777, path);
  }
});

testInit("mkdir_all does not leave its root and follows links in it", (init, t) => {
  const outside = temporaryDirectory(t);
  const root = join(outside, "root");
  mkdirSync(root);
  symlinkSync("../../out", join(root, "up"));
  symlinkSync(outside, join(root, "absolute"));
  symlinkSync("/run", join(root, "dangling"));
  symlinkSync("../x/./y", join(root, "relative"));
  const inputs = [{ slot: "r", path: root }];
  const mkdir = (path: string): BareOp => ({
    op: "mkdir_all",
    root: "r",
    path,
    mode: 0o755,
    out: "x",
  });
  const paths = ["up/1", "absolute/2", "dangling/3", "relative/4", "../../5", "dangling/../6"];
  output(init.run([{ inputs, ops: [...paths.map(mkdir), ...shell("true")] }]));
  const found = execFileSync("find", [".", "-mindepth", "1", "-type", "d", "-path", "*/[0-9]"], {
    cwd: outside,
  });
  assert.deepEqual(
    found.toString().trim().split("\n").sort(),
    [
      "./root/5",
      "./root/6",
      `./root${outside}/2`,
      "./root/out/1",
      "./root/run/3",
      "./root/x/y/4",
    ].sort(),
  );
});

testInit("mkdir_all refuses a link to its root, but not the root, nor a copy of it", (init, t) => {
  const root = temporaryDirectory(t);
  symlinkSync("/", join(root, "top"));
  symlinkSync("..", join(root, "up"));
  mkdirSync(join(root, "copy"));
  const inputs = [{ slot: "r", path: root }];
  const mkdir = (path: string): BareOp => {
    return { op: "mkdir_all", root: "r", path, mode: 0o755, out: "x" };
  };
  for (const path of ["top", "/up/", "top/up", "copy/..//top"]) {
    assertFailure(init.run([{ inputs, ops: [mkdir(path)] }]), 0, "EBUSY");
  }
  const zero = { recursive: 0, set: 0n, clear: 0n, propagation: 0n };
  const ops: readonly BareOp[] = [
    mkdir("copy"),
    { op: "bind", source: "r", target: "x", ...zero },
    // The same directory, in another mount.
    mkdir("/copy"),
    mkdir("/"),
    mkdir("top/copy/"),
  ];
  output(init.run([{ inputs, ops: [...ops, ...shell("true")] }]));
});

testInit("mkdir_all fails where something else is in the way", (init, t) => {
  const root = temporaryDirectory(t);
  writeFileSync(join(root, "file"), "");
  symlinkSync("loop", join(root, "loop"));
  symlinkSync("b", join(root, "a"));
  symlinkSync("a", join(root, "b"));
  const inputs = [{ slot: "r", path: root }];
  const run = (path: string) =>
    init.run([{ inputs, ops: [{ op: "mkdir_all", root: "r", path, mode: 0o755, out: "x" }] }]);
  assertFailure(run("file"), 0, "ENOTDIR");
  assertFailure(run("file/x"), 0, "ENOTDIR");
  assertFailure(run("loop"), 0, "ELOOP");
  assertFailure(run("a/x"), 0, "ELOOP");
  assertFailure(run("x".repeat(256)), 0, "ENAMETOOLONG");
  assertFailure(run("x/".repeat(2100)), 0, "ENAMETOOLONG");
});

testInit("a chain of dangling links ends with ELOOP, not with a full buffer", (init, t) => {
  const root = temporaryDirectory(t);
  const link = "l".repeat(200);
  symlinkSync(`${link}/${"x/".repeat(1500)}`, join(root, "start"));
  symlinkSync(`/start/${"y/".repeat(1500)}`, join(root, link));
  const ops: readonly BareOp[] = [
    { op: "mkdir_all", root: "r", path: "start", mode: 0o755, out: "x" },
  ];
  const result = init.run([{ inputs: [{ slot: "r", path: root }], ops }]);
  assert.ok([36, 40].includes(result.reports[0]?.errno ?? 0), JSON.stringify(result));
});

testInit(
  "make_file makes an empty file, leaves an existing one, and refuses a directory",
  (init, t) => {
    const root = temporaryDirectory(t);
    mkdirSync(join(root, "directory"));
    writeFileSync(join(root, "file"), "kept");
    symlinkSync("/new/target", join(root, "link"));
    const inputs = [{ slot: "r", path: root }];
    const make = (path: string): BareOp => ({
      op: "make_file",
      root: "r",
      path,
      mode: 0o640,
      out: "x",
    });
    const send: BareOp = { op: "send_fd", fd: "x", tag: 0 };
    const result = init.run([
      { inputs, ops: [make("a/b"), send, make("file"), send, make("link"), send] },
    ]);
    assert.deepEqual(
      result.reports.slice(0, 3).map((report) => report.link),
      ["a/b", "file", "new/target"].map((path) => join(root, path)),
    );
    assert.equal(statSync(join(root, "a")).mode & 0o7777, 0o755);
    assert.equal(statSync(join(root, "a/b")).mode & 0o7777, 0o640);
    assert.equal(readFileSync(join(root, "file"), "utf8"), "kept");
    assertFailure(init.run([{ inputs, ops: [make("directory")] }]), 0, "EISDIR");
    assertFailure(init.run([{ inputs, ops: [make("")] }]), 0, "EISDIR");
  },
);

testInit("mknod makes devices and fifos with exactly the mode and owner", (init, t) => {
  const directory = temporaryDirectory(t);
  const inputs = [{ slot: "d", path: directory }];
  const mknod = (name: string, mode: number, device: bigint): BareOp => ({
    op: "mknod",
    dir: "d",
    name,
    mode,
    device,
    uid: 7,
    gid: 8,
  });
  const ops = [
    mknod("null", 0o20666, 0x103n),
    mknod("fifo", 0o10622, 0n),
    mknod("large", 0o60600, 0x1234567n),
  ];
  output(init.run([{ inputs, ops: [{ op: "umask", mask: 0o077 }, ...ops, ...shell("true")] }]));
  const stat = execFileSync("stat", ["-c", "%n %F %a %u %g %t:%T", "null", "fifo", "large"], {
    cwd: directory,
  });
  assert.equal(
    stat.toString(),
    "null character special file 666 7 8 1:3\nfifo fifo 622 7 8 0:0\nlarge block special file 600 7 8 345:1267\n",
  );
  assertFailure(init.run([{ inputs, ops: [mknod("null", 0o20666, 0x103n)] }]), 0, "EEXIST");
  for (const name of ["", ".", "..", "a/b"]) {
    assertFailure(init.run([{ inputs, ops: [mknod(name, 0o20666, 0x103n)] }]), 0, "EINVAL");
  }
  assertFailure(init.run([{ inputs, ops: [mknod("regular", 0o100666, 0n)] }]), 0, "EINVAL");
});

testInit("symlink and unlink work on one name", (init, t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, "old"), "");
  const inputs = [{ slot: "d", path: directory }];
  const symlink = (name: string): BareOp => ({
    op: "symlink",
    dir: "d",
    name,
    target: "/proc/self/fd",
  });
  const unlink = (name: string): BareOp => ({ op: "unlink", dir: "d", name });
  output(init.run([{ inputs, ops: [symlink("fd"), unlink("old"), ...shell("true")] }]));
  assert.equal(readlinkSync(join(directory, "fd")), "/proc/self/fd");
  assert.throws(() => lstatSync(join(directory, "old")));
  assertFailure(init.run([{ inputs, ops: [symlink("fd")] }]), 0, "EEXIST");
  assertFailure(init.run([{ inputs, ops: [symlink("a/b")] }]), 0, "EINVAL");
  assertFailure(init.run([{ inputs, ops: [unlink("old")] }]), 0, "ENOENT");
  assertFailure(init.run([{ inputs, ops: [unlink("../x")] }]), 0, "EINVAL");
});

testInit("open_null takes the null device only", (init, t) => {
  const root = temporaryDirectory(t);
  const inputs = [proc, { slot: "r", path: root }, { slot: "host", path: "/" }];
  const open = (from: string): BareOp => ({ op: "open_null", root: from, out: "n" });
  const use: readonly BareOp[] = [
    { op: "dup2", fd: "n", target: 0 },
    ...shell("readlink /proc/self/fd/0"),
  ];
  assert.equal(output(init.run([{ inputs, ops: [open("host"), ...use] }])), "/dev/null\n");
  const fails = (errno: string) =>
    assertFailure(init.run([{ inputs, ops: [open("r")] }]), 0, errno);
  fails("ENOENT");
  mkdirSync(join(root, "dev"));
  writeFileSync(join(root, "dev/null"), "");
  fails("ENODEV");
  execFileSync("sh", ["-c", "rm dev/null; mknod dev/null c 1 5"], { cwd: root });
  fails("ENODEV");
  execFileSync("sh", ["-c", "rm dev/null; mknod dev/real c 1 3; ln -s real dev/null"], {
    cwd: root,
  });
  fails("ENODEV");
  const withoutProc = init.run([{ inputs: [{ slot: "host", path: "/" }], ops: [open("host")] }]);
  assertFailure(withoutProc, 0, "EBADF");
});

testInit("a resolution that always races ends", (init) => {
  // Not to be provoked on purpose: what is tested is that openat2 is what is called.
  const O = O_PATH | O_NOFOLLOW;
  const ops: readonly BareOp[] = [
    { op: "resolve", root: "cwd", path: "etc", flags: O, resolve: 0n, out: "x" },
  ];
  assertFailure(init.run([{ ops }], { deny: ["openat2"] }), 0, "ENOSYS");
});
