// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Op } from "../plan/ops.ts";
import { joinPrograms, splitBefore } from "./programs.ts";

const umask: Op = { op: "umask", mask: 0o22, why: "" };
const wait: Op = { op: "fifo_wait", proc: "proc", fifo: "fifo", why: "" };
const exec: Op = { op: "exec", argv: ["sh"], env: [], why: "" };

test("a program is cut before fifo_wait, and the inputs stay with the first part", () => {
  const program = { inputs: ["fifo"], ops: [umask, wait, exec] };
  const { ready, rest } = splitBefore(program, "fifo_wait");
  assert.deepEqual(ready, { inputs: ["fifo"], ops: [umask] });
  assert.deepEqual(rest, { inputs: [], ops: [wait, exec] });
});

test("a program that would start without being released is refused", () => {
  const program = { inputs: [], ops: [umask, exec] };
  assert.throws(() => splitBefore(program, "fifo_wait"), /no fifo_wait/);
});

test("joined programs keep the order of ops and inputs", () => {
  const joined = joinPrograms({ inputs: ["a"], ops: [umask] }, { inputs: ["b"], ops: [exec] });
  assert.deepEqual(joined, { inputs: ["a", "b"], ops: [umask, exec] });
});
