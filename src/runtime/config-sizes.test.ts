// SPDX-License-Identifier: Apache-2.0
// Configurations of megabytes: a plan, or one sentence, in time and memory that grow no faster than they do. The limit of time
// of a test file is the only clock: what is quadratic takes hours for these.

import assert from "node:assert/strict";
import { test } from "node:test";
import { InitError, SpecError } from "../base/errors.ts";
import { changed } from "../oci/testdata/samples.ts";
import { FULL } from "../oci/testing/full.ts";
import { withValue } from "../oci/testing/places.ts";
import { compileEverything, USUAL } from "./testing/compile-everything.ts";

const MANY = 100_000;
const many = <T>(make: (index: number) => T): T[] =>
  Array.from({ length: MANY }, (_, n) => make(n));
const object = (make: (index: number) => readonly [string, unknown]): object =>
  Object.fromEntries(many(make));
const text = "x".repeat(10_000_000);
const E2BIG = 7;

const linux = (patch: object): object => changed({ linux: patch });
const process = (patch: object): object => changed({ process: patch });
const networked = [{ type: "mount" }, { type: "network" }, { type: "ipc" }];

for (const [name, make] of [
  ["arguments", () => process({ args: many((n) => `${n}`) })],
  ["one argument", () => process({ args: ["/x", text] })],
  ["variables", () => process({ env: many((n) => `A${n}=${n}`) })],
  ["variables of one name", () => process({ env: many((n) => `A=${n}`) })],
  ["one variable", () => process({ env: [`A=${text}`] })],
  [
    "a name for a program",
    () => process({ args: ["x".repeat(100_000)], env: [`PATH=${"/:".repeat(60_000)}`] }),
  ],
  [
    "directories for a program",
    () =>
      process({
        args: ["x".repeat(200)],
        env: [
          `PATH=${many((n) => `/${n}`)
            .join(":")
            .slice(0, 131_000)}`,
        ],
      }),
  ],
  ["groups", () => process({ user: { additionalGids: many((n) => n) } })],
  ["limits", () => process({ rlimits: many(() => ({ type: "RLIMIT_CPU", soft: 0, hard: 0 })) })],
  ["capabilities", () => process({ capabilities: { bounding: many((n) => `CAP_${n}`) } })],
  ["CPUs", () => process({ execCPUAffinity: { initial: many(() => "0-65535").join(",") } })],
  ["CPUs apart", () => process({ execCPUAffinity: { final: many((n) => n % 60_000).join(",") } })],
  ["a working directory", () => process({ cwd: `/${text}` })],
  ["mounts", () => changed({ mounts: many((n) => ({ destination: `/m/${n}`, type: "tmpfs" })) })],
  [
    "mounts at one place",
    () => changed({ mounts: many(() => ({ destination: "/m", type: "tmpfs" })) }),
  ],
  [
    "options",
    () =>
      changed({ mounts: [{ destination: "/m", type: "tmpfs", options: many((n) => `a${n}`) }] }),
  ],
  [
    "one option",
    () => changed({ mounts: [{ destination: "/m", type: "tmpfs", options: [text] }] }),
  ],
  [
    "commas",
    () => changed({ mounts: [{ destination: "/m", type: "tmpfs", options: [",".repeat(1e7)] }] }),
  ],
  [
    "propagations",
    () =>
      changed({
        mounts: [{ destination: "/m", type: "bind", options: ["bind", ...many(() => "shared")] }],
      }),
  ],
  [
    "a destination",
    () => changed({ mounts: [{ destination: "/../a/".repeat(1e6), type: "tmpfs" }] }),
  ],
  ["annotations", () => changed({ annotations: object((n) => [`k${n}`, "v"]) })],
  [
    "hooks",
    () => changed({ hooks: { createContainer: many(() => ({ path: "/x" })).slice(0, 2000) } }),
  ],
  ["namespaces", () => linux({ namespaces: many(() => ({ type: "pid" })) })],
  ["mappings", () => linux({ uidMappings: many((n) => ({ containerID: n, hostID: n, size: 1 })) })],
  [
    "devices",
    () => linux({ devices: many((n) => ({ type: "c", path: `/dev/d${n}`, major: 1, minor: n })) }),
  ],
  [
    "device rules",
    () =>
      linux({
        resources: {
          devices: many((n) => ({ allow: true, type: "c", major: n, minor: n, access: "rw" })),
        },
      }),
  ],
  ["masked paths", () => linux({ maskedPaths: many((n) => `/m/${n}`) })],
  ["read-only paths", () => linux({ readonlyPaths: many((n) => `/m/${n}`) })],
  ["parameters", () => linux({ namespaces: networked, sysctl: object((n) => [`net.a${n}`, "1"]) })],
  [
    "network devices",
    () => linux({ namespaces: networked, netDevices: object((n) => [`e${n}`, {}]) }),
  ],
  [
    "rules",
    () =>
      linux({
        seccomp: {
          defaultAction: "SCMP_ACT_ALLOW",
          syscalls: many(() => ({ names: ["kill"], action: "SCMP_ACT_ERRNO", args: [] })),
        },
      }),
  ],
  [
    "nodes",
    () => linux({ memoryPolicy: { mode: "MPOL_BIND", nodes: many(() => "0-65535").join(",") } }),
  ],
  ["processors", () => linux({ resources: { cpu: { cpus: many(() => "0-65535").join(",") } } })],
  [
    "files of cgroups",
    () => linux({ resources: { unified: object((n) => [`memory.${n}`, "1"]) } }),
  ],
  ["a path of cgroups", () => linux({ cgroupsPath: "/a/..".repeat(1e6) })],
  ["a slice", () => linux({ cgroupsPath: `${"a-".repeat(1e6)}b.slice:p:n` })],
  ["unknown fields", () => ({ ...FULL, ...object((n) => [`x${n}`, [{}]]) })],
  ["a word", () => withValue(FULL, ["linux", "rootfsPropagation"], text)],
] as const) {
  test(`${name} by the hundred thousand are bounded work`, () => {
    const config = make();
    for (const mode of ["v1", "v2"] as const) {
      try {
        compileEverything(config, { ...USUAL, mode });
      } catch (error) {
        const isTooMuch = error instanceof InitError && error.errno === E2BIG;
        assert.ok(error instanceof SpecError || isTooMuch, String(error).slice(0, 500));
        assert.ok(error.message.length < 7000);
      }
    }
  });
}
