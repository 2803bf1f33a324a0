// SPDX-License-Identifier: Apache-2.0
// What goes wrong at an awkward moment: who is told what, and what is left.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Sandbox } from "./testing/sandbox.ts";

for (const [what, path] of [
  ["below the mount", "rootfs/inner"],
  ["somewhere else", "other"],
] as const) {
  test(`a rootfs is taken down when root.path is ${what}`, async () => {
    await using sandbox = new Sandbox();
    const bundle = join(sandbox.root, "bundle");
    const source = join(sandbox.root, "rootfs");
    mkdirSync(join(bundle, "other/bin"), { recursive: true });
    for (const at of [join(bundle, "other"), join(source, "inner")]) {
      for (const name of ["proc", "dev", "bin"]) mkdirSync(join(at, name), { recursive: true });
      writeFileSync(join(at, "bin/sh"), readFileSync(join(source, "bin/busybox")), { mode: 0o755 });
    }
    sandbox.writeConfig("sleep 100", { root: { path } }, bundle);
    const rootfsMounts = [{ type: "bind", source, target: "", options: ["rbind"] }];
    await sandbox.create({ bundle, rootfsMounts });
  });
}

test("a bundle behind a symlink leaves no mount when create fails", async () => {
  await using sandbox = new Sandbox();
  mkdirSync(join(sandbox.root, "real"));
  symlinkSync("real", join(sandbox.root, "link"));
  const bundle = join(sandbox.root, "link");
  const source = join(sandbox.root, "rootfs");
  const rootfsMounts = [{ type: "bind", source, target: "", options: ["rbind"] }];
  await assert.rejects(sandbox.create({ bundle, rootfsMounts }), /config.json not found/);
});
