// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseSpec } from "../oci/parse.ts";
import { probeMounts } from "./mount-facts.ts";

test("what a bind source is is found out", async (t) => {
  const bundle = mkdtempSync(join(tmpdir(), "tsrunc-facts-"));
  t.after(() => rmSync(bundle, { recursive: true, force: true }));
  const rootfs = join(bundle, "rootfs");
  mkdirSync(join(rootfs, "tmp"), { recursive: true, mode: 0o750 });
  writeFileSync(join(bundle, "file"), "");
  const bind = (source: string) => ({
    destination: "/x",
    type: "bind",
    source,
    options: ["rbind"],
  });
  const { spec } = parseSpec({
    ociVersion: "1.0.2",
    root: { path: "rootfs" },
    process: { cwd: "/", args: ["true"] },
    mounts: [
      ...["rootfs", "file", "/proc/sys", "missing", "file/below"].map(bind),
      { destination: "/tmp", type: "tmpfs", source: "tmpfs" },
    ],
    linux: { namespaces: [{ type: "mount" }] },
  });
  const facts = await probeMounts(spec.mounts, bundle);
  const none = [undefined, undefined, undefined];
  assert.deepEqual(facts.bindSourceKinds, ["dir", "file", "proc", ...none]);
});
