// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { toCpuWeight, toIoWeight, toPidsMax, toSwap } from "./conversions.ts";
import { toWritesV1, toWritesV2 } from "./resources.ts";
import { limits } from "./testing/sandbox.ts";

type Given = Parameters<typeof limits>[0];
type Files = Readonly<Record<string, string>>;

const MIB = 1n << 20n;

/** The writes as "file=value", with "?" after optional and "~" after retried ones. */
function writes(version: 1 | 2, given: Given, files: Files = {}): string[] {
  const toWrites = version === 1 ? toWritesV1 : toWritesV2;
  return toWrites(limits(given), (_, file) => files[file]).map(
    ({ file, value, optional, retry }) =>
      `${file}=${value}${optional === true ? "?" : ""}${retry === true ? "~" : ""}`,
  );
}

const WEIGHTY = { major: 8, minor: 0, weight: 200, leafWeight: 100 };
const THROTTLES = {
  throttleReadBpsDevice: [{ major: 8, minor: 0, rate: MIB }],
  throttleWriteBpsDevice: [{ major: 8, minor: 0, rate: (1n << 64n) - 1n }],
  throttleReadIOPSDevice: [{ major: 8, minor: 16, rate: 100n }],
  throttleWriteIOPSDevice: [{ major: 8, minor: 0, rate: 0n }],
};

const CASES: readonly (readonly [string, 1 | 2, Given, Files, readonly string[]])[] = [
  ["nothing given", 1, {}, {}, []],
  ["nothing given", 2, {}, {}, []],
  [
    "zeros mean not set",
    1,
    { memory: { limit: 0n, swap: 0n }, cpu: { shares: 0n, quota: 0n } },
    {},
    [],
  ],
  [
    "zeros mean not set",
    2,
    { memory: { limit: 0n, swap: 0n }, cpu: { shares: 0n, quota: 0n } },
    {},
    [],
  ],
  ["a memory limit", 1, { memory: { limit: MIB } }, {}, ["memory.limit_in_bytes=1048576"]],
  ["a memory limit", 2, { memory: { limit: MIB } }, {}, ["memory.max=1048576"]],
  [
    "raising memory and swap",
    1,
    { memory: { limit: 2n * MIB, swap: 3n * MIB } },
    { "memory.limit_in_bytes": "1048576\n" },
    ["memory.memsw.limit_in_bytes=3145728", "memory.limit_in_bytes=2097152"],
  ],
  [
    "lowering memory and swap",
    1,
    { memory: { limit: MIB, swap: 2n * MIB } },
    { "memory.limit_in_bytes": "9223372036854771712\n" },
    ["memory.limit_in_bytes=1048576", "memory.memsw.limit_in_bytes=2097152"],
  ],
  [
    "unlimited swap",
    1,
    { memory: { limit: MIB, swap: -1n } },
    { "memory.limit_in_bytes": "9223372036854771712\n" },
    ["memory.memsw.limit_in_bytes=-1", "memory.limit_in_bytes=1048576"],
  ],
  [
    "unlimited memory",
    1,
    { memory: { limit: -1n } },
    {},
    ["memory.memsw.limit_in_bytes=-1?", "memory.limit_in_bytes=-1"],
  ],
  [
    "unlimited memory",
    2,
    { memory: { limit: -1n } },
    {},
    ["memory.swap.max=max?", "memory.max=max"],
  ],
  [
    "memory and swap",
    2,
    { memory: { limit: MIB, swap: 3n * MIB, reservation: 4096n } },
    {},
    ["memory.swap.max=2097152", "memory.max=1048576", "memory.low=4096"],
  ],
  [
    "no swap at all",
    2,
    { memory: { limit: MIB, swap: MIB } },
    {},
    ["memory.swap.max=0?", "memory.max=1048576"],
  ],
  [
    "what only v1 has",
    1,
    { memory: { reservation: 4096n, disableOOMKiller: true, swappiness: 0n, kernel: MIB } },
    {},
    ["memory.soft_limit_in_bytes=4096", "memory.oom_control=1", "memory.swappiness=0"],
  ],
  [
    "what only v1 has",
    2,
    {
      memory: { disableOOMKiller: true, swappiness: 0n, kernel: MIB },
      cpu: { realtimeRuntime: 5n },
    },
    {},
    [],
  ],
  [
    "processor time",
    1,
    { cpu: { shares: 1024n, quota: -1n, period: 100_000n, burst: 0n, idle: 1 } },
    {},
    ["cpu.idle=1", "cpu.cfs_period_us=100000~", "cpu.cfs_quota_us=-1~", "cpu.cfs_burst_us=0?~"],
  ],
  [
    "a group that is to be idle no longer",
    1,
    { cpu: { shares: 1024n, idle: 0 } },
    {},
    ["cpu.idle=0", "cpu.shares=1024"],
  ],
  [
    "processors of a tree that is mounted noprefix",
    1,
    { cpu: { cpus: "0", mems: "0" } },
    { cpus: "", mems: "" },
    ["cpus=0", "mems=0"],
  ],
  [
    "real time",
    1,
    { cpu: { realtimePeriod: 1_000_000n, realtimeRuntime: 950_000n } },
    {},
    ["cpu.rt_period_us=1000000~", "cpu.rt_runtime_us=950000~"],
  ],
  [
    "processor time",
    2,
    { cpu: { shares: 1024n, quota: 20_000n, period: 50_000n, burst: 10n } },
    {},
    ["cpu.weight=100", "cpu.max.burst=10?~", "cpu.max=20000 50000"],
  ],
  ["an idle group", 2, { cpu: { shares: 1024n, idle: 1 } }, {}, ["cpu.idle=1"]],
  ["a quota alone", 2, { cpu: { quota: 5000n } }, {}, ["cpu.max=5000 100000"]],
  [
    "a period alone keeps the quota",
    2,
    { cpu: { period: 50_000n } },
    { "cpu.max": "7000 100000\n" },
    ["cpu.max=7000 50000"],
  ],
  [
    "a quota alone keeps the period",
    2,
    { cpu: { quota: -1n } },
    { "cpu.max": "7000 25000\n" },
    ["cpu.max=max 25000"],
  ],
  [
    "processors before limits",
    1,
    { cpu: { cpus: "0-1", mems: "0", shares: 2n }, pids: 10n },
    {},
    ["cpuset.cpus=0-1", "cpuset.mems=0", "cpu.shares=2", "pids.max=10"],
  ],
  [
    "processors after limits",
    2,
    { cpu: { cpus: "0-1", mems: "0", shares: 2n }, pids: -1n },
    {},
    ["pids.max=max", "cpu.weight=1", "cpuset.cpus=0-1", "cpuset.mems=0"],
  ],
  ["empty lists", 1, { cpu: { cpus: "", mems: "" } }, {}, []],
  ...([1, 2] as const).map(
    (version) =>
      [
        "block devices of which nothing is asked",
        version,
        { blockIO: { weight: 0, leafWeight: 0 }, network: { classID: 0 }, unified: {} },
        {},
        [],
      ] as const,
  ),
  [
    "weights of block devices",
    1,
    {
      blockIO: {
        ...{ weight: 500, leafWeight: 300 },
        weightDevice: [
          { major: 8, minor: 0, weight: 200, leafWeight: 100 },
          { major: 8, minor: 16, weight: 0, leafWeight: undefined },
        ],
      },
    },
    {},
    [
      "blkio.weight=500",
      "blkio.leaf_weight=300",
      "blkio.weight_device=8:0 200",
      "blkio.leaf_weight_device=8:0 100",
    ],
  ],
  [
    "weights of block devices under BFQ",
    1,
    { blockIO: { weight: 500, weightDevice: [WEIGHTY] } },
    { "blkio.bfq.weight": "100\n" },
    ["blkio.bfq.weight=500", "blkio.bfq.weight_device=8:0 200", "blkio.leaf_weight_device=8:0 100"],
  ],
  [
    "weights of block devices, those of single ones only with BFQ",
    2,
    { blockIO: { weight: 1000, leafWeight: 300, weightDevice: [WEIGHTY] } },
    {},
    ["io.weight=10000"],
  ],
  [
    "weights of block devices under BFQ",
    2,
    { blockIO: { weight: 500, weightDevice: [WEIGHTY] } },
    { "io.bfq.weight": "default 100\n" },
    ["io.bfq.weight=500", "io.bfq.weight=8:0 200"],
  ],
  [
    "throttled block devices",
    1,
    { blockIO: THROTTLES },
    {},
    [
      "blkio.throttle.read_bps_device=8:0 1048576",
      "blkio.throttle.write_bps_device=8:0 18446744073709551615",
      "blkio.throttle.read_iops_device=8:16 100",
      "blkio.throttle.write_iops_device=8:0 0",
    ],
  ],
  [
    "throttled block devices",
    2,
    { blockIO: THROTTLES },
    {},
    [
      "io.max=8:0 rbps=1048576",
      "io.max=8:0 wbps=18446744073709551615",
      "io.max=8:16 riops=100",
      "io.max=8:0 wiops=max",
    ],
  ],
  [
    "huge pages",
    1,
    { hugepageLimits: [{ pageSize: "2MB", limit: 0n }] },
    {},
    ["hugetlb.2MB.limit_in_bytes=0", "hugetlb.2MB.rsvd.limit_in_bytes=0?"],
  ],
  [
    "huge pages",
    2,
    { hugepageLimits: [{ pageSize: "1GB", limit: 1n << 30n }] },
    {},
    ["hugetlb.1GB.max=1073741824", "hugetlb.1GB.rsvd.max=1073741824?"],
  ],
  [
    "network classes, which only v1 has",
    1,
    { network: { classID: 1_048_577, priorities: [{ name: "eth0", priority: 5 }] } },
    {},
    ["net_cls.classid=1048577", "net_prio.ifpriomap=eth0 5"],
  ],
  ["network classes, which only v1 has", 2, { network: { classID: 1_048_577 } }, {}, []],
  ...([1, 2] as const).map(
    (version) =>
      [
        "RDMA",
        version,
        {
          rdma: [
            { device: "mlx5_1", hcaHandles: 3, hcaObjects: 10_000 },
            { device: "mlx4_0", hcaHandles: undefined, hcaObjects: 0 },
            { device: "idle", hcaHandles: undefined, hcaObjects: undefined },
          ],
        },
        {},
        ["rdma.max=mlx5_1 hca_handle=3 hca_object=10000", "rdma.max=mlx4_0 hca_object=0"],
      ] as const,
  ),
];

for (const [what, version, given, files, wanted] of CASES) {
  test(`v${version}: ${what} -> ${wanted.join(", ") || "no write"}`, () => {
    assert.deepEqual(writes(version, given, files), wanted);
  });
}

test("values that contradict each other are refused with their field", () => {
  const refused = (version: 1 | 2, given: Given, path: string, files: Files = {}): void =>
    assert.throws(
      () => writes(version, given, files),
      (error: unknown) => error instanceof SpecError && error.path === `linux.resources.${path}`,
    );
  refused(1, { memory: { swappiness: 101n } }, "memory.swappiness");
  refused(2, { memory: { swap: MIB } }, "memory.swap");
  refused(2, { memory: { limit: 2n * MIB, swap: MIB } }, "memory.swap");
});

test("checkBeforeUpdate refuses a limit that is already exceeded", () => {
  const given = { memory: { limit: MIB, checkBeforeUpdate: true } };
  for (const [version, file] of [
    [1, "memory.usage_in_bytes"],
    [2, "memory.current"],
  ] as const) {
    assert.throws(() => writes(version, given, { [file]: "2097152\n" }), {
      message: "rejecting memory limit 1048576 <= usage 2097152",
    });
    assert.equal(writes(version, given, { [file]: "4096\n" }).length, 1);
  }
  assert.throws(
    () =>
      writes(
        2,
        { memory: { limit: MIB, swap: MIB, checkBeforeUpdate: true } },
        { "memory.current": "2097152\n" },
      ),
    { message: "rejecting memory+swap limit 1048576 <= usage 2097152" },
  );
});

test("shares become weights on the curve through the defaults and the limits", () => {
  const table: readonly (readonly [bigint, bigint | undefined])[] = [
    [0n, undefined],
    [1n, 1n],
    [2n, 1n],
    [512n, 59n],
    [1024n, 100n],
    [2048n, 174n],
    [262_143n, 10_000n],
    [262_144n, 10_000n],
    [1n << 63n, 10_000n],
  ];
  for (const [shares, weight] of table) assert.equal(toCpuWeight(shares), weight);
});

test("memory+swap becomes swap", () => {
  const table: readonly (readonly [
    memory: bigint | undefined,
    both: bigint | undefined,
    swap: bigint | undefined,
  ])[] = [
    [undefined, undefined, undefined],
    [MIB, undefined, undefined],
    [MIB, 0n, undefined],
    [-1n, 0n, -1n],
    [-1n, undefined, -1n],
    [MIB, -1n, -1n],
    [-1n, MIB, MIB],
    [MIB, MIB, 0n],
    [MIB, 3n * MIB, 2n * MIB],
  ];
  for (const [memory, both, swap] of table) assert.equal(toSwap(memory, both), swap);
  assert.throws(() => toSwap(0n, MIB), /unable to set swap limit without memory limit/);
  assert.throws(() => toSwap(2n, 1n), /memory\+swap limit should be >= memory limit/);
});

test("a pids limit of 0 lets one process run, a negative one any number", () => {
  assert.deepEqual([5n, 0n, -1n].map(toPidsMax), ["5", "1", "max"]);
});

test("weights of block devices become those of v2 on a straight line", () => {
  assert.deepEqual([10, 100, 500, 1000].map(toIoWeight), [1, 910, 4950, 10_000]);
});

test("unified is refused on v1 in runc's words", () => {
  assert.throws(() => writes(1, { unified: { "memory.high": "1" } }), {
    name: "SpecError",
    path: "linux.resources.unified",
    message: "invalid configuration: cannot use unified on cgroup v1",
  });
});
