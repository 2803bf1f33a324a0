// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { parseCpuList } from "./conversions.ts";
import { parseDelegatedFiles } from "./delegate.ts";
import { toDevicePolicy } from "./device-policy.ts";
import { parseSystemdVersion } from "./systemd-manager.ts";
import {
  toCreateProperties,
  toDeviceProperties,
  toLimitProperties,
  type UnitProperty,
} from "./systemd-properties.ts";
import { limits } from "./testing/sandbox.ts";

type Given = Parameters<typeof limits>[0];

const MIB = 1n << 20n;
const INFINITY = 2n ** 64n - 1n;

/** The properties without their types. */
const values = (properties: readonly UnitProperty[]): unknown[] =>
  properties.map(([name, { value }]) => [name, value]);

const CASES: readonly (readonly [string, 1 | 2, Given, readonly unknown[]])[] = [
  ["nothing", 1, {}, []],
  ["nothing", 2, { memory: { limit: 0n }, cpu: { shares: 0n, cpus: "" } }, []],
  ["memory", 1, { memory: { limit: MIB, swap: MIB } }, [["MemoryLimit", MIB]]],
  [
    "memory",
    2,
    { memory: { limit: MIB, swap: MIB, reservation: 4096n } },
    [
      ["MemoryMax", MIB],
      ["MemoryLow", 4096n],
      ["MemorySwapMax", 0n],
    ],
  ],
  [
    "unlimited memory",
    2,
    { memory: { limit: -1n } },
    [
      ["MemoryMax", INFINITY],
      ["MemorySwapMax", INFINITY],
    ],
  ],
  [
    "shares and a quota that is no whole percent",
    1,
    { cpu: { shares: 512n, quota: 20_500n, period: 100_000n } },
    [
      ["CPUShares", 512n],
      ["CPUQuotaPeriodUSec", 100_000n],
      ["CPUQuotaPerSecUSec", 210_000n],
    ],
  ],
  ["a weight", 2, { cpu: { shares: 1024n } }, [["CPUWeight", 100n]]],
  ["an idle group", 2, { cpu: { shares: 1024n, idle: 1 } }, [["CPUWeight", 0n]]],
  ["an idle group by unified", 2, { unified: { "cpu.idle": "1" } }, [["CPUWeight", 0n]]],
  ["a group that is not idle", 2, { unified: { "cpu.idle": "0" }, cpu: { idle: 0 } }, []],
  ["a quota alone", 2, { cpu: { quota: 1n } }, [["CPUQuotaPerSecUSec", 10_000n]]],
  ["no quota", 2, { cpu: { quota: -1n } }, [["CPUQuotaPerSecUSec", INFINITY]]],
  ["a period alone", 2, { cpu: { period: 50_000n } }, [["CPUQuotaPeriodUSec", 50_000n]]],
  ["processes", 1, { pids: 0n }, [["TasksMax", 1n]]],
  ["processes", 2, { pids: -1n }, [["TasksMax", INFINITY]]],
  ["the weight of block devices", 1, { blockIO: { weight: 500 } }, [["BlockIOWeight", 500n]]],
  [
    "processors",
    2,
    { cpu: { cpus: "0,9-10", mems: "0" } },
    [
      ["AllowedCPUs", [1, 6]],
      ["AllowedMemoryNodes", [1]],
    ],
  ],
  ["processors, which systemd only gives on v2", 1, { cpu: { cpus: "0", mems: "0" } }, []],
  [
    "unified",
    2,
    {
      memory: { limit: MIB },
      unified: {
        ...{ "memory.max": "max", "memory.high": "4096", "memory.min": "1", "pids.max": "7" },
        ...{ "cpu.max": "50000 100000", "cpu.weight": "200", "cpuset.cpus": "1", "io.max": "x" },
        ...{ "memory.swap.max": "0", "memory.low": "2", "cpuset.mems": "0" },
      },
    },
    [
      ["MemoryMax", MIB],
      ["MemoryMax", INFINITY],
      ["MemoryHigh", 4096n],
      ["MemoryMin", 1n],
      ["TasksMax", 7n],
      ["CPUQuotaPeriodUSec", 100_000n],
      ["CPUQuotaPerSecUSec", 500_000n],
      ["CPUWeight", 200n],
      ["AllowedCPUs", [2]],
      ["MemorySwapMax", 0n],
      ["MemoryLow", 2n],
      ["AllowedMemoryNodes", [1]],
    ],
  ],
];

for (const [what, version, given, wanted] of CASES) {
  test(`v${version}: ${what}, in systemd's words`, () => {
    assert.deepEqual(values(toLimitProperties(version, limits(given))), wanted);
  });
}

test("values of unified that systemd could not take are refused by name", () => {
  for (const [key, value] of [
    ["memory.max", "much"],
    ["cpu.max", "50000 0"],
    ["pids.max", "-1"],
  ] as const) {
    assert.throws(
      () => toLimitProperties(2, limits({ unified: { [key]: value } })),
      (error: unknown) =>
        error instanceof SpecError &&
        error.message === `unified resource "${key}" value conversion error: "${value}"`,
    );
  }
});

test("lists of processors become bits, and nonsense is refused", () => {
  assert.deepEqual([...parseCpuList("0-3,7")], [0b1000_1111]);
  assert.deepEqual([...parseCpuList("8\n")], [0, 1]);
  for (const list of ["", "a", "3-1", "0-", "99999999", "0-65536", "1,,2"]) {
    assert.throws(() => parseCpuList(list), SpecError, list);
  }
});

test("a scope is made with its first process, its slice and delegation", () => {
  const unit = { slice: "a.slice", description: "d" };
  assert.deepEqual(values(toCreateProperties(unit, 2, 42)), [
    ["Description", "d"],
    ["Slice", "a.slice"],
    ["Delegate", true],
    ["PIDs", [42]],
    ["MemoryAccounting", true],
    ["CPUAccounting", true],
    ["IOAccounting", true],
    ["TasksAccounting", true],
    ["DefaultDependencies", false],
  ]);
  const names = toCreateProperties(unit, 1, 42).map(([name]) => name);
  assert.ok(names.includes("BlockIOAccounting") && !names.includes("IOAccounting"));
});

test("what decides whether one or all are killed for want of memory is said when the scope is made", () => {
  const policy = (group?: string): unknown => {
    const unified = new Map(group === undefined ? [] : [["memory.oom.group", group]]);
    const all = toCreateProperties({ slice: "a.slice", description: "d" }, 2, 42, unified);
    return all.filter(([name]) => name === "OOMPolicy");
  };
  assert.deepEqual(policy("1\n"), [["OOMPolicy", { signature: "s", value: "kill" }, 253]]);
  assert.deepEqual(policy("0"), [["OOMPolicy", { signature: "s", value: "continue" }, 253]]);
  // The file itself will say no.
  assert.deepEqual([policy("2"), policy(undefined)], [[], []]);
});

test("what not every systemd has is marked with the first that has it", () => {
  const given = { cpu: { quota: 1n, period: 2n, cpus: "0", mems: "0", idle: 1, shares: 5n } };
  const marks = toLimitProperties(2, limits({ ...given, memory: { limit: MIB }, pids: 1n }));
  assert.deepEqual(
    marks.map(([name, , since]) => [name, since]),
    [
      ["MemoryMax", undefined],
      ["CPUWeight", 252],
      ["CPUQuotaPeriodUSec", 242],
      ["CPUQuotaPerSecUSec", undefined],
      ["TasksMax", undefined],
      ["AllowedCPUs", 244],
      ["AllowedMemoryNodes", 244],
    ],
  );
});

test("a version of systemd is its first number, whatever a distribution adds", () => {
  const texts = ["252.22-1~deb12u1", "v245.4-4ubuntu3", "systemd 250 (250-6.el9)", "257~rc1", ""];
  assert.deepEqual(texts.map(parseSystemdVersion), [252, 245, 250, 257, 0]);
});

test("of the files that the kernel lets be given away, none is elsewhere", () => {
  const text = "cgroup.procs\ncgroup.threads\n../cgroup.procs\nmemory.oom.group\n\n";
  assert.deepEqual(parseDelegatedFiles(text), [
    "cgroup.procs",
    "cgroup.threads",
    "memory.oom.group",
  ]);
});

const DEVICES = "Character devices:\n  1 mem\n136 pts\n\nBlock devices:\n  8 sd\n136 other\n";
const rule = (allow: boolean, type: "a" | "b" | "c", major?: number, minor?: number) => ({
  ...{ allow, type, major, minor, access: "rw" },
});

test("a list of allowed devices is systemd's, with groups by their names", () => {
  const policy = toDevicePolicy([
    rule(true, "c", 1, 3),
    rule(true, "c", 136),
    rule(true, "b", 8),
    rule(true, "c"),
    // No driver, and no major: systemd has no words for them.
    rule(true, "b", 99),
    rule(true, "b", undefined, 3),
  ]);
  for (const version of [1, 2] as const) {
    assert.deepEqual(values(toDeviceProperties(policy, version, DEVICES, false)), [
      ["DevicePolicy", "strict"],
      ["DeviceAllow", []],
      [
        "DeviceAllow",
        [
          ["char-*", "rw"],
          ["/dev/char/1:3", "rw"],
          ["block-sd", "rw"],
          ["char-pts", "rw"],
        ],
      ],
    ]);
  }
});

test("what is allowed by default stays possible until our own rules are in force, and on v1 no longer", () => {
  const open = toDevicePolicy([rule(true, "a")]);
  const holes = toDevicePolicy([rule(true, "a"), rule(false, "c", 1, 11)]);
  const everything = [
    "DeviceAllow",
    [
      ["char-*", "rwm"],
      ["block-*", "rwm"],
    ],
  ];
  const v1Open = [["DevicePolicy", "strict"], ["DeviceAllow", []], everything];
  const v2Open = [
    ["DevicePolicy", "auto"],
    ["DeviceAllow", []],
  ];
  const closed = [
    ["DevicePolicy", "strict"],
    ["DeviceAllow", []],
  ];
  assert.deepEqual(values(toDeviceProperties(open, 1, DEVICES, false)), v1Open);
  assert.deepEqual(values(toDeviceProperties(open, 2, DEVICES, false)), v2Open);
  assert.deepEqual(values(toDeviceProperties(holes, 1, DEVICES, true)), v1Open);
  assert.deepEqual(values(toDeviceProperties(holes, 1, DEVICES, false)), closed);
  assert.deepEqual(values(toDeviceProperties(holes, 2, DEVICES, false)), v2Open);
});
