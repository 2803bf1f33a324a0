// SPDX-License-Identifier: Apache-2.0
// The promise: limits are what runc makes of them. The same resources are given to both, and every file of the container's cgroups
// that can be set must say the same; what runc refuses is refused in its words. Its release here (Debian's) knows neither burst,
// reservations of huge pages nor the newer curve of cpu.weight: those are not compared.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { cgroupDirectory } from "./harness/processes.ts";
import type { Scope } from "./harness/scope.ts";
import { onEachContainerd } from "./harness/suite.ts";

type Resources = Readonly<Record<string, unknown>>;

const PEER = "io.containerd.runc.v2";
const MIB = 1 << 20;
const DENY_ALL = [{ allow: false, access: "rwm" }];
const KMSG = { allow: true, type: "c", major: 1, minor: 11, access: "r" };

const OWN = readFileSync("/proc/self/cgroup", "utf8");
const isV2 = /^0::/.test(OWN);
const V1_CONTROLLERS = [...OWN.matchAll(/^\d+:([^:=]+):/gm)].flatMap(([, names = ""]) =>
  names.split(","),
);
const CONTROLLERS = isV2 ? ["any"] : V1_CONTROLLERS;
const V2_AVAILABLE = isV2
  ? readFileSync("/sys/fs/cgroup/cgroup.controllers", "utf8").split(/\s/)
  : [];
const has = (name: string): boolean => (isV2 ? V2_AVAILABLE : CONTROLLERS).includes(name);

/** The number of a disk that can be throttled. */
function disk(): { readonly major: number; readonly minor: number } {
  const text = readFileSync(`/sys/block/${readdirSync("/sys/block")[0]}/dev`, "utf8");
  const [major = 0, minor = 0] = text.trim().split(":").map(Number);
  return { major, minor };
}

/** What is asked, and the controllers without which nobody could give it. */
const SAME: readonly (readonly [string, readonly string[], Resources])[] = [
  ["nothing", [], {}],
  ["memory", ["memory"], { memory: { limit: 64 * MIB, reservation: 32 * MIB } }],
  ["memory and swap", ["memory"], { memory: { limit: 64 * MIB, swap: 96 * MIB } }],
  ["memory without swap", ["memory"], { memory: { limit: 64 * MIB, swap: 64 * MIB } }],
  ["memory with any swap", ["memory"], { memory: { limit: 64 * MIB, swap: -1 } }],
  ["any memory", ["memory"], { memory: { limit: -1 } }],
  ["what v1 alone has", ["memory"], { memory: { swappiness: 10, kernel: MIB, kernelTCP: MIB } }],
  ["no OOM killer", ["memory"], { memory: { limit: 64 * MIB, disableOOMKiller: true } }],
  ["a quota", ["cpu"], { cpu: { quota: 20_000 } }],
  ["a quota and a short period", ["cpu"], { cpu: { quota: 2000, period: 1000 } }],
  ["a period alone", ["cpu"], { cpu: { period: 50_000 } }],
  ["any quota", ["cpu"], { cpu: { quota: -1, period: 20_000 } }],
  ...(isV2 ? [] : [["shares", ["cpu"], { cpu: { shares: 512 } }] as const]),
  ["processors", ["cpuset"], { cpu: { cpus: "0", mems: "0" } }],
  ["zeros", ["cpu", "memory"], { cpu: { shares: 0, quota: 0, period: 0 }, memory: { limit: 0 } }],
  ["processes", ["pids"], { pids: { limit: 77 } }],
  ["any number of processes", ["pids"], { pids: { limit: -1 } }],
  [
    "throttled disks",
    [isV2 ? "io" : "blkio"],
    {
      blockIO: {
        throttleReadBpsDevice: [{ ...disk(), rate: MIB }],
        throttleWriteIOPSDevice: [{ ...disk(), rate: 100 }],
      },
    },
  ],
  ["huge pages", ["hugetlb"], { hugepageLimits: [{ pageSize: "2MB", limit: 2 * MIB }] }],
  ["one device more", [], { devices: [...DENY_ALL, KMSG] }],
];

/** The same, and a part of runc's answer. */
const REFUSED: readonly (readonly [string, readonly string[], Resources, RegExp])[] = [
  ...(isV2
    ? []
    : ([
        [
          "swappiness out of range",
          ["memory"],
          { memory: { swappiness: 101 } },
          /invalid memory swappiness value: 101 \(valid range is 0-100\)/,
        ],
        [
          "unified on v1",
          [],
          { unified: { "memory.high": "1" } },
          /cannot use unified on cgroup v1/,
        ],
        [
          "shares that the kernel clamps",
          ["cpu"],
          { cpu: { shares: 262_145 } },
          /the maximum allowed cpu-shares is 262144/,
        ],
      ] as const)),
  ...(isV2
    ? ([
        [
          "less memory and swap than memory",
          ["memory"],
          { memory: { limit: 2 * MIB, swap: MIB } },
          /memory\+swap limit should be >= memory limit/,
        ],
        [
          "a controller that is none",
          [],
          { unified: { "nonesuch.max": "1" } },
          /unified resource "nonesuch\.max" can't be set: controller "nonesuch" not available/,
        ],
      ] as const)
    : []),
  ["processors that are not there", ["cpuset"], { cpu: { cpus: "4095" } }, /cpuset\.cpus/],
];

/** What the kernel changes by itself, what does something when it is written, and what only one of both knows. */
const NO_SETTING =
  /^(tasks|cgroup\.(procs|threads|kill|event_control)|memory\.(force_empty|reclaim|peak|swap\.peak)|.*\.(failcnt|max_usage_in_bytes|reset_stats)|hugetlb\..*\.rsvd\..*|cpuacct\.usage|.*pressure.*)$/;

function settings(pid: number): Record<string, string> {
  const found: Record<string, string> = {};
  for (const controller of CONTROLLERS) {
    const directory = cgroupDirectory(pid, controller);
    for (const file of readdirSync(directory)) {
      const path = `${directory}/${file}`;
      const { mode } = statSync(path);
      const isSetting = (mode & 0o600) === 0o600 && !NO_SETTING.test(file);
      if (isSetting || file === "devices.list") found[basename(path)] = read(path);
    }
  }
  return found;
}

/** Some can only be read in some states. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return String(error).replace(path, "");
  }
}

async function settingsUnder(scope: Scope, runtime: string, given: Resources) {
  const place = scope.withRuntime(runtime);
  const container = await place.container("c", ["sleep", "1000"], (spec) => {
    spec.linux.resources = { devices: DENY_ALL, ...given };
  });
  const found = settings(await container.create());
  await container.kill();
  await container.delete();
  await scope.ctrOk(["containers", "rm", "c"]);
  return found;
}

async function refusal(scope: Scope, runtime: string, given: Resources): Promise<string> {
  const place = scope.withRuntime(runtime);
  const container = await place.container("c", ["true"], (spec) => {
    spec.linux.resources = { devices: DENY_ALL, ...given };
  });
  const text = await container.create().then(
    () => "it was created",
    (error: unknown) => String(error),
  );
  await scope.ctrOk(["containers", "rm", "c"]);
  return text;
}

await onEachContainerd(({ runtimeTest }) => {
  for (const [what, controllers, given] of SAME) {
    if (!controllers.every(has)) continue;
    runtimeTest(`limits as with runc: ${what}`, async (scope) => {
      const ours = await settingsUnder(scope, scope.runtime, given);
      const theirs = await settingsUnder(scope, PEER, given);
      assert.ok(Object.keys(ours).length > 3, Object.keys(ours).join());
      assert.deepEqual(ours, theirs);
    });
  }

  for (const [what, controllers, given, words] of REFUSED) {
    if (!controllers.every(has)) continue;
    runtimeTest(`refused as by runc: ${what}`, async (scope) => {
      assert.match(await refusal(scope, scope.runtime, given), words);
      assert.match(await refusal(scope, PEER, given), words);
    });
  }
});
