// SPDX-License-Identifier: Apache-2.0
// An attacker who shares the root filesystem changes it while init works in it (CVE-2021-30465, CVE-2024-45310).

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type BareOp, driverPath, temporaryDirectory, testInit } from "./testing/init.ts";

testInit("nothing leaves the root while someone swaps a directory and a link", (init, t) => {
  const directory = temporaryDirectory(t);
  const [root, outside] = [join(directory, "root"), join(directory, "outside")];
  mkdirSync(join(root, "x"), { recursive: true });
  mkdirSync(outside);
  symlinkSync("../outside", join(root, "link"));
  const attacker = spawn(driverPath(), ["exchange", "x", "link"], { cwd: root, stdio: "ignore" });
  const tolerate = ["ENOENT", "ENOTDIR", "ELOOP", "EAGAIN"];
  const ops = Array.from({ length: 250 }, (_, i): readonly BareOp[] => [
    { op: "mkdir_all", root: "r", path: `x/d${i}/e`, mode: 0o755, out: "t", tolerate },
    { op: "make_file", root: "r", path: `x/f${i}`, mode: 0o644, out: "t", tolerate },
  ]).flat();
  const result = init.run([{ inputs: [{ slot: "r", path: root }], ops }]);
  attacker.kill("SIGKILL");
  assert.equal(result.reports.at(-1)?.kind, "done", JSON.stringify(result));
  assert.deepEqual(readdirSync(outside), []);
});
