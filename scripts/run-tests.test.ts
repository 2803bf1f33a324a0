// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type FileResult, runTestFile } from "./test-file.ts";

const scratch = mkdtempSync(join(tmpdir(), "tsrunc-run-tests-"));
after(() => rmSync(scratch, { recursive: true }));

async function runSource(source: string, timeoutMs = 60_000): Promise<FileResult> {
  const file = join(scratch, `${crypto.randomUUID()}.mjs`);
  writeFileSync(file, `import { before, describe, test } from "node:test";\n${source}\n`);
  return await runTestFile(file, { timeoutMs, apart: false });
}

function outcomes(result: FileResult): string[] {
  return result.records.map((record) => `${record.name}: ${record.outcome}`);
}

test("each test counts once, suites do not, and a skip keeps its reason", async () => {
  const result = await runSource(`
    describe("s", () => { test("a", () => {}); test("b", () => { throw new Error("no"); }); });
    test("c", { skip: "why not" }, () => {});
    test("d", async (t) => { await t.test("d1", () => {}); });`);
  const expected = ["a: passed", "b: failed", "c: skipped", "d1: passed", "d: passed"];
  assert.deepEqual(outcomes(result).sort(), expected);
  assert.equal(result.problem, undefined);
  assert.equal(result.records.find((record) => record.name === "c")?.detail, "why not");
});

test("a process that is killed is a problem, and what ran before it is kept", async () => {
  const result = await runSource(`
    test("a", () => {});
    test("b", async () => { await new Promise((r) => setTimeout(r, 300)); process.kill(process.pid, "SIGKILL"); });`);
  assert.equal(result.problem, "ended by SIGKILL");
});

test("a file that does not load is a problem, with its output", async () => {
  const result = await runSource("this is not a program");
  assert.equal(result.problem, "exit status 1");
  assert.match(result.output, /SyntaxError/);
});

test("a file without a test is a problem", async () => {
  assert.equal((await runSource("")).problem, "ran no test");
});

test("a file that hangs is ended and said to hang", async () => {
  const result = await runSource(
    `test("a", async () => { await new Promise((r) => setTimeout(r, 60_000)); });`,
    1000,
  );
  assert.match(result.problem ?? "", /still running after 1 s/);
});

test("a suite whose hook fails counts as failed", async () => {
  const result = await runSource(
    `describe("s", () => { before(() => { throw new Error("hook"); }); test("a", () => {}); });`,
  );
  assert.ok(result.records.some((record) => record.outcome === "failed"));
});

test("what a file leaves in its temporary directory is a problem, and is removed", async () => {
  const result = await runSource(`
    import { mkdtempSync } from "node:fs"; import { tmpdir } from "node:os";
    console.log("in " + tmpdir());
    test("a", () => { mkdtempSync(tmpdir() + "/left-"); });`);
  assert.match(result.problem ?? "", /^left in its temporary directory: left-\w+$/);
  const [, directory = ""] = /in (\S+)/.exec(result.output) ?? [];
  assert.notEqual(directory, tmpdir());
  assert.equal(existsSync(directory), false);
});
