// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { HOOK_KINDS, hookState, parseHooks } from "./hooks.ts";
import { parseJson } from "./json.ts";

const document = (hooks: unknown) => ({ path: "", fields: { hooks } });

test("every kind is read, with the meaning of what is absent", () => {
  const full = { path: "/bin/x", args: ["x", "-v"], env: ["A=1"], timeout: 3 };
  const hooks = parseHooks(document(Object.fromEntries(HOOK_KINDS.map((kind) => [kind, [full]]))));
  for (const kind of HOOK_KINDS) {
    assert.deepEqual(hooks[kind], [
      { path: "/bin/x", args: ["x", "-v"], env: ["A=1"], timeoutSeconds: 3 },
    ]);
  }
  const bare = parseHooks(document({ poststop: [{ path: "/bin/x" }] }));
  assert.deepEqual(bare.poststop, [
    { path: "/bin/x", args: ["/bin/x"], env: undefined, timeoutSeconds: undefined },
  ]);
  assert.deepEqual(bare.prestart, []);
});

test("an empty environment is not the same as none", () => {
  const { prestart } = parseHooks(document({ prestart: [{ path: "/x", env: [] }] }));
  assert.deepEqual(prestart[0]?.env, []);
});

test("no hooks, null, and kinds that nobody knows", () => {
  for (const hooks of [undefined, null, {}, { prestart: null }, { someday: [{ path: 1 }] }]) {
    for (const list of Object.values(parseHooks(document(hooks)))) assert.deepEqual(list, []);
  }
});

const REFUSED: readonly (readonly [object, string, string])[] = [
  [{}, "path", 'hooks.prestart[1].path must be an absolute path: ""'],
  [{ path: "x" }, "path", 'hooks.prestart[1].path must be an absolute path: "x"'],
  [{ path: "/x\0" }, "path", "hooks.prestart[1].path must not contain a null byte"],
  [{ path: "/x", args: ["x", 1] }, "args[1]", "hooks.prestart[1].args[1] must be a string"],
  [{ path: "/x", env: ["A\0"] }, "env[0]", "hooks.prestart[1].env[0] must not contain a null byte"],
  ...[0, -1, 1.5, "5", 2n ** 64n].map(
    (timeout) =>
      [
        { path: "/x", timeout },
        "timeout",
        "hooks.prestart[1].timeout must be a number of seconds above 0",
      ] as const,
  ),
];

for (const [hook, field, message] of REFUSED) {
  test(`refused: ${message}`, () => {
    const parse = (): unknown => parseHooks(document({ prestart: [{ path: "/ok" }, hook] }));
    assert.throws(parse, (error: unknown) => {
      assert.ok(error instanceof SpecError);
      assert.deepEqual([error.path, error.message], [`hooks.prestart[1].${field}`, message]);
      return true;
    });
  });
}

test("a hook that is no object, and a list that is none, are named", () => {
  assert.throws(() => parseHooks(document({ poststop: ["/x"] })), /^.*hooks\.poststop\[0\]/);
  assert.throws(() => parseHooks(document({ poststop: {} })), /hooks\.poststop must be a list/);
});

const SUBJECT = { ociVersion: "1.3.0", id: "x", bundle: "/b", annotations: new Map() };

test("the state has the names and the order that hooks know", () => {
  const annotations = new Map([
    ["z", "1"],
    ["a", 'quoted "text"'],
  ]);
  assert.equal(
    hookState({ ...SUBJECT, annotations }, "creating", 1234),
    '{"ociVersion":"1.3.0","id":"x","status":"creating","pid":1234,"bundle":"/b","annotations":{"a":"quoted \\"text\\"","z":"1"}}',
  );
});

test("the state of a container that is gone has no pid, and none has empty annotations", () => {
  assert.equal(
    hookState(SUBJECT, "stopped"),
    '{"ociVersion":"1.3.0","id":"x","status":"stopped","bundle":"/b"}',
  );
});

test("an annotation may have any name", () => {
  const parsed = parseJson('{"__proto__": "x", "constructor": "y"}') as object;
  const annotations = new Map<string, string>(Object.entries(parsed));
  const state = hookState({ ...SUBJECT, annotations }, "created", 1);
  assert.match(state, /"annotations":\{"__proto__":"x","constructor":"y"\}/);
});
