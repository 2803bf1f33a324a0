// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { compileContainer } from "./compile.ts";
import type { ResctrlFacts } from "./compiled.ts";
import type { IntelRdt } from "./intel-rdt.ts";
import { OPTIONS, specWith, V1_HOST } from "./testdata/samples.ts";

function parse(intelRdt: unknown): IntelRdt | undefined {
  return specWith({ linux: { intelRdt } }).linux.intelRdt;
}

function assertRefused(intelRdt: unknown, field: string, message: string): void {
  assert.throws(
    () => parse(intelRdt),
    (error) => {
      assert.ok(error instanceof SpecError, String(error));
      assert.deepEqual([error.path, error.message], [`linux.intelRdt.${field}`, message]);
      return true;
    },
  );
}

test("what is not said is not asked for, and an empty object is", () => {
  assert.equal(parse(undefined), undefined);
  assert.equal(parse(null), undefined);
  const nothing = {
    closId: undefined,
    l3CacheSchema: undefined,
    memBwSchema: undefined,
    schemata: [],
    enableMonitoring: false,
  };
  assert.deepEqual(parse({}), nothing);
  const empty = { closID: "", l3CacheSchema: "", memBwSchema: "", schemata: [""] };
  assert.deepEqual(parse(empty), nothing);
});

test("a class of service has a name right below the root, or is the root", () => {
  assert.equal(parse({ closID: "gold" })?.closId, "gold");
  assert.equal(parse({ closID: "..." })?.closId, "...");
  assert.equal(parse({ closID: "/" })?.closId, "/");
  const invalid = [".", "..", "a/b", "/a", "a/", "//", "../a", "a\nb", "x".repeat(256)];
  for (const closID of [...invalid, "info", "mon_groups", "mon_data"]) {
    const problem = `invalid intelRdt.ClosID ${JSON.stringify(closID)}`;
    assertRefused({ closID }, "closID", problem);
  }
  const nul = "linux.intelRdt.closID must not contain a null byte";
  assertRefused({ closID: "a\0b" }, "closID", nul);
});

test("schemata are lines of the right kind", () => {
  const memBwSchema = "linux.intelRdt.memBwSchema";
  assertRefused({ memBwSchema: "L3:0=f" }, "memBwSchema", `${memBwSchema} must start with "MB:"`);
  assertRefused(
    { memBwSchema: "MB:0=10\nL3:0=f" },
    "memBwSchema",
    `${memBwSchema} must not contain newlines`,
  );
  const second = "schemata[1]";
  const problem = `linux.intelRdt.${second} must not contain newlines`;
  assertRefused({ schemata: ["L2:0=1", "L3:0=f\nMB:0=10"] }, second, problem);
  assertRefused({ schemata: "L2:0=1" }, "schemata", "linux.intelRdt.schemata must be a list");
  const monitoring = "linux.intelRdt.enableMonitoring must be true or false";
  assertRefused({ enableMonitoring: 1 }, "enableMonitoring", monitoring);
});

for (const [what, intelRdt, resctrl, problem] of [
  [
    "anything needs the file system",
    {},
    undefined,
    "intelRdt is specified in config, but Intel RDT is not enabled",
  ],
  [
    "shares of a cache need a cache that can be shared",
    { l3CacheSchema: "L3:0=f" },
    { l3: false, mb: true },
    "intelRdt.l3CacheSchema is specified in config, but Intel RDT/CAT is not enabled",
  ],
  [
    "shares of bandwidth need bandwidth that can be shared",
    { memBwSchema: "MB:0=10" },
    { l3: true, mb: false },
    "intelRdt.memBwSchema is specified in config, but Intel RDT/MBA is not enabled",
  ],
] as const satisfies readonly (readonly [string, object, ResctrlFacts | undefined, string])[]) {
  test(what, () => {
    const spec = specWith({ linux: { intelRdt } });
    assert.throws(
      () => compileContainer(spec, { ...V1_HOST, resctrl }, OPTIONS),
      (error) => error instanceof SpecError && error.message === problem,
    );
    compileContainer(spec, { ...V1_HOST, resctrl: { l3: true, mb: true } }, OPTIONS);
  });
}
