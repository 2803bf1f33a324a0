// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isErrno } from "../base/errors.ts";
import {
  attachDeviceProgram,
  BPF_F_ALLOW_MULTI,
  detachDeviceProgram,
  loadDeviceProgram,
  openDeviceProgram,
  queryDevicePrograms,
  replaceDeviceProgram,
} from "./bpf.ts";
import * as c from "./constants.ts";
import { open } from "./fd.ts";
import { Reaper } from "./reaper.ts";
import { spawn } from "./spawn.ts";

const hasCode = (code: string) => (error: unknown) => isErrno(error, code);
/** `r0 = value; exit` */
const returns = (value: number): Uint8Array =>
  Uint8Array.of(0xb7, 0, 0, 0, value, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
const root = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].find((path) =>
  existsSync(join(path, "cgroup.procs")),
);

/** Whether a process in the cgroup may open /dev/zero. */
async function mayOpen(path: string): Promise<boolean> {
  const reaper = Reaper.start();
  using cgroup = open(path, c.O_PATH | c.O_DIRECTORY);
  const { pid, pidfd } = spawn({
    exe: "/bin/sh",
    argv: ["sh", "-c", "exec 0</dev/zero"],
    env: [],
    fds: [],
    cgroup,
  });
  pidfd.close();
  const { status } = await reaper.claim(pid);
  reaper.stop();
  return status === 0;
}

test("a device program decides, is replaced in place, found by id, and detached", async (t) => {
  if (root === undefined) return t.skip("no cgroup v2 mount");
  const path = join(root, `tsrunc-bpf-${process.pid}`);
  mkdirSync(path);
  try {
    using cgroup = open(path, c.O_RDONLY | c.O_DIRECTORY);
    using deny = loadDeviceProgram(returns(0));
    using allow = loadDeviceProgram(returns(1));
    assert.deepEqual(queryDevicePrograms(cgroup).ids, []);
    assert.equal(await mayOpen(path), true);
    attachDeviceProgram(cgroup, deny, BPF_F_ALLOW_MULTI);
    assert.equal(await mayOpen(path), false);
    const [denyId, ...more] = queryDevicePrograms(cgroup).ids;
    assert.ok(denyId !== undefined && more.length === 0);
    {
      using found = openDeviceProgram(denyId);
      replaceDeviceProgram(cgroup, allow, found);
    }
    assert.equal(await mayOpen(path), true);
    assert.equal(queryDevicePrograms(cgroup).ids.length, 1);
    // Programs beside each other must all agree.
    attachDeviceProgram(cgroup, deny, BPF_F_ALLOW_MULTI);
    assert.equal(queryDevicePrograms(cgroup).ids.length, 2);
    assert.equal(await mayOpen(path), false);
    detachDeviceProgram(cgroup, deny);
    detachDeviceProgram(cgroup, allow);
    assert.deepEqual(queryDevicePrograms(cgroup).ids, []);
    assert.throws(() => detachDeviceProgram(cgroup, deny), hasCode("ENOENT"));
  } finally {
    rmdirSync(path);
  }
});

test("what is no program is refused", () => {
  assert.throws(() => loadDeviceProgram(new Uint8Array(7)), hasCode("EINVAL"));
  // No exit at the end.
  assert.throws(() => loadDeviceProgram(returns(0).subarray(0, 8)), hasCode("EINVAL"));
  assert.throws(() => openDeviceProgram(0x7fff_ffff), hasCode("ENOENT"));
  using file = open("/dev/null", c.O_RDONLY);
  assert.throws(() => queryDevicePrograms(file), hasCode("EBADF"));
});

test("the constants that depend on the architecture are this kernel's", () => {
  using directory = open("/", c.O_RDONLY | c.O_DIRECTORY | c.O_NOFOLLOW);
  const flags = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${directory.raw}`, "utf8"));
  const number = Number.parseInt(flags?.[1] ?? "", 8);
  assert.notEqual(number & c.O_DIRECTORY, 0);
  assert.throws(() => open("/dev/null", c.O_RDONLY | c.O_DIRECTORY), hasCode("ENOTDIR"));
  assert.throws(() => open("/proc/self", c.O_RDONLY | c.O_NOFOLLOW), hasCode("ELOOP"));
});
