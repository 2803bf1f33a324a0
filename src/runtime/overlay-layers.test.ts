// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { shortenLayers } from "./overlay-layers.ts";

const snapshots = "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots";
const layers = (count: number): string =>
  Array.from({ length: count }, (_, index) => `${snapshots}/${index}/fs`).join(":");
const mustNotOpen = (path: string): string => assert.fail(`opened ${path}`);

test("the layers of an image with 120 of them fit into a page", () => {
  const options = ["index=off", `lowerdir=${layers(120)}`, "upperdir=/u"];
  const opened: string[] = [];
  const short = shortenLayers(options, (path) => {
    opened.push(path);
    return "/fd/9";
  });
  assert.deepEqual(opened, [snapshots]);
  assert.match(
    short.join(","),
    /^index=off,lowerdir=\/fd\/9\/0\/fs:\/fd\/9\/1\/fs:.*,upperdir=\/u$/,
  );
  assert.ok(short.join(",").length < 4096 - 512);
});

for (const [what, lowerdir] of [
  ["few layers", layers(3)],
  ["layers with nothing in common", `/a/${"x".repeat(4000)}:/b/fs`],
  ["layers that are not absolute", `a/${"x".repeat(4000)}:b/fs`],
  ["layers with an escaped colon", `/a/\\:${"x".repeat(4000)}:/a/fs`],
] as const) {
  test(`${what} stay as they are`, () => {
    const options = [`lowerdir=${lowerdir}`];
    assert.equal(shortenLayers(options, mustNotOpen), options);
  });
}

test("options without layers stay as they are", () => {
  const options = ["x".repeat(5000)];
  assert.equal(shortenLayers(options, mustNotOpen), options);
});

test("layers in each other's directories have a directory in common", () => {
  const options = [`lowerdir=/a/b/${"x".repeat(4000)}:/a/b:/a/b/c/d`];
  const [short] = shortenLayers(options, (path) => {
    assert.equal(path, "/a");
    return "/fd/9";
  });
  assert.match(short ?? "", /^lowerdir=\/fd\/9\/b\/x+:\/fd\/9\/b:\/fd\/9\/b\/c\/d$/);
});
