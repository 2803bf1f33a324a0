// SPDX-License-Identifier: Apache-2.0
// What is installed, as Node is given it. Needs `make build`.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { NODE_FLAGS } from "./shim/launch.ts";

const DIST = join(import.meta.dirname, "../build/dist");

/** Runs JavaScript in the Node that is installed, as the launcher would. */
function evaluate(source: string): string {
  const { stdout, stderr } = spawnSync(join(DIST, "node"), [...NODE_FLAGS, "-e", source], {
    encoding: "utf8",
    env: {},
  });
  assert.equal(stderr, "");
  return stdout;
}

test("V8 takes the bytecode of the image back", () => {
  const rejected = evaluate(`
    const image = require("node:fs").readFileSync("${DIST}/tsrunc.image");
    const end = 4 + image.readUInt32LE(0);
    const script = new (require("node:vm").Script)(image.toString("latin1", 4, end), {
      filename: "${DIST}/tsrunc.image",
      cachedData: image.subarray(end),
    });
    console.log(script.cachedDataRejected);
  `);
  assert.equal(rejected, "false\n");
});

test("loading the daemon loads nothing of Node that costs milliseconds", () => {
  const loaded = evaluate(`
    process.argv = [process.execPath, "${DIST}/tsrunc.cjs", "warm-up"];
    require("${DIST}/tsrunc.cjs");
    setImmediate(() => console.log(process.moduleLoadList.join("\\n")));
  `).split("\n");
  for (const name of ["crypto", "os", "net", "stream", "child_process", "fs/promises", "http"]) {
    assert.ok(!loaded.includes(`NativeModule ${name}`), name);
  }
  assert.ok(loaded.includes("NativeModule vm"));
});

test("what is read at each start stays small", () => {
  assert.ok(statSync(join(DIST, "tsrunc.cjs")).size < 2_000);
  assert.ok(statSync(join(DIST, "tsrunc.image")).size < 2_500_000);
});
