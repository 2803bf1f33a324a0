// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkIdentity, isIdentifier } from "./identifier.ts";

for (const text of ["a", "0", "a.b-c_d", "x".repeat(76)]) {
  test(`"${text}" is an identifier`, () => assert.equal(isIdentifier(text), true));
}

for (const text of ["", ".", "..", "a/b", "-a", "a-", "a..b", "a b", "ä", "a\n", "x".repeat(77)]) {
  test(`${JSON.stringify(text)} is no identifier`, () => assert.equal(isIdentifier(text), false));
}

test("an action needs a namespace and an id, serving only a namespace", () => {
  const good = { namespace: "default", id: "web", action: "start" };
  assert.doesNotThrow(() => checkIdentity(good));
  assert.doesNotThrow(() => checkIdentity({ ...good, id: "", action: "" }));
  assert.throws(() => checkIdentity({ ...good, namespace: "" }), {
    message: "shim namespace cannot be empty",
  });
  assert.throws(() => checkIdentity({ ...good, namespace: "../x" }), {
    message: 'invalid namespace "../x"',
  });
  assert.throws(() => checkIdentity({ ...good, id: "" }), { message: 'invalid id ""' });
});
