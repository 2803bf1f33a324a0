// SPDX-License-Identifier: Apache-2.0
// The rules that hold the layers apart are configuration, and configuration that has no effect looks just like one that
// has. So each is broken here on purpose.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, test } from "node:test";

const BIOME = resolve(`node_modules/@biomejs/cli-linux-${process.arch}/biome`);

const project = mkdtempSync(join(tmpdir(), "tsrunc-lint-"));
after(() => rmSync(project, { recursive: true }));
for (const file of ["biome.json", ".gitignore"]) cpSync(file, join(project, file));

/** What the linter says of `source` in `path` of a project with our rules. */
function lint(path: string, source: string): string {
  const file = join(project, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, source);
  const result = spawnSync(BIOME, ["lint", path], { cwd: project, encoding: "utf8" });
  return result.stdout + result.stderr;
}

const FORBIDDEN: readonly (readonly [path: string, imported: string])[] = [
  ["src/base/x.ts", "../plan/ops.ts"],
  ["src/base/x.ts", "node:fs"],
  ["src/plan/x.ts", "../oci/spec.ts"],
  ["src/oci/x.ts", "../sys/fd.ts"],
  ["src/oci/tables/x.ts", "../../sys/fd.ts"],
  ["src/oci/x.ts", "node:fs/promises"],
  ["src/proto/x.ts", "../task/convert.ts"],
  ["src/ttrpc/x.ts", "../proto/any.ts"],
  ["src/ttrpc/x.ts", "node:net"],
  ["src/sys/x.ts", "../oci/spec.ts"],
  ["src/cgroup/x.ts", "../proto/any.ts"],
  ["src/cgroup/x.ts", "koffi"],
  ["src/runtime/x.ts", "../ttrpc/server.ts"],
  ["src/runtime/x.ts", "node:child_process"],
  ["src/container/x.ts", "../sys/fd.ts"],
  ["src/task/x.ts", "../cgroup/metrics.ts"],
  ["src/shim/x.ts", "../cli/main.ts"],
  ["src/shim/x.ts", "node:child_process"],
  ["src/cli/x.ts", "../ttrpc/server.ts"],
];

const ALLOWED: readonly (readonly [path: string, imported: string])[] = [
  ["src/oci/x.ts", "../plan/ops.ts"],
  ["src/oci/x.test.ts", "node:fs"],
  ["src/sys/x.ts", "koffi"],
  ["src/runtime/x.ts", "../sys/fd.ts"],
  ["src/task/x.ts", "../container/registry.ts"],
  ["src/shim/x.ts", "../task/service.ts"],
];

for (const [path, imported] of FORBIDDEN) {
  test(`${path} may not import ${imported}`, () => {
    assert.match(lint(path, `export * from "${imported}";\n`), /noRestrictedImports/);
  });
}

for (const [path, imported] of ALLOWED) {
  test(`${path} may import ${imported}`, () => {
    assert.doesNotMatch(lint(path, `export * from "${imported}";\n`), /noRestrictedImports/);
  });
}

const HABITS: readonly (readonly [rule: string, source: string])[] = [
  ["noExplicitAny", "export const x: any = 1;"],
  ["noDefaultExport", "export default 1;"],
  ["noNonNullAssertion", "export const f = (x: string | undefined): string => x!;"],
  ["noConsole", 'console.log("x");'],
  ["noExcessiveLinesPerFile", "export let x = 1;\n".repeat(301)],
];

for (const [rule, source] of HABITS) {
  test(`${rule} is an error`, () => {
    assert.match(lint("src/runtime/x.ts", `${source}\n`), new RegExp(rule));
  });
}
