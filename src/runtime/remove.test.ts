// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { silentLogger } from "../base/log.ts";
import { Resctrl, type ResctrlState } from "../cgroup/resctrl.ts";
import { DocumentedTree } from "../cgroup/testing/resctrl.ts";
import { removeLeftovers } from "./remove.ts";
import {
  type ContainerState,
  createStateDirectory,
  saveState,
  stateDirectory,
} from "./state-file.ts";

/** The state directory of a container of which nothing else is there, and what a removal of it warns of. */
function leftovers(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), "tsrunc-remove-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const warnings: string[] = [];
  const options = {
    ...{ stateRoot: root, namespace: "ns", id: "c1", bundle: root },
    log: { ...silentLogger, warn: (message: string) => warnings.push(message) },
    hooks: () => assert.fail("there are none"),
  };
  const directory = stateDirectory(root, "ns", "c1");
  createStateDirectory(directory);
  return { root, warnings, options, directory };
}

test("the state of a cgroup that cannot be removed stays for the next delete", async (t) => {
  const { root, warnings, options, directory } = leftovers(t);
  writeFileSync(join(root, "init.pid"), "42");
  const state: ContainerState = {
    ...{ id: "c1", namespace: "ns", bundle: root, rootfs: join(root, "rootfs"), init: undefined },
    ...{ rootfsMounted: true, createdAtNs: "1" },
    // No cgroup tree: nothing in there can be removed.
    cgroup: {
      kind: "v2",
      members: [{ version: 2, mountPoint: root, controllers: [], path: "/a/b" }],
    },
  };
  saveState(directory, state);
  assert.equal(await removeLeftovers(options), 42);
  assert.ok(existsSync(join(directory, "state.json")));
  assert.deepEqual(warnings, [
    "cannot kill the processes in the cgroup",
    "cannot remove the cgroup",
  ]);

  saveState(directory, { ...state, cgroup: undefined });
  assert.equal(await removeLeftovers(options), 42);
  assert.equal(existsSync(join(root, "ns")), false);
  assert.equal(warnings.length, 2);
});

test("groups of resctrl go with a container whose shim is gone", async (t) => {
  using tree = new DocumentedTree();
  const { root, warnings, options, directory } = leftovers(t);
  tree.make("c1");
  const resctrl = { mountPoint: tree.root, path: "c1", isOwn: true, isNamed: false };
  saveState(directory, {
    ...{ id: "c1", namespace: "ns", bundle: root, rootfs: join(root, "rootfs"), init: undefined },
    ...{ rootfsMounted: false, createdAtNs: "1", cgroup: undefined, resctrl },
  });
  const refuse = (): never => {
    throw new Error("busy");
  };
  const busy = { ...options, openResctrl: refuse };
  await removeLeftovers(busy);
  assert.ok(existsSync(join(directory, "state.json")), "it is still to be done");
  const openResctrl = (state: ResctrlState): Resctrl => Resctrl.open(state, tree);
  await removeLeftovers({ ...options, openResctrl });
  assert.ok(!tree.exists("c1"));
  assert.equal(existsSync(join(root, "ns")), false);
  assert.deepEqual(warnings, ["cannot remove its groups of resctrl"]);
});
