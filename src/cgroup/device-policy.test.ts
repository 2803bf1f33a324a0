// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import type { DeviceCgroupRule } from "../oci/spec.ts";
import { encodeDeviceFilter } from "./device-filter.ts";
import {
  type DevicePolicy,
  type DeviceWrite,
  deviceName,
  isInForce,
  parseDevicesList,
  toDevicePolicy,
  transition,
} from "./device-policy.ts";
import { accessBits, accessText, DEFAULT_DEVICE_RULES } from "./device-rules.ts";
import {
  DeviceModel,
  EVERY_REQUEST,
  HoleError,
  randomNumbers,
  randomRules,
  runDeviceProgram,
} from "./testing/device-model.ts";

const rule = (text: string): DeviceCgroupRule => {
  const [verb, type, numbers = "*:*", access = "rwm"] = text.split(" ");
  const [major, minor] = numbers.split(":").map((n) => (n === "*" ? undefined : Number(n)));
  assert.ok(type === "a" || type === "b" || type === "c");
  return { allow: verb === "allow", type, major, minor, access };
};
const rules = (...texts: string[]): DeviceCgroupRule[] => texts.map(rule);

const show = (policy: ReturnType<typeof toDevicePolicy>): string[] => [
  policy.allowByDefault ? "allow" : "deny",
  ...[...policy.exceptions.values()].map((e) => `${deviceName(e)} ${accessText(e.access)}`),
];

test("a spec without rules denies everything", () => {
  assert.deepEqual(show(toDevicePolicy([])), ["deny"]);
});

test("allow rules are merged per device and sorted with wildcards first", () => {
  const policy = toDevicePolicy(
    rules("deny a", "allow c 5:0 r", "allow b *:* m", "allow c 5:0 w", "allow c 1:3 rwm"),
  );
  assert.deepEqual(show(policy), ["deny", "b *:* m", "c 1:3 rwm", "c 5:0 rw"]);
});

test("a rule of type a forgets everything before it", () => {
  assert.deepEqual(show(toDevicePolicy(rules("allow c 1:3", "allow a"))), ["allow"]);
  assert.deepEqual(show(toDevicePolicy(rules("allow a", "deny c 1:3 w", "deny a"))), ["deny"]);
});

test("a rule of the default's own action takes from the exceptions", () => {
  assert.deepEqual(
    show(toDevicePolicy(rules("allow a", "deny c 1:3 rw", "allow c 1:3 r", "deny b 8:0 m"))),
    ["allow", "c 1:3 w", "b 8:0 m"],
  );
  assert.deepEqual(show(toDevicePolicy(rules("allow c 1:3 rw", "deny c 1:3 rw"))), ["deny"]);
});

test("a hole in a wildcard is refused, but not where the permissions do not meet", () => {
  assert.throws(
    () => toDevicePolicy(rules("allow c 1:* rw", "deny c 1:3 w")),
    (error: unknown) =>
      error instanceof SpecError &&
      error.message ===
        "requested rule [c 1:3 w] not supported by devices cgroupv1 " +
          "(cannot punch hole in existing wildcard rule [c 1:* rw])",
  );
  assert.deepEqual(show(toDevicePolicy(rules("allow c *:* m", "deny c 1:3 rw"))), [
    "deny",
    "c *:* m",
  ]);
  assert.deepEqual(show(toDevicePolicy(rules("allow c *:* m", "deny c *:* m"))), ["deny"]);
});

test("a new cgroup of an unrestricted host gets one deny and then what is allowed", () => {
  const host = parseDevicesList("a *:* rwm\n");
  const wanted = toDevicePolicy([rule("deny a"), ...DEFAULT_DEVICE_RULES]);
  assert.deepEqual(
    transition(host, wanted).map((write) => `${write.file} ${write.value}`),
    [
      "devices.deny a",
      "devices.allow b *:* m",
      "devices.allow c *:* m",
      "devices.allow c 1:3 rwm",
      "devices.allow c 1:5 rwm",
      "devices.allow c 1:7 rwm",
      "devices.allow c 1:8 rwm",
      "devices.allow c 1:9 rwm",
      "devices.allow c 5:0 rwm",
      "devices.allow c 5:2 rwm",
      "devices.allow c 10:200 rwm",
      "devices.allow c 136:* rwm",
    ],
  );
});

test("a restricted cgroup is changed by the difference, narrowing first", () => {
  const now = parseDevicesList("c 1:3 rwm\nb 8:0 rw\nc *:* m\n");
  const wanted = toDevicePolicy(rules("allow c *:* m", "allow c 1:3 rw", "allow c 5:0 r"));
  assert.deepEqual(
    transition(now, wanted).map((write) => `${write.file} ${write.value}`),
    ["devices.deny c 1:3 m", "devices.deny b 8:0 rw", "devices.allow c 5:0 r"],
  );
  assert.deepEqual(transition(now, now), []);
});

test("a privileged container on an unrestricted host needs no write", () => {
  const privileged = toDevicePolicy([rule("allow a"), ...DEFAULT_DEVICE_RULES]);
  assert.deepEqual(transition(parseDevicesList("a *:* rwm\n"), privileged), []);
});

test("what devices.list shows is compared exactly for deny-by-default, by its default otherwise", () => {
  const wanted = toDevicePolicy(rules("allow c 1:3 rw"));
  assert.equal(isInForce(wanted, parseDevicesList("c 1:3 rw\n")), true);
  assert.equal(isInForce(wanted, parseDevicesList("c 1:3 rwm\n")), false);
  assert.equal(isInForce(wanted, parseDevicesList("")), false);
  assert.equal(isInForce(wanted, parseDevicesList("a *:* rwm\n")), false);
  const open = toDevicePolicy(rules("allow a", "deny c 1:3 w"));
  assert.equal(isInForce(open, parseDevicesList("a *:* rwm\n")), true);
});

/** Small, seeded, and the same everywhere: what fails once fails again. */
const LISTS = 400;

test("the emulator, its program and the plain words of the kernel agree about any rules", () => {
  const random = randomNumbers(20261124);
  let holes = 0;
  for (let list = 0; list < LISTS; list += 1) {
    const given = randomRules(random);
    const model = attempt(() => new DeviceModel(given), HoleError);
    const policy = attempt(() => toDevicePolicy(given), SpecError);
    assert.equal(policy === undefined, model === undefined, JSON.stringify(given));
    if (policy === undefined || model === undefined) {
      holes += 1;
      continue;
    }
    const program = encodeDeviceFilter(policy);
    for (const request of EVERY_REQUEST) {
      const expected = model.allows(request);
      assert.equal(runDeviceProgram(program, request) === 1, expected, JSON.stringify(given));
    }
  }
  assert.ok(holes > 10 && holes < LISTS / 2, `${holes} lists with holes`);
});

test("a transition leads from any policy to any other, and is empty between equal ones", () => {
  const random = randomNumbers(3);
  const policies = Array.from({ length: 300 }, () =>
    attempt(() => toDevicePolicy(randomRules(random)), SpecError),
  ).filter((policy) => policy !== undefined);
  policies.reduce((from, to) => {
    const writes = transition(from, to);
    assert.deepEqual(afterWrites(from, writes), entriesOf(to));
    assert.deepEqual(transition(to, to), []);
    // Between two policies that deny by default nothing is open for a moment that neither of them opens.
    if (!from.allowByDefault && !to.allowByDefault) {
      assert.ok(writes.every(({ value }) => value !== "a"));
    }
    return to;
  });
});

type Entries = ReadonlyMap<string, number | boolean>;

const entriesOf = ({ allowByDefault, exceptions }: DevicePolicy): Entries =>
  new Map<string, number | boolean>([
    ["default", allowByDefault],
    ...[...exceptions].map(([name, { access }]) => [name, access] as const),
  ]);

/** What a kernel has after writes: it takes bits from the very entry that is named, whatever else covers it. */
function afterWrites(from: DevicePolicy, writes: readonly DeviceWrite[]): Entries {
  let entries = new Map(entriesOf(from));
  for (const { file, value } of writes) {
    const allow = file === "devices.allow";
    if (value === "a") {
      entries = new Map([["default", allow]]);
      continue;
    }
    const [type, numbers, access = ""] = value.split(" ");
    const name = `${type} ${numbers}`;
    const old = Number(entries.get(name) ?? 0);
    const bits = accessBits(access);
    const left = allow === entries.get("default") ? old & ~bits : old | bits;
    if (left === 0) entries.delete(name);
    else entries.set(name, left);
  }
  return entries;
}

/** Undefined if it fails in this one way. */
function attempt<T>(action: () => T, expected: new (...args: never[]) => Error): T | undefined {
  try {
    return action();
  } catch (error) {
    assert.ok(error instanceof expected, String(error));
    return undefined;
  }
}
