// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanPath, isBelow, joinPath, splitPath } from "./path.ts";

test("a clean path is absolute and has no empty, dot or dot-dot components", () => {
  for (const [path, expected] of [
    ["", "/"],
    ["/", "/"],
    ["a", "/a"],
    ["/a//b/./c/", "/a/b/c"],
    ["/a/../..", "/"],
    ["../../a", "/a"],
    ["/...", "/..."],
  ] as const) {
    assert.equal(cleanPath(path), expected, path);
  }
});

test("a relative path is joined, an absolute one is not", () => {
  assert.equal(joinPath("/b", "r/./f"), "/b/r/f");
  assert.equal(joinPath("/b", "../r"), "/r");
  assert.equal(joinPath("/b", "/r/"), "/r");
});

test("below means by components and not by characters", () => {
  assert.equal(isBelow("/proc/sys", "/proc"), true);
  assert.equal(isBelow("/proc", "/proc"), false);
  assert.equal(isBelow("/process", "/proc"), false);
  assert.equal(isBelow("/proc", "/"), true);
  assert.equal(isBelow("/", "/"), false);
});

test("a path splits into directory and name", () => {
  assert.deepEqual(splitPath("/a/b"), { directory: "/a", name: "b" });
  assert.deepEqual(splitPath("/a"), { directory: "/", name: "a" });
});
