// SPDX-License-Identifier: Apache-2.0
// Every field of linux.resources (but devices) and the files that it reaches, in order, for hosts whose trees are separate,
// merged, missing, or one: on directories as the kernel's documentation describes them (admin-guide/cgroup-v1/*.rst, cgroup-v2.rst,
// scheduler/sched-bwc.rst, block/bfq-iosched.rst).
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseResources } from "../oci/resources.ts";
import { applyLimits } from "./apply.ts";
import { inheritCpuset, makeEnterable } from "./create.ts";
import { Tree, Trees } from "./testing/tree.ts";
import { needsDomain } from "./threaded.ts";

const MIB = 1 << 20;

/** Each field once, as a config.json has them. */
const EVERYTHING = {
  memory: {
    ...{ limit: 64 * MIB, swap: 96 * MIB, reservation: 32 * MIB, kernel: MIB, kernelTCP: MIB },
    ...{ swappiness: 10, disableOOMKiller: true },
  },
  cpu: {
    ...{
      shares: 1024,
      quota: 20_000,
      period: 50_000,
      burst: 1000,
      idle: 0,
      cpus: "0-1",
      mems: "0",
    },
    ...{ realtimePeriod: 1_000_000, realtimeRuntime: 950_000 },
  },
  pids: { limit: 100 },
  blockIO: {
    weight: 500,
    leafWeight: 300,
    weightDevice: [{ major: 8, minor: 0, weight: 200, leafWeight: 100 }],
    throttleReadBpsDevice: [{ major: 8, minor: 16, rate: 2_097_152 }],
    throttleWriteBpsDevice: [{ major: 8, minor: 16, rate: 1 }],
    throttleReadIOPSDevice: [{ major: 8, minor: 16, rate: 2 }],
    throttleWriteIOPSDevice: [{ major: 8, minor: 16, rate: 120 }],
  },
  hugepageLimits: [
    { pageSize: "2MB", limit: 2_097_152 },
    { pageSize: "1GB", limit: 0 },
  ],
  network: { classID: 1_048_577, priorities: [{ name: "eth0", priority: 5 }] },
  rdma: { mlx4_0: { hcaHandles: 2, hcaObjects: 2000 }, ocrdma1: { hcaObjects: 4_294_967_295 } },
};

const V1 = {
  cpuset: { "cpuset.cpus": "0-3\n", "cpuset.mems": "0\n" },
  memory: {
    "memory.limit_in_bytes": "9223372036854771712\n",
    "memory.memsw.limit_in_bytes": "9223372036854771712\n",
    "memory.soft_limit_in_bytes": "9223372036854771712\n",
    "memory.usage_in_bytes": "0\n",
    "memory.max_usage_in_bytes": "0\n",
    "memory.swappiness": "60\n",
    "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n",
  },
  cpu: {
    ...{ "cpu.shares": "1024\n", "cpu.idle": "0\n", "cpu.cfs_period_us": "100000\n" },
    ...{ "cpu.cfs_quota_us": "-1\n", "cpu.cfs_burst_us": "0\n" },
    ...{ "cpu.rt_period_us": "1000000\n", "cpu.rt_runtime_us": "0\n" },
  },
  cpuacct: { "cpuacct.usage": "0\n" },
  pids: { "pids.max": "max\n" },
  blkio: {
    ...{ "blkio.weight": "500\n", "blkio.weight_device": "", "blkio.leaf_weight": "500\n" },
    ...{ "blkio.leaf_weight_device": "", "blkio.throttle.read_bps_device": "" },
    ...{ "blkio.throttle.write_bps_device": "", "blkio.throttle.read_iops_device": "" },
    "blkio.throttle.write_iops_device": "",
  },
  hugetlb: {
    "hugetlb.1GB.limit_in_bytes": "9223372035781033984\n",
    "hugetlb.1GB.rsvd.limit_in_bytes": "9223372035781033984\n",
    "hugetlb.2MB.limit_in_bytes": "9223372036852678656\n",
    "hugetlb.2MB.rsvd.limit_in_bytes": "9223372036852678656\n",
  },
  net_cls: { "net_cls.classid": "0\n" },
  net_prio: { "net_prio.ifpriomap": "lo 0\neth0 0\n", "net_prio.prioidx": "1\n" },
  rdma: { "rdma.max": "mlx4_0 hca_handle=max hca_object=max\n" },
};

const V1_WRITES = [
  ...["cpuset.cpus=0-1", "cpuset.mems=0"],
  // Lowered, so memory goes before memory and swap.
  ...["memory.limit_in_bytes=67108864", "memory.memsw.limit_in_bytes=100663296"],
  ...["memory.soft_limit_in_bytes=33554432", "memory.oom_control=1", "memory.swappiness=10"],
  ...["cpu.idle=0", "cpu.shares=1024", "cpu.cfs_period_us=50000", "cpu.cfs_quota_us=20000"],
  ...["cpu.cfs_burst_us=1000", "cpu.rt_period_us=1000000", "cpu.rt_runtime_us=950000"],
  "pids.max=100",
  ...["blkio.weight=500", "blkio.leaf_weight=300", "blkio.weight_device=8:0 200"],
  "blkio.leaf_weight_device=8:0 100",
  ...["blkio.throttle.read_bps_device=8:16 2097152", "blkio.throttle.write_bps_device=8:16 1"],
  ...["blkio.throttle.read_iops_device=8:16 2", "blkio.throttle.write_iops_device=8:16 120"],
  ...["hugetlb.2MB.limit_in_bytes=2097152", "hugetlb.2MB.rsvd.limit_in_bytes=2097152"],
  ...["hugetlb.1GB.limit_in_bytes=0", "hugetlb.1GB.rsvd.limit_in_bytes=0"],
  ...["net_cls.classid=1048577", "net_prio.ifpriomap=eth0 5"],
  ...["rdma.max=mlx4_0 hca_handle=2 hca_object=2000", "rdma.max=ocrdma1 hca_object=4294967295"],
];

const SEPARATE = Object.keys(V1).map((controller) => [controller]);
const MERGED = [
  ...[
    ["cpu", "cpuacct"],
    ["net_cls", "net_prio"],
  ],
  ...SEPARATE.filter(([name = ""]) => !["cpu", "cpuacct", "net_cls", "net_prio"].includes(name)),
];

for (const [what, hierarchies] of [
  ["separate", SEPARATE],
  ["merged (cpu,cpuacct and net_cls,net_prio)", MERGED],
] as const) {
  test(`v1, ${what} trees: every resource reaches its files, in order`, () => {
    using trees = new Trees(hierarchies, V1);
    applyLimits(1, trees.find, parseResources(EVERYTHING, "linux.resources"));
    assert.deepEqual(trees.written, V1_WRITES);
    assert.equal(
      trees.find("net_prio")?.read("net_cls.classid") !== undefined,
      what !== "separate",
    );
  });
}

test("v1: what a missing tree should hold is refused by the controller, and nothing asked is nothing missed", () => {
  const sections: readonly (readonly [string, Record<string, unknown>])[] = [
    ["cpuset", { cpu: { cpus: "0" } }],
    ["memory", { memory: { limit: MIB } }],
    ["cpu", { cpu: { shares: 2 } }],
    ["pids", { pids: { limit: 1 } }],
    ["blkio", { blockIO: { weight: 10 } }],
    ["hugetlb", { hugepageLimits: EVERYTHING.hugepageLimits }],
    ["net_cls", { network: { classID: 1 } }],
    ["net_prio", { network: { priorities: EVERYTHING.network.priorities } }],
    ["rdma", { rdma: EVERYTHING.rdma }],
  ];
  for (const [controller, section] of sections) {
    using trees = new Trees(
      SEPARATE.filter(([name]) => name !== controller),
      V1,
    );
    assert.throws(() => applyLimits(1, trees.find, parseResources(section, "r")), {
      name: "SysError",
      code: "ENODEV",
      message: `cannot set ${controller} limit: container could not join or create cgroup`,
    });
    applyLimits(1, trees.find, parseResources({}, "r"));
    assert.deepEqual(trees.written, []);
  }
});

test("v1: kernels without reservations of huge pages, burst or swap accounting get what they have", () => {
  const older = {
    hugetlb: { "hugetlb.2MB.limit_in_bytes": "0\n" },
    cpu: { "cpu.cfs_quota_us": "-1\n" },
    memory: { "memory.limit_in_bytes": "0\n", "memory.usage_in_bytes": "0\n" },
  };
  using trees = new Trees([["hugetlb"], ["cpu"], ["memory"]], older);
  const resources = {
    hugepageLimits: [{ pageSize: "2MB", limit: 4096 }],
    cpu: { burst: 5, quota: 1000 },
    memory: { limit: -1 },
  };
  applyLimits(1, trees.find, parseResources(resources, "r"));
  assert.deepEqual(trees.written, [
    "memory.limit_in_bytes=-1",
    "cpu.cfs_quota_us=1000",
    "hugetlb.2MB.limit_in_bytes=4096",
  ]);
  const swap = parseResources({ memory: { limit: MIB, swap: MIB } }, "r");
  assert.throws(() => applyLimits(1, trees.find, swap), {
    message:
      /^linux\.resources\.memory\.swap: cannot write "1048576" to ".*\/memory\.memsw\.limit_in_bytes": no such file or directory$/,
  });
});

test("v1: a page size that the host does not have is refused by its field and file", () => {
  using trees = new Trees(SEPARATE, V1);
  const resources = parseResources({ hugepageLimits: [{ pageSize: "64KB", limit: 0 }] }, "r");
  assert.throws(() => applyLimits(1, trees.find, resources), {
    code: "ENOENT",
    message:
      /^linux\.resources\.hugepageLimits\[0\]: cannot write "0" to ".*\/hugetlb\.64KB\.limit_in_bytes": no such file or directory$/,
  });
});

test("v1: BFQ's weights are in files of its own", () => {
  const bfq = { "blkio.bfq.weight": "100\n", "blkio.bfq.weight_device": "" };
  using trees = new Trees([["blkio"]], { blkio: bfq });
  const weightDevice = [{ major: 8, minor: 0, weight: 200 }];
  applyLimits(1, trees.find, parseResources({ blockIO: { weight: 10, weightDevice } }, "r"));
  assert.deepEqual(trees.written, ["blkio.bfq.weight=10", "blkio.bfq.weight_device=8:0 200"]);
});

test("v1: a shares value that the kernel clamps is refused with the bound", () => {
  // The tree holds what is written: only a value that reads back differently was clamped.
  using tree = new Tree({ "cpu.shares": "1024\n" });
  const clamping = { path: tree.path, read: () => "262144\n", write: () => undefined };
  const apply = (shares: number): void =>
    applyLimits(1, () => clamping, parseResources({ cpu: { shares } }, "r"));
  assert.throws(() => apply(262_145), { message: "the maximum allowed cpu-shares is 262144" });
  assert.throws(() => apply(1), { message: "the minimum allowed cpu-shares is 262144" });
  applyLimits(1, () => tree, parseResources({ cpu: { shares: 7 } }, "r"));
  assert.deepEqual(tree.written, ["cpu.shares=7"]);
});

const V2 = {
  "cgroup.controllers": "cpuset cpu io memory hugetlb pids rdma misc\n",
  "pids.max": "max\n",
  ...{ "memory.max": "max\n", "memory.low": "0\n", "memory.swap.max": "max\n" },
  ...{ "memory.current": "0\n", "memory.high": "max\n", "memory.oom.group": "0\n" },
  ...{ "io.max": "8:16 rbps=max wbps=max riops=max wiops=max\n", "io.weight": "default 100\n" },
  ...{ "cpu.weight": "100\n", "cpu.max": "max 100000\n", "cpu.max.burst": "0\n" },
  ...{ "cpu.idle": "0\n", "cpuset.cpus": "\n", "cpuset.mems": "\n" },
  ...{ "hugetlb.2MB.max": "max\n", "hugetlb.2MB.rsvd.max": "max\n" },
  ...{ "hugetlb.1GB.max": "max\n", "hugetlb.1GB.rsvd.max": "max\n" },
  "rdma.max": "mlx4_0 hca_handle=max hca_object=max\nocrdma1 hca_handle=max hca_object=max\n",
  "misc.max": "res_a max\nres_b 4\n",
};

const V2_WRITES = [
  "pids.max=100",
  ...["memory.swap.max=33554432", "memory.max=67108864", "memory.low=33554432"],
  ...["io.weight=4950", "io.max=8:16 rbps=2097152", "io.max=8:16 wbps=1"],
  ...["io.max=8:16 riops=2", "io.max=8:16 wiops=120"],
  ...["cpu.idle=0", "cpu.weight=100", "cpu.max.burst=1000", "cpu.max=20000 50000"],
  ...["cpuset.cpus=0-1", "cpuset.mems=0"],
  ...["hugetlb.2MB.max=2097152", "hugetlb.2MB.rsvd.max=2097152"],
  ...["hugetlb.1GB.max=0", "hugetlb.1GB.rsvd.max=0"],
  ...["rdma.max=mlx4_0 hca_handle=2 hca_object=2000", "rdma.max=ocrdma1 hca_object=4294967295"],
];

test("v2: every resource that it has reaches its file, in order, and unified comes last line by line", () => {
  using tree = new Tree(V2);
  const unified = {
    "misc.max": "res_a 3\nres_b 10\n",
    "memory.high": "1048576",
    "io.max": "8:16 rbps=1 wiops=max\n8:0 riops=7",
  };
  applyLimits(2, () => tree, parseResources({ ...EVERYTHING, unified }, "linux.resources"));
  assert.deepEqual(tree.written, [
    ...V2_WRITES,
    ...["misc.max=res_a 3", "misc.max=res_b 10", "memory.high=1048576"],
    ...["io.max=8:16 rbps=1 wiops=max", "io.max=8:0 riops=7"],
  ]);
});

test("v2: under BFQ weights are as they are, per device too", () => {
  using tree = new Tree({ "io.bfq.weight": "default 100\n", "io.weight": "default 100\n" });
  const weightDevice = [{ major: 8, minor: 0, weight: 200 }];
  applyLimits(2, () => tree, parseResources({ blockIO: { weight: 500, weightDevice } }, "r"));
  assert.deepEqual(tree.written, ["io.bfq.weight=500", "io.bfq.weight=8:0 200"]);
});

test("v2: no swap files are needed to have none, or any amount of it", () => {
  const files = { "memory.max": "max\n", "memory.current": "0\n" };
  for (const memory of [{ limit: MIB, swap: MIB }, { limit: MIB, swap: -1 }, { limit: -1 }]) {
    using tree = new Tree(files);
    applyLimits(2, () => tree, parseResources({ memory }, "r"));
    assert.equal(tree.written.length, 1);
  }
  using tree = new Tree(files);
  const some = parseResources({ memory: { limit: MIB, swap: 2 * MIB } }, "r");
  assert.throws(() => applyLimits(2, () => tree, some), {
    code: "ENOENT",
    message: /^linux\.resources\.memory\.swap: cannot write "1048576" to ".*\/memory\.swap\.max"/,
  });
});

test("v2: unified that has no controller says so, and other mistakes name the entry", () => {
  using tree = new Tree({ "cgroup.controllers": "cpu pids\n", "pids.max": "max\n" });
  const apply = (unified: Record<string, string>): void =>
    applyLimits(2, () => tree, parseResources({ unified }, "r"));
  assert.throws(() => apply({ "misc.max": "res_a 1" }), {
    message: `unified resource "misc.max" can't be set: controller "misc" not available`,
  });
  assert.throws(() => apply({ "pids.maximum": "1" }), {
    message:
      /^unable to set unified resource "pids\.maximum": cannot write "1" to ".*": no such file or directory$/,
  });
});

test("v2: the weight of an idle group is not touched, and io.weight takes only what converts", () => {
  using tree = new Tree(V2);
  applyLimits(2, () => tree, parseResources({ cpu: { idle: 1, shares: 5 } }, "r"));
  assert.deepEqual(tree.written, ["cpu.idle=1"]);
  for (const weight of [9, 1001]) {
    const resources = parseResources({ blockIO: { weight } }, "r");
    assert.throws(() => applyLimits(2, () => tree, resources), {
      name: "SpecError",
      message: `invalid block I/O weight ${weight} (valid range is 10-1000)`,
    });
  }
});

test("v1: a new cpuset gets what its parent has, where it is empty, under either name", () => {
  for (const prefix of ["cpuset.", ""]) {
    using parent = new Tree({ [`${prefix}cpus`]: "0-3\n", [`${prefix}mems`]: "0\n" });
    using child = new Tree({ [`${prefix}cpus`]: "\n", [`${prefix}mems`]: "1\n" });
    inheritCpuset(parent, child);
    assert.deepEqual(child.written, [`${prefix}cpus=0-3`]);
  }
});

test("v2: below a threaded cgroup a container is threaded, unless it wants what only domains have", () => {
  for (const type of ["domain", "domain threaded", "threaded"]) {
    using tree = new Tree({ "cgroup.type": `${type}\n` });
    makeEnterable(tree, () => false);
    assert.deepEqual(tree.written, []);
  }
  using tree = new Tree({ "cgroup.type": "domain invalid\n" });
  assert.throws(() => makeEnterable(tree, () => true), {
    code: "EOPNOTSUPP",
    message: `cannot enter cgroupv2 "${tree.path}" with domain controllers -- it is in an invalid state`,
  });
  makeEnterable(tree, () => false);
  assert.deepEqual(tree.written, ["cgroup.type=threaded"]);
});

test("v2: cpu, cpuset and pids are for threaded cgroups, everything else for domains", () => {
  const needs = (resources: unknown): boolean => needsDomain(parseResources(resources, "r"));
  assert.equal(needsDomain(undefined), true);
  const { cpu, pids, memory, blockIO, hugepageLimits, rdma } = EVERYTHING;
  const core = { "cgroup.max.depth": "1", "cpu.weight": "1", "perf_event.x": "1" };
  for (const threaded of [{}, { cpu, pids }, { unified: core }, { network: { classID: 1 } }]) {
    assert.equal(needs(threaded), false, JSON.stringify(threaded));
  }
  const domain = [{ memory }, { blockIO }, { hugepageLimits }, { rdma }];
  for (const asked of [...domain, { unified: { "memory.high": "1" } }]) {
    assert.equal(needs(asked), true, JSON.stringify(asked));
  }
});
