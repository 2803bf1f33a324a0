// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { toPid } from "../base/brand.ts";
import { TransitionError } from "../base/errors.ts";
import { assertLegal, exitOf, next, type State, type Step } from "./lifecycle.ts";

const pid = toPid(7);
const exit = { status: 3, atNs: 5n };
const STATES: Record<State["kind"], State> = {
  created: { kind: "created", pid },
  running: { kind: "running", pid },
  paused: { kind: "paused", pid },
  stopped: { kind: "stopped", pid, exit },
  deleted: { kind: "deleted", pid, exit },
};

type Outcome = State["kind"] | `refused: ${string}`;

/** Every step in every state: where it leads, or the words of the refusal. Order: created, running, paused, stopped, deleted. */
const TABLE: readonly (readonly [Step, ...Outcome[]])[] = [
  [
    { kind: "start", pid },
    "running",
    "refused: cannot start a running process",
    "refused: cannot start a paused process",
    "refused: cannot start a stopped process",
    "refused: cannot start a deleted process",
  ],
  [
    { kind: "exit", exit },
    "stopped",
    "stopped",
    "stopped",
    "refused: cannot exit twice",
    "refused: cannot exit after deletion",
  ],
  [
    { kind: "delete" },
    "deleted",
    "refused: cannot delete a running process",
    "refused: cannot delete a paused process",
    "deleted",
    "refused: cannot delete a deleted process",
  ],
  [
    { kind: "pause" },
    "refused: cannot pause task in created state",
    "paused",
    "refused: cannot pause a paused container",
    "refused: cannot pause a stopped container",
    "refused: cannot pause a deleted process",
  ],
  [
    { kind: "resume" },
    "refused: cannot resume task in created state",
    "refused: cannot resume a running process",
    "running",
    "refused: cannot resume a stopped container",
    "refused: cannot resume a deleted process",
  ],
  [
    { kind: "checkpoint" },
    "refused: cannot checkpoint a task in created state",
    "running",
    "paused",
    "refused: cannot checkpoint a stopped container",
    "refused: cannot checkpoint a deleted process",
  ],
  [
    { kind: "update" },
    "created",
    "running",
    "paused",
    "refused: cannot update a stopped container",
    "refused: cannot update a deleted process",
  ],
  [
    { kind: "kill" },
    "created",
    "running",
    "paused",
    "refused: process already finished",
    "refused: cannot kill a deleted process",
  ],
  [
    { kind: "exec" },
    "created",
    "running",
    "refused: cannot exec in a paused state",
    "refused: cannot exec in a stopped state",
    "refused: cannot exec in a deleted state",
  ],
  [
    { kind: "resize" },
    "created",
    "running",
    "paused",
    "refused: cannot resize a stopped container",
    "refused: cannot resize a deleted process",
  ],
];

for (const [step, ...outcomes] of TABLE) {
  for (const [index, from] of (Object.keys(STATES) as State["kind"][]).entries()) {
    const outcome = outcomes[index] ?? "created";
    test(`${step.kind} in state ${from}: ${outcome}`, () => {
      if (!outcome.startsWith("refused: ")) {
        assert.equal(next(STATES[from], step).kind, outcome);
        return;
      }
      assert.throws(
        () => next(STATES[from], step),
        (error) =>
          error instanceof TransitionError &&
          error.from === from &&
          error.step === step.kind &&
          `refused: ${error.message}` === outcome,
      );
    });
  }
}

test("a process that has no pid yet cannot be killed", () => {
  assert.throws(() => assertLegal({ kind: "created", pid: undefined }, "kill"), {
    name: "TransitionError",
    message: "process not created",
  });
});

test("pid and exit stay known until the end", () => {
  const stopped = next(STATES.running, { kind: "exit", exit });
  const deleted = next(stopped, { kind: "delete" });
  assert.deepEqual(deleted, { kind: "deleted", pid, exit });
  assert.equal(exitOf(deleted), exit);
  assert.equal(exitOf(STATES.running), undefined);
});
