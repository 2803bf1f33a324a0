// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { toPid } from "../base/brand.ts";
import { isErrno } from "../base/errors.ts";
import * as proc from "./proc.ts";

const hasCode = (code: string) => (error: unknown) => isErrno(error, code);
const STAT_TAIL = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 98765432101234 20 21 22";

test("the start time is field 22, counted from the last parenthesis", () => {
  for (const name of [
    "sh",
    "a b",
    "x) S 1 (y",
    ")",
    "",
    ") R 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
  ]) {
    assert.equal(proc.parseStartTime(`123 (${name})${STAT_TAIL}`), 98765432101234n, name);
  }
});

test("a cut or foreign stat line has no start time", () => {
  for (const text of [
    "",
    "1",
    "1 (sh) S 1 2",
    "no parenthesis at all",
    `1 (x)${STAT_TAIL.replace(/\d{9,}/, "-5")}`,
  ]) {
    assert.equal(proc.parseStartTime(text), undefined, text);
  }
});

test("a process keeps its start time, and a missing one has none", () => {
  const own = proc.processStartTime(toPid(process.pid));
  assert.ok(own !== undefined && own > 0n);
  assert.equal(proc.processStartTime(toPid(process.pid)), own);
  assert.notEqual(proc.processStartTime(toPid(1)), own);
  assert.equal(proc.processStartTime(toPid(4_194_303)), undefined);
});

test("a process of the first pid namespace has one pid, and a missing one has none", () => {
  const own = toPid(process.pid);
  assert.equal(proc.innerPid(own), own);
  assert.equal(proc.innerPid(toPid(4_194_303)), undefined);
});

test("octal escapes are undone, once", () => {
  assert.equal(proc.unescapeOctal("a\\040b\\011c\\012d\\134e\\043"), "a b\tc\nd\\e#");
  assert.equal(proc.unescapeOctal("\\134040"), "\\040");
  assert.equal(proc.unescapeOctal("\\04"), "\\04");
  assert.equal(proc.unescapeOctal("ü\\040ü"), "ü ü");
});

test("a mountinfo line in all its parts", () => {
  const text =
    "36 35 98:0 /mnt1 /mnt2\\040x rw,noatime master:1 propagate_from:2 - ext3 /dev/root rw,errors=continue\n" +
    "40 36 0:5 / /dev rw - devtmpfs udev rw\n" +
    "41 36 0:6 / /empty\\134 ro,nosuid shared:7 -  rw\n";
  const [first, second, ...rest] = proc.parseMountInfo(text);
  assert.deepEqual(first, {
    id: 36,
    parent: 35,
    major: 98,
    minor: 0,
    root: "/mnt1",
    mountPoint: "/mnt2 x",
    options: ["rw", "noatime"],
    tags: ["master:1", "propagate_from:2"],
    type: "ext3",
    source: "/dev/root",
    superOptions: ["rw", "errors=continue"],
  });
  assert.deepEqual(second?.tags, []);
  assert.equal(second?.type, "devtmpfs");
  assert.equal(rest.length, 1);
  assert.equal(rest[0]?.mountPoint, "/empty\\");
});

test("a mount point named - does not end the optional fields", () => {
  const [info] = proc.parseMountInfo("1 2 0:1 - - rw shared:1 - tmpfs - rw\n");
  assert.equal(info?.mountPoint, "-");
  assert.equal(info?.type, "tmpfs");
  assert.equal(info?.source, "-");
});

test("lines that are not whole are left out", () => {
  assert.deepEqual(proc.parseMountInfo("\n1 2 3:4 / /x rw shared:1\n1 2\n"), []);
});

test("the mounts of this process include the root and /proc", () => {
  const mounts = proc.readMountInfo();
  assert.ok(mounts.some(({ mountPoint }) => mountPoint === "/"));
  assert.equal(mounts.findLast(({ mountPoint }) => mountPoint === "/proc")?.type, "proc");
  const lines = readFileSync("/proc/self/mountinfo", "utf8").trimEnd().split("\n");
  assert.equal(mounts.length, lines.length);
});

test("a FIFO is made under the umask, and not twice", () => {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-proc-"));
  const path = join(directory, "fifo");
  const old = process.umask(0o027);
  proc.mkfifo(path, 0o666);
  process.umask(old);
  assert.ok(statSync(path).isFIFO());
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.throws(() => proc.mkfifo(path, 0o600), hasCode("EEXIST"));
  rmSync(directory, { recursive: true });
});
