// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { cgroupOwner, hasWritableCgroup } from "./cgroup-mount.ts";
import { specWith, V1_HOST, V2_HOST } from "./testdata/samples.ts";

const IDS = [{ containerId: 0, hostId: 100_000, size: 65_536 }];
const USER = { uids: IDS, gids: IDS, setgroups: true };
const MAPS = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
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

test("who can mount a cgroup2 tree, or is shown the host's, may freeze himself, too", () => {
  const bind = (source: string, ...options: readonly string[]) =>
    specWith({ mounts: [{ destination: "/x", type: "none", source, options }] });
  for (const writable of [
    bind("/sys/fs/cgroup", "bind", "rw"),
    bind("/sys/fs/cgroup/unified/some", "bind"),
    bind("/sys/fs/cgroup", "rbind", "ro"),
    bind("/", "rbind", "ro"),
    bind("/sys/../sys/", "rbind"),
  ]) {
    assert.ok(hasWritableCgroup(writable, V2_HOST), writable.mounts[0]?.source);
  }
  for (const other of [
    bind("/", "bind"),
    bind("/sys/fs/cgroup", "bind", "ro"),
    bind("/sys/fs/cgroups", "rbind"),
    bind("/srv", "rbind"),
    bind("sys/fs", "rbind"),
  ]) {
    assert.ok(!hasWritableCgroup(other, V2_HOST), other.mounts[0]?.source);
  }
});

test("CAP_SYS_ADMIN can mount a cgroup2 tree; of a user namespace its files are not", () => {
  const admin = (set: string, types: readonly string[]) =>
    specWith({
      mounts: [],
      process: { capabilities: { [set]: ["CAP_SYS_ADMIN"] } },
      linux: {
        namespaces: types.map((type) => ({ type })),
        ...(types.includes("user") && { uidMappings: MAPS, gidMappings: MAPS }),
      },
    });
  for (const set of ["bounding", "permitted"]) {
    assert.ok(hasWritableCgroup(admin(set, TYPES), V2_HOST), set);
    assert.ok(!hasWritableCgroup(admin(set, [...TYPES, "user"]), V2_HOST), set);
  }
  assert.ok(!hasWritableCgroup(admin("ambient", TYPES), V2_HOST));
});
