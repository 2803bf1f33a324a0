// SPDX-License-Identifier: Apache-2.0
// The runtime specification's configuration as data, written from its text and not from the parsers: what type each field has,
// in which range, and which are required. Tests of wrong types, the generator of valid configurations and the judge of
// mutated ones all read it.

import {
  boolean,
  i64,
  id,
  idMappings,
  integer,
  list,
  map,
  nullableMap,
  type ObjectKind,
  object,
  text,
  texts,
  u16,
  u32,
  u64,
  words,
} from "./kinds.ts";
import { PROCESS } from "./model-process.ts";

const mount = object(
  {
    destination: text,
    type: text,
    source: text,
    options: texts,
    uidMappings: idMappings,
    gidMappings: idMappings,
  },
  "destination",
);

const hook = object(
  { path: text, args: texts, env: texts, timeout: integer(1n, 2n ** 53n - 1n) },
  "path",
);

/** Device numbers of the kernel have 12 and 20 bits; a rule may name numbers that no device has. */
const ruleNumber = integer(-1n, 2n ** 32n - 1n);
const device = object(
  {
    type: words("b", "c", "u", "p"),
    path: text,
    major: integer(0n, 0xfffn),
    minor: integer(0n, 0xf_ffffn),
    fileMode: u32,
    uid: id,
    gid: id,
  },
  "type",
  "path",
);

const throttle = list(object({ major: u32, minor: u32, rate: u64 }));
const timeOffset = object({ secs: i64, nanosecs: integer(0n, 999_999_999n) });

const resources = object({
  devices: list(
    object(
      {
        allow: boolean,
        type: words("", "a", "b", "c"),
        major: ruleNumber,
        minor: ruleNumber,
        access: text,
      },
      "access",
    ),
  ),
  memory: object({
    limit: i64,
    reservation: i64,
    swap: i64,
    kernel: i64,
    kernelTCP: i64,
    swappiness: integer(-1n, 2n ** 64n - 1n),
    disableOOMKiller: boolean,
    checkBeforeUpdate: boolean,
  }),
  cpu: object({
    shares: u64,
    quota: i64,
    period: u64,
    burst: u64,
    realtimeRuntime: i64,
    realtimePeriod: u64,
    idle: integer(0n, 1n),
    cpus: text,
    mems: text,
  }),
  pids: object({ limit: i64 }),
  blockIO: object({
    weight: u16,
    leafWeight: u16,
    weightDevice: list(object({ major: u32, minor: u32, weight: u16, leafWeight: u16 })),
    throttleReadBpsDevice: throttle,
    throttleWriteBpsDevice: throttle,
    throttleReadIOPSDevice: throttle,
    throttleWriteIOPSDevice: throttle,
  }),
  hugepageLimits: list(object({ pageSize: text, limit: u64 }, "pageSize")),
  network: object({
    classID: u32,
    priorities: list(object({ name: text, priority: u32 }, "name")),
  }),
  rdma: nullableMap(object({ hcaHandles: u32, hcaObjects: u32 })),
  unified: nullableMap(text),
});

const actions = "KILL KILL_PROCESS KILL_THREAD TRAP ERRNO TRACE ALLOW LOG NOTIFY".split(" ");
const seccompFlags = ["TSYNC", "LOG", "SPEC_ALLOW", "WAIT_KILLABLE_RECV"];
const action = words(...actions.map((name) => `SCMP_ACT_${name}`));
const architectures = (
  "X86 X86_64 X32 ARM AARCH64 LOONGARCH64 M68K MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390 " +
  "S390X SH SHEB PARISC PARISC64 RISCV64"
).split(" ");
const operators = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"];
const seccomp = object(
  {
    defaultAction: action,
    defaultErrnoRet: u32,
    architectures: list(words(...architectures.map((name) => `SCMP_ARCH_${name}`))),
    flags: list(words(...seccompFlags.map((name) => `SECCOMP_FILTER_FLAG_${name}`))),
    listenerPath: text,
    listenerMetadata: text,
    syscalls: list(
      object(
        {
          names: texts,
          action,
          errnoRet: u32,
          args: list(
            object(
              {
                index: integer(0n, 5n),
                value: u64,
                valueTwo: u64,
                op: words(...operators.map((name) => `SCMP_CMP_${name}`)),
              },
              "op",
            ),
          ),
        },
        "action",
      ),
    ),
  },
  "defaultAction",
);

const memoryModes = [
  "DEFAULT",
  "BIND",
  "INTERLEAVE",
  "WEIGHTED_INTERLEAVE",
  "PREFERRED",
  "PREFERRED_MANY",
  "LOCAL",
];
const propagations = ["private", "slave", "shared", "unbindable"];

const linux = object({
  namespaces: list(
    object(
      {
        type: words("pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"),
        path: text,
      },
      "type",
    ),
  ),
  uidMappings: idMappings,
  gidMappings: idMappings,
  timeOffsets: object({ monotonic: timeOffset, boottime: timeOffset }),
  devices: list(device),
  netDevices: nullableMap(object({ name: text })),
  intelRdt: object({
    closID: text,
    l3CacheSchema: text,
    memBwSchema: text,
    schemata: texts,
    enableMonitoring: boolean,
  }),
  cgroupsPath: text,
  resources,
  rootfsPropagation: words("", ...propagations, ...propagations.map((word) => `r${word}`)),
  maskedPaths: texts,
  readonlyPaths: texts,
  seccomp,
  sysctl: map(text),
  mountLabel: text,
  personality: object({ domain: words("LINUX", "LINUX32"), flags: texts }, "domain"),
  memoryPolicy: object(
    {
      mode: words(...memoryModes.map((name) => `MPOL_${name}`)),
      nodes: text,
      flags: list(words("MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES")),
    },
    "mode",
  ),
});

/** config.json. */
export const CONFIG: ObjectKind = object(
  {
    ociVersion: text,
    process: PROCESS,
    root: object({ path: text, readonly: boolean }, "path"),
    mounts: list(mount),
    hostname: text,
    domainname: text,
    annotations: map(text),
    hooks: object({
      prestart: list(hook),
      createRuntime: list(hook),
      createContainer: list(hook),
      startContainer: list(hook),
      poststart: list(hook),
      poststop: list(hook),
    }),
    linux,
  },
  "process",
  "root",
);
