// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { cgroupOwner } from "./cgroup-mount.ts";
import { specWith, V1_HOST, V2_HOST } from "./testdata/samples.ts";

const IDS = [{ containerId: 0, hostId: 100_000, size: 65_536 }];
const USER = { uids: IDS, gids: IDS, setgroups: true };
const TYPES = ["mount", "pid", "cgroup"];

const spec = (options: readonly string[], types: readonly string[] = TYPES, type = "cgroup") =>
  specWith({
    mounts: [{ destination: "/sys/fs/cgroup", type, source: "cgroup", options }],
    linux: { namespaces: types.map((name) => ({ type: name })) },
  });

test("root of a user namespace owns its cgroup if it sees it alone and may write there", () => {
  assert.equal(cgroupOwner(spec(["rw"]), V2_HOST, USER), 100_000);
  assert.equal(cgroupOwner(spec(["rw"], TYPES, "cgroup2"), V2_HOST, USER), 100_000);
});

test("nobody inside owns the cgroup without any of the three, or on v1", () => {
  assert.equal(cgroupOwner(spec(["ro"]), V2_HOST, USER), undefined);
  assert.equal(cgroupOwner(spec(["rw"], ["mount", "pid"]), V2_HOST, USER), undefined);
  assert.equal(cgroupOwner(spec(["rw"]), V2_HOST, undefined), undefined);
  assert.equal(cgroupOwner(spec(["rw"], TYPES, "tmpfs"), V2_HOST, USER), undefined);
  assert.equal(cgroupOwner(spec(["rw"]), V1_HOST, USER), undefined);
  assert.equal(cgroupOwner(specWith({}), V2_HOST, USER), undefined);
});
