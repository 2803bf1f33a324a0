// SPDX-License-Identifier: Apache-2.0
// Labels on a host whose kernel has no use for them: nothing runs unconfined that asked not to. And profiles on one that has
// AppArmor, as Debian's and Ubuntu's kernels do. No child_process in here: a Reaper is at work.

import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { spawn } from "../sys/spawn.ts";
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

const PARSER = "/sbin/apparmor_parser";
const PROFILE = "tsrunc-test";
const withAppArmor =
  modules.includes("apparmor") && existsSync(PARSER)
    ? false
    : "needs AppArmor in the kernel and its parser";

/** Loads (-r) or removes (-R) a profile that allows everything but one file. */
async function profile(sandbox: Sandbox, action: "-r" | "-R"): Promise<void> {
  const file = join(sandbox.root, "profile");
  const flags = "flags=(attach_disconnected,mediate_deleted)";
  const rules = "capability, network, file, umount, signal, ptrace, deny /tmp/secret rw,";
  writeFileSync(file, `profile ${PROFILE} ${flags} { ${rules} }\n`);
  const { pid, pidfd } = spawn({ exe: PARSER, argv: [PARSER, action, file], env: [], fds: [] });
  pidfd.close();
  assert.equal((await sandbox.reaper.claim(pid)).status, 0);
}

test("a profile confines a container of any user, and its execs unless they bring their own", {
  skip: withAppArmor,
}, async () => {
  await using sandbox = new Sandbox();
  await profile(sandbox, "-r");
  const look = "cat /proc/self/attr/current; cat /tmp/secret || exit 9; exit 3";
  const ids = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  const namespaces = ["pid", "mount", "user"].map((type) => ({ type }));
  const confined = { apparmorProfile: PROFILE, noNewPrivileges: true };
  writeFileSync(join(sandbox.root, "rootfs/tmp/secret"), "secret", { mode: 0o644 });
  for (const changes of [
    { process: confined },
    { process: { ...confined, user: { uid: 1000, gid: 1000 } } },
    { process: confined, linux: { namespaces, uidMappings: ids, gidMappings: ids } },
  ]) {
    sandbox.writeConfig(look, changes);
    const container = await sandbox.create();
    await container.start();
    assert.equal((await container.exited).status, 9);
    await container.remove();
  }
  sandbox.writeConfig("exec sleep 100", { process: confined });
  const container = await sandbox.create();
  await container.start();
  const options = sandbox.exec(look);
  const own = Object.assign({}, options.process, { apparmorProfile: "unconfined" });
  for (const [process, status] of [
    [options.process, 9],
    [own, 3],
  ] as const) {
    const exec = await container.exec({ ...options, process });
    assert.equal((await exec.exited).status, status);
    exec.stdio.close();
  }
  container.signal(9);
  await container.exited;
  await profile(sandbox, "-R");
});

test("a profile that is not loaded fails Create by its name", { skip: withAppArmor }, async () => {
  await using sandbox = new Sandbox();
  sandbox.writeConfig("true", { process: { apparmorProfile: "not-loaded" } });
  const message = /apparmor failed to apply profile "not-loaded": no such file or directory/;
  await assert.rejects(sandbox.create(), message);
});
