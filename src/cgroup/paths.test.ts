// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import type { CgroupKind, Hierarchy } from "./layout.ts";
import { containerPath, parentOf } from "./paths.ts";

const hierarchy = (ownPath: string): Hierarchy => ({
  version: 1,
  mountPoint: "/sys/fs/cgroup/memory",
  controllers: ["memory"],
  ownPath,
});

const CASES: readonly (readonly [CgroupKind, string, string | undefined, string])[] = [
  ["v1", "/", "/default/c1", "/default/c1"],
  ["v1", "/own", "/default/c1", "/default/c1"],
  ["v1", "/own", undefined, "/own/c1"],
  ["v1", "/", undefined, "/c1"],
  ["v1", "/own", "sub/x", "/own/sub/x"],
  ["hybrid", "/own", "../../../x", "/own/x"],
  ["v1", "/own", "/../../a//./b/", "/a/b"],
  ["v2", "/user.slice/me.scope", undefined, "/user.slice/c1"],
  ["v2", "/user.slice/me.scope", "a/b", "/user.slice/a/b"],
  ["v2", "/user.slice/me.scope", "/default/c1", "/default/c1"],
  ["v2", "/", undefined, "/c1"],
  ["v1", "/", "", "/c1"],
  ["v1", "/", "/kubepods/pod:1:2/c1", "/kubepods/pod:1:2/c1"],
  ["v1", "/../../outside", "x", "/outside/x"],
];

for (const [kind, own, given, wanted] of CASES) {
  test(`${kind}: cgroupsPath ${given ?? "(none)"} of a runtime in ${own} is ${wanted}`, () => {
    assert.equal(containerPath(hierarchy(own), given, "c1", kind), wanted);
  });
}

test("the root cgroup and unprintable names are refused", () => {
  for (const path of ["/", "..", "/a/..", "a\0b", "a\nb"]) {
    assert.throws(() => containerPath(hierarchy("/"), path, "c1", "v1"), SpecError);
  }
});

test("the parent of a path ends at the root", () => {
  assert.equal(parentOf("/a/b"), "/a");
  assert.equal(parentOf("/a"), "/");
});
