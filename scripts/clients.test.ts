// SPDX-License-Identifier: Apache-2.0
// docs/clients.md promises tests and configurations: they exist, and none is left out.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const ROOT = join(import.meta.dirname, "..");
const TESTDATA = join("src", "oci", "testdata");
const TEXT = readFileSync(join(ROOT, "docs", "clients.md"), "utf8");

/** What the page names in code spans: configurations by their name alone, everything else by its path. */
const NAMED = [...TEXT.matchAll(/`([\w./-]+\.(?:json|ts|md))`/g)].map(([, name = ""]) => name);

function pathOf(name: string): string {
  return name.includes("/") ? name : join(TESTDATA, name);
}

test("every file that the page of clients names exists", () => {
  assert.ok(NAMED.length > 40, "the page names files");
  const missing = NAMED.map(pathOf).filter((path) => !existsSync(join(ROOT, path)));
  assert.deepEqual(missing, []);
});

test("every configuration is some client's", () => {
  const there = readdirSync(join(ROOT, TESTDATA)).filter((name) => name.endsWith(".json"));
  assert.deepEqual(
    there.filter((name) => !NAMED.includes(name)),
    [],
  );
});

test("every row of what is tested names a configuration or a test", () => {
  const [, section = ""] = TEXT.split(/^## What is tested$/m);
  const [table = ""] = section.split(/^## /m);
  const rows = table
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(1);
  assert.ok(rows.length >= 9, table);
  for (const row of rows) assert.match(row, /`[\w./-]+\.(?:json|ts)`/);
});
