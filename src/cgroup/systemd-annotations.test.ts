// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { toAnnotatedProperties } from "./systemd-annotations.ts";

const properties = (name: string, value: string): ReturnType<typeof toAnnotatedProperties> =>
  toAnnotatedProperties(new Map([[`org.systemd.property.${name}`, value]]));

test("harmless properties are taken, seconds as microseconds, and other annotations are not looked at", () => {
  const time = (name: string, value: bigint) => [[name, { signature: "t", value }]];
  assert.deepEqual(
    properties("TimeoutStopUSec", "uint64 123456789"),
    time("TimeoutStopUSec", 123_456_789n),
  );
  assert.deepEqual(properties("TimeoutStopSec", "7"), time("TimeoutStopUSec", 7_000_000n));
  assert.deepEqual(properties("RuntimeMaxSec", "double 1.5"), time("RuntimeMaxUSec", 1_500_000n));
  assert.deepEqual(properties("CollectMode", "'inactive-or-failed'"), [
    ["CollectMode", { signature: "s", value: "inactive-or-failed" }],
  ]);
  assert.deepEqual(toAnnotatedProperties(new Map([["org.systemd.properties", "x"]])), []);
});

test("a property that could do anything else on the host is refused", () => {
  for (const name of [
    "ExecStart",
    "Wants",
    "Slice",
    "Delegate",
    "MemoryMax",
    "OnFailure",
    "constructor",
  ]) {
    assert.throws(
      () => properties(name, "'x'"),
      (error: unknown) =>
        error instanceof SpecError &&
        error.path === `annotations["org.systemd.property.${name}"]` &&
        error.message === `systemd property "${name}" can't be set by an annotation`,
    );
  }
});

test("what can't be the name of a property is refused in runc's words", () => {
  for (const [name, problem] of [
    ["", "too short"],
    ["Ab", "too short"],
    ["__proto__", "contains non-alphabetic character"],
    ["Timeout StopSec", "contains non-alphabetic character"],
    ["TimeoutStopS\u00e9c", "contains non-alphabetic character"],
  ] as const) {
    assert.throws(() => properties(name, "7"), {
      name: "SpecError",
      path: `annotations["org.systemd.property.${name}"]`,
      message: `annotation org.systemd.property.${name} name incorrect: ${problem}`,
    });
  }
});

test("a value that does not fit its property is refused in runc's words", () => {
  for (const [name, value] of [
    ["CollectMode", "inactive"],
    ["CollectMode", "'never'"],
    ["TimeoutStopUSec", "1.5"],
    ["TimeoutStopUSec", "-1"],
    ["TimeoutStopSec", "'7'"],
    ["TimeoutStopSec", "uint64 7; x"],
    ["TimeoutStopSec", "999999999999999"],
  ] as const) {
    const annotation = `annotation org.systemd.property.${name}=${value}`;
    assert.throws(
      () => properties(name, value),
      (error: unknown) =>
        error instanceof SpecError &&
        error.message.startsWith(`${annotation} value parse error: invalid value `),
    );
  }
});
