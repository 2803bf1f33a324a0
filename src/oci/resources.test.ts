// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { parseResources } from "./resources.ts";

const parse = (json: unknown): ReturnType<typeof parseResources> =>
  parseResources(json, "linux.resources");

test("what Docker sends for a container without limits asks for nothing", () => {
  const resources = parse({
    devices: [{ allow: false, access: "rwm" }],
    memory: { disableOOMKiller: false, swappiness: 18_446_744_073_709_551_615n },
    cpu: { shares: 0, cpus: "", mems: "" },
    pids: {},
    blockIO: {
      weight: 0,
      weightDevice: [],
      throttleReadBpsDevice: [],
      throttleWriteBpsDevice: null,
    },
    hugepageLimits: null,
    network: null,
    rdma: null,
    unified: null,
  });
  assert.equal(resources.memory?.swappiness, undefined);
  assert.equal(resources.pids, undefined);
  assert.equal(resources.blockIO?.weight, 0);
  assert.deepEqual(resources.hugepageLimits, []);
  assert.equal(resources.network, undefined);
  assert.equal(resources.unified.size, 0);
});

test("every section is read with all its bits", () => {
  const resources = parse({
    memory: { swappiness: 60 },
    blockIO: {
      weight: 10,
      leafWeight: 1000,
      weightDevice: [{ major: 8, minor: 1, weight: 500, leafWeight: 300 }],
      throttleReadIOPSDevice: [{ major: 8, minor: 0, rate: 2n ** 64n - 1n }],
    },
    hugepageLimits: [{ pageSize: "2MB", limit: 0 }, { pageSize: "1GB" }],
    network: { classID: 0xffff_ffff, priorities: [{ name: "eth0", priority: 7 }] },
    rdma: { mlx5_1: { hcaHandles: 3, hcaObjects: 10_000 }, mlx4_0: null },
    unified: { "memory.high": "10737418240", "io.max": "8:0 rbps=1\n8:16 rbps=2" },
  });
  assert.equal(resources.memory?.swappiness, 60n);
  assert.deepEqual(resources.blockIO, {
    weight: 10,
    leafWeight: 1000,
    weightDevice: [{ major: 8, minor: 1, weight: 500, leafWeight: 300 }],
    throttleReadBpsDevice: [],
    throttleWriteBpsDevice: [],
    throttleReadIOPSDevice: [{ major: 8, minor: 0, rate: 2n ** 64n - 1n }],
    throttleWriteIOPSDevice: [],
  });
  assert.deepEqual(resources.hugepageLimits, [
    { pageSize: "2MB", limit: 0n },
    { pageSize: "1GB", limit: 0n },
  ]);
  assert.deepEqual(resources.network, {
    classID: 0xffff_ffff,
    priorities: [{ name: "eth0", priority: 7 }],
  });
  assert.deepEqual(resources.rdma, [
    { device: "mlx5_1", hcaHandles: 3, hcaObjects: 10_000 },
    { device: "mlx4_0", hcaHandles: undefined, hcaObjects: undefined },
  ]);
  assert.deepEqual(
    [...resources.unified],
    [
      ["memory.high", "10737418240"],
      ["io.max", "8:0 rbps=1\n8:16 rbps=2"],
    ],
  );
});

const REFUSED: readonly (readonly [what: string, json: unknown, path: string, text: RegExp])[] = [
  ["a weight that is none", { blockIO: { weight: 70_000 } }, "blockIO.weight", /between 0 and/],
  [
    "a huge page size that leads elsewhere",
    { hugepageLimits: [{ pageSize: "../x", limit: 1 }] },
    "hugepageLimits[0].pageSize",
    /^invalid huge page size "\.\.\/x"$/,
  ],
  [
    "an interface that is two lines",
    { network: { priorities: [{ name: "a 1\nb", priority: 1 }] } },
    "network.priorities[0].name",
    /must be a name without spaces/,
  ],
  [
    "an RDMA device that is two words",
    { rdma: { "a hca_handle=max": {} } },
    'rdma["a hca_handle=max"]',
    /must be a name without spaces/,
  ],
  [
    "a unified key with a slash",
    { unified: { "../memory.max": "max" } },
    'unified["../memory.max"]',
    /^unified resource "\.\.\/memory\.max" must be a file name \(no slashes\)$/,
  ],
  ...["memory", "..", ".max", "memory.", ""].map(
    (key) =>
      [
        `the unified key "${key}"`,
        { unified: { [key]: "1" } },
        `unified["${key}"]`,
        /must be in the form CONTROLLER\.PARAMETER$/,
      ] as const,
  ),
  ...["cgroup.procs", "cgroup.kill", "cgroup.freeze"].map(
    (key) =>
      [
        `the unified key "${key}", which is no limit`,
        { unified: { [key]: "1" } },
        `unified["${key}"]`,
        /is not a setting$/,
      ] as const,
  ),
];

for (const [what, json, path, text] of REFUSED) {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => parse(json),
      (error: unknown) =>
        error instanceof SpecError &&
        error.path === `linux.resources.${path}` &&
        text.test(error.message),
    );
  });
}
