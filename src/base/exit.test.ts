// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { exitText } from "./exit.ts";

test("an end by a signal is told apart from a status that looks like one", () => {
  assert.equal(exitText({ status: 137 }), "exit status 137");
  assert.equal(exitText({ status: 137, signal: 9 }), "signal: killed");
  assert.equal(exitText({ status: 143, signal: 15 }), "signal: terminated");
  assert.equal(exitText({ status: 139, signal: 11 }), "signal: segmentation fault");
  assert.equal(exitText({ status: 159, signal: 31 }), "signal: signal 31");
});
