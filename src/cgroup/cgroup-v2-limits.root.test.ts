// SPDX-License-Identifier: Apache-2.0
// Limits that the controllers of cgroup v2 hold, on a host that has them there: `make test-vm`. Everywhere else the files are
// those of limits-on-trees.test.ts.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { SIGKILL } from "../sys/constants.ts";
import { Cgroup } from "./cgroup.ts";
import { readCgroupLayout } from "./mode.ts";
import { limits, Sandbox } from "./testing/sandbox.ts";

type Given = Parameters<typeof limits>[0];

const [tree] = readCgroupLayout().hierarchies;
const isPure = readCgroupLayout().kind === "v2" && process.getuid?.() === 0;
const available = isPure
  ? readFileSync(`${tree?.mountPoint}/cgroup.controllers`, "utf8").trim().split(" ")
  : [];

if (!isPure) {
  test("limits of cgroup v2 hold", { skip: "needs root and a cgroup v2 host" }, () => undefined);
}

/** Elsewhere these tests do not exist, rather than being counted as skipped one by one. */
function testWith(controllers: readonly string[], name: string, run: () => Promise<void>): void {
  if (!isPure) return;
  const missing = controllers.filter((name) => !available.includes(name));
  const skip = missing.length === 0 ? false : `no controller ${missing.join(", ")} in cgroup v2`;
  void test(name, { skip }, run);
}

const MIB = 1n << 20n;

function pathOf(cgroup: Cgroup): string {
  const [member] = cgroup.toState().members;
  assert.ok(member);
  return member.mountPoint + member.path;
}

const readFile = (cgroup: Cgroup, file: string): string =>
  readFileSync(`${pathOf(cgroup)}/${file}`, "utf8").trim();

/** Controller, what is asked in turn, and what its files say then. */
const CASES: readonly (readonly [string, string, readonly Given[], Record<string, string>])[] = [
  ["a process", "pids", [{ pids: 0n }], { "pids.max": "1" }],
  ["any number of processes", "pids", [{ pids: 5n }, { pids: -1n }], { "pids.max": "max" }],
  [
    "memory, lowered and raised",
    "memory",
    [64n, 256n, 128n].map((mib) => ({
      memory: { limit: mib * MIB, swap: mib * MIB * 2n, reservation: 32n * MIB },
    })),
    { "memory.max": String(128n * MIB), "memory.low": String(32n * MIB) },
  ],
  [
    "any memory",
    "memory",
    [{ memory: { limit: 64n * MIB } }, { memory: { limit: -1n } }],
    { "memory.max": "max" },
  ],
  ["shares", "cpu", [{ cpu: { shares: 512n } }], { "cpu.weight": "59" }],
  [
    "quota, period and burst in any direction",
    "cpu",
    [
      { cpu: { quota: 400_000n, period: 200_000n, burst: 300_000n } },
      { cpu: { quota: 2000n, period: 1000n, burst: 1000n } },
      { cpu: { quota: 500_000n, period: 100_000n, burst: 500_000n } },
    ],
    { "cpu.max": "500000 100000", "cpu.max.burst": "500000" },
  ],
  [
    "a period alone, and a quota alone",
    "cpu",
    [
      { cpu: { quota: 20_000n, period: 100_000n } },
      { cpu: { period: 50_000n } },
      { cpu: { quota: 30_000n } },
    ],
    { "cpu.max": "30000 50000" },
  ],
  [
    "an idle group that is not idle any more",
    "cpu",
    [{ cpu: { idle: 1, shares: 5n } }, { cpu: { idle: 0, shares: 2048n } }],
    { "cpu.idle": "0", "cpu.weight": "174" },
  ],
  ["an idle group", "cpu", [{ cpu: { idle: 1, shares: 5n } }], { "cpu.idle": "1" }],
  [
    "processors",
    "cpuset",
    [{ cpu: { cpus: "0", mems: "0" } }],
    { "cpuset.cpus": "0", "cpuset.mems": "0" },
  ],
  [
    "huge pages",
    "hugetlb",
    [{ hugepageLimits: [{ pageSize: "2MB", limit: 2n * MIB }] }],
    { "hugetlb.2MB.max": String(2n * MIB), "hugetlb.2MB.rsvd.max": String(2n * MIB) },
  ],
  [
    "what unified asks, over the rest",
    "memory",
    [{ memory: { limit: 64n * MIB }, unified: { "memory.high": "max", "memory.max": "33554432" } }],
    { "memory.max": "33554432", "memory.high": "max" },
  ],
];

for (const [what, controller, given, files] of CASES) {
  testWith([controller], `v2 holds ${what}`, async () => {
    await using sandbox = new Sandbox();
    const cgroup = sandbox.create("c1");
    await cgroup.apply(limits({}));
    if ("cpu.idle" in files && !existsSync(`${pathOf(cgroup)}/cpu.idle`)) {
      // Before 5.15. To run it as any other would be no answer.
      const refused = cgroup.update(limits({ cpu: { idle: 1 } }));
      await assert.rejects(refused, { code: "ENOENT", message: /^linux\.resources\.cpu\.idle: / });
      return;
    }
    for (const asked of given) await cgroup.update(limits(asked));
    for (const [file, value] of Object.entries(files)) {
      // A refinement that this kernel is too old for.
      if (!existsSync(`${pathOf(cgroup)}/${file}`) && /burst|rsvd/.test(file)) continue;
      assert.equal(readFile(cgroup, file), value, file);
    }
  });
}

testWith(["io"], "v2: a block device is throttled and let go", async () => {
  const numbers = /^\s*(\d+)\s+(\d+)\s+\d+\s+[a-z]+$/m.exec(
    readFileSync("/proc/partitions", "utf8"),
  );
  assert.ok(numbers, "a whole disk");
  const device = { major: Number(numbers[1]), minor: Number(numbers[2]), rate: MIB };
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  await cgroup.update(limits({ blockIO: { throttleWriteBpsDevice: [device] } }));
  assert.match(
    readFile(cgroup, "io.max"),
    new RegExp(`^${numbers[1]}:${numbers[2]} .*wbps=1048576`),
  );
  await cgroup.update(limits({ blockIO: { throttleWriteBpsDevice: [{ ...device, rate: 0n }] } }));
  assert.equal(readFile(cgroup, "io.max"), "");
});

testWith(
  ["memory", "pids"],
  "v2: a limit below the usage is refused if that is asked, and nothing has changed",
  async () => {
    await using sandbox = new Sandbox();
    const cgroup = sandbox.create("c1");
    await cgroup.apply(limits({ memory: { limit: 64n * MIB }, pids: 9n }));
    sandbox.start(cgroup, "exec sleep 100", { join: false });
    await assert.rejects(
      cgroup.update(limits({ memory: { limit: 4096n, checkBeforeUpdate: true }, pids: 3n })),
      /^SpecError: rejecting memory limit 4096 <= usage \d+$/,
    );
    assert.equal(readFile(cgroup, "memory.max"), String(64n * MIB));
    assert.equal(readFile(cgroup, "pids.max"), "9");
  },
);

testWith(
  ["memory"],
  "v2: memory.oom.group ends all of a cgroup at once, which is counted",
  async () => {
    await using sandbox = new Sandbox();
    const cgroup = sandbox.create("c1");
    const unified = { "memory.oom.group": "1" };
    await cgroup.apply(limits({ memory: { limit: 16n * MIB, swap: 16n * MIB }, unified }));
    const killed = Promise.withResolvers<void>();
    using _watching = cgroup.watchOom(() => {
      if (cgroup.oomKills() > 0n) killed.resolve();
    });
    const { exited } = sandbox.start(cgroup, "tail /dev/zero & sleep 100", { join: false });
    assert.equal((await exited).status, 128 + SIGKILL);
    await killed.promise;
    const metrics = cgroup.metrics();
    assert.ok(metrics.kind === "v2");
    assert.ok((metrics.memoryEvents?.["oom_kill"] ?? 0n) >= 1n);
  },
);

testWith(["memory", "pids", "cpu"], "v2: metrics have every controller's numbers", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  await cgroup.apply(limits({ pids: 50n, memory: { limit: 64n * MIB } }));
  sandbox.start(cgroup, "exec sleep 100", { join: false });
  const metrics = cgroup.metrics();
  assert.ok(metrics.kind === "v2");
  assert.deepEqual(metrics.pids, { current: 1n, limit: 50n });
  assert.equal(metrics.memory?.usageLimit, 64n * MIB);
  assert.ok((metrics.memory?.usage ?? 0n) > 0n);
  assert.ok("anon" in (metrics.memory?.stat ?? {}) && "nr_periods" in metrics.cpu);
  assert.equal(metrics.memoryEvents?.["oom_kill"], 0n);
  assert.equal(metrics.hugetlb.length > 0, available.includes("hugetlb"));
});

testWith(
  ["memory"],
  "v2: a cgroup with domain controllers can't be below a threaded one",
  async () => {
    await using sandbox = new Sandbox();
    const outer = sandbox.create("c1");
    // Processes and controllers for children: what is made below is no domain.
    sandbox.start(outer, "exec sleep 100", { join: false });
    const memory = limits({ memory: { limit: MIB } });
    const path = `${sandbox.pathOf("c1")}/inner`;
    assert.throws(() => Cgroup.create(sandbox.layout, path, "inner", { resources: memory }));
    assert.equal(existsSync(`${pathOf(outer)}/inner`), false);
  },
);
