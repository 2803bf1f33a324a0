// SPDX-License-Identifier: Apache-2.0
// What goes wrong at an awkward moment: who is told what, and what is left.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pid } from "../base/brand.ts";
import { readCgroupLayout } from "../cgroup/mode.ts";
import { MNT_DETACH, O_RDWR } from "../sys/constants.ts";
import { open } from "../sys/fd.ts";
import { mount, unmount } from "../sys/mount.ts";
import { signalPidfd } from "../sys/pidfd.ts";
import { spawn } from "../sys/spawn.ts";
import { openDescriptors } from "../sys/testing/descriptors.ts";
import { Sandbox } from "./testing/sandbox.ts";

const layout = readCgroupLayout();
const unified = layout.hierarchies
  .filter(({ version }) => layout.kind === "hybrid" && version === 2)
  .map(({ mountPoint, ownPath }) => join(mountPoint, ownPath))[0];

/** Keeps the event loop busy, so that everything that happens meanwhile is seen at once. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test("a program that cannot be executed fails start, even when its end is seen first", async () => {
  await using sandbox = new Sandbox();
  writeFileSync(join(sandbox.root, "rootfs/bin/text"), "no program", { mode: 0o755 });
  sandbox.writeConfig("", { process: { args: ["text"] } });
  const container = await sandbox.create();
  const starting = container.start();
  block(100);
  await assert.rejects(starting, /exec format error/);
});

test("start fails for an init that was killed and whose end has not been seen yet", async () => {
  await using sandbox = new Sandbox();
  sandbox.writeConfig("sleep 100");
  const container = await sandbox.create();
  container.signal(9);
  await assert.rejects(container.start(), /cannot start a container that has stopped/);
  assert.equal((await container.exited).status, 137);
});

test("a created container keeps nobody's exits", { timeout: 10_000 }, async () => {
  const orphan = Promise.withResolvers<Pid>();
  await using sandbox = new Sandbox({ onOrphan: orphan.resolve });
  sandbox.writeConfig("sleep 100");
  await sandbox.create();
  const child = spawn({ exe: "/bin/true", argv: ["true"], env: [], fds: [] });
  child.pidfd.close();
  assert.equal(await orphan.promise, child.pid);
});

test("a limit that can't be set leaves no process and no descriptor", {
  timeout: 10_000,
}, async () => {
  await using sandbox = new Sandbox({ nofile: { soft: 2n, hard: 1n } });
  sandbox.writeConfig("sleep 100");
  await assert.rejects(sandbox.create(), /invalid argument/);
  const before = openDescriptors();
  await assert.rejects(sandbox.create(), /invalid argument/);
  assert.equal(openDescriptors(), before);
  const children = `/proc/self/task/${process.pid}/children`;
  while (readFileSync(children, "utf8") !== "") await sleep(2);
});

for (const [what, path] of [
  ["below the mount", "rootfs/inner"],
  ["somewhere else", "other"],
] as const) {
  test(`a rootfs is taken down when root.path is ${what}`, async () => {
    await using sandbox = new Sandbox();
    const bundle = join(sandbox.root, "bundle");
    const source = join(sandbox.root, "rootfs");
    mkdirSync(join(bundle, "other/bin"), { recursive: true });
    for (const at of [join(bundle, "other"), join(source, "inner")]) {
      for (const name of ["proc", "dev", "bin"]) mkdirSync(join(at, name), { recursive: true });
      writeFileSync(join(at, "bin/sh"), readFileSync(join(source, "bin/busybox")), { mode: 0o755 });
    }
    sandbox.writeConfig("sleep 100", { root: { path } }, bundle);
    const rootfsMounts = [{ type: "bind", source, target: "", options: ["rbind"] }];
    await sandbox.create({ bundle, rootfsMounts });
  });
}

test("an image with more layers than fit into a page of options is mounted", async () => {
  await using sandbox = new Sandbox();
  const snapshots = join(sandbox.root, "a-directory-with-a-name-of-the-usual-length");
  const layers = Array.from({ length: 100 }, (_, index) => join(snapshots, String(index), "fs"));
  for (const layer of layers) mkdirSync(layer, { recursive: true });
  writeFileSync(join(layers[99] ?? "", "last"), "");
  symlinkSync("../rootfs", join(snapshots, "base"));
  const options = [`lowerdir=${[...layers, join(snapshots, "base")].join(":")}`];
  assert.ok(options.join().length > 4096);
  const bundle = join(sandbox.root, "bundle");
  mkdirSync(bundle);
  sandbox.writeConfig("test -e /last && exit 3", {}, bundle);
  const rootfsMounts = [{ type: "overlay", source: "overlay", target: "", options }];
  const container = await sandbox.create({ bundle, rootfsMounts });
  await container.start();
  assert.equal((await container.exited).status, 3);
});

for (const [what, mount, message] of [
  ["of no type", { type: "nosuchfs" }, /^failed to mount rootfs component: .*no such device$/],
  [
    "with an option for others",
    { type: "bind", options: ["bind", "loop"] },
    /^failed to mount rootfs component: rootfs\[1\].options: mount option "loop" is not/,
  ],
] as const) {
  test(`a rootfs mount ${what} fails create with the whole text, and nothing stays mounted`, async () => {
    await using sandbox = new Sandbox();
    const bundle = join(sandbox.root, "bundle");
    mkdirSync(bundle);
    const source = join(sandbox.root, "rootfs");
    const good = { type: "bind", source, target: "", options: ["rbind"] };
    const rootfsMounts = [good, { source, target: "", options: [], ...mount }];
    await assert.rejects(sandbox.create({ bundle, rootfsMounts }), {
      name: "TaskError",
      code: "unknown",
      message,
    });
  });
}

test("a bundle behind a symlink leaves no mount when create fails", async () => {
  await using sandbox = new Sandbox();
  mkdirSync(join(sandbox.root, "real"));
  symlinkSync("real", join(sandbox.root, "link"));
  const bundle = join(sandbox.root, "link");
  const source = join(sandbox.root, "rootfs");
  const rootfsMounts = [{ type: "bind", source, target: "", options: ["rbind"] }];
  await assert.rejects(sandbox.create({ bundle, rootfsMounts }), /config.json not found/);
});

test("a bind source whose server does not answer holds up its own create only", {
  timeout: 10_000,
  skip: existsSync("/dev/fuse") ? false : "no fuse",
}, async () => {
  await using sandbox = new Sandbox();
  const source = join(sandbox.root, "hung");
  mkdirSync(source);
  // Nobody reads the requests that come from this descriptor.
  using server = open("/dev/fuse", O_RDWR);
  const data = `fd=${server.raw},rootmode=40000,user_id=0,group_id=0`;
  await mount({ source: "hung", target: source, type: "fuse", flags: 0, data });
  try {
    const bind = { destination: "/data", type: "bind", source, options: ["rbind"] };
    sandbox.writeConfig("true", { mounts: [bind] });
    const creating = assert.rejects(sandbox.create(), /ENOTCONN|ECONNABORTED/);
    await sleep(20);
    server.close();
    await creating;
  } finally {
    server.close();
    await unmount(source, MNT_DETACH);
  }
});

test("an exec that fails in a container whose child was OOM-killed says what it failed of", async () => {
  await using sandbox = new Sandbox();
  const resources = { memory: { limit: 16 * 1024 * 1024, swap: 16 * 1024 * 1024 } };
  sandbox.writeConfig("tail /dev/zero; sleep 100", { linux: { resources } });
  const container = await sandbox.create();
  await container.start();
  while (container.oomKills() === 0n) await sleep(5);
  const stdout = join(sandbox.root, "nothing");
  await assert.rejects(container.exec(sandbox.exec("true", { stdout })), (error) => {
    assert.match(String(error), /no such file or directory/);
    assert.doesNotMatch(String(error), /OOM/);
    return true;
  });
});

test("an exec in a frozen cgroup is refused and does not stop the event loop", {
  timeout: 10_000,
  skip: unified === undefined ? "no hybrid layout" : false,
}, async () => {
  await using sandbox = new Sandbox();
  sandbox.writeConfig("sleep 100");
  const container = await sandbox.create();
  await container.start();
  const freeze = join(unified ?? "", sandbox.id, "cgroup.freeze");
  writeFileSync(freeze, "1");
  // Should the loop stop, then not for ever.
  const script = `sleep 2; echo 0 > ${freeze}`;
  const thaw = spawn({ exe: "/bin/sh", argv: ["sh", "-c", script], env: [], fds: [] });
  const begin = performance.now();
  await assert.rejects(container.exec(sandbox.exec("true")), /frozen/);
  assert.ok(performance.now() - begin < 1500);
  signalPidfd(thaw.pidfd, 9);
  thaw.pidfd.close();
  writeFileSync(freeze, "0");
  const exec = await container.exec(sandbox.exec("exit 3"));
  assert.equal((await exec.exited).status, 3);
  exec.stdio.close();
});

test("an exec whose client never comes is given up when init ends", {
  timeout: 10_000,
}, async () => {
  await using sandbox = new Sandbox();
  sandbox.writeConfig("sleep 100");
  const container = await sandbox.create();
  await container.start();
  const stdout = sandbox.fifo("out");
  const before = openDescriptors();
  const exec = container.exec(sandbox.exec("true", { stdout }));
  const failed = assert.rejects(exec, /init process is not running/);
  await sleep(20);
  container.signal(9);
  await failed;
  assert.ok(openDescriptors() <= before);
  assert.equal(existsSync(stdout), true);
});
