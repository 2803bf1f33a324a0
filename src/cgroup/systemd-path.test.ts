// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { parseLayout } from "./layout.ts";
import { toSystemdMembers } from "./place.ts";
import { expandSlice, isSystemdPath, toSystemdUnit } from "./systemd-path.ts";

test("three parts with colons and no slash are systemd's, everything else is a path", () => {
  for (const path of ["system.slice:docker:abc", "::x", "a.slice::x", "machine.slice:libpod:1"]) {
    assert.equal(isSystemdPath(path), true, path);
  }
  for (const path of [undefined, "", "/a:b:c", "a:b", "a:b:c:d", "a/b:c:d", "default/x", "/x"]) {
    assert.equal(isSystemdPath(path), false, path);
  }
});

test("slice, prefix and name make a scope; without them it is named by the id", () => {
  const units: readonly (readonly [string | undefined, string, string])[] = [
    ["system.slice:docker:abc", "docker-abc.scope", "system.slice"],
    [
      "kubepods-burstable-pod1_2.slice:cri-containerd:a",
      "cri-containerd-a.scope",
      "kubepods-burstable-pod1_2.slice",
    ],
    [":docker:abc", "docker-abc.scope", "system.slice"],
    ["a.slice::abc", "abc.scope", "a.slice"],
    ["-.slice:x:abc", "x-abc.scope", "-.slice"],
    [undefined, "tsrunc-id.scope", "system.slice"],
  ];
  for (const [path, name, slice] of units) {
    assert.deepEqual(toSystemdUnit(path, "id"), { name, slice });
  }
});

test("a slice is below those that its name begins with", () => {
  assert.equal(expandSlice("a.slice"), "/a.slice");
  assert.equal(expandSlice("a-b-c.slice"), "/a.slice/a-b.slice/a-b-c.slice");
  assert.equal(expandSlice("-.slice"), "");
});

const REFUSED: readonly (readonly [string, string])[] = [
  [
    "/default/x",
    'expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "/default/x" instead',
  ],
  [
    "a:b",
    'expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "a:b" instead',
  ],
  ["a:b:c", "invalid slice name: a"],
  ["-a.slice:b:c", "invalid slice name: -a.slice"],
  ["a--b.slice:b:c", "invalid slice name: a--b.slice"],
  [".slice:b:c", "invalid slice name: .slice"],
  ["a b.slice:b:c", "invalid slice name: a b.slice"],
  ["a.slice:b:", 'linux.cgroupsPath "a.slice:b:" is no name for a systemd unit'],
  ["a.slice:b:c\n", 'linux.cgroupsPath "a.slice:b:c\\n" is no name for a systemd unit'],
  [
    "a.slice:b:c.slice",
    'linux.cgroupsPath "a.slice:b:c.slice" names a slice, which can\'t have processes',
  ],
  [
    `a.slice:b:${"c".repeat(250)}`,
    `linux.cgroupsPath "a.slice:b:${"c".repeat(250)}" is no name for a systemd unit`,
  ],
];

for (const [path, message] of REFUSED) {
  test(`refused as a unit: ${JSON.stringify(path).slice(0, 40)}`, () => {
    assert.throws(
      () => toSystemdUnit(path, "id"),
      (error: unknown) =>
        error instanceof SpecError &&
        error.path === "linux.cgroupsPath" &&
        error.message === message,
    );
  });
}

const MOUNTS = [
  "30 20 0:25 / /sys/fs/cgroup ro - tmpfs tmpfs rw",
  "31 30 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
  "32 30 0:27 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd",
  "33 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
].join("\n");

test("a unit is at the same place in every tree, beside systemd's own scope", () => {
  const layout = parseLayout(
    MOUNTS,
    "2:memory:/outer\n1:name=systemd:/outer/init.scope\n0::/init.scope\n",
  );
  assert.ok(layout);
  const paths = toSystemdMembers(layout, { name: "p-n.scope", slice: "a-b.slice" }).map(
    ({ mountPoint, path }) => mountPoint + path,
  );
  assert.deepEqual(paths.sort(), [
    "/sys/fs/cgroup/memory/outer/a.slice/a-b.slice/p-n.scope",
    "/sys/fs/cgroup/systemd/outer/a.slice/a-b.slice/p-n.scope",
    "/sys/fs/cgroup/unified/a.slice/a-b.slice/p-n.scope",
  ]);
});
