// SPDX-License-Identifier: Apache-2.0
// Mistakes in the document itself and at its top level.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { parseJson } from "./json.ts";
import { parseSpec } from "./parse.ts";
import { changed } from "./testdata/samples.ts";
import { assertMistake, type Mistake, testMistakes, withNamespaces } from "./testing/mistakes.ts";

const hostname = "unable to set hostname without a private UTS namespace";
const domainname = "unable to set domainname without a private UTS namespace";
const version = (text: string): Mistake => [
  { ociVersion: text },
  "ociVersion",
  `unsupported OCI version "${text}", want 1.x.y`,
];

testMistakes("top level", [
  version("2.0.0"),
  version("0.9.0"),
  version("1"),
  version("1.0"),
  version("1.0.0garbage"),
  version("1.0.0-"),
  version("v1.0.0"),
  version("1.0.0 "),
  version("11.0.0"),
  [{ process: null }, "process", "process property must not be empty"],
  [{ process: undefined }, "process", "process property must not be empty"],
  [{ root: null }, "root", "root must be specified"],
  [{ root: undefined }, "root", "root must be specified"],
  [{ root: { path: "" } }, "root.path", "root.path must not be empty"],
  [{ root: { path: undefined } }, "root.path", "root.path must not be empty"],
  [{ hostname: "x" }, "hostname", hostname],
  [{ domainname: "x" }, "domainname", domainname],
  [
    { ...withNamespaces(["uts"]), hostname: "h".repeat(65) },
    "hostname",
    `hostname must not be longer than 64 bytes: "${"h".repeat(65)}"`,
  ],
  [
    { ...withNamespaces(["uts"]), domainname: "ö".repeat(33) },
    "domainname",
    `domainname must not be longer than 64 bytes: "${"ö".repeat(33)}"`,
  ],
  [{ annotations: { "": "x" } }, "annotations", "annotations must not have an empty name"],
  [{ annotations: { a: null } }, 'annotations["a"]', 'annotations["a"] must be a string'],
  [{ annotations: { 'q"': 1 } }, 'annotations["q\\""]', 'annotations["q\\""] must be a string'],
  [
    { annotations: { "a\nb": "\0" } },
    'annotations["a\\nb"]',
    'annotations["a\\nb"] must not contain a null byte',
  ],
]);

for (const [name, json, message] of [
  ["nothing", undefined, "config cannot be null"],
  ["null", null, "config cannot be null"],
  ["a list", [], "the document must be an object"],
  ["a string", "{}", "the document must be an object"],
  ["a number", 0, "the document must be an object"],
  ["true", true, "the document must be an object"],
] as const) {
  test(`${name} is no configuration: ${message}`, () => {
    assertMistake(() => parseSpec(json), "", message);
  });
}

for (const [name, text, message] of [
  ["nothing", "", "unexpected end of JSON input"],
  ["a document that is cut", '{"a":', "unexpected end of JSON input"],
  ["a byte order mark", "\ufeff{}", "it begins with a byte order mark"],
  ["a name that is there twice", '{"a":1,"a":1}', 'the document has the name "a" twice'],
  [
    "a name that is there twice, deep inside",
    '{"mounts":[{},{"options":[],"type":"a","opti\\u006fns":[]}]}',
    'mounts[1] has the name "options" twice',
  ],
  [
    "a name like an object's prototype, twice",
    '{"a":{"__proto__":1,"__proto__":2}}',
    'a has the name "__proto__" twice',
  ],
  [
    "too many levels",
    `${"[".repeat(1001)}${"]".repeat(1001)}`,
    "it is nested more than 1000 levels deep",
  ],
  [
    "too many levels around a long number",
    `${"[".repeat(100_000)}1234567890123456789${"]".repeat(100_000)}`,
    "it is nested more than 1000 levels deep",
  ],
] as const) {
  test(`no JSON: ${name}`, () => {
    assertMistake(() => parseJson(text), "", `invalid JSON: ${message}`);
  });
}

for (const [name, text] of [
  ["garbage behind the document", "{} x"],
  ["a second document", "{}\n{}"],
  ["a comma too many", '{"a":1,}'],
  ["a comment", "{} // done"],
  ["single quotes", "{'a':1}"],
  ["a null byte", '{"a":\0}'],
  ["a line break in a string", '{"a":"x\ny"}'],
  ["no number", '{"a":NaN}'],
  ["hexadecimal", '{"a":0x10}'],
  ["a number with a zero in front", '{"a":007}'],
  ["a number with a plus", '{"a":+1}'],
] as const) {
  test(`no JSON: ${name} is told in one line`, () => {
    assert.throws(
      () => parseJson(text),
      (error) => {
        assert.ok(error instanceof SpecError, String(error));
        assert.match(error.message, /^invalid JSON: [a-z][\P{Cc}]+$/u);
        return true;
      },
    );
  });
}

test("names are only twice in one object, and what strings say is no name", () => {
  const text = '{"a":{"a":":"},"b":["a\\":","b\\\\",{"a":1},{"a":"\\\\\\":"}]}';
  assert.deepEqual(parseJson(text), JSON.parse(text));
});

test("a number of a million digits is refused by its field, and at once", () => {
  const json = parseJson(`{"process":{"user":{"uid":${"9".repeat(1_000_000)}}}}`);
  const { process } = json as { readonly process: { readonly user: unknown } };
  assertMistake(
    () => parseSpec(changed({ process })),
    "process.user.uid",
    "process.user.uid must be an integer between 0 and 4294967294",
  );
});

test("an annotation may be called like anything that objects have", () => {
  const annotations = parseJson('{"__proto__":"a","constructor":"b","toString":"c"}');
  const { spec } = parseSpec({ ...changed({}), annotations });
  assert.deepEqual([...spec.annotations.keys()], ["__proto__", "constructor", "toString"]);
  assertMistake(
    () => parseSpec({ ...changed({}), annotations: parseJson('{"__proto__":{}}') }),
    'annotations["__proto__"]',
    'annotations["__proto__"] must be a string',
  );
});

test("what an object inherits is not in it", () => {
  assertMistake(
    () => parseSpec(parseJson(`{"__proto__":${JSON.stringify(changed({}))}}`)),
    "process",
    "process property must not be empty",
  );
});

test("without a version, or with an empty one, a configuration has that of the time before there were others", () => {
  for (const ociVersion of [undefined, null, ""]) {
    assert.equal(parseSpec(changed({ ociVersion })).spec.ociVersion, "1.0.2");
  }
});

test("versions of the specification with a pre-release or a build are accepted", () => {
  for (const ociVersion of ["1.0.0", "1.0.2-dev", "1.3.0", "1.0.0-rc1.2", "1.3.0-rc.1+dev"]) {
    assert.equal(parseSpec(changed({ ociVersion })).spec.ociVersion, ociVersion);
  }
});
