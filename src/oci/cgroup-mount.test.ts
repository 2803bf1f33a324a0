// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { cgroupOwner, hasWritableCgroup } from "./cgroup-mount.ts";
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

test("who may write to a cgroup2 tree may freeze himself, and in the trees of v1 nobody is born", () => {
  for (const [options, type, host, expected] of [
    [["rw"], "cgroup", V2_HOST, true],
    [[], "cgroup2", V2_HOST, true],
    [["rw"], "cgroup2", V1_HOST, true],
    [["rw"], "cgroup", V1_HOST, false],
    [["ro"], "cgroup", V2_HOST, false],
    [["rw"], "tmpfs", V2_HOST, false],
  ] as const) {
    assert.equal(hasWritableCgroup(spec(options, TYPES, type), host), expected, type);
  }
});
