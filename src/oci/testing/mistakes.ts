// SPDX-License-Identifier: Apache-2.0
// Tables of mistakes: what somebody writes into a configuration, the field that is named, and the sentence that is read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../../base/errors.ts";
import { parseSpec } from "../parse.ts";
import { changed } from "../testdata/samples.ts";
import { judge } from "./judge.ts";

export type Patch = Readonly<Record<string, unknown>>;

/** A change of the smallest configuration (objects are merged), the path of the error, its message. */
export type Mistake = readonly [patch: Patch, path: string, message: string];

/** One test for each row, named by what is read. */
export function testMistakes(section: string, mistakes: readonly Mistake[]): void {
  for (const [index, [patch, path, message]] of mistakes.entries()) {
    test(`${section} ${index}: ${JSON.stringify(message)}`, () => {
      assertMistake(() => parseSpec(changed(patch)), path, message);
      assert.notEqual(judge(changed(patch)), undefined, "the model takes it for valid");
    });
  }
}

/** That `run` throws a SpecError with exactly this path and this message. */
export function assertMistake(run: () => unknown, path: string, message: string): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof SpecError, String(error));
    assert.deepEqual({ path: error.path, message: error.message }, { path, message });
    return true;
  });
}

export const process = (patch: Patch): Patch => ({ process: patch });
export const linux = (patch: Patch): Patch => ({ linux: patch });
export const resources = (patch: Patch): Patch => linux({ resources: patch });
/** As the only mount. */
export const mount = (patch: Patch): Patch => ({
  mounts: [{ destination: "/x", type: "tmpfs", source: "tmpfs", ...patch }],
});
/** As the only namespaces. */
export const namespaces = (...list: readonly Patch[]): Patch => linux({ namespaces: list });
/** Beside the mount and pid namespaces of the smallest configuration. */
export const withNamespaces = (types: readonly (string | Patch)[], rest: Patch = {}): Patch =>
  linux({
    namespaces: [
      { type: "mount" },
      { type: "pid" },
      ...types.map((type) => (typeof type === "string" ? { type } : type)),
    ],
    ...rest,
  });
