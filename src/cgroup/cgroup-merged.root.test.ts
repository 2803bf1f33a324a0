// SPDX-License-Identifier: Apache-2.0
// Against a merged v1 tree, net_cls,net_prio, which hosts of systemd have and this machine's own do not: the file runs itself again
// in a mount namespace where it is mounted. With the last cgroup and the namespace the tree is gone.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Cgroup } from "./cgroup.ts";
import { readCgroupLayout } from "./mode.ts";
import { limits, Sandbox } from "./testing/sandbox.ts";

const layout = readCgroupLayout();
const merged = layout.hierarchies.find(({ controllers }) => controllers.includes("net_prio"));
const CONTROLLERS = ["net_cls", "net_prio"];

function obstacle(): string | false {
  if (process.getuid?.() !== 0 || layout.kind === "v2") return "needs root and a cgroup v1 host";
  if (merged !== undefined) return "the host has the tree";
  const known = readFileSync("/proc/cgroups", "utf8");
  const isFree = (name: string): boolean => new RegExp(`^${name}\\t0\\t.*1$`, "m").test(known);
  return CONTROLLERS.every(isFree) ? false : "the kernel has no free net_cls and net_prio";
}

const MOUNT = 'mount -t cgroup -o net_cls,net_prio cgroup "$DIRECTORY" && exec "$@"';

test("everything below, with a merged tree", { skip: obstacle() }, () => {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-net_cls,net_prio-"));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const command = [process.execPath, "--test", import.meta.filename];
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    ["-m", "--propagation", "private", "sh", "-c", MOUNT, "sh", ...command],
    { env: { ...env, DIRECTORY: directory }, encoding: "utf8", timeout: 60_000 },
  );
  rmdirSync(directory);
  assert.equal(status, 0, stdout + stderr);
});

/** Only with the tree: elsewhere these tests do not exist, rather than being counted as skipped. */
const withTree = (name: string, run: () => Promise<void>): void => {
  if (merged !== undefined) void test(name, run);
};

function readFile(cgroup: Cgroup, file: string): string {
  const member = cgroup
    .toState()
    .members.find(({ controllers }) => controllers.includes("net_prio"));
  assert.ok(member);
  return readFileSync(`${member.mountPoint}${member.path}/${file}`, "utf8");
}

withTree("a merged tree is one tree with the limits of both controllers", async () => {
  assert.deepEqual(merged?.controllers, CONTROLLERS);
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const network = { classID: 1_048_577, priorities: [{ name: "lo", priority: 5 }] };
  await cgroup.update(limits({ network }));
  assert.equal(readFile(cgroup, "net_cls.classid"), "1048577\n");
  assert.match(readFile(cgroup, "net_prio.ifpriomap"), /^lo 5$/m);
});

withTree("a process joins a merged tree once, and nothing of it stays", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const { pid } = sandbox.start(cgroup, "sleep 100");
  const own = readFileSync(`/proc/${pid}/cgroup`, "utf8");
  assert.match(own, new RegExp(`^\\d+:net_cls,net_prio:.*/${sandbox.pathOf("c1")}$`, "m"));
  const paths = cgroup.toState().members.map(({ mountPoint, path }) => mountPoint + path);
  cgroup.kill();
  await cgroup.destroy();
  assert.deepEqual(
    paths.filter((path) => existsSync(path)),
    [],
  );
});

withTree("what the kernel does not take is said with the field", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const priorities = [{ name: "nonesuch0", priority: 1 }];
  await assert.rejects(cgroup.update(limits({ network: { priorities } })), {
    code: "ENODEV",
    message: /^linux\.resources\.network\.priorities\[0\]: cannot write "nonesuch0 1" to /,
  });
});
