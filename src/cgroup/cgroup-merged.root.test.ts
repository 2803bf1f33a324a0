// SPDX-License-Identifier: Apache-2.0
// Against a merged v1 tree, net_cls,net_prio, on hosts that have it, as those of systemd with v1 or hybrid cgroups do. It is not
// mounted for the test: every process of the machine would see it until long after. Elsewhere: limits-on-trees.test.ts.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { Cgroup } from "./cgroup.ts";
import { readCgroupLayout } from "./mode.ts";
import { limits, Sandbox } from "./testing/sandbox.ts";

const layout = readCgroupLayout();
const CONTROLLERS = ["net_cls", "net_prio"];
const merged = layout.hierarchies.find(({ controllers }) =>
  CONTROLLERS.every((name) => controllers.includes(name)),
);

if (merged === undefined || process.getuid?.() !== 0) {
  const skip = "needs root and a host with a merged tree net_cls,net_prio";
  test("a merged tree has the limits of both controllers", { skip }, () => undefined);
}

/** Only with the tree: elsewhere these tests do not exist, rather than being counted as skipped. */
const withTree = (name: string, run: () => Promise<void>): void => {
  if (merged !== undefined && process.getuid?.() === 0) void test(name, run);
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
