// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isErrno, SysError } from "../base/errors.ts";
import * as c from "./constants.ts";
import { open, openAt } from "./fd.ts";
import * as m from "./mount.ts";
import { readMountInfo } from "./proc.ts";

const hasCode = (code: string) => (error: unknown) => isErrno(error, code);
const mountAt = (path: string) => readMountInfo().filter(({ mountPoint }) => mountPoint === path);

// A name with what mountinfo escapes.
const directory = mkdtempSync(join(tmpdir(), "tsrunc-mount-"));
const target = join(directory, "a b\\c\n#é");
const second = join(directory, "second");

before(() => {
  mkdirSync(target);
  mkdirSync(second);
});
after(() => {
  for (const path of [target, second]) {
    while (mountAt(path).length > 0) m.unmountSync(path, c.MNT_DETACH);
    rmdirSync(path);
  }
  rmdirSync(directory);
});

test("mount and unmount in the thread pool", async () => {
  await m.mount({
    source: "here",
    target,
    type: "tmpfs",
    flags: c.MS_NOSUID | c.MS_NODEV,
    data: "size=64k,mode=0711",
  });
  const [info, ...more] = mountAt(target);
  assert.equal(more.length, 0);
  assert.equal(info?.type, "tmpfs");
  assert.equal(info?.source, "here");
  assert.ok(info?.options.includes("nosuid") && info.options.includes("nodev"));
  assert.ok(info?.superOptions.includes("size=64k"));
  await m.unmount(target, 0);
  assert.deepEqual(mountAt(target), []);
});

test("many mounts at once all succeed or say why", async () => {
  const calls = Array.from({ length: 300 }, (_, index) =>
    index % 3 === 0
      ? m.mount({ source: "x", target: join(directory, "missing"), type: "tmpfs", flags: 0 })
      : m.mount({ source: `t${index}`, target: second, type: "tmpfs", flags: 0 }),
  );
  const results = await Promise.allSettled(calls);
  for (const [index, result] of results.entries()) {
    assert.equal(result.status, index % 3 === 0 ? "rejected" : "fulfilled");
  }
  assert.equal(mountAt(second).length, 200);
  // One after the other: two at once may look up the same mount, and the later one gets EINVAL.
  for (let left = 200; left > 0; left -= 1) await m.unmount(second, 0);
  assert.deepEqual(mountAt(second), []);
});

test("a failure names the call and the target", async () => {
  await assert.rejects(
    m.mount({ target: second, type: "nosuchfs", flags: 0 }),
    (error) =>
      error instanceof SysError &&
      error.code === "ENODEV" &&
      error.syscall === "mount" &&
      error.path === second,
  );
  await assert.rejects(m.unmount(second, 0), hasCode("EINVAL"));
  assert.throws(() => m.unmountSync(join(directory, "none"), 0), hasCode("ENOENT"));
  await assert.rejects(m.mount({ source: "/none", target, flags: c.MS_BIND }), hasCode("ENOENT"));
});

test("a tree is cloned, changed and moved by descriptor", async () => {
  await m.mount({ source: "tmp", target: second, type: "tmpfs", flags: 0 });
  writeFileSync(join(second, "file"), "x");
  using clone = m.openTree(undefined, second, c.OPEN_TREE_CLONE);
  m.mountSetattr(clone, "", c.AT_EMPTY_PATH, {
    set: c.MOUNT_ATTR_RDONLY,
    propagation: c.MS_PRIVATE,
  });
  m.moveMount({ fd: clone, path: "" }, { path: target }, c.MOVE_MOUNT_F_EMPTY_PATH);
  assert.ok(existsSync(join(target, "file")));
  assert.throws(() => writeFileSync(join(target, "file"), "y"), hasCode("EROFS"));
  writeFileSync(join(second, "file"), "y");
  m.mountSetattr(undefined, target, 0, { clear: c.MOUNT_ATTR_RDONLY });
  writeFileSync(join(target, "file"), "z");
  m.unmountSync(target, c.MNT_DETACH);
  m.unmountSync(second, c.MNT_DETACH);
});

test("a lazily unmounted filesystem lives on in its descriptors", async () => {
  await m.mount({ source: "tmp", target, type: "tmpfs", flags: 0 });
  using root = open(target, c.O_PATH | c.O_DIRECTORY);
  m.unmountSync(target, c.MNT_DETACH);
  openAt(root, "file", c.O_CREAT | c.O_WRONLY, 0o600).close();
  assert.deepEqual(readdirSync(target), []);
});
