// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { specWith } from "../oci/testdata/samples.ts";
import { formatIntelRdt, formatLimits } from "./plan-limits.ts";

const RESOURCES = {
  memory: { limit: 67_108_864 },
  cpu: { shares: 1024 },
  pids: { limit: 10 },
  rdma: { mlx5_0: { hcaHandles: 3 } },
  hugepageLimits: [{ pageSize: "2MB", limit: 2_097_152 }],
  network: { classID: 1_048_577, priorities: [{ name: "eth0", priority: 5 }] },
};

const limits = (version: 1 | 2, resources: object): readonly string[] =>
  formatLimits(version, specWith({ linux: { resources } }).linux.resources);

test("limits are files and values, those of each version of cgroups", () => {
  const v1 = limits(1, RESOURCES).join("");
  for (const line of [
    'limit file="memory.limit_in_bytes" value="67108864"\n',
    'limit file="cpu.shares" value="1024"\n',
    'limit file="hugetlb.2MB.limit_in_bytes" value="2097152"\n',
    'limit file="net_cls.classid" value="1048577"\n',
    'limit file="net_prio.ifpriomap" value="eth0 5"\n',
    'limit file="rdma.max" value="mlx5_0 hca_handle=3"\n',
  ]) {
    assert.ok(v1.includes(line), `${line} of ${v1}`);
  }
  const v2 = limits(2, { ...RESOURCES, unified: { "memory.high": "1048576" } });
  assert.ok(v2.includes('limit file="memory.max" value="67108864"\n'));
  assert.ok(v2.includes('limit file="cpu.weight" value="100"\n'));
  assert.equal(v2.at(-1), 'limit file="memory.high" value="1048576"\n');
  assert.ok(!v2.some((line) => line.includes("net_")));
});

test("what no host could have is refused, and nothing asked is nothing said", () => {
  assert.throws(() => limits(1, { unified: { "memory.high": "1" } }), SpecError);
  assert.deepEqual(limits(1, {}), []);
});

test("a class of resctrl has the container's name, or its own, and the lines of its share", () => {
  const of = (intelRdt: object): readonly string[] =>
    formatIntelRdt(specWith({ linux: { intelRdt } }).linux.intelRdt, "c");
  assert.deepEqual(of({}), ['class name="c" schemata=[] monitoring=false\n']);
  const all = {
    closID: "x",
    memBwSchema: "MB:0=10",
    l3CacheSchema: "L3:0=f",
    schemata: ["L2:0=1"],
    enableMonitoring: true,
  };
  assert.deepEqual(of(all), [
    'class name="x" schemata=["L3:0=f","MB:0=10","L2:0=1"] monitoring=true\n',
  ]);
  assert.deepEqual(formatIntelRdt(undefined, "c"), []);
});
