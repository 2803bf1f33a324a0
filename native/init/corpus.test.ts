// SPDX-License-Identifier: Apache-2.0
// What the fuzzer starts from. With seeds of an older schema it would have to find the newer ops by itself.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { HEADER, opcodeOf, opNames, PLAN_VERSION, RECORD } from "../../src/plan/layout.ts";

test("the seeds of the fuzzer are of this schema and have every op: else run testing/make-corpus.ts", () => {
  const bytes = readFileSync(join(import.meta.dirname, "corpus/every-op-0.plan"));
  assert.equal(bytes.readUInt32LE(HEADER.version), PLAN_VERSION);
  const count = bytes.readUInt32LE(HEADER.ops) + bytes.readUInt32LE(HEADER.alternatives);
  const found = new Set(
    Array.from({ length: count }, (_, index) =>
      bytes.readUInt16LE(HEADER.bytes + index * RECORD.bytes + RECORD.opcode),
    ),
  );
  assert.deepEqual(
    opNames.filter((name) => !found.has(opcodeOf(name))),
    [],
  );
});
