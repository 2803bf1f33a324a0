// SPDX-License-Identifier: Apache-2.0
// The runtime specification's configuration as data, written from its text and not from the parsers: what type each field has,
// in which range, and which are required. Tests of wrong types, the generator of valid configurations and the judge of
// mutated ones all read it.

export type Kind =
  | { readonly kind: "text"; readonly words?: readonly string[] }
  | { readonly kind: "boolean" }
  | { readonly kind: "integer"; readonly min: bigint; readonly max: bigint }
  | { readonly kind: "list"; readonly of: Kind }
  | { readonly kind: "map"; readonly of: Kind }
  | ObjectKind;

export interface ObjectKind {
  readonly kind: "object";
  readonly fields: Readonly<Record<string, Kind>>;
  /** Of the fields those without which the object says nothing. */
  readonly required: readonly string[];
}

const text: Kind = { kind: "text" };
const boolean: Kind = { kind: "boolean" };
const texts: Kind = { kind: "list", of: text };

const words = (...list: readonly string[]): Kind => ({ kind: "text", words: list });
const integer = (min: bigint, max: bigint): Kind => ({ kind: "integer", min, max });
const list = (of: Kind): Kind => ({ kind: "list", of });
const map = (of: Kind): Kind => ({ kind: "map", of });
const object = (
  fields: Readonly<Record<string, Kind>>,
  ...required: readonly string[]
): ObjectKind => ({
  kind: "object",
  fields,
  required,
});

const u16 = integer(0n, 2n ** 16n - 1n);
const u32 = integer(0n, 2n ** 32n - 1n);
const u64 = integer(0n, 2n ** 64n - 1n);
const i64 = integer(-(2n ** 63n), 2n ** 63n - 1n);
/** 2^32-1 is the kernel's "leave it". */
const id = integer(0n, 2n ** 32n - 2n);
const idMappings = list(
  object({ containerID: u32, hostID: u32, size: u32 }, "containerID", "hostID", "size"),
);

const rlimitTypes = [
  "RLIMIT_AS",
  "RLIMIT_CORE",
  "RLIMIT_CPU",
  "RLIMIT_DATA",
  "RLIMIT_FSIZE",
  "RLIMIT_LOCKS",
  "RLIMIT_MEMLOCK",
  "RLIMIT_MSGQUEUE",
  "RLIMIT_NICE",
  "RLIMIT_NOFILE",
  "RLIMIT_NPROC",
  "RLIMIT_RSS",
  "RLIMIT_RTPRIO",
  "RLIMIT_RTTIME",
  "RLIMIT_SIGPENDING",
  "RLIMIT_STACK",
];

/** process, of config.json and of an exec. */
export const PROCESS: ObjectKind = object(
  {
    terminal: boolean,
    consoleSize: object({ height: u16, width: u16 }),
    user: object({ uid: id, gid: id, umask: integer(0n, 0o777n), additionalGids: list(id) }),
    args: texts,
    env: texts,
    cwd: text,
    capabilities: object({
      bounding: texts,
      effective: texts,
      permitted: texts,
      inheritable: texts,
      ambient: texts,
    }),
    rlimits: list(
      object({ type: words(...rlimitTypes), soft: u64, hard: u64 }, "type", "soft", "hard"),
    ),
    noNewPrivileges: boolean,
    oomScoreAdj: integer(-1000n, 1000n),
    apparmorProfile: text,
    selinuxLabel: text,
  },
  "args",
  "cwd",
);

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
        type: words("a", "b", "c"),
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
  rdma: map(object({ hcaHandles: u32, hcaObjects: u32 })),
  unified: map(text),
});

const actions = ["KILL", "KILL_PROCESS", "KILL_THREAD", "TRAP", "ERRNO", "TRACE", "ALLOW", "LOG"];
const action = words(...actions.map((name) => `SCMP_ACT_${name}`));
const operators = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"];
const seccomp = object(
  {
    defaultAction: action,
    defaultErrnoRet: u32,
    architectures: list(words("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_AARCH64")),
    flags: list(words("SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW")),
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
  cgroupsPath: text,
  resources,
  rootfsPropagation: words(...propagations, ...propagations.map((word) => `r${word}`)),
  maskedPaths: texts,
  readonlyPaths: texts,
  seccomp,
  sysctl: map(text),
  mountLabel: text,
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
