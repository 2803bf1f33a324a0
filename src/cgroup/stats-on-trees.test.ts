// SPDX-License-Identifier: Apache-2.0
// Statistics of every controller, from directories as the kernel's documentation describes them (admin-guide/cgroup-v1/*.rst,
// admin-guide/cgroup-v2.rst, accounting/psi.rst): every number goes where it belongs, and none loses a digit.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MetricsV2 } from "./metrics.ts";
import { toMetricsV1 } from "./stats-v1.ts";
import { toMetricsV2 } from "./stats-v2.ts";
import { Tree, Trees } from "./testing/tree.ts";

/** No double has this number. */
const EXACT = 9_007_199_254_740_993n;
const MAX = 18_446_744_073_709_551_615n;
const NO_PAGES = "9223372036854771712";

const MEMORY_V1 = {
  "memory.stat": `cache 4096\nrss ${EXACT}\ntotal_cache 8192\nhierarchical_memory_limit 67108864\n`,
  "memory.usage_in_bytes": "1\n",
  "memory.max_usage_in_bytes": "2\n",
  "memory.failcnt": "3\n",
  "memory.limit_in_bytes": `${NO_PAGES}\n`,
  "memory.memsw.usage_in_bytes": "5\n",
  "memory.memsw.max_usage_in_bytes": "6\n",
  "memory.memsw.failcnt": "7\n",
  "memory.memsw.limit_in_bytes": `${MAX}\n`,
  "memory.kmem.usage_in_bytes": "9\n",
  "memory.kmem.max_usage_in_bytes": "10\n",
  "memory.kmem.failcnt": "11\n",
  "memory.kmem.limit_in_bytes": "12\n",
  "memory.kmem.tcp.usage_in_bytes": "13\n",
  "memory.kmem.tcp.max_usage_in_bytes": "14\n",
  "memory.kmem.tcp.failcnt": "15\n",
  "memory.kmem.tcp.limit_in_bytes": "16\n",
  "memory.oom_control": "oom_kill_disable 1\nunder_oom 0\noom_kill 2\n",
};

const V1 = {
  hugetlb: {
    "hugetlb.2MB.usage_in_bytes": "2097152\n",
    "hugetlb.2MB.max_usage_in_bytes": "4194304\n",
    "hugetlb.2MB.failcnt": "1\n",
  },
  pids: { "pids.current": "7\n", "pids.max": "100\n" },
  cpuacct: {
    "cpuacct.usage": `${EXACT}\n`,
    "cpuacct.usage_percpu": `${EXACT} 0 5 \n`,
    "cpuacct.stat": "user 300\nsystem 21\n",
  },
  cpu: { "cpu.stat": "nr_periods 8\nnr_throttled 4\nthrottled_time 123456789\n" },
  memory: MEMORY_V1,
  blkio: {
    "blkio.throttle.io_service_bytes": "8:0 Read 1\n",
    "blkio.throttle.io_serviced": "8:0 Read 1\n",
    "blkio.throttle.io_service_bytes_recursive": `8:0 Read ${EXACT}\n8:0 Total 9\nTotal 9\n`,
    "blkio.throttle.io_serviced_recursive": "8:0 Write 3\nTotal 3\n",
  },
  rdma: {
    "rdma.current": "mlx4_0 hca_handle=1 hca_object=20\nocrdma1 hca_handle=1 hca_object=23\n",
    "rdma.max": "mlx4_0 hca_handle=2 hca_object=2000\nocrdma1 hca_handle=3 hca_object=max\n",
  },
};

const row = { device: "", major: 8n, minor: 0n };
const metricsV1 = (trees: Trees, hasSwap = true, pageSizes: readonly string[] = ["2MB"]) =>
  toMetricsV1(trees.find, { pageSizes, hasSwap });
const withoutNames = (rows: readonly object[] = []): object[] =>
  rows.map((entry) => ({ ...entry, device: "" }));

for (const [what, hierarchies] of [
  ["separate", Object.keys(V1).map((name) => [name])],
  ["merged", [["cpu", "cpuacct"], ["hugetlb", "rdma"], ["pids"], ["memory"], ["blkio"]]],
] as const) {
  test(`v1, ${what} trees: every file is read to the last digit`, () => {
    using trees = new Trees(hierarchies, V1);
    const { blkio, ...metrics } = metricsV1(trees);
    const { memory } = metrics;
    assert.deepEqual(
      {
        ...metrics,
        memory: { ...memory, stat: { ...memory?.stat } },
        oomControl: metrics.oomControl,
      },
      {
        kind: "v1",
        hugetlb: [{ pageSize: "2MB", usage: 2_097_152n, max: 4_194_304n, failcnt: 1n }],
        pids: { current: 7n, limit: 100n },
        cpuUsage: {
          ...{ total: EXACT, kernel: 210_000_000n, user: 3_000_000_000n },
          perCpu: [EXACT, 0n, 5n],
        },
        throttling: { periods: 8n, throttledPeriods: 4n, throttledTime: 123_456_789n },
        memory: {
          stat: {
            ...{ cache: 4096n, rss: EXACT, total_cache: 8192n },
            hierarchical_memory_limit: 67_108_864n,
          },
          usage: { limit: BigInt(NO_PAGES), usage: 1n, max: 2n, failcnt: 3n },
          swap: { limit: MAX, usage: 5n, max: 6n, failcnt: 7n },
          kernel: { limit: 12n, usage: 9n, max: 10n, failcnt: 11n },
          kernelTcp: { limit: 16n, usage: 13n, max: 14n, failcnt: 15n },
        },
        oomControl: { oomKillDisable: 1n, underOom: 0n, oomKill: 2n },
        rdma: {
          current: [
            { device: "mlx4_0", hcaHandles: 1, hcaObjects: 20 },
            { device: "ocrdma1", hcaHandles: 1, hcaObjects: 23 },
          ],
          limit: [
            { device: "mlx4_0", hcaHandles: 2, hcaObjects: 2000 },
            { device: "ocrdma1", hcaHandles: 3, hcaObjects: 4_294_967_295 },
          ],
        },
      },
    );
    // With those of the cgroups below, where the kernel sums them up.
    const bytes = withoutNames(blkio?.["io_service_bytes_recursive"]);
    assert.deepEqual(bytes, [{ ...row, op: "Read", value: EXACT }]);
    const serviced = withoutNames(blkio?.["io_serviced_recursive"]);
    assert.deepEqual(serviced, [{ ...row, op: "Write", value: 3n }]);
  });
}

test("v1: what is not there is left out, and nothing is made up", () => {
  using none = new Trees([], {});
  assert.deepEqual(metricsV1(none), {
    kind: "v1",
    hugetlb: [],
    ...{ pids: undefined, memory: undefined, oomControl: undefined, blkio: undefined },
    cpuUsage: { total: 0n, kernel: 0n, user: 0n, perCpu: [] },
    throttling: { periods: 0n, throttledPeriods: 0n, throttledTime: 0n },
    rdma: undefined,
  });
  using trees = new Trees([["memory"], ["pids"], ["cpuacct"]], {
    ...V1,
    pids: { "pids.current": "1\n", "pids.max": "max\n" },
    memory: { "memory.usage_in_bytes": "1\n" },
    cpuacct: { "cpuacct.usage_percpu": "1 nonsense 2" },
  });
  const { pids, memory, oomControl, cpuUsage } = metricsV1(trees, false);
  assert.deepEqual(pids, { current: 1n, limit: 0n }, "the v1 messages call no limit 0");
  assert.deepEqual([memory?.swap, memory?.kernel, oomControl], [undefined, undefined, undefined]);
  assert.deepEqual(cpuUsage.perCpu, [1n, 0n, 2n]);
});

test("v1: memory and swap together is left out where swap is not accounted for", () => {
  using trees = new Trees([["memory"]], { memory: MEMORY_V1 });
  assert.equal(metricsV1(trees, false).memory?.swap, undefined);
  assert.equal(metricsV1(trees, true).memory?.swap?.usage, 5n);
});

const rows = (text: string): object => ({ ...row, op: "Sync", value: BigInt(text) });

test("v1: a scheduler that counts is asked first, by CFQ's names or BFQ's", () => {
  for (const prefix of ["blkio.", "blkio.bfq."]) {
    using trees = new Trees([["blkio"]], {
      blkio: {
        ...V1.blkio,
        [`${prefix}io_serviced_recursive`]: "8:0 Sync 2\nTotal 2\n",
        [`${prefix}io_queued_recursive`]: "8:0 Sync 4\n",
        [`${prefix}time_recursive`]: "8:0 77\n",
      },
    });
    const { blkio = {} } = metricsV1(trees);
    assert.deepEqual(withoutNames(blkio["io_serviced_recursive"]), [rows("2")]);
    assert.deepEqual(withoutNames(blkio["io_queued_recursive"]), [rows("4")]);
    assert.deepEqual(withoutNames(blkio["time_recursive"]), [{ ...rows("77"), op: "" }]);
    assert.deepEqual(blkio["io_service_bytes_recursive"], []);
  }
});

test("v1: of a scheduler that has seen nothing the throttling layer's numbers are taken", () => {
  const bfq = { "blkio.bfq.io_serviced_recursive": "Total 0\n" };
  const { "blkio.throttle.io_service_bytes_recursive": _, ...older } = V1.blkio;
  using trees = new Trees([["blkio"]], { blkio: { ...older, ...bfq } });
  const { blkio = {} } = metricsV1(trees);
  assert.deepEqual(withoutNames(blkio["io_serviced_recursive"]), [{ ...rows("3"), op: "Write" }]);
  // Linux before 5.2 has no sum.
  const bytes = withoutNames(blkio["io_service_bytes_recursive"]);
  assert.deepEqual(bytes, [{ ...rows("1"), op: "Read" }]);
});

const PSI =
  `some avg10=1.50 avg60=0.25 avg300=99.99 total=${EXACT}\n` +
  "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n";
const psi = {
  some: { avg10: 1.5, avg60: 0.25, avg300: 99.99, total: EXACT },
  full: { avg10: 0, avg60: 0, avg300: 0, total: 7n },
};

const V2 = {
  "pids.current": "3\n",
  "pids.max": "100\n",
  "cpu.stat":
    `usage_usec ${EXACT}\nuser_usec 2\nsystem_usec 3\nnr_periods 4\nnr_throttled 5\n` +
    "throttled_usec 6\nnr_bursts 7\nburst_usec 8\n",
  ...{ "cpu.pressure": PSI, "memory.pressure": PSI, "io.pressure": PSI },
  "memory.stat": `anon ${EXACT}\nfile 2\nworkingset_refault_anon 3\npgfault 4\n`,
  ...{ "memory.current": "10\n", "memory.max": "11\n", "memory.peak": "12\n" },
  ...{ "memory.swap.current": "13\n", "memory.swap.max": "14\n", "memory.swap.peak": "15\n" },
  "memory.events": "low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\noom_group_kill 6\n",
  "io.stat":
    `8:16 rbytes=${EXACT} wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n` +
    `8:0 rbytes=0 wbytes=${MAX} rios=0 wios=1 dbytes=50331648 dios=3021\n253:0 \n`,
  "hugetlb.2MB.current": "2097152\n",
  "hugetlb.2MB.max": "4194304\n",
  "hugetlb.2MB.events": "max 9\n",
  "hugetlb.1GB.current": "0\n",
  "hugetlb.1GB.max": "max\n",
  "hugetlb.1GB.events": "max 0\n",
  "rdma.current": "mlx4_0 hca_handle=1 hca_object=20\n",
  "rdma.max": "mlx4_0 hca_handle=max hca_object=2000\n",
};

const PAGE_SIZES = ["2MB", "1GB"];
/** Without the prototypes, which counters do not have. */
const plain = (metrics: MetricsV2): object => ({
  ...metrics,
  cpu: { ...metrics.cpu },
  memory: metrics.memory && { ...metrics.memory, stat: { ...metrics.memory.stat } },
  memoryEvents: metrics.memoryEvents && { ...metrics.memoryEvents },
});

test("v2: every file is read to the last digit", () => {
  using tree = new Tree(V2);
  assert.deepEqual(plain(toMetricsV2(tree, PAGE_SIZES)), {
    kind: "v2",
    pids: { current: 3n, limit: 100n },
    cpu: {
      ...{ usage_usec: EXACT, user_usec: 2n, system_usec: 3n, nr_periods: 4n, nr_throttled: 5n },
      ...{ throttled_usec: 6n, nr_bursts: 7n, burst_usec: 8n },
    },
    cpuPsi: psi,
    memory: {
      stat: { anon: EXACT, file: 2n, workingset_refault_anon: 3n, pgfault: 4n },
      ...{ usage: 10n, usageLimit: 11n, maxUsage: 12n },
      ...{ swapUsage: 13n, swapLimit: 14n, swapMaxUsage: 15n, psi },
    },
    memoryEvents: { low: 1n, high: 2n, max: 3n, oom: 4n, oom_kill: 5n, oom_group_kill: 6n },
    io: {
      usage: [
        { major: 8n, minor: 16n, rbytes: EXACT, wbytes: 314_773_504n, rios: 192n, wios: 353n },
        { major: 8n, minor: 0n, rbytes: 0n, wbytes: MAX, rios: 0n, wios: 1n },
      ],
      psi,
    },
    hugetlb: [
      { pageSize: "2MB", usage: 2_097_152n, max: 4_194_304n, failcnt: 9n },
      { pageSize: "1GB", usage: 0n, max: MAX, failcnt: 0n },
    ],
    rdma: {
      current: [{ device: "mlx4_0", hcaHandles: 1, hcaObjects: 20 }],
      limit: [{ device: "mlx4_0", hcaHandles: 4_294_967_295, hcaObjects: 2000 }],
    },
  });
});

test("v2: every single file may be missing, and the rest is read", () => {
  for (const name of Object.keys(V2)) {
    const files: Record<string, string> = { ...V2 };
    delete files[name];
    using tree = new Tree(files);
    const metrics = toMetricsV2(tree, PAGE_SIZES);
    assert.equal(metrics.cpu["usage_usec"], name === "cpu.stat" ? undefined : EXACT, name);
    assert.equal(metrics.pids?.current, name === "pids.current" ? undefined : 3n, name);
  }
  using empty = new Tree({});
  assert.deepEqual(plain(toMetricsV2(empty, PAGE_SIZES)), {
    ...{ kind: "v2", pids: undefined, cpu: {}, cpuPsi: undefined, memory: undefined },
    ...{ memoryEvents: undefined, io: undefined, hugetlb: [], rdma: undefined },
  });
});

test("v2: no limit is the largest number, and pressure that is switched off is left out", () => {
  using tree = new Tree({
    ...{ "pids.current": "1\n", "pids.max": "max\n", "memory.current": "1\n" },
    ...{ "memory.max": "max\n", "memory.swap.max": "max\n", "io.stat": "" },
  });
  const { pids, memory, cpuPsi, io } = toMetricsV2(tree, []);
  assert.deepEqual([pids?.limit, memory?.usageLimit, memory?.swapLimit], [MAX, MAX, MAX]);
  assert.deepEqual(
    [cpuPsi, memory?.psi, io],
    [undefined, undefined, { usage: [], psi: undefined }],
  );
});

test("nonsense in a file is a number of its kind, and never an exception", () => {
  const nonsense = Object.keys(V2).map((name) => [name, "\n-5 x=y\nsome avg10=x\n8:0 rbytes=-1\n"]);
  using tree = new Tree(Object.fromEntries(nonsense));
  const { pids, io, cpuPsi, rdma } = toMetricsV2(tree, PAGE_SIZES);
  assert.deepEqual(pids, { current: 0n, limit: 0n });
  assert.equal(io?.usage[0]?.rbytes, 0n);
  assert.equal(cpuPsi?.some.avg10, 0);
  assert.ok(rdma?.current.every(({ hcaHandles }) => Number.isInteger(hcaHandles)));
});
