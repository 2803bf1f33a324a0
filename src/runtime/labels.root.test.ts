// SPDX-License-Identifier: Apache-2.0
// Labels on a host whose kernel has no use for them: nothing runs unconfined that asked not to. No child_process in here: a
// Reaper is at work.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { probeSecurityModules } from "./security-modules.ts";
import { Sandbox } from "./testing/sandbox.ts";

const modules = probeSecurityModules();
const noAppArmor = modules.includes("apparmor") ? "this host has AppArmor" : false;
const noSelinux = modules.includes("selinux") ? "this host has SELinux" : false;

const APPARMOR =
  /unable to apply apparmor profile "own": apparmor: config provided but apparmor not supported/;
const SELINUX = /selinux label is specified in config, but selinux is disabled or not supported/;

for (const [name, skip, changes, message] of [
  ["an AppArmor profile", noAppArmor, { process: { apparmorProfile: "own" } }, APPARMOR],
  ["a SELinux label", noSelinux, { process: { selinuxLabel: "a:b:c:s0" } }, SELINUX],
  ["a label of mounts", noSelinux, { linux: { mountLabel: "a:b:c:s0" } }, SELINUX],
] as const) {
  test(`${name} fails Create and leaves nothing`, { skip }, async () => {
    await using sandbox = new Sandbox();
    sandbox.writeConfig("echo ran >/tmp/ran", changes);
    await assert.rejects(sandbox.create(), message);
    assert.ok(!existsSync(join(sandbox.root, "rootfs/tmp/ran")));
  });
}

test("an AppArmor profile fails an exec, too", { skip: noAppArmor }, async () => {
  await using sandbox = new Sandbox();
  sandbox.writeConfig("exec sleep 100");
  const container = await sandbox.create();
  await container.start();
  const options = sandbox.exec("echo ran >/tmp/ran");
  const process = Object.assign({}, options.process, { apparmorProfile: "own" });
  await assert.rejects(container.exec({ ...options, process }), APPARMOR);
  assert.ok(!existsSync(join(sandbox.root, "rootfs/tmp/ran")));
});

test("unconfined is what a process is without AppArmor", { skip: noAppArmor }, async () => {
  await using sandbox = new Sandbox();
  sandbox.writeConfig("exit 7", { process: { apparmorProfile: "unconfined" } });
  const container = await sandbox.create();
  await container.start();
  assert.equal((await container.exited).status, 7);
});
