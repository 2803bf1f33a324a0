// SPDX-License-Identifier: Apache-2.0
// Runs everything that `make test` is made of and sums it up in one last line, "N passed, N failed, N skipped". A check
// (a command: lint, the fuzzer) counts as one test. A file that crashes or hangs is a failure, and so is a stage that
// ran no test: silence is never success.
//
//   node scripts/run-tests.ts [--check NAME=COMMAND]... [--stage NAME]... [FILE...]

import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { parseArgs } from "node:util";
import { type FileResult, runTestFile } from "./test-file.ts";

interface Stage {
  readonly patterns: readonly string[];
  /** How many files run at once. */
  readonly concurrency: number;
  /** The longest that one file may take, in milliseconds: a hang must not eat CI's whole time. */
  readonly timeoutMs: number;
  /** Whether its files run containerds, which must not meet the machine's own. */
  readonly apart?: boolean;
}

/** On a slow machine (an emulated one) everything may take so many times as long. */
const PATIENCE = Number(process.env["TSRUNC_TEST_PATIENCE"] ?? 1);

const FULL = process.env["TSRUNC_TEST_FULL"] === "1";

const STAGES: Readonly<Record<string, Stage>> = {
  unit: {
    patterns: ["src/**/*.test.ts", "scripts/**/*.test.ts", "bench/**/*.test.ts"],
    concurrency: 2,
    timeoutMs: 180_000,
  },
  native: { patterns: ["native/**/*.test.ts"], concurrency: 1, timeoutMs: 180_000 },
  // One file at a time: each compares the whole machine before and after itself.
  integration: {
    patterns: ["integration/**/*.test.ts"],
    concurrency: 1,
    timeoutMs: FULL ? 1_800_000 : 420_000,
    apart: true,
  },
};

interface Totals {
  passed: number;
  failed: number;
  skipped: number;
  readonly failures: string[];
  readonly skips: string[];
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      check: { type: "string", multiple: true, default: [] },
      stage: { type: "string", multiple: true, default: Object.keys(STAGES) },
    },
    allowPositionals: true,
  });
  const totals: Totals = { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] };
  for (const check of values.check) await runCheck(check, totals);
  for (const name of values.stage) {
    const stage = STAGES[name];
    if (stage === undefined) throw new Error(`no stage "${name}"`);
    await runStage(name, stage, positionals, totals);
  }
  if (totals.passed + totals.failed === 0) fail(totals, "not one test ran");
  printSummary(totals);
  return totals.failed === 0 ? 0 : 1;
}

function fail(totals: Totals, what: string): void {
  totals.failed += 1;
  totals.failures.push(what);
}

/** One command as one test, "name=command with arguments". Its output is shown as it comes. */
async function runCheck(check: string, totals: Totals): Promise<void> {
  const equals = check.indexOf("=");
  const name = check.slice(0, equals);
  console.log(`\n==> ${name}`);
  const started = performance.now();
  const status = await new Promise<number>((resolve) => {
    const child = spawn("bash", ["-c", check.slice(equals + 1)], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.on("error", () => resolve(127));
    child.on("exit", (code) => resolve(code ?? 1));
  });
  console.log(
    `${status === 0 ? "ok  " : "FAIL"} ${name} (${seconds(performance.now() - started)})`,
  );
  if (status === 0) totals.passed += 1;
  else fail(totals, `${name}: exit status ${status}`);
}

async function runStage(
  name: string,
  stage: Stage,
  only: readonly string[],
  totals: Totals,
): Promise<void> {
  const found = stage.patterns.flatMap((pattern) => globSync(pattern)).sort();
  const files = only.length === 0 ? found : found.filter((file) => only.includes(file));
  if (files.length === 0) return;
  console.log(`\n==> ${name} tests: ${files.length} files`);
  const queue = files.values();
  const options = { timeoutMs: stage.timeoutMs * PATIENCE, apart: stage.apart === true };
  const worker = async (): Promise<void> => {
    // The workers share one iterator: each takes the next file that nobody has.
    for (const file of queue) take(await runTestFile(file, options), totals);
  };
  await Promise.all(Array.from({ length: stage.concurrency }, worker));
}

/** Adds a file's results to the totals and prints them. */
function take(result: FileResult, totals: Totals): void {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const lines: string[] = [];
  for (const record of result.records) {
    counts[record.outcome] += 1;
    if (record.outcome === "failed") {
      lines.push(`  not ok: ${record.name}`, indent(record.detail));
      fail(totals, `${result.file}: ${record.name}`);
    }
    if (record.outcome === "skipped") {
      totals.skips.push(`${result.file}: ${record.name}: ${record.detail}`);
    }
  }
  if (result.problem !== undefined) {
    counts.failed += 1;
    lines.push(`  the file itself: ${result.problem}`);
    fail(totals, `${result.file}: ${result.problem}`);
  }
  totals.passed += counts.passed;
  totals.skipped += counts.skipped;
  const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`;
  const verdict = counts.failed === 0 ? "ok  " : "FAIL";
  console.log(
    `${verdict} ${result.file} (${counts.passed} of ${counts.passed + counts.failed}${skipped}, ${seconds(result.durationMs)})`,
  );
  if (counts.failed > 0) {
    for (const line of lines) console.log(line);
    if (result.output !== "") console.log(`  its output:\n${indent(result.output)}`);
  }
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, "    ");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function printSummary(totals: Totals): void {
  if (totals.skips.length > 0) {
    console.log("\nskipped:");
    for (const skip of totals.skips) console.log(`  ${skip}`);
  }
  if (totals.failures.length > 0) {
    console.log("\nfailed:");
    for (const failure of totals.failures) console.log(`  ${failure}`);
  }
  console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
}

process.exitCode = await main();
