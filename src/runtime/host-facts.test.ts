// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { readCgroupLayout } from "../cgroup/mode.ts";
import { probeHost } from "./host-facts.ts";
import { probeSecurityModules } from "./security-modules.ts";

test("what few containers ask for is not looked at before one does", () => {
  const facts = probeHost(readCgroupLayout());
  for (const name of ["securityModules", "missingNamespaces"]) {
    assert.equal(typeof Object.getOwnPropertyDescriptor(facts, name)?.get, "function", name);
  }
  assert.deepEqual(facts.securityModules, probeSecurityModules());
  const missing = ["user", "cgroup", "time"].filter((name) => !existsSync(`/proc/self/ns/${name}`));
  assert.deepEqual(facts.missingNamespaces, missing);
});
