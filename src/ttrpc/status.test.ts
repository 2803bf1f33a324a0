// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskError, type TaskErrorCode } from "../base/errors.ts";
import { toError, toStatus } from "./status.ts";

const codes: readonly TaskErrorCode[] = [
  "canceled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
];

test("the sixteen codes have the numbers of google.rpc.Code and come back as the same words", () => {
  for (const [index, code] of codes.entries()) {
    const details = [{ typeUrl: "t", value: new Uint8Array([1]) }];
    const status = toStatus(new TaskError(code, "why", { details }));
    assert.deepEqual(status, { code: index + 1, message: "why", details });
    const error = toError(status);
    assert.deepEqual([error?.code, error?.message, error?.details], [code, "why", details]);
  }
});

test("whatever else is thrown is unknown, with its text and that of its causes", () => {
  const error = new Error("cannot read state", { cause: new Error("no such file") });
  for (const [thrown, message] of [
    [error, "cannot read state: no such file"],
    ["a string", "a string"],
    [undefined, "undefined"],
  ] as const)
    assert.deepEqual(toStatus(thrown), { code: 2, message, details: [] });
});

test("no status and code 0 are successes; a code that nobody knows is unknown", () => {
  assert.equal(toError(undefined), undefined);
  assert.equal(toError({ code: 0, message: "ignored", details: [] }), undefined);
  for (const code of [17, -1, 2147483647])
    assert.equal(toError({ code, message: "", details: [] })?.code, "unknown");
});
