// SPDX-License-Identifier: Apache-2.0
// `delete` of the native launcher: what it answers by itself, and when it leaves the work to Node.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { containerd } from "../../src/proto/generated/messages.js";
import { fromTimestamp } from "../../src/proto/timestamp.ts";
import { DEFAULT_STATE_ROOT } from "../../src/shim/bundle-files.ts";
import { toAddress } from "../../src/shim/unix-address.ts";
import { BUILDS, type Launched, openSandbox, type Sandbox } from "./sandbox.ts";

const { DeleteResponse } = containerd.task.v3;

const ID = `delete-test-${process.pid}`;
const NAMESPACE = `launcher-test-${process.pid}`;
const IDENTITY = ["-namespace", NAMESPACE, "-address", "/c.sock", "-publish-binary", "/bin/false"];
const ARGS = [...IDENTITY, "-id", ID];

function each(
  name: string,
  body: (sandbox: Sandbox, context: TestContext) => Promise<void> | void,
): void {
  for (const build of BUILDS) {
    test(`${name} (${build})`, (context) => body(openSandbox(context, build), context));
  }
}

function remove(sandbox: Sandbox, options: { bundle?: string; cwd?: string } = {}): Launched {
  const { bundle = sandbox.bundle, cwd = sandbox.bundle } = options;
  const args = [...ARGS, ...(bundle === "" ? [] : ["-bundle", bundle]), "delete"];
  return sandbox.run({ args, cwd });
}

function assertAnswered(launched: Launched, pid = 0): void {
  assert.deepEqual([launched.status, launched.stderr], [0, ""]);
  const answer = DeleteResponse.decode(launched.stdout);
  assert.deepEqual([answer.pid, answer.exitStatus], [pid, 137]);
  const ageNs = BigInt(Date.now()) * 1_000_000n - (fromTimestamp(answer.exitedAt) ?? 0n);
  assert.ok(ageNs > -1_000_000_000n && ageNs < 60_000_000_000n, `${ageNs} ns old`);
  // Nothing but these three fields, in the order of their numbers.
  const again = DeleteResponse.encode(answer).finish();
  assert.deepEqual(Buffer.from(again), launched.stdout);
}

/** Lets the program in Node's place answer, so that it is seen whether it was asked. */
function replaceNode(sandbox: Sandbox): void {
  writeFileSync(join(sandbox.dist, "node"), '#!/bin/sh\nshift 4\necho "$@"\n');
}

const BY_NODE = (bundle: string): string =>
  ["containerd-shim-tsrunc-v1", ...ARGS, "-bundle", bundle, "delete"].join(" ").concat("\n");

each("a container that left nothing is answered for", (sandbox) => {
  assertAnswered(remove(sandbox));
});

each("a bundle that is gone is answered for", (sandbox) => {
  assertAnswered(remove(sandbox, { bundle: join(sandbox.bundle, "gone") }));
});

each("the pid is what the bundle says", (sandbox) => {
  writeFileSync(join(sandbox.bundle, "init.pid"), "12345\n");
  assertAnswered(remove(sandbox), 12345);
});

for (const text of ["", "x", "12x", "99999999999999", "-1", "1".repeat(100)]) {
  each(`a pid file with "${text}" counts as none`, (sandbox) => {
    writeFileSync(join(sandbox.bundle, "init.pid"), text);
    assertAnswered(remove(sandbox));
  });
}

each("without -bundle it is the one of that id beside the working directory", (sandbox) => {
  const other = join(sandbox.bundle, "..", ID);
  mkdirSync(other);
  writeFileSync(join(other, "init.pid"), "77");
  assertAnswered(remove(sandbox, { bundle: "" }), 77);
});

each("state of the container is for Node", (sandbox, context) => {
  replaceNode(sandbox);
  const namespace = join(DEFAULT_STATE_ROOT, NAMESPACE);
  mkdirSync(join(namespace, ID), { recursive: true });
  context.after(() => rmSync(namespace, { recursive: true }));
  const { status, stdout } = remove(sandbox);
  assert.deepEqual([status, stdout.toString()], [0, BY_NODE(sandbox.bundle)]);
});

each("state under the root of the runtime's options is for Node", (sandbox) => {
  replaceNode(sandbox);
  const root = join(sandbox.bundle, "..", "root");
  writeFileSync(join(sandbox.bundle, "tsrunc-root"), root);
  assertAnswered(remove(sandbox));
  mkdirSync(join(root, NAMESPACE, ID), { recursive: true });
  assert.equal(remove(sandbox).stdout.toString(), BY_NODE(sandbox.bundle));
});

/** Runs a shell script in a mount namespace of its own, where a file system is mounted. */
function removeWithMount(sandbox: Sandbox, mountPoint: string, bundle: string): Buffer {
  const script = `mkdir -p "$1" && mount -t tmpfs none "$1" && shift && exec "$@"`;
  const launcher = join(sandbox.dist, "containerd-shim-tsrunc-v1");
  const command = [launcher, ...ARGS, "-bundle", bundle, "delete"];
  const { stdout, stderr } = spawnSync(
    "unshare",
    ["-m", "--propagation", "private", "sh", "-c", script, "sh", mountPoint, ...command],
    { cwd: sandbox.bundle },
  );
  assert.equal(stderr.toString(), "");
  return stdout;
}

for (const below of ["rootfs", "rootfs/a b", "rootfs/dev/shm"]) {
  each(`a mount on ${below} is for Node`, (sandbox) => {
    replaceNode(sandbox);
    const output = removeWithMount(sandbox, join(sandbox.bundle, below), sandbox.bundle);
    assert.equal(output.toString(), BY_NODE(sandbox.bundle));
  });
}

each("a mount is found behind symbolic links and blanks in the path of the bundle", (sandbox) => {
  replaceNode(sandbox);
  const real = join(sandbox.bundle, "..", "bundle with\ttab \\ and blank");
  const link = join(sandbox.bundle, "..", "link");
  renameSync(sandbox.bundle, real);
  symlinkSync(real, link);
  mkdirSync(sandbox.bundle);
  const output = removeWithMount(sandbox, join(real, "rootfs"), link);
  assert.equal(output.toString(), BY_NODE(link));
});

each("a mount beside the root file system is nobody's business", (sandbox) => {
  const output = removeWithMount(sandbox, join(sandbox.bundle, "rootfs2"), sandbox.bundle);
  assert.equal(DeleteResponse.decode(output).exitStatus, 137);
});

each("the socket of a shim that died is removed, that of a living one is not", async (sandbox) => {
  mkdirSync(sandbox.socketDir, { mode: 0o700 });
  const path = join(sandbox.socketDir, "socket");
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  writeFileSync(join(sandbox.bundle, "address"), toAddress(path));
  assertAnswered(remove(sandbox));
  assert.equal(existsSync(path), true);
  // Closing would unlink it, a death does not.
  renameSync(path, `${path}.kept`);
  await new Promise((resolve) => server.close(resolve));
  renameSync(`${path}.kept`, path);
  assertAnswered(remove(sandbox));
  assert.deepEqual(readdirSync(sandbox.socketDir), []);
});

for (const address of ["unix:///etc/hostname", "unix://", "vsock://1:2", "", "unix:///"]) {
  each(`the address "${address}" leads to no harm`, (sandbox) => {
    writeFileSync(join(sandbox.bundle, "address"), address);
    assertAnswered(remove(sandbox));
    assert.equal(existsSync("/etc/hostname"), true);
  });
}

for (const id of ["", "../x", "a/b", "x".repeat(77)]) {
  each(`the id "${id}" is refused`, (sandbox) => {
    const { status, stdout, stderr } = sandbox.run({ args: [...IDENTITY, "-id", id, "delete"] });
    assert.deepEqual([status, stdout.toString()], [1, ""]);
    assert.equal(stderr, `containerd-shim-tsrunc-v1: invalid id "${id}"\n`);
  });
}
