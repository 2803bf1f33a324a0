// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import {
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isErrno, SysError } from "../base/errors.ts";
import * as c from "./constants.ts";
import * as fds from "./fd.ts";

const isOpen = (raw: number): boolean => existsSync(`/proc/self/fdinfo/${raw}`);
const hasCode = (code: string) => (error: unknown) => isErrno(error, code);
/** What procfs says in octal about a descriptor's flags. */
const flagsOf = (raw: number): number =>
  Number.parseInt(
    /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${raw}`, "utf8"))?.[1] ?? "",
    8,
  );

test("an Fd closes once and its number can't be used after", () => {
  const fd = fds.open("/dev/null", c.O_RDONLY);
  const raw = fd.raw;
  assert.ok(isOpen(raw));
  assert.equal(fd.closed, false);
  fd.close();
  assert.equal(fd.closed, true);
  assert.equal(isOpen(raw), false);
  // The number is another file's now: a second close must leave that alone.
  const other = fds.open("/dev/zero", c.O_RDONLY);
  assert.equal(other.raw, raw);
  fd.close();
  fd[Symbol.dispose]();
  assert.ok(isOpen(raw));
  assert.throws(() => fd.raw, hasCode("EBADF"));
  assert.throws(() => fds.readFd(fd, new Uint8Array(1)), hasCode("EBADF"));
  assert.throws(() => fd.release(), hasCode("EBADF"));
  other.close();
});

test("release hands the number over and close leaves it open", () => {
  const fd = fds.open("/dev/null", c.O_RDONLY);
  const raw = fd.release();
  fd.close();
  assert.ok(isOpen(raw));
  new fds.Fd(raw).close();
  assert.equal(isOpen(raw), false);
});

test("using closes at the end of the block", () => {
  let raw: number;
  {
    using fd = fds.open("/dev/null", c.O_RDONLY);
    raw = fd.raw;
  }
  assert.equal(isOpen(raw), false);
});

test("garbage collection closes nothing", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const raw = ((): number => fds.open("/dev/null", c.O_RDONLY).raw)();
  gc();
  await nextTurn();
  gc();
  assert.ok(isOpen(raw));
  new fds.Fd(raw).close();
});

test("close of a number that is not open is an error", () => {
  assert.throws(() => new fds.Fd(9999).close(), hasCode("EBADF"));
});

test("errors carry code, errno, system call and path", () => {
  assert.throws(
    () => fds.open("/nowhere/x", c.O_RDONLY),
    (error) =>
      error instanceof SysError &&
      error.code === "ENOENT" &&
      error.errno === 2 &&
      error.syscall === "open" &&
      error.path === "/nowhere/x",
  );
});

test("every descriptor is close-on-exec", () => {
  const directory = fds.open("/", c.O_PATH | c.O_DIRECTORY);
  const { read, write } = fds.pipe();
  const all = [
    directory,
    read,
    write,
    fds.openAt(directory, "dev/null", c.O_RDONLY),
    fds.openAt2(directory, "dev/null", { flags: c.O_RDONLY, resolve: 0 }),
    fds.dup(read),
  ];
  for (const fd of all) {
    assert.notEqual(flagsOf(fd.raw) & c.O_CLOEXEC, 0);
    fd.close();
  }
});

test("openAt without a directory is relative to the working directory", () => {
  using fd = fds.openAt(undefined, ".", c.O_PATH | c.O_DIRECTORY);
  assert.equal(fstatSync(fd.raw).isDirectory(), true);
});

test("open creates with the mode", () => {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-fd-"));
  try {
    using fd = fds.open(join(directory, "new"), c.O_CREAT | c.O_EXCL | c.O_WRONLY, 0o600);
    assert.equal(fstatSync(fd.raw).mode & 0o777, 0o600);
    assert.equal(fds.writeFd(fd, Buffer.from("text")), 4);
    assert.equal(readFileSync(join(directory, "new"), "utf8"), "text");
    assert.throws(() => fds.open(join(directory, "new"), c.O_CREAT | c.O_EXCL), hasCode("EEXIST"));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("openAt2 keeps symbolic links inside the root", () => {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-fd-"));
  try {
    mkdirSync(join(directory, "etc"));
    symlinkSync("/etc", join(directory, "link"));
    symlinkSync("../../../../etc/passwd", join(directory, "escape"));
    using root = fds.open(directory, c.O_PATH | c.O_DIRECTORY);
    const inRoot = { flags: c.O_PATH, resolve: c.RESOLVE_IN_ROOT };
    using inside = fds.openAt2(root, "link", inRoot);
    using direct = fds.openAt2(root, "etc", inRoot);
    assert.equal(fstatSync(inside.raw).ino, fstatSync(direct.raw).ino);
    assert.throws(() => fds.openAt2(root, "escape", inRoot), hasCode("ENOENT"));
    const beneath = { flags: c.O_PATH, resolve: c.RESOLVE_BENEATH };
    assert.throws(() => fds.openAt2(root, "escape", beneath), hasCode("EXDEV"));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a non-blocking pipe: bytes, nothing yet, full, end of file, broken", () => {
  const { read, write } = fds.pipe({ nonBlock: true });
  const buffer = new Uint8Array(16);
  assert.equal(fds.readFd(read, buffer), undefined);
  assert.equal(fds.writeFd(write, Buffer.from("hello")), 5);
  assert.equal(fds.bytesReadable(read), 5);
  // A view into a larger buffer: koffi must take its offset and length.
  assert.equal(fds.readFd(read, buffer.subarray(4, 7)), 3);
  assert.deepEqual([...buffer.subarray(3, 8)], [0, ...Buffer.from("hel"), 0]);
  assert.equal(fds.readFd(read, buffer), 2);
  while (fds.writeFd(write, new Uint8Array(65536)) !== undefined);
  write.close();
  while (fds.bytesReadable(read) > 0) fds.readFd(read, new Uint8Array(65536));
  assert.equal(fds.readFd(read, buffer), 0);
  read.close();

  const broken = fds.pipe();
  broken.read.close();
  assert.throws(() => fds.writeFd(broken.write, Buffer.from("x")), hasCode("EPIPE"));
  broken.write.close();
});

test("an eventfd sums up what is written and is empty after a read", () => {
  using event = fds.eventFd();
  const buffer = new BigUint64Array(1);
  const bytes = new Uint8Array(buffer.buffer);
  assert.equal(fds.readFd(event, bytes), undefined);
  for (const count of [2n, 3n]) {
    buffer[0] = count;
    fds.writeFd(event, bytes);
  }
  assert.equal(fds.readFd(event, bytes), 8);
  assert.equal(buffer[0], 5n);
  assert.equal(fds.readFd(event, bytes), undefined);
});

test("setNonBlocking is seen by every duplicate", () => {
  const { read, write } = fds.pipe();
  using copy = fds.dup(read);
  fds.setNonBlocking(copy, true);
  assert.notEqual(flagsOf(read.raw) & c.O_NONBLOCK, 0);
  fds.setNonBlocking(read, false);
  assert.equal(flagsOf(copy.raw) & c.O_NONBLOCK, 0);
  read.close();
  write.close();
});

test("fchown changes the owner of a pipe", () => {
  const { read, write } = fds.pipe();
  fds.fchown(read, 1234, 4321);
  assert.equal(fstatSync(write.raw).uid, 1234);
  assert.equal(fstatSync(write.raw).gid, 4321);
  read.close();
  write.close();
});
