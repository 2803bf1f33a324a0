// SPDX-License-Identifier: Apache-2.0
// docs/oci-support.md says of every field what becomes of it: what is done must at least be looked at.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../src/base/errors.ts";
import { parseJson } from "../src/oci/json.ts";
import { parseSpec } from "../src/oci/parse.ts";
import type { Spec } from "../src/oci/spec.ts";
import { TOP_LEVEL } from "./oci-support/container.ts";
import { FIELDS, WORDS } from "./oci-support/fields.ts";
import { HOOKS } from "./oci-support/hooks.ts";
import { LINUX } from "./oci-support/linux.ts";
import { MOUNTS } from "./oci-support/mounts.ts";
import { PROCESS } from "./oci-support/process.ts";
import { RESOURCES } from "./oci-support/resources.ts";
import { SECCOMP } from "./oci-support/seccomp.ts";
import { hasTitle } from "./test-titles.ts";

type Json = Record<string, unknown> | unknown[];

const MAPPING = { containerID: 0, hostID: 100_000, size: 65_536 };
const HOOK = { path: "/bin/hook", args: ["hook"], env: ["A=b"], timeout: 1 };
const THROTTLE = { major: 8, minor: 0, rate: 1 };

/** Every field once, each with a value that is right. */
function full(): Json {
  return {
    ociVersion: "1.3.0",
    hostname: "name",
    domainname: "name",
    annotations: { name: "value" },
    root: { path: "rootfs", readonly: true },
    mounts: [
      {
        source: "/from",
        destination: "/to",
        type: "none",
        options: ["rbind", "idmap"],
        uidMappings: [MAPPING],
        gidMappings: [MAPPING],
      },
    ],
    hooks: Object.fromEntries(
      FIELDS.filter((field) => /^hooks\.\w+$/.test(field)).map((field) => [
        field.slice("hooks.".length),
        [HOOK],
      ]),
    ),
    process: {
      terminal: true,
      consoleSize: { height: 24, width: 80 },
      args: ["true"],
      commandLine: "",
      cwd: "/",
      env: ["A=b"],
      noNewPrivileges: true,
      oomScoreAdj: 1,
      apparmorProfile: "unconfined",
      selinuxLabel: "",
      user: { uid: 0, gid: 0, umask: 0o22, additionalGids: [1], username: "" },
      capabilities: Object.fromEntries(
        ["bounding", "permitted", "effective", "inheritable", "ambient"].map((set) => [
          set,
          ["CAP_KILL"],
        ]),
      ),
      rlimits: [{ type: "RLIMIT_NOFILE", soft: 1, hard: 2 }],
      scheduler: {
        policy: "SCHED_DEADLINE",
        nice: 1,
        priority: 0,
        flags: ["SCHED_FLAG_RECLAIM"],
        runtime: 1,
        deadline: 2,
        period: 2,
      },
      ioPriority: { class: "IOPRIO_CLASS_BE", priority: 1 },
      execCPUAffinity: { initial: "0", final: "0" },
    },
    linux: {
      cgroupsPath: "/a",
      rootfsPropagation: "private",
      maskedPaths: ["/proc/kcore"],
      readonlyPaths: ["/proc/sys"],
      mountLabel: "",
      sysctl: { "net.ipv4.ip_forward": "1" },
      namespaces: ["pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"].map(
        (type) => ({ type, path: "" }),
      ),
      uidMappings: [MAPPING],
      gidMappings: [MAPPING],
      timeOffsets: { monotonic: { secs: 1, nanosecs: 1 }, boottime: { secs: 1, nanosecs: 1 } },
      devices: [{ type: "c", path: "/dev/x", major: 1, minor: 3, fileMode: 438, uid: 0, gid: 0 }],
      netDevices: { eth0: { name: "eth1" } },
      personality: { domain: "LINUX", flags: [] },
      memoryPolicy: { mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"] },
      intelRdt: {
        closID: "c",
        schemata: ["L2:0=1"],
        l3CacheSchema: "L3:0=1",
        memBwSchema: "MB:0=10",
        enableMonitoring: true,
      },
      seccomp: {
        defaultAction: "SCMP_ACT_ERRNO",
        defaultErrnoRet: 1,
        flags: ["SECCOMP_FILTER_FLAG_LOG"],
        listenerPath: "/run/agent.sock",
        listenerMetadata: "for the agent",
        architectures: ["SCMP_ARCH_X86_64"],
        syscalls: [
          {
            names: ["read"],
            action: "SCMP_ACT_ERRNO",
            errnoRet: 2,
            args: [{ index: 0, value: 1, valueTwo: 2, op: "SCMP_CMP_EQ" }],
          },
          { names: ["mkdir"], action: "SCMP_ACT_NOTIFY" },
        ],
      },
      resources: {
        unified: { "memory.high": "1" },
        pids: { limit: 1 },
        devices: [{ allow: true, type: "c", major: 1, minor: 3, access: "rwm" }],
        memory: {
          limit: 1,
          reservation: 1,
          swap: 2,
          kernel: 1,
          kernelTCP: 1,
          swappiness: 1,
          disableOOMKiller: true,
          useHierarchy: true,
          checkBeforeUpdate: true,
        },
        cpu: {
          shares: 2,
          quota: 1,
          period: 1,
          burst: 1,
          idle: 1,
          cpus: "0",
          mems: "0",
          realtimeRuntime: 1,
          realtimePeriod: 1,
        },
        blockIO: {
          weight: 10,
          leafWeight: 10,
          weightDevice: [{ major: 8, minor: 0, weight: 10, leafWeight: 10 }],
          throttleReadBpsDevice: [THROTTLE],
          throttleWriteBpsDevice: [THROTTLE],
          throttleReadIOPSDevice: [THROTTLE],
          throttleWriteIOPSDevice: [THROTTLE],
        },
        hugepageLimits: [{ pageSize: "2MB", limit: 1 }],
        network: { classID: 1, priorities: [{ name: "lo", priority: 1 }] },
        rdma: { mlx5_0: { hcaHandles: 1, hcaObjects: 1 } },
      },
    },
  };
}

/** Puts a value at a path of FIELDS; false where the configuration has nothing to put it in. */
function put(value: unknown, [step = "", ...rest]: readonly string[], leaf: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const [, name = "", list = ""] = /^(.*?)(\[\])?$/.exec(step) ?? [];
  const pattern = new RegExp(`^${name.replaceAll("*", ".*")}$`);
  const keys = Object.keys(value).filter((key) => pattern.test(key));
  const object = value as Record<string, unknown>;
  return keys
    .map((key) => {
      if (rest.length === 0) {
        object[key] = leaf;
        return true;
      }
      return put(list === "" ? object[key] : (object[key] as unknown[])[0], rest, leaf);
    })
    .includes(true);
}

/** The configuration with every field, one of which has another value. */
function fullWith(field: string, leaf: unknown): Json {
  // A copy in which nothing is in two places.
  const config = JSON.parse(JSON.stringify(full())) as Json;
  assert.ok(put(config, field.split("."), leaf), "the configuration above has this field");
  return config;
}

const ROWS = [TOP_LEVEL, PROCESS, MOUNTS, HOOKS, LINUX, RESOURCES, SECCOMP].flatMap(
  ({ rows }) => rows,
);
const PASSED_OVER = new Set(
  ROWS.filter(({ how }) => /^(?:ignored|refused)\b/.test(how)).flatMap(({ fields }) => fields),
);

/** Where the error is said to be: names of the user's are in brackets. */
function pathPattern(field: string): RegExp {
  const escaped = field.replaceAll("[]", "[0]").replaceAll(/[.[\]]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("\\.*", "(\\.|\\[).*").replaceAll("throttle*", ".*")}`);
}

function parse(config: Json): Spec {
  return parseSpec(parseJson(JSON.stringify(config))).spec;
}

test("the configuration with every field is right", () => {
  assert.equal(parse(full()).hostname, "name");
});

test("only what is for another platform, or given up by the kernel, is passed over", () => {
  assert.deepEqual([...PASSED_OVER].sort(), [
    "linux.resources.memory.kernel",
    "linux.resources.memory.kernelTCP",
    "linux.resources.memory.useHierarchy",
    "process.commandLine",
    "process.user.username",
  ]);
});

for (const field of FIELDS.filter((name) => !PASSED_OVER.has(name))) {
  test(`${field} is looked at`, () => {
    const config = fullWith(field, { wrong: true });
    const path = pathPattern(field);
    assert.throws(
      () => parse(config),
      (error) => error instanceof SpecError && path.test(error.path),
    );
  });
}

/** Whose words mean something by themselves, beside any other field, and whether it is a list of them. */
const PLAIN: ReadonlyMap<string, boolean> = new Map([
  ["linux.devices[].type", false],
  ["linux.memoryPolicy.flags", true],
  ["linux.personality.domain", false],
  ["linux.rootfsPropagation", false],
  ["linux.seccomp.architectures", true],
  ["linux.seccomp.flags", true],
  ["linux.seccomp.syscalls[].args[].op", false],
  ["process.ioPriority.class", false],
  ["process.rlimits[].type", false],
  ["process.scheduler.flags", true],
]);

for (const [field, isList] of PLAIN) {
  test(`every word of ${field} is taken, and no other`, () => {
    for (const word of WORDS.get(field) ?? assert.fail(field)) {
      parse(fullWith(field, isList ? [word] : word));
    }
    assert.throws(() => parse(fullWith(field, isList ? ["OTHER"] : "OTHER")), SpecError);
  });
}

test("a title is found in calls, tables and templates, and nowhere else", () => {
  const source = [
    String.raw`test("one \"way\"", f);`,
    "test(`two ways`, f);",
    '// "three ways"',
  ].join("\n");
  assert.ok(hasTitle(source, 'one "way"'));
  assert.ok(hasTitle(source, "ways"));
  assert.ok(!hasTitle(source, "three"));
  assert.ok(!hasTitle(source, ""));
});
