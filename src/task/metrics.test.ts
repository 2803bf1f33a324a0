// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import protobuf from "protobufjs";
import type { Metrics } from "../container/container.ts";
import { unpackAny } from "../proto/any.ts";
import { toBigInt } from "../proto/int64.ts";
import { toStats } from "./metrics.ts";

const MAX = 2n ** 64n - 1n;
const psi = {
  some: { avg10: 0.5, avg60: 1.25, avg300: 2, total: 2n ** 60n + 1n },
  full: { avg10: 0, avg60: 0, avg300: 0, total: 0n },
};

/** A counter for every 64-bit field of a message, each with its own value, by the name in its .proto. */
function countersOf(file: string, message: string): Record<string, bigint> {
  const root = new protobuf.Root();
  root.loadSync(new URL(`../../protos/${file}.proto`, import.meta.url).pathname, {
    keepCase: true,
  });
  const fields = root.lookupType(`${file}.${message}`).fieldsArray;
  const counters = fields.filter((field) => field.type === "uint64");
  return Object.fromEntries(counters.map((field) => [field.name, 1000n + BigInt(field.id)]));
}

/** The decoded 64-bit fields again, by the name in the .proto. */
function decoded(message: object, counters: Record<string, bigint>): Record<string, bigint> {
  const field = (key: string) => key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(
    Object.keys(counters).map((key) => [key, toBigInt(Reflect.get(message, field(key)))]),
  );
}

const memoryV1 = countersOf("io.containerd.cgroups.v1", "MemoryStat");
const entry = { limit: MAX, usage: 2n, max: 3n, failcnt: 4n };

const V1: Extract<Metrics, { kind: "v1" }> = {
  kind: "v1",
  hugetlb: [{ pageSize: "2MB", usage: 1n, max: 2n, failcnt: 3n }],
  pids: { current: 2n, limit: 100n },
  cpuUsage: { total: 2n ** 53n + 1n, kernel: 2n, user: 3n, perCpu: [1n, MAX] },
  throttling: { periods: 1n, throttledPeriods: 2n, throttledTime: 3n },
  memory: { stat: memoryV1, usage: entry, swap: undefined, kernel: entry, kernelTcp: undefined },
  oomControl: { oomKillDisable: 0n, underOom: 1n, oomKill: 2n },
  blkio: {
    time_recursive: [{ op: "Read", device: "/dev/sda", major: 8n, minor: 0n, value: 5n }],
    io_serviced_recursive: [{ op: "Write", device: "", major: 8n, minor: 1n, value: 6n }],
  },
  rdma: { current: [{ device: "m", hcaHandles: 1, hcaObjects: 2 }], limit: [] },
};

test("every counter of v1 goes into its field", () => {
  const any = toStats(V1);
  assert.equal(any.typeUrl, "io.containerd.cgroups.v1.Metrics");
  const unpacked = unpackAny(any);
  assert.ok(unpacked?.kind === "message" && unpacked.name === "io.containerd.cgroups.v1.Metrics");
  const { message } = unpacked;
  assert.deepEqual(decoded(message.memory ?? {}, memoryV1), memoryV1);
  assert.equal(Object.keys(memoryV1).length, 32);
  assert.equal(toBigInt(message.memory?.usage?.limit), MAX);
  assert.equal(message.memory?.swap, null);
  assert.equal(toBigInt(message.cpu?.usage?.total), 2n ** 53n + 1n);
  assert.deepEqual(message.cpu?.usage?.perCpu?.map(toBigInt), [1n, MAX]);
  assert.equal(toBigInt(message.cpu?.throttling?.throttledTime), 3n);
  assert.equal(toBigInt(message.pids?.limit), 100n);
  assert.equal(message.hugetlb[0]?.pagesize, "2MB");
  assert.equal(toBigInt(message.hugetlb[0]?.failcnt), 3n);
  assert.equal(toBigInt(message.memoryOomControl?.oomKill), 2n);
  assert.equal(toBigInt(message.blkio?.ioTimeRecursive?.[0]?.value), 5n);
  assert.equal(message.blkio?.ioServicedRecursive?.[0]?.op, "Write");
  assert.equal(message.rdma?.current?.[0]?.hcaObjects, 2);
});

test("controllers that v1 does not have are left out, but cpu never", () => {
  const { memory: _m, pids: _p, blkio: _b, rdma: _r, oomControl: _o, ...rest } = V1;
  const none = { memory: undefined, pids: undefined, blkio: undefined, rdma: undefined };
  const unpacked = unpackAny(toStats({ ...rest, ...none, oomControl: undefined }));
  assert.ok(unpacked?.kind === "message" && unpacked.name === "io.containerd.cgroups.v1.Metrics");
  const { memory, pids, blkio, memoryOomControl, cpu } = unpacked.message;
  assert.deepEqual([memory, pids, blkio, memoryOomControl], [null, null, null, null]);
  assert.ok(cpu?.usage && cpu.throttling);
});

const memoryV2 = countersOf("io.containerd.cgroups.v2", "MemoryStat");
const cpuV2 = countersOf("io.containerd.cgroups.v2", "CPUStat");
const eventsV2 = countersOf("io.containerd.cgroups.v2", "MemoryEvents");

const V2: Extract<Metrics, { kind: "v2" }> = {
  kind: "v2",
  pids: { current: 1n, limit: MAX },
  cpu: cpuV2,
  cpuPsi: psi,
  memory: {
    stat: { ...memoryV2, a_key_of_tomorrow: 1n },
    ...{ usage: 1032n, usageLimit: 1033n, swapUsage: 1034n, swapLimit: 1035n },
    ...{ maxUsage: 1036n, swapMaxUsage: 1037n, psi },
  },
  memoryEvents: eventsV2,
  io: {
    usage: [{ major: 8n, minor: 0n, rbytes: 1n, wbytes: 2n, rios: 3n, wios: MAX }],
    psi: undefined,
  },
  hugetlb: [{ pageSize: "1GB", usage: 1n, max: MAX, failcnt: 3n }],
  rdma: { current: [], limit: [{ device: "m", hcaHandles: 0xffff_ffff, hcaObjects: 2 }] },
};

test("every counter of v2 goes into its field", () => {
  const any = toStats(V2);
  assert.equal(any.typeUrl, "io.containerd.cgroups.v2.Metrics");
  const unpacked = unpackAny(any);
  assert.ok(unpacked?.kind === "message" && unpacked.name === "io.containerd.cgroups.v2.Metrics");
  const { message } = unpacked;
  assert.deepEqual(decoded(message.memory ?? {}, memoryV2), memoryV2);
  assert.deepEqual(decoded(message.cpu ?? {}, cpuV2), cpuV2);
  assert.deepEqual(decoded(message.memoryEvents ?? {}, eventsV2), eventsV2);
  assert.equal(toBigInt(message.pids?.limit), MAX);
  assert.equal(message.cpu?.psi?.some?.avg60, 1.25);
  assert.equal(toBigInt(message.memory?.psi?.some?.total), 2n ** 60n + 1n);
  assert.equal(toBigInt(message.io?.usage?.[0]?.wios), MAX);
  assert.equal(message.io?.psi, null);
  assert.equal(toBigInt(message.hugetlb[0]?.current), 1n);
  assert.equal(toBigInt(message.hugetlb[0]?.max), MAX);
  assert.equal(message.rdma?.limit?.[0]?.hcaHandles, 0xffff_ffff);
});

test("a v2 cgroup without controllers still has its cpu time", () => {
  const nothing = {
    pids: undefined,
    cpuPsi: undefined,
    memory: undefined,
    memoryEvents: undefined,
  };
  const any = toStats({ ...V2, ...nothing, io: undefined, hugetlb: [], rdma: undefined });
  const unpacked = unpackAny(any);
  assert.ok(unpacked?.kind === "message" && unpacked.name === "io.containerd.cgroups.v2.Metrics");
  const { pids, memory, memoryEvents, io, cpu } = unpacked.message;
  assert.deepEqual([pids, memory, memoryEvents, io, cpu?.psi], [null, null, null, null, null]);
  assert.equal(toBigInt(cpu?.usageUsec), 1001n);
});
