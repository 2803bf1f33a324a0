// SPDX-License-Identifier: Apache-2.0
// The promise: a profile that a client names confines the container and its execs; where the kernel has AppArmor.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, test as always } from "node:test";
import { check } from "./harness/command.ts";
import type { Scope } from "./harness/scope.ts";
import { onEachContainerd } from "./harness/suite.ts";

const PROFILE = `tsrunc-apparmor-${process.pid}`;
const RULES = "capability, network, file, umount, mount, signal, ptrace, deny /etc/group rw,";
const TEXT = `profile ${PROFILE} flags=(attach_disconnected,mediate_deleted) { ${RULES} }\n`;
const LOOK = ["sh", "-c", "cat /proc/self/attr/current; cat /etc/group"];

function hasAppArmor(): boolean {
  const modules = "/sys/kernel/security/lsm";
  return existsSync(modules) && readFileSync(modules, "utf8").split(",").includes("apparmor");
}

/** Starts a container in the background that goes on until it is killed. */
async function background(scope: Scope): Promise<void> {
  const flags = ["-d", "--null-io", "--apparmor-profile", PROFILE];
  await scope.ctrOk(scope.runArgs(flags, "c", ["sleep", "1000"]));
}

if (hasAppArmor()) {
  await check(["apparmor_parser", "-r"], { input: TEXT });
  after(() => check(["apparmor_parser", "-R"], { input: TEXT }));

  await onEachContainerd(({ test }) => {
    test("a profile by its name confines a container", async (scope) => {
      const flags = ["--rm", "--apparmor-profile", PROFILE];
      const result = await scope.ctrRun(flags, "c", LOOK);
      assert.equal(result.stdout, `${PROFILE} (enforce)\n`);
      assert.match(result.stderr, /\/etc\/group.*Permission denied/);
      assert.equal(result.status, 1);
      const free = await scope.ctrRun(["--rm"], "d", LOOK);
      assert.match(free.stdout, /^unconfined\nroot:/);
    });

    test("an exec is confined as its container is", async (scope) => {
      await background(scope);
      const exec = ["tasks", "exec", "--exec-id", "e", "--fifo-dir", scope.fifoDirectory, "c"];
      const result = await scope.ctr([...exec, ...LOOK]);
      assert.equal(result.stdout, `${PROFILE} (enforce)\n`);
      assert.notEqual(result.status, 0);
    });

    test("ctr's default profile is loaded and used", async (scope) => {
      const script = "cat /proc/self/attr/current; mount -t tmpfs t /tmp";
      const flags = ["--rm", "--privileged", "--apparmor-default-profile", `${PROFILE}-default`];
      const result = await scope.ctrRun(flags, "c", ["sh", "-c", script]);
      await check(["apparmor_parser", "-R"], {
        input: TEXT.replace(PROFILE, `${PROFILE}-default`),
      });
      assert.equal(result.stdout, `${PROFILE}-default (enforce)\n`);
      assert.match(result.stderr, /permission denied/i);
    });

    test("a profile that is not loaded fails the container, by its name", async (scope) => {
      const flags = ["--rm", "--apparmor-profile", "tsrunc-not-loaded"];
      const result = await scope.ctrRun(flags, "c", LOOK);
      assert.notEqual(result.status, 0);
      assert.match(result.stderr, /apparmor failed to apply profile .*tsrunc-not-loaded/);
    });
  });
} else {
  always("profiles", { skip: "this kernel has no AppArmor (make test-vm)" }, () => undefined);
}
