// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { silentLogger } from "../base/log.ts";
import type { CgroupState } from "../cgroup/cgroup.ts";
import { MS_BIND } from "../sys/constants.ts";
import { mount } from "../sys/mount.ts";
import { readMountInfo } from "../sys/proc.ts";
import { removeLeftovers } from "./remove.ts";
import { layersDirectory } from "./rootfs-idmap.ts";
import { mountedRootfs } from "./rootfs-mounts.ts";
import { createStateDirectory, readState, saveState, stateDirectory } from "./state-file.ts";
import { Sandbox } from "./testing/sandbox.ts";

const skip = process.getuid?.() !== 0 ? "needs root" : false;

test("of a cgroup that was being made only what is empty is removed", { skip }, async () => {
  await using sandbox = new Sandbox();
  sandbox.writeConfig("exec sleep 100");
  const container = await sandbox.create();
  const stateRoot = join(sandbox.root, "state");
  const state = readState(stateDirectory(stateRoot, "ns", sandbox.id));
  assert.ok(state?.cgroup);
  assert.equal(state.cgroupToBe, undefined);
  // As if another create had been killed that was about to use the same place.
  const warnings: string[] = [];
  const remove = async (id: string, cgroupToBe: CgroupState): Promise<void> => {
    const directory = stateDirectory(stateRoot, "ns", id);
    createStateDirectory(directory);
    saveState(directory, { ...state, id, init: undefined, cgroup: undefined, cgroupToBe });
    await removeLeftovers({
      ...{ stateRoot, namespace: "ns", id, bundle: join(sandbox.root, id) },
      log: { ...silentLogger, warn: (message: string) => warnings.push(message) },
      hooks: () => assert.fail("there are none"),
    });
    assert.equal(existsSync(directory), false);
  };
  await remove("same", state.cgroup);
  assert.match(readFileSync(`/proc/${container.pid}/cgroup`, "utf8"), new RegExp(sandbox.id));
  container.signal(9);
  await container.exited;
  const paths = state.cgroup.members.map(({ mountPoint, path }) => mountPoint + path);
  assert.ok(paths.every((path) => statSync(path).isDirectory()));
  await remove("later", state.cgroup);
  assert.ok(paths.every((path) => !existsSync(path)));
  assert.deepEqual(warnings, []);
});

test("layers that were being id-mapped are unmounted", { skip }, async () => {
  await using sandbox = new Sandbox();
  const bundle = join(sandbox.root, "killed");
  const layers = layersDirectory(mountedRootfs(bundle));
  mkdirSync(layers, { recursive: true });
  await mount({ source: sandbox.root, target: layers, flags: MS_BIND });
  await removeLeftovers({
    ...{ stateRoot: join(sandbox.root, "state"), namespace: "ns", id: "killed", bundle },
    log: silentLogger,
    hooks: () => assert.fail("there are none"),
  });
  const left = readMountInfo().filter(({ mountPoint }) => mountPoint === layers);
  assert.deepEqual(left, []);
});
