// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { groupingKey } from "./group.ts";

const GROUP = "io.containerd.runc.v2.group";
const POD = "io.kubernetes.cri.sandbox-id";

function keyOf(document: unknown): string {
  return groupingKey(Buffer.from(JSON.stringify(document)), "own");
}

test("without a group a container has a shim of its own", () => {
  assert.equal(groupingKey(undefined, "own"), "own");
  assert.equal(keyOf({}), "own");
  assert.equal(keyOf({ annotations: null }), "own");
  assert.equal(keyOf({ annotations: { other: 1 } }), "own");
});

test("the containers of a pod share a shim", () => {
  assert.equal(keyOf({ annotations: { [POD]: "pod1" } }), "pod1");
});

test("an explicit group goes before the pod, also an empty one", () => {
  assert.equal(keyOf({ annotations: { [POD]: "pod1", [GROUP]: "g" } }), "g");
  assert.equal(keyOf({ annotations: { [POD]: "pod1", [GROUP]: "" } }), "");
});

test("only annotations are looked at, not what a prototype has", () => {
  assert.equal(keyOf({ annotations: { __proto__: null }, [GROUP]: "g" }), "own");
});

const REFUSED: readonly [string, string, RegExp][] = [
  ["text that is not JSON", "{", /^config\.json$/],
  ["bytes that are not UTF-8", '{"a":"\xff"}', /^config\.json$/],
  ["a list", "[]", /^config\.json: annotations is not an object$/],
  ["annotations that are a list", '{"annotations":[]}', /annotations is not an object$/],
  ["a group that is a number", `{"annotations":{"${GROUP}":1}}`, /is not a plain string$/],
  ["a group with a NUL", `{"annotations":{"${GROUP}":"a\\u0000b"}}`, /is not a plain string$/],
];

for (const [name, text, message] of REFUSED) {
  test(`config.json: ${name} is refused`, () => {
    const bytes = Buffer.from(text, "latin1");
    assert.throws(() => groupingKey(bytes, "own"), { code: "invalid_argument", message });
  });
}
