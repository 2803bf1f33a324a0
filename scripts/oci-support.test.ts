// SPDX-License-Identifier: Apache-2.0
// docs/oci-support.md says of every field what becomes of it: what is done must at least be looked at.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../src/base/errors.ts";
import { parseJson } from "../src/oci/json.ts";
import { parseSpec } from "../src/oci/parse.ts";
import type { Spec } from "../src/oci/spec.ts";
import { FULL } from "../src/oci/testing/full.ts";
import { ROWS } from "./oci-support/chapters.ts";
import { FIELDS, WORDS } from "./oci-support/fields.ts";
import { hasTitle } from "./test-titles.ts";

/** Puts a value at a path of FIELDS; false where the configuration has nothing to put it in. */
function put(value: unknown, [step = "", ...rest]: readonly string[], leaf: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const [, name = "", list = ""] = /^(.*?)(\[\])?$/.exec(step) ?? [];
  const pattern = new RegExp(`^${name.replaceAll("*", ".*")}$`);
  const keys = Object.keys(value).filter((key) => pattern.test(key));
  const object = value as Record<string, unknown>;
  return keys
    .map((key) => {
      if (rest.length === 0) {
        object[key] = leaf;
        return true;
      }
      return put(list === "" ? object[key] : (object[key] as unknown[])[0], rest, leaf);
    })
    .includes(true);
}

/** The configuration with every field, one of which has another value. */
function fullWith(field: string, leaf: unknown): unknown {
  // A copy in which nothing is in two places.
  const config: unknown = JSON.parse(JSON.stringify(FULL));
  assert.ok(put(config, field.split("."), leaf), "the configuration has this field");
  return config;
}

const PASSED_OVER = new Set(
  ROWS.filter(({ how }) => /^(?:ignored|refused)\b/.test(how)).flatMap(({ fields }) => fields),
);

/** Where the error is said to be: names of the user's are in brackets. */
function pathPattern(field: string): RegExp {
  const escaped = field.replaceAll("[]", "[0]").replaceAll(/[.[\]]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("\\.*", "(\\.|\\[).*").replaceAll("throttle*", ".*")}`);
}

function parse(config: unknown): Spec {
  return parseSpec(parseJson(JSON.stringify(config))).spec;
}

test("the configuration with every field is right", () => {
  assert.equal(parse(FULL).hostname, "box");
});

test("only what is for another platform, or given up by the kernel, is passed over", () => {
  assert.deepEqual([...PASSED_OVER].sort(), [
    "linux.resources.memory.kernel",
    "linux.resources.memory.kernelTCP",
    "linux.resources.memory.useHierarchy",
    "process.commandLine",
    "process.user.username",
  ]);
});

for (const field of FIELDS.filter((name) => !PASSED_OVER.has(name))) {
  test(`${field} is looked at`, () => {
    const config = fullWith(field, { wrong: true });
    const path = pathPattern(field);
    assert.throws(
      () => parse(config),
      (error) => error instanceof SpecError && path.test(error.path),
    );
  });
}

/** Whose words mean something by themselves, beside any other field, and whether it is a list of them. */
const PLAIN: ReadonlyMap<string, boolean> = new Map([
  ["linux.devices[].type", false],
  ["linux.memoryPolicy.flags", true],
  ["linux.personality.domain", false],
  ["linux.rootfsPropagation", false],
  ["linux.seccomp.architectures", true],
  ["linux.seccomp.flags", true],
  ["linux.seccomp.syscalls[].args[].op", false],
  ["process.ioPriority.class", false],
  ["process.rlimits[].type", false],
  ["process.scheduler.flags", true],
]);

for (const [field, isList] of PLAIN) {
  test(`every word of ${field} is taken, and no other`, () => {
    for (const word of WORDS.get(field) ?? assert.fail(field)) {
      parse(fullWith(field, isList ? [word] : word));
    }
    assert.throws(() => parse(fullWith(field, isList ? ["OTHER"] : "OTHER")), SpecError);
  });
}

test("a title is found in calls, tables and templates, and nowhere else", () => {
  const source = [
    String.raw`test("one \"way\"", f);`,
    "test(`two ways`, f);",
    '// "three ways"',
  ].join("\n");
  assert.ok(hasTitle(source, 'one "way"'));
  assert.ok(hasTitle(source, "ways"));
  assert.ok(!hasTitle(source, "three"));
  assert.ok(!hasTitle(source, ""));
});
