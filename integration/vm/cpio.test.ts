// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { check } from "../harness/command.ts";
import { toCpio } from "./cpio.ts";

test("another cpio unpacks what was packed", async () => {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-cpio-"));
  try {
    const content = Buffer.from([0, 1, 2, 255, 10]);
    const entries = [{ name: "a" }, { name: "a/file", content }, { name: "b" }];
    await check(["busybox", "cpio", "-i"], { input: toCpio(entries), cwd: directory });
    assert.deepEqual(readFileSync(join(directory, "a/file")), content);
    assert.equal(statSync(join(directory, "a/file")).mode, 0o100_755);
    assert.ok(statSync(join(directory, "b")).isDirectory());
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
