// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Op } from "../plan/ops.ts";
import { joinPrograms, splitAtFifo } from "./programs.ts";

const umask: Op = { op: "umask", mask: 0o22, why: "" };
const wait: Op = { op: "fifo_wait", proc: "proc", fifo: "fifo", why: "" };
const exec: Op = { op: "exec", argv: ["sh"], env: [], why: "" };

test("a program is cut before fifo_wait, and the inputs stay with the first part", () => {
  const { ready, release } = splitAtFifo({ inputs: ["fifo"], ops: [umask, wait, exec] });
  assert.deepEqual(ready, { inputs: ["fifo"], ops: [umask] });
  assert.deepEqual(release, { inputs: [], ops: [wait, exec] });
});

test("a program that would start without being released is refused", () => {
  assert.throws(() => splitAtFifo({ inputs: [], ops: [umask, exec] }), /no fifo_wait/);
});

test("joined programs keep the order of ops and inputs", () => {
  const joined = joinPrograms({ inputs: ["a"], ops: [umask] }, { inputs: ["b"], ops: [exec] });
  assert.deepEqual(joined, { inputs: ["a", "b"], ops: [umask, exec] });
});
