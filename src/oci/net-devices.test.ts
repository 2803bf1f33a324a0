// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { compileContainer } from "./compile.ts";
import { networkHandleOps } from "./net-devices.ts";
import type { Spec } from "./spec.ts";
import { OPTIONS, specWith, V1_HOST } from "./testdata/samples.ts";

const NAMESPACES = [{ type: "mount" }, { type: "network" }];

function specOf(netDevices: unknown, namespaces: readonly object[] = NAMESPACES): Spec {
  return specWith({ linux: { namespaces, netDevices } });
}

function assertRefused(netDevices: unknown, path: string, message: string): void {
  assert.throws(
    () => specOf(netDevices),
    (error) => {
      assert.ok(error instanceof SpecError, String(error));
      assert.deepEqual([error.path, error.message], [path, message]);
      return true;
    },
  );
}

test("a device keeps its name unless it is given another", () => {
  const devices = { eth0: {}, eth1: { name: "net1" }, eth2: { name: "" }, eth3: null };
  assert.deepEqual(specOf(devices).linux.netDevices, [
    { host: "eth0", name: "eth0" },
    { host: "eth1", name: "net1" },
    { host: "eth2", name: "eth2" },
    { host: "eth3", name: "eth3" },
  ]);
  assert.deepEqual(specOf(undefined).linux.netDevices, []);
  assert.deepEqual(specOf({}, [{ type: "mount" }]).linux.netDevices, []);
});

for (const name of [
  "",
  ".",
  "..",
  "a/b",
  "a:b",
  "a b",
  "a\tb",
  "a\nb",
  "a%d",
  "sixteen-bytes-xx",
  "äöüäöüäö",
  "à",
]) {
  test(`${JSON.stringify(name)} is no name of a device`, () => {
    const problem = `invalid network device name ${JSON.stringify(name)}`;
    assertRefused({ [name]: {} }, `linux.netDevices[${JSON.stringify(name)}]`, problem);
    if (name === "" || name === "a%d") return;
    assertRefused({ eth0: { name } }, `linux.netDevices["eth0"].name`, problem);
  });
}

test("names of fifteen bytes are names, and so are most bytes", () => {
  const names = ["a23456789012345", "äöüäöüä", "a.b-c_d@e", "eth0.100"];
  const devices = Object.fromEntries(names.map((name) => [name, {}]));
  assert.deepEqual(
    specOf(devices).linux.netDevices.map(({ host }) => host),
    names,
  );
});

test("a template has one %d, and several devices may have the same", () => {
  const devices = { a: { name: "eth%d" }, b: { name: "eth%d" } };
  assert.equal(specOf(devices).linux.netDevices.length, 2);
  for (const name of ["%d%d", "eth%s", "eth%", "abcdefghijklmn%d"]) {
    const problem = `invalid network device name "${name}"`;
    assertRefused({ eth0: { name } }, 'linux.netDevices["eth0"].name', problem);
  }
});

test("two devices can't have one name", () => {
  const path = 'linux.netDevices["b"].name';
  assertRefused(
    { a: { name: "x" }, b: { name: "x" } },
    path,
    'several network devices would be called "x"',
  );
  assertRefused({ x: {}, b: { name: "x" } }, path, 'several network devices would be called "x"');
});

test("what is no object of objects with names is refused by its field", () => {
  assertRefused(["eth0"], "linux.netDevices", "linux.netDevices must be an object");
  const path = 'linux.netDevices["eth0"]';
  assertRefused({ eth0: "x" }, path, `${path} must be an object`);
  assertRefused({ eth0: { name: 1 } }, `${path}.name`, `${path}.name must be a string`);
});

test("devices need a network namespace to go to, which is not the runtime's", () => {
  const problem = /unable to move network devices without a NET namespace/;
  assert.throws(() => specOf({ eth0: {} }, [{ type: "mount" }]), problem);
  const joined = [{ type: "mount" }, { type: "network", path: "/proc/1/ns/net" }];
  const spec = specOf({ eth0: {} }, joined);
  compileContainer(spec, V1_HOST, OPTIONS);
  const options = { ...OPTIONS, sharedNamespaces: ["network"] as const };
  assert.throws(() => compileContainer(spec, V1_HOST, options), problem);
});

test("the network namespace is entered before anything is opened in it", () => {
  assert.deepEqual(
    networkHandleOps().map(({ op }) => op),
    ["setns", "socket", "send_fd", "open", "send_fd"],
  );
});
