// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { mkfifo } from "../sys/proc.ts";
import {
  type ContainerState,
  createStateDirectory,
  readState,
  removeStateDirectory,
  saveState,
  stateDirectory,
} from "./state-file.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tsrunc-state-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const STATE: ContainerState = {
  id: "c1",
  namespace: "ns",
  bundle: "/bundle",
  rootfs: "/bundle/rootfs",
  rootfsMounted: true,
  cgroup: undefined,
  init: { pid: 42, startTime: "12345" },
  createdAtNs: "1795440322758953510",
};

test("a saved state reads back as it was, and only its owner can read it", () => {
  const directory = stateDirectory(root, "ns", "c1");
  assert.equal(createStateDirectory(directory), true);
  saveState(directory, STATE);
  const { id, init, rootfsMounted, createdAtNs } = readState(directory) ?? assert.fail("no state");
  assert.deepEqual(
    { id, init, rootfsMounted, createdAtNs },
    { id: "c1", init: STATE.init, rootfsMounted: true, createdAtNs: STATE.createdAtNs },
  );
  assert.equal(statSync(join(directory, "state.json")).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(directory), ["state.json"]);
});

test("no other user of the host gets to what is in a state directory", () => {
  const directory = stateDirectory(join(root, "made"), "ns", "c1");
  assert.equal(createStateDirectory(directory), true);
  for (const path of [directory, join(directory, ".."), join(root, "made")]) {
    assert.equal(statSync(path).mode & 0o777, 0o700, path);
  }
});

test("a second container with the same id finds the place taken", () => {
  const directory = stateDirectory(root, "ns", "c1");
  assert.equal(createStateDirectory(directory), true);
  assert.equal(createStateDirectory(directory), false);
});

test("there is no state before one was saved, nor of an unknown container", () => {
  assert.equal(readState(stateDirectory(root, "ns", "nobody")), undefined);
  const directory = stateDirectory(root, "ns", "c1");
  createStateDirectory(directory);
  assert.equal(readState(directory), undefined);
});

test("a state file of another version is refused, not misread", () => {
  const directory = stateDirectory(root, "ns", "c1");
  createStateDirectory(directory);
  writeFileSync(join(directory, "state.json"), JSON.stringify({ version: 99, id: "c1" }));
  assert.throws(() => readState(directory), /not a state file of this version/);
});

test("a state file that somebody else could have written is not believed", (t) => {
  const directory = stateDirectory(root, "ns", "c1");
  createStateDirectory(directory);
  const path = join(directory, "state.json");
  const alone = /not a state file of this user alone/;
  saveState(directory, STATE);
  for (const mode of [0o620, 0o602]) {
    chmodSync(path, mode);
    assert.throws(() => readState(directory), alone);
  }
  chmodSync(path, 0o644);
  assert.equal(readState(directory)?.id, "c1");
  renameSync(path, join(root, "elsewhere"));
  symlinkSync(join(root, "elsewhere"), path);
  assert.throws(() => readState(directory), { code: "ELOOP" });
  rmSync(path);
  mkfifo(path, 0o600);
  assert.throws(() => readState(directory), alone);
  rmSync(path);
  if (process.getuid?.() !== 0) return t.diagnostic("not root: nobody to give the file to");
  saveState(directory, STATE);
  chownSync(path, 1000, 0);
  assert.throws(() => readState(directory), alone);
});

test("removing the last container removes the namespace's directory, and twice is fine", () => {
  const first = stateDirectory(root, "ns", "c1");
  const second = stateDirectory(root, "ns", "c2");
  createStateDirectory(first);
  createStateDirectory(second);
  removeStateDirectory(first);
  removeStateDirectory(first);
  assert.equal(existsSync(join(root, "ns")), true);
  removeStateDirectory(second);
  assert.equal(existsSync(join(root, "ns")), false);
});
