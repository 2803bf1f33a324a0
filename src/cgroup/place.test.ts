// SPDX-License-Identifier: Apache-2.0
// Where no systemd runs; the rest is in systemd-path.test.ts and integration/systemd.test.ts.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { Cgroup } from "./cgroup.ts";
import { readCgroupLayout } from "./mode.ts";
import { choosePlace } from "./place.ts";

const layout = readCgroupLayout();
const request = { cgroupsPath: "a.slice:p:n", id: "id", systemd: false };

test("a unit is recognised by the form of its path, and elsewhere by the option alone", () => {
  const unit = { name: "p-n.scope", slice: "a.slice" };
  assert.deepEqual(choosePlace(layout, request).unit, unit);
  assert.deepEqual(choosePlace(layout, { ...request, systemd: true }).unit, unit);
  assert.equal(choosePlace(layout, { ...request, cgroupsPath: "/default/x" }).unit, undefined);
  for (const cgroupsPath of [undefined, ""]) {
    assert.equal(choosePlace(layout, { ...request, cgroupsPath }).unit, undefined);
    const chosen = choosePlace(layout, { ...request, cgroupsPath, systemd: true });
    assert.deepEqual(chosen.unit, { name: "tsrunc-id.scope", slice: "system.slice" });
  }
});

test("the option with a path of another form is refused in runc's words", () => {
  assert.throws(
    () => Cgroup.create(layout, "/default/x", "x", { systemd: true }),
    (error: unknown) =>
      error instanceof SpecError &&
      error.message ===
        'expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "/default/x" instead',
  );
});

test("a unit where no systemd runs is refused in runc's words", {
  skip: existsSync("/run/systemd/system") ? "systemd runs here" : false,
}, () => {
  assert.throws(
    () => Cgroup.create(layout, "a.slice:p:n", "x"),
    (error: unknown) =>
      error instanceof SpecError &&
      error.message === "systemd not running on this host, cannot use systemd cgroups manager",
  );
});
