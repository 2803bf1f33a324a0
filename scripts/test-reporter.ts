// SPDX-License-Identifier: Apache-2.0
// A reporter for node:test that writes one JSON line per finished test. run-tests.ts reads them afterwards: what was
// written before a crash is not lost.

import type { TestEvent } from "node:test/reporters";

/** One finished test, or a suite that failed by itself (in a hook, say). */
export interface TestRecord {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Why it was skipped, or how it failed. */
  readonly detail: string;
  readonly durationMs: number;
}

async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    const record = toRecord(event);
    if (record !== undefined) yield `${JSON.stringify(record)}\n`;
  }
}

function toRecord(
  event: Extract<TestEvent, { type: "test:pass" | "test:fail" }>,
): TestRecord | undefined {
  const { name, details, skip, todo } = event.data;
  const durationMs = details.duration_ms;
  if (event.type === "test:pass") {
    if (details.type === "suite") return undefined;
    const why = skip ?? todo;
    if (why === undefined || why === false) {
      return { name, outcome: "passed", detail: "", durationMs };
    }
    return { name, outcome: "skipped", detail: why === true ? "no reason given" : why, durationMs };
  }
  // A suite or test that failed only because something inside it failed is not a second failure.
  const { error } = event.data.details;
  if ("failureType" in error && error.failureType === "subtestsFailed") return undefined;
  return { name, outcome: "failed", detail: describe(error), durationMs };
}

/** The error that the test threw, not node:test's wrapping of it. */
function describe(error: Error): string {
  const inner = error.cause instanceof Error ? error.cause : error;
  return inner.stack ?? String(error.cause ?? error.message);
}

// node:test takes a reporter from a module's default export only.
// biome-ignore lint/style/noDefaultExport: required by node:test
export default report;
