// SPDX-License-Identifier: Apache-2.0
// Mistakes in a bundle: what is not there, what is no text, and root filesystems that are not what they say.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { readConfig, rootfsPath } from "./bundle.ts";
import { planBundle } from "./plan.ts";

const top = realpathSync(mkdtempSync(join(tmpdir(), "tsrunc-bundle-")));
after(() => rmSync(top, { recursive: true, force: true }));

let count = 0;

/** A bundle with this as its config.json; without one if it is undefined. */
function bundleWith(config?: string | Uint8Array): string {
  count += 1;
  const bundle = join(top, `bundle${count}`);
  mkdirSync(join(bundle, "rootfs"), { recursive: true });
  if (config !== undefined) writeFileSync(join(bundle, "config.json"), config);
  return bundle;
}

function assertRefused(run: () => unknown, path: string, message: string): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof SpecError, String(error));
    assert.deepEqual([error.path, error.message], [path, message]);
    return true;
  });
}

const NOT_FOUND = "JSON specification file config.json not found";

for (const [name, bundle, path, message] of [
  ["a bundle without config.json", bundleWith(), "config.json", NOT_FOUND],
  ["no bundle at all", join(top, "nothing"), "config.json", NOT_FOUND],
  [
    "bytes that are no text",
    bundleWith(Uint8Array.of(0x7b, 0xff, 0x7d)),
    "config.json",
    "invalid JSON: it is not UTF-8",
  ],
  [
    "Latin-1",
    bundleWith(Buffer.from('{"a":"\xe4"}', "latin1")),
    "config.json",
    "invalid JSON: it is not UTF-8",
  ],
  [
    "a surrogate in UTF-8",
    bundleWith(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])),
    "config.json",
    "invalid JSON: it is not UTF-8",
  ],
  [
    "a byte order mark",
    bundleWith("\ufeff{}"),
    "",
    "invalid JSON: it begins with a byte order mark",
  ],
  ["an empty file", bundleWith(""), "", "invalid JSON: unexpected end of JSON input"],
] as const) {
  test(`${name}: ${message}`, () => {
    assertRefused(() => readConfig(bundle), path, message);
  });

  test(`tsrunc plan says the same: ${name}`, async () => {
    await assert.rejects(planBundle(bundle), { message });
  });
}

test("a config.json that cannot be read is told as such", () => {
  const bundle = bundleWith();
  mkdirSync(join(bundle, "config.json"));
  assertRefused(() => readConfig(bundle), "config.json", "cannot read config.json: is a directory");
  const loop = bundleWith();
  symlinkSync("config.json", join(loop, "config.json"));
  assertRefused(
    () => readConfig(loop),
    "config.json",
    "cannot read config.json: too many levels of symbolic links",
  );
});

test("a root filesystem is a directory, by its own path", () => {
  const bundle = bundleWith("{}");
  const file = join(bundle, "config.json");
  const [link, inside] = [join(bundle, "link"), join(bundle, "inside")];
  symlinkSync("rootfs", link);
  mkdirSync(join(bundle, "rootfs", "deep"));
  symlinkSync(".", inside);
  const symlink = "invalid rootfs: not an absolute path, or a symlink";
  const missing = join(bundle, "nothing");
  for (const [path, message] of [
    ["link", symlink],
    [link, symlink],
    ["link/deep", symlink],
    ["inside/rootfs", symlink],
    ["nothing", `invalid rootfs: stat ${missing}: no such file or directory`],
    [file, `invalid rootfs: ${file} is not a directory`],
    [`${file}/x`, `invalid rootfs: stat ${file}/x: not a directory`],
  ] as const) {
    assertRefused(() => rootfsPath(bundle, path), "root.path", message);
  }
  for (const path of ["rootfs", "./rootfs/", "rootfs/deep/..", join(bundle, "rootfs")]) {
    assert.equal(rootfsPath(bundle, path), join(bundle, "rootfs"));
  }
});

test("a bundle may be reached through a link", () => {
  const bundle = bundleWith("{}");
  const link = join(top, "linked");
  symlinkSync(bundle, link);
  assert.equal(rootfsPath(link, "rootfs"), join(bundle, "rootfs"));
});
