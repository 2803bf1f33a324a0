// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { MS_BIND, MS_NODEV, MS_RDONLY, MS_REC, MS_RELATIME } from "../sys/constants.ts";
import { toMountOptions } from "./rootfs-mounts.ts";

for (const [name, options, flags, data] of [
  ["no options", [], 0, ""],
  [
    "overlay directories as data",
    ["lowerdir=/a:/b", "upperdir=/u"],
    0,
    "lowerdir=/a:/b,upperdir=/u",
  ],
  ["a recursive read-only bind", ["rbind", "ro"], MS_BIND | MS_REC | MS_RDONLY, ""],
  [
    "the last word wins",
    ["ro", "nodev", "rw", "dev", "relatime", "nodev"],
    MS_RELATIME | MS_NODEV,
    "",
  ],
  ["defaults is no data", ["defaults", "index=off"], 0, "index=off"],
  [
    "names of Object's prototype are data",
    ["constructor", "__proto__"],
    0,
    "constructor,__proto__",
  ],
] as const) {
  test(`rootfs mount options: ${name}`, () => {
    assert.deepEqual(toMountOptions(options, "rootfs[0]"), { flags, data });
  });
}

for (const [option, message] of [
  ["loop", /"loop" is not supported yet/],
  ["X-containerd.mkfs=x", /was not consumed by the mount manager/],
  [`lowerdir=${"x".repeat(5000)}`, /too long/],
] as const) {
  test(`a rootfs mount with ${option.slice(0, 20)} is refused and named`, () => {
    assert.throws(
      () => toMountOptions(["ro", option], "rootfs[3]"),
      (error) =>
        error instanceof SpecError &&
        error.path === "rootfs[3].options" &&
        message.test(error.message),
    );
  });
}
