// SPDX-License-Identifier: Apache-2.0
// The filter's meaning, by running its instructions in a small interpreter of the opcodes it may use.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceCgroupRule } from "../oci/spec.ts";
import { encodeDeviceFilter } from "./device-filter.ts";
import { toDevicePolicy } from "./device-policy.ts";
import { DEFAULT_DEVICE_RULES } from "./device-rules.ts";
import { type DeviceRequest, runDeviceProgram } from "./testing/device-model.ts";

function allows(rules: readonly DeviceCgroupRule[], request: DeviceRequest): boolean {
  return runDeviceProgram(encodeDeviceFilter(toDevicePolicy(rules)), request) === 1;
}

const c = (major: number, minor: number, access: string): DeviceRequest => ({
  type: "c",
  major,
  minor,
  access,
});
const b = (major: number, minor: number, access: string): DeviceRequest => ({
  ...c(major, minor, access),
  type: "b",
});
const DENY_ALL: DeviceCgroupRule = {
  allow: false,
  type: "a",
  major: undefined,
  minor: undefined,
  access: "rwm",
};
const ALLOW_ALL: DeviceCgroupRule = { ...DENY_ALL, allow: true };

test("no rules deny every access", () => {
  assert.equal(allows([], c(1, 3, "r")), false);
  assert.equal(allows([DENY_ALL], b(8, 0, "rwm")), false);
});

test("the defaults allow the standard devices, terminals and making nodes, and nothing else", () => {
  const rules = [DENY_ALL, ...DEFAULT_DEVICE_RULES];
  for (const minor of [3, 5, 7, 8, 9]) assert.ok(allows(rules, c(1, minor, "rwm")));
  assert.ok(allows(rules, c(5, 0, "rw")));
  assert.ok(allows(rules, c(5, 2, "rw")));
  assert.ok(allows(rules, c(10, 200, "rw")));
  assert.ok(allows(rules, c(136, 77, "rw")));
  assert.ok(allows(rules, b(8, 0, "m")));
  assert.ok(allows(rules, c(250, 0, "m")));
  assert.equal(allows(rules, b(8, 0, "r")), false);
  assert.equal(allows(rules, c(1, 1, "r")), false);
  assert.equal(allows(rules, c(1, 4, "rw")), false);
  assert.equal(allows(rules, c(137, 3, "r")), false);
  assert.equal(allows(rules, c(250, 0, "rm")), false);
  assert.equal(allows(rules, b(1, 3, "r")), false);
});

test("an allowing exception must cover every requested bit", () => {
  const rules: DeviceCgroupRule[] = [
    DENY_ALL,
    { allow: true, type: "b", major: 8, minor: undefined, access: "r" },
  ];
  assert.ok(allows(rules, b(8, 1, "r")));
  assert.equal(allows(rules, b(8, 1, "rw")), false);
  assert.equal(allows(rules, b(9, 1, "r")), false);
});

test("a denying exception bites on any of its bits", () => {
  const rules: DeviceCgroupRule[] = [
    ALLOW_ALL,
    { allow: false, type: "c", major: 1, minor: 3, access: "w" },
    { allow: false, type: "b", major: undefined, minor: 5, access: "rwm" },
  ];
  assert.ok(allows(rules, c(1, 3, "r")));
  assert.equal(allows(rules, c(1, 3, "rw")), false);
  assert.equal(allows(rules, c(1, 3, "w")), false);
  assert.equal(allows(rules, b(77, 5, "m")), false);
  assert.ok(allows(rules, b(77, 6, "rwm")));
});

test("numbers above 2^31 are compared as unsigned 32-bit values", () => {
  const rules: DeviceCgroupRule[] = [
    { allow: true, type: "c", major: 0xffff_fffe, minor: 0x8000_0000, access: "rwm" },
  ];
  assert.ok(allows(rules, c(0xffff_fffe, 0x8000_0000, "r")));
  assert.equal(allows(rules, c(0xffff_fffe, 0, "r")), false);
});

test("an allow-all policy is a program of two instructions after its prologue", () => {
  const program = encodeDeviceFilter(toDevicePolicy([ALLOW_ALL, ...DEFAULT_DEVICE_RULES]));
  assert.equal(program.length, (6 + 2) * 8);
  assert.equal(runDeviceProgram(program, b(8, 0, "rwm")), 1);
});
