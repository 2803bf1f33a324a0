// SPDX-License-Identifier: Apache-2.0
// Against the v1 or hybrid trees of this machine, below the cgroups of this process.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isErrno, SpecError } from "../base/errors.ts";
import type { DeviceCgroupRule } from "../oci/spec.ts";
import { RLIMIT_NOFILE, SIGTERM } from "../sys/constants.ts";
import { prlimit } from "../sys/process.ts";
import { openDescriptors } from "../sys/testing/descriptors.ts";
import { applyDevices } from "./apply.ts";
import { Cgroup, type CgroupState } from "./cgroup.ts";
import { type DevicePolicy, toDevicePolicy } from "./device-policy.ts";
import { readCgroupLayout } from "./mode.ts";
import { randomNumbers, randomRules } from "./testing/device-model.ts";
import { BOMB, limits, Sandbox } from "./testing/sandbox.ts";

const layout = readCgroupLayout();
const skip =
  process.getuid?.() !== 0 || layout.kind === "v2" ? "needs root and a cgroup v1 host" : false;

/** CONFIG_RT_GROUP_SCHED, which most distributions do without. */
const NO_REALTIME = existsSync("/sys/fs/cgroup/cpu/cpu.rt_runtime_us")
  ? false
  : "the kernel has no real-time groups";

const DENY_ALL = {
  allow: false,
  type: "a",
  major: undefined,
  minor: undefined,
  access: "rwm",
} as const;

/** The directory of a controller, or of the unified tree for "". */
function pathOf(cgroup: Cgroup, controller: string): string {
  const member = cgroup
    .toState()
    .members.find(({ controllers }) => (controllers[0] ?? "") === controller);
  assert.ok(member, `no tree of "${controller}"`);
  return member.mountPoint + member.path;
}

function readFile(cgroup: Cgroup, file: string): string {
  const [controller = ""] = file.split(".");
  return readFileSync(`${pathOf(cgroup, controller)}/${file}`, "utf8").trim();
}

const everyPath = (cgroup: Cgroup): string[] =>
  cgroup.toState().members.map(({ mountPoint, path }) => mountPoint + path);

test("a cgroup exists in every tree after create and in none after destroy", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const paths = everyPath(cgroup);
  assert.ok(paths.length >= 2);
  assert.deepEqual(
    paths.map((path) => existsSync(path)),
    paths.map(() => true),
  );
  const again = Cgroup.open(JSON.parse(JSON.stringify(cgroup.toState())));
  await again.destroy();
  assert.deepEqual(
    paths.filter((path) => existsSync(path)),
    [],
  );
  await cgroup.destroy();
});

test("a joined process is in the container's cgroup of every tree", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const { pid } = sandbox.start(cgroup, "sleep 100");
  const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().split("\n");
  const inside = lines.filter((line) => line.endsWith(sandbox.pathOf("c1")));
  assert.equal(inside.length, cgroup.toState().members.length);
  assert.ok(cgroup.pids().includes(pid));
});

test("limits are in force as given", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const cpus = readFile(cgroup, "cpuset.cpus").split(/[,-]/)[0] ?? "0";
  await cgroup.apply(
    limits({
      memory: { limit: 64n << 20n, swap: 96n << 20n, reservation: 32n << 20n },
      cpu: { shares: 512n, quota: 20_000n, period: 50_000n, cpus, mems: "0" },
      pids: 0n,
    }),
  );
  assert.equal(readFile(cgroup, "memory.limit_in_bytes"), String(64 << 20));
  assert.equal(readFile(cgroup, "memory.soft_limit_in_bytes"), String(32 << 20));
  assert.equal(readFile(cgroup, "cpu.shares"), "512");
  assert.equal(readFile(cgroup, "cpu.cfs_quota_us"), "20000");
  assert.equal(readFile(cgroup, "cpu.cfs_period_us"), "50000");
  assert.equal(readFile(cgroup, "cpuset.cpus"), cpus);
  assert.equal(readFile(cgroup, "pids.max"), "1");
});

test("memory and swap limits can be raised and lowered together", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  for (const mib of [64n, 256n, 32n, 128n]) {
    await cgroup.update(limits({ memory: { limit: mib << 20n, swap: (mib + 8n) << 20n } }));
    assert.equal(readFile(cgroup, "memory.limit_in_bytes"), String(mib << 20n));
    assert.equal(readFile(cgroup, "memory.memsw.limit_in_bytes"), String((mib + 8n) << 20n));
  }
  await cgroup.update(limits({ memory: { limit: -1n } }));
  assert.ok(BigInt(readFile(cgroup, "memory.memsw.limit_in_bytes")) > 1n << 50n);
});

test("quota, period and burst can change together in any direction", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  for (const [quota, period, burst] of [
    [400_000n, 200_000n, 300_000n],
    [2_000n, 1_000n, 1_000n],
    [500_000n, 100_000n, 500_000n],
    [-1n, 100_000n, 0n],
  ] as const) {
    await cgroup.update(limits({ cpu: { quota, period, burst } }));
    assert.equal(readFile(cgroup, "cpu.cfs_quota_us"), String(quota));
    assert.equal(readFile(cgroup, "cpu.cfs_period_us"), String(period));
    assert.equal(readFile(cgroup, "cpu.cfs_burst_us"), String(burst));
  }
});

test("a group that was idle can get shares, and one that is idle is left without", {
  skip,
}, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  await cgroup.update(limits({ cpu: { idle: 1, shares: 512n } }));
  assert.equal(readFile(cgroup, "cpu.idle"), "1");
  await cgroup.update(limits({ cpu: { idle: 1, shares: 512n } }));
  await cgroup.update(limits({ cpu: { idle: 0, shares: 2048n } }));
  assert.equal(readFile(cgroup, "cpu.idle"), "0");
  assert.equal(readFile(cgroup, "cpu.shares"), "2048");
});

const realtime = limits({ cpu: { realtimePeriod: 1_000_000n, realtimeRuntime: 1000n } });

test("a cgroup has time for real-time threads before the first one comes", {
  skip: skip || NO_REALTIME,
}, async () => {
  await using sandbox = new Sandbox();
  // At the root, which has some to give; the others share what is left.
  const cgroup = Cgroup.create(sandbox.layout, `/${sandbox.pathOf("rt").replace("/", "-")}`, "rt", {
    resources: realtime,
  });
  try {
    assert.equal(readFile(cgroup, "cpu.rt_runtime_us"), "1000");
    const without = sandbox.create("c1");
    const chrt = (tasks: string): number | null =>
      spawnSync("chrt", ["-f", "1", "sh", "-c", `echo 0 > ${tasks}`]).status;
    assert.equal(chrt(`${pathOf(cgroup, "cpu")}/tasks`), 0);
    assert.notEqual(chrt(`${pathOf(without, "cpu")}/tasks`), 0);
  } finally {
    await cgroup.destroy();
  }
});

test("what a parent does not have can't be had below it, and nothing is left of the attempt", {
  skip: skip || NO_REALTIME,
}, async () => {
  await using sandbox = new Sandbox();
  const keep = sandbox.create("keep");
  const path = sandbox.pathOf("rt");
  assert.throws(() => Cgroup.create(sandbox.layout, path, "rt", { resources: realtime }), {
    name: "SysError",
    code: "EINVAL",
    message:
      /^linux\.resources\.cpu\.realtimeRuntime: cannot write "1000" to ".*cpu\.rt_runtime_us"/,
  });
  const places = everyPath(keep).map((place) => place.replace(/keep$/, "rt"));
  assert.deepEqual(
    places.filter((place) => existsSync(place)),
    [],
  );
});

test("a host without the devices tree gets no container, however much else it has", {
  skip,
}, async () => {
  await using sandbox = new Sandbox();
  const { kind, members } = sandbox.create("c1").toState();
  const others = members.filter(({ controllers }) => !controllers.includes("devices"));
  await assert.rejects(Cgroup.open({ kind, members: others }).apply(limits({})), {
    code: "ENODEV",
    message: 'cgroup controller "devices" is not mounted',
  });
});

test("the runtime's own cgroup is not a container's", { skip }, (t) => {
  const own = layout.hierarchies.find(({ ownPath }) => ownPath !== "/");
  if (own === undefined) return t.skip("the tests are in the root cgroup of each tree");
  const only = { ...layout, hierarchies: [own] };
  assert.throws(() => Cgroup.create(only, own.ownPath, "c"), {
    code: "EBUSY",
    message: /^container's cgroup is not empty: \d+ process\(es\) found$/,
  });
});

test("what the kernel refuses or clamps is said with its file and value", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const file = `${pathOf(cgroup, "cpuset")}/cpuset.cpus`;
  await assert.rejects(cgroup.update(limits({ cpu: { cpus: "4095" } })), {
    name: "SysError",
    message: new RegExp(`^linux\\.resources\\.cpu\\.cpus: cannot write "4095" to "${file}": .*$`),
  });
  await assert.rejects(cgroup.update(limits({ cpu: { shares: 1n } })), {
    message: "the minimum allowed cpu-shares is 2",
  });
  await assert.rejects(cgroup.update(limits({ cpu: { shares: 1n << 40n } })), {
    message: "the maximum allowed cpu-shares is 262144",
  });
});

test("block devices are throttled, and what this host has no tree for is refused", {
  skip,
}, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const numbers = readFileSync(`/sys/block/${readdirSync("/sys/block")[0]}/dev`, "utf8").trim();
  const [major = 0, minor = 0] = numbers.split(":").map(Number);
  const device = { major, minor, rate: 1n << 20n };
  await cgroup.update(limits({ blockIO: { throttleWriteBpsDevice: [device] } }));
  const file = "blkio.throttle.write_bps_device";
  assert.equal(readFile(cgroup, file), `${numbers} 1048576`);
  await cgroup.update(limits({ blockIO: { throttleWriteBpsDevice: [{ ...device, rate: 0n }] } }));
  assert.equal(readFile(cgroup, file), "");
  const absent = (controller: string): { message: string } => ({
    message: `cannot set ${controller} limit: container could not join or create cgroup`,
  });
  const refused = async (
    given: Parameters<typeof limits>[0],
    controller: string,
  ): Promise<void> => {
    const isThere = layout.hierarchies.some((tree) => tree.controllers.includes(controller));
    if (!isThere) await assert.rejects(cgroup.update(limits(given)), absent(controller));
  };
  await refused({ rdma: [{ device: "d", hcaHandles: 1, hcaObjects: undefined }] }, "rdma");
  await refused({ network: { classID: 1 } }, "net_cls");
  await refused({ hugepageLimits: [{ pageSize: "2MB", limit: 0n }] }, "hugetlb");
});

test("a memory limit below what is in use is refused with the usage", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  sandbox.start(cgroup, "sleep 100");
  // Anonymous memory of a shell can't be reclaimed down to one page without swap.
  await cgroup.update(limits({ memory: { swap: 1n << 30n, limit: 1n << 30n } }));
  await assert.rejects(
    cgroup.update(limits({ memory: { limit: 4096n } })),
    /^SysError: unable to set memory limit to 4096 \(current usage: \d+, peak usage: \d+\)$/,
  );
  await assert.rejects(
    cgroup.update(limits({ memory: { limit: 4096n, checkBeforeUpdate: true } })),
    /rejecting memory limit 4096 <= usage \d+/,
  );
});

test("device rules bite, and the standard devices stay usable", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const started = sandbox.start(
    cgroup,
    "while true < /dev/kmsg; do sleep 0.05; done; echo refused; true < /dev/null && echo null",
  );
  await cgroup.apply(limits({ devices: [DENY_ALL] }));
  const output = await started.output();
  assert.match(output, /^null$/m);
  assert.match(output, /^refused$/m);
  assert.match(readFile(cgroup, "devices.list"), /^c 136:\* rwm$/m);
});

test("a rule of the spec allows its device beside the defaults", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const kmsg = { allow: true, type: "c", major: 1, minor: 11, access: "r" } as const;
  await cgroup.apply(limits({ devices: [DENY_ALL, kmsg] }));
  const { output } = sandbox.start(
    cgroup,
    "true < /dev/kmsg && echo read; true > /dev/kmsg || echo no",
  );
  assert.match(await output(), /^read\n(.*\n)*no$/m);
});

test("kill ends every process, in sub-cgroups, frozen or forking", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const first = sandbox.start(cgroup, "sleep 100 & sleep 100 & wait");
  const forking = sandbox.start(cgroup, "while :; do sleep 0.01 & sleep 0.01; done");
  for (const path of everyPath(cgroup)) mkdirSync(`${path}/sub`);
  await cgroup.freeze();
  assert.equal(readFile(cgroup, "freezer.state"), "FROZEN");
  cgroup.kill();
  assert.equal((await first.exited).status, 137);
  assert.equal((await forking.exited).status, 137);
  await cgroup.destroy();
});

test("processes outside the unified tree are killed as well", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const state = cgroup.toState();
  const v1Only = Cgroup.open({
    kind: "v1",
    members: state.members.filter(({ version }) => version === 1),
  });
  const started = sandbox.start(v1Only, "while :; do sleep 0.01 & sleep 0.01; done");
  v1Only.kill();
  assert.equal((await started.exited).status, 137);
});

test("a fork bomb outside the unified tree dies", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const members = cgroup.toState().members.filter(({ version }) => version === 1);
  const v1Only = Cgroup.open({ kind: "v1", members });
  const bomb = sandbox.start(v1Only, BOMB, { until: "lit" });
  await bomb.exited;
  v1Only.kill();
  await cgroup.destroy();
});

test("a process that moves between cgroups all the time is killed at the first attempt", {
  skip,
}, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const members = cgroup.toState().members.filter(({ version }) => version === 1);
  const v1Only = Cgroup.open({ kind: "v1", members });
  const names = ["a", "b", "c"].map((name) => `${pathOf(cgroup, "devices")}/${name}`);
  for (const name of names) mkdirSync(name);
  const moves = names.map((name) => `echo 0 > ${name}/cgroup.procs`).join("; ");
  const script = `echo moving; while :; do ${moves}; done`;
  for (let round = 0; round < 10; round += 1) {
    const { pid, exited } = sandbox.start(v1Only, script, { until: "moving" });
    v1Only.kill();
    const outcome = await Promise.race([exited, sleep(5000, "it lives")]);
    if (outcome === "it lives") process.kill(pid, "SIGKILL");
    assert.notEqual(outcome, "it lives");
  }
  await cgroup.destroy();
});

test("cgroups that a container has nested thousands deep, with processes in them, need few descriptors", {
  skip,
}, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  // Each mkdir -p makes a thousand; `cd -P` goes where no path is long enough for.
  const names = Array.from({ length: 1000 }, () => "d").join("/");
  const script =
    `cd -P ${pathOf(cgroup, "devices")}; for i in 1 2 3; do mkdir -p ${names}; cd -P ${names}; done;` +
    " echo 0 > cgroup.procs; echo deep; exec sleep 100";
  const { pid, exited } = sandbox.start(cgroup, script, { until: "deep" });
  const before = prlimit(0, RLIMIT_NOFILE, undefined);
  const soft = BigInt(Math.max(...readdirSync("/proc/self/fd").map(Number)) + 8);
  prlimit(0, RLIMIT_NOFILE, { ...before, soft });
  try {
    assert.deepEqual(cgroup.pids(), [pid]);
    cgroup.kill();
    await exited;
    await cgroup.destroy();
  } finally {
    prlimit(0, RLIMIT_NOFILE, before);
  }
  assert.deepEqual(
    everyPath(cgroup).filter((path) => existsSync(path)),
    [],
  );
});

test("what can't be removed is named", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  // The first, for not all are named where there are many.
  const tree = everyPath(cgroup).find((path) => existsSync(`${path}/tasks`)) ?? "";
  const sub = `${tree}/sub`;
  for (const path of [sub, `${sub}/busy`, `${sub}/idle`]) mkdirSync(path);
  sandbox.start(cgroup, `echo 0 > ${sub}/busy/tasks; echo there; exec sleep 100`, {
    until: "there",
  });
  await assert.rejects(cgroup.destroy(), (error: unknown) => {
    assert.ok(isErrno(error, "EBUSY"));
    assert.match(error.message, /^failed to remove paths: cannot remove cgroup "/);
    assert.ok(error.message.includes(`"${sub}/busy": device or resource busy`), error.message);
    assert.ok(!error.message.includes(`"${sub}":`), error.message);
    return true;
  });
  assert.equal(existsSync(`${sub}/idle`), false);
});

test("the kernel shows the same for the rules themselves as for the emulator's few writes", {
  skip,
}, async () => {
  await using sandbox = new Sandbox();
  const [raw, emulated] = [sandbox.create("raw"), sandbox.create("emulated")];
  const random = randomNumbers(7);
  const write = (allow: boolean, value: string): void =>
    writeFileSync(`${pathOf(raw, "devices")}/devices.${allow ? "allow" : "deny"}`, value);
  const [member] = emulated
    .toState()
    .members.filter(({ controllers }) => controllers.includes("devices"));
  assert.ok(member);
  let compared = 0;
  for (let list = 0; list < 150; list += 1) {
    const rules = randomRules(random);
    const policy = unlessHole(rules);
    if (policy === undefined) continue;
    write(false, "a");
    for (const { allow, type, major, minor, access } of rules) {
      write(allow, type === "a" ? "a" : `${type} ${major ?? "*"}:${minor ?? "*"} ${access}`);
    }
    applyDevices(member, policy);
    const lines = (cgroup: Cgroup): string[] => readFile(cgroup, "devices.list").split("\n").sort();
    assert.deepEqual(lines(emulated), lines(raw), JSON.stringify(rules));
    compared += 1;
  }
  assert.ok(compared > 50);
});

function unlessHole(rules: readonly DeviceCgroupRule[]): DevicePolicy | undefined {
  try {
    return toDevicePolicy(rules);
  } catch (error) {
    assert.ok(error instanceof SpecError);
    return undefined;
  }
}

test("a signal reaches every process once", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const started = sandbox.start(cgroup, "sleep 100 & exec sleep 100");
  cgroup.signal(0);
  assert.throws(
    () => cgroup.signal(65),
    (error: unknown) => isErrno(error, "EINVAL"),
  );
  cgroup.signal(SIGTERM);
  assert.equal((await started.exited).status, 143);
  // The pipe ends with its last writer, the one in the background.
  assert.equal(await started.output(), "");
});

test("a frozen cgroup goes on after thaw", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const started = sandbox.start(cgroup, "sleep 0.2; echo done");
  await cgroup.freeze();
  cgroup.thaw();
  assert.equal((await started.exited).status, 0);
  assert.equal(await started.output(), "done\n");
});

test("a cgroup in use or frozen is refused, and nothing is left of the attempt", {
  skip,
}, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const { pid } = sandbox.start(cgroup, "exec sleep 100");
  const create = (): Cgroup => Cgroup.create(sandbox.layout, sandbox.pathOf("c1"), "c1");
  assert.throws(create, {
    name: "SysError",
    code: "EBUSY",
    message: "container's cgroup is not empty: 1 process(es) found",
  });
  assert.deepEqual(cgroup.pids(), [pid]);
  cgroup.kill();
  await cgroup.freeze();
  assert.throws(create, {
    code: "EBUSY",
    message: /^container's cgroup (unexpectedly frozen|is not)/,
  });
});

test("who is told the place can remove what was made there, as long as nobody is in it", {
  skip,
}, async () => {
  await using sandbox = new Sandbox();
  const places: CgroupState[] = [];
  const onPlace = (state: CgroupState): void => {
    assert.ok(state.members.every(({ mountPoint, path }) => !existsSync(mountPoint + path)));
    places.push(state);
  };
  const name = sandbox.pathOf("c1");
  Cgroup.create(sandbox.layout, name, "c1", { onPlace });
  const [place] = places;
  assert.ok(place);
  const cut = Cgroup.open(place);
  cut.discard();
  assert.ok(everyPath(cut).every((path) => !existsSync(path)));
  cut.discard();
  const cgroup = sandbox.create("c1");
  const { pid } = sandbox.start(cgroup, "exec sleep 100");
  cut.discard();
  assert.deepEqual(cgroup.pids(), [pid]);
});

test("a create that fails in the last tree leaves the other trees alone", { skip }, async () => {
  await using sandbox = new Sandbox();
  const [last] = sandbox.layout.hierarchies.slice(-1);
  assert.ok(last);
  sandbox.create("keep");
  const broken = {
    ...sandbox.layout,
    hierarchies: [...sandbox.layout.hierarchies.slice(0, -1), { ...last, mountPoint: "/proc" }],
  };
  const others = sandbox.layout.hierarchies.slice(0, -1);
  const name = sandbox.pathOf("c1");
  assert.throws(() => Cgroup.create(broken, name, "c1"), { code: "EINVAL" });
  for (const { mountPoint, ownPath } of others) {
    assert.equal(existsSync(`${mountPoint}${ownPath}/${name}`), false);
  }
});

test("an OOM kill is counted and shows in the metrics", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  await cgroup.apply(limits({ memory: { limit: 16n << 20n, swap: 16n << 20n } }));
  assert.equal(cgroup.oomKills(), 0n);
  const started = sandbox.start(cgroup, "tail /dev/zero; exit 3");
  await started.exited;
  assert.ok(cgroup.oomKills() >= 1n);
  const metrics = cgroup.metrics();
  assert.ok(metrics.kind === "v1");
  assert.equal(metrics.oomControl?.oomKill, cgroup.oomKills());
});

test("an OOM kill is noticed while the cgroup lives on", {
  skip,
}, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  await cgroup.apply(limits({ memory: { limit: 16n << 20n, swap: 16n << 20n } }));
  const killed = Promise.withResolvers<void>();
  using _watching = cgroup.watchOom(() => {
    if (cgroup.oomKills() > 0n) killed.resolve();
  });
  const { pid } = sandbox.start(cgroup, "sh -c 'tail /dev/zero; sleep 100'; sleep 100");
  await killed.promise;
  assert.ok(cgroup.pids().includes(pid));
});

test("a watch for OOM kills leaves no descriptor", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const before = openDescriptors();
  const watching = cgroup.watchOom(() => undefined);
  assert.ok(openDescriptors() > before);
  watching[Symbol.dispose]();
  assert.equal(openDescriptors(), before);
});

test("a removed cgroup keeps nobody from watching it to the end", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const noticed = Promise.withResolvers<void>();
  using _watching = cgroup.watchOom(noticed.resolve);
  await cgroup.destroy();
  await noticed.promise;
  assert.equal(cgroup.oomKills(), 0n);
  assert.throws(() => cgroup.watchOom(() => undefined), { code: "ENOENT" });
});

test("metrics say what the processes use", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  await cgroup.apply(limits({ pids: 50n, memory: { limit: 64n << 20n } }));
  sandbox.start(cgroup, "sleep 100");
  const metrics = cgroup.metrics();
  assert.ok(metrics.kind === "v1");
  assert.ok((metrics.pids?.current ?? 0n) >= 1n);
  assert.equal(metrics.pids?.limit, 50n);
  assert.ok(metrics.cpuUsage.total > 0n);
  assert.ok(metrics.cpuUsage.perCpu.length > 0);
  assert.equal(metrics.memory?.usage?.limit, 64n << 20n);
  assert.ok((metrics.memory?.usage?.usage ?? 0n) > 0n);
  // The kernel sums memory.stat up every two seconds only: the key must be there, its value may still be 0.
  assert.ok(metrics.memory !== undefined && "total_pgfault" in metrics.memory.stat);
});

test("a cgroup that is gone has no processes and empty metrics", { skip }, async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  await cgroup.destroy();
  assert.deepEqual(cgroup.pids(), []);
  assert.equal(cgroup.oomKills(), 0n);
  assert.equal(cgroup.metrics().pids, undefined);
  cgroup.kill();
  assert.throws(() => cgroup.joinFds(), { code: "ENOENT" });
});

test("no descriptor stays open", { skip }, async () => {
  await using sandbox = new Sandbox();
  sandbox.create("warm").metrics();
  const before = openDescriptors();
  const cgroup = sandbox.create("c1");
  await cgroup.apply(limits({ pids: 5n }));
  cgroup.metrics();
  cgroup.pids();
  cgroup.kill();
  await cgroup.destroy();
  assert.throws(() => cgroup.joinFds());
  assert.equal(openDescriptors(), before);
});
