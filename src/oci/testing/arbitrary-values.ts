// SPDX-License-Identifier: Apache-2.0
// Valid values of fields that have rules of their own, for arbitrary.ts.

import fc from "fast-check";

export const name = fc
  .stringMatching(/^[A-Za-z0-9_.-]{1,12}$/)
  .filter((text) => !/^\.+$/.test(text));
export const path = fc
  .array(name, { minLength: 1, maxLength: 4 })
  .map((parts) => `/${parts.join("/")}`);
/** What people write who mean no harm, and what they write who do. */
export const hostile = fc.constantFrom(
  "",
  ".",
  "..",
  "/",
  "../../../etc",
  "__proto__",
  "constructor",
  "a\nb",
  "\u202e",
  "\ud800",
  "ö",
  "%s%n",
  "$(id)",
  "a=b",
  "x".repeat(5000),
);
export const anything = fc
  .oneof({ weight: 3, arbitrary: fc.string() }, hostile)
  .map((text) => text.replaceAll("\0", ""));
export const text = fc
  .oneof({ weight: 3, arbitrary: name }, path, anything)
  .map((one) => one.slice(0, 200));

/** Numbers as the parser of JSON gives them. */
export function integer(min: bigint, max: bigint): fc.Arbitrary<number | bigint> {
  const edges = fc.constantFrom(min, max, min < 0n ? 0n : min + 1n);
  const few = fc.bigInt({ min, max: max < min + 1000n ? max : min + 1000n });
  return fc
    .oneof(edges, few, fc.bigInt({ min, max }))
    .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));
}

export const uid = fc.integer({ min: 0, max: 65_535 });
export const mapping = fc.constant([{ containerID: 0, hostID: 100_000, size: 65_536 }]);
export const words = (...list: readonly string[]): fc.Arbitrary<string[]> =>
  fc.subarray([...list]) as fc.Arbitrary<string[]>;
export const cpus = fc.constantFrom("0", "0-3", "1,3", "0-1,7", "");

/** What denies part of what an earlier one allows is refused, as in runc. */
export const deviceRule = fc.record(
  {
    allow: fc.constant(true),
    type: fc.constantFrom("b", "c"),
    major: fc.integer({ min: -1, max: 2 ** 32 - 1 }),
    minor: fc.integer({ min: -1, max: 2 ** 32 - 1 }),
    access: fc.constantFrom("r", "rw", "rwm", "m", "wr"),
  },
  { requiredKeys: ["allow", "type", "access"] },
);
export const device = fc.record(
  {
    type: fc.constantFrom("c", "b", "u", "p"),
    path: fc.oneof(
      name.map((one) => `/dev/${one}`),
      path,
    ),
    major: fc.integer({ min: 0, max: 4095 }),
    minor: fc.integer({ min: 0, max: 0xf_ffff }),
    fileMode: fc.integer({ min: 0, max: 0o177_777 }),
    uid,
    gid: uid,
  },
  { requiredKeys: ["type", "path", "major", "minor"] },
);

const bindOptions = words(
  "ro",
  "rw",
  "nosuid",
  "noexec",
  "nodev",
  "rprivate",
  "rslave",
  "rro",
  "noatime",
  "defaults",
);
const fsOptions = words(
  "ro",
  "nosuid",
  "size=1m",
  "mode=755",
  "noatime",
  "sync",
  "tmpcopyup",
  "a,b=c",
);
export const mount = fc.oneof(
  fc.record({
    destination: path.filter((one) => !/^\/proc(\/|$)/.test(one)),
    type: fc.constantFrom("bind", "none", "", "tmpfs"),
    source: fc.oneof(path, name),
    options: fc
      .tuple(fc.constantFrom("bind", "rbind"), bindOptions)
      .map(([bind, rest]) => [...rest, bind]),
  }),
  fc.record({
    destination: fc.oneof(path, name).filter((one) => !/^\/?proc(\/|$)/.test(one)),
    type: fc.constant("tmpfs"),
    source: fc.constant("tmpfs"),
    options: fsOptions,
  }),
  fc.record({
    destination: fc.constant("/data"),
    type: fc.constant("bind"),
    source: path,
    options: fc.constantFrom(["bind", "idmap"], ["rbind", "ridmap"], ["bind"]),
    uidMappings: mapping,
    gidMappings: mapping,
  }),
  fc.constantFrom(
    { destination: "/proc", type: "proc", source: "proc" },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro"] },
    { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"] },
    { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755", "ro"] },
    { destination: "/dev/pts", type: "devpts", source: "devpts", options: ["newinstance"] },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue" },
    { destination: "/proc/meminfo", type: "bind", source: "/x", options: ["bind"] },
    { destination: "/x", type: "none", options: ["remount", "ro"] },
  ),
);

const namespaceTypes = ["pid", "network", "ipc", "uts", "user", "cgroup", "time"];
export const namespaces = fc
  .tuple(fc.subarray(namespaceTypes), fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }))
  .map(([types, joins]) => [
    { type: "mount" },
    ...types.map((type, index) =>
      joins[index] ? { type, path: `/proc/77/ns/${type}` } : { type },
    ),
  ]);

const rlimitTypes = ["RLIMIT_NOFILE", "RLIMIT_CORE", "RLIMIT_NPROC", "RLIMIT_MEMLOCK"];
export const rlimits = fc
  .tuple(fc.array(fc.constantFrom(...rlimitTypes), { maxLength: 5 }), integer(0n, 2n ** 64n - 1n))
  .map(([types, hard]) => types.map((type) => ({ type, soft: 0, hard })));
export const memoryPolicy = fc.constantFrom(
  { mode: "MPOL_DEFAULT" },
  { mode: "MPOL_BIND", nodes: "0-3,5", flags: ["MPOL_F_STATIC_NODES"] },
  { mode: "MPOL_PREFERRED", nodes: "" },
);
export const scheduler = fc.constantFrom(
  { policy: "SCHED_OTHER", nice: -20 },
  { policy: "SCHED_FIFO", priority: 99, flags: ["SCHED_FLAG_RESET_ON_FORK"] },
  { policy: "SCHED_DEADLINE", runtime: 1, deadline: 2n ** 63n, period: 3 },
);
const condition = fc.record({
  index: fc.integer({ min: 0, max: 5 }),
  value: integer(0n, 2n ** 64n - 1n),
  valueTwo: integer(0n, 2n ** 64n - 1n),
  op: fc.constantFrom("SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_GT"),
});
export const seccomp = fc.record(
  {
    defaultAction: fc.constantFrom("SCMP_ACT_ALLOW", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_LOG"),
    architectures: words("SCMP_ARCH_X86_64", "SCMP_ARCH_X86"),
    flags: words("SECCOMP_FILTER_FLAG_LOG"),
    syscalls: fc.array(
      fc.record(
        {
          names: fc.array(fc.constantFrom("read", "kill", "no_such_call"), { minLength: 1 }),
          action: fc.constantFrom("SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"),
          errnoRet: fc.integer({ min: 0, max: 100 }),
          args: fc.array(condition, { maxLength: 3 }),
        },
        { requiredKeys: ["names", "action"] },
      ),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ["defaultAction"] },
);
export const memory = fc.record(
  {
    limit: fc.constantFrom(-1, 2 ** 30),
    swap: fc.constantFrom(-1, 2 ** 31),
    swappiness: fc.integer({ min: 0, max: 100 }),
  },
  { requiredKeys: ["limit"] },
);
