// SPDX-License-Identifier: Apache-2.0
// What is refused, with which words and under which path; and what is accepted as what.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { parseSpec } from "./parse.ts";
import { parseProcess } from "./process.ts";
import { changed, specWith } from "./testdata/samples.ts";

type Patch = Readonly<Record<string, unknown>>;
type Refusal = readonly [patch: Patch, path: string, message: string];

function assertRefused(json: unknown, path: string, message: string): void {
  assert.throws(
    () => parseSpec(json),
    (error) => {
      assert.ok(error instanceof SpecError, String(error));
      assert.deepEqual({ path: error.path, message: error.message }, { path, message });
      return true;
    },
    `${path}: ${message}`,
  );
}

function assertAllRefused(refusals: readonly Refusal[]): void {
  for (const [patch, path, message] of refusals) assertRefused(changed(patch), path, message);
}

const linux = (patch: Patch): Patch => ({ linux: patch });
const process = (patch: Patch): Patch => ({ process: patch });
const mount = (patch: Patch): Patch => ({
  mounts: [{ destination: "/x", type: "tmpfs", source: "tmpfs", ...patch }],
});

test("a document that is no configuration is refused", () => {
  assertRefused(null, "", "config cannot be null");
  assertRefused(undefined, "", "config cannot be null");
  assertRefused([], "", "the document must be an object");
  assertRefused("x", "", "the document must be an object");
});

test("the top level is refused by field", () => {
  assertAllRefused([
    [{ ociVersion: "2.0.0" }, "ociVersion", 'unsupported OCI version "2.0.0", want 1.x.y'],
    [{ ociVersion: 1 }, "ociVersion", "ociVersion must be a string"],
    [{ process: null }, "process", "process property must not be empty"],
    [{ process: undefined }, "process", "process property must not be empty"],
    [{ root: undefined }, "root", "root must be specified"],
    [{ root: { path: "" } }, "root.path", "root.path must not be empty"],
    [{ root: { path: "a\0b" } }, "root.path", "root.path must not contain a null byte"],
    [{ root: { readonly: "yes" } }, "root.readonly", "root.readonly must be true or false"],
    [{ mounts: {} }, "mounts", "mounts must be a list"],
    [{ annotations: { a: 1 } }, 'annotations["a"]', 'annotations["a"] must be a string'],
    [{ hostname: "x" }, "hostname", "unable to set hostname without a private UTS namespace"],
    [{ domainname: "x" }, "domainname", "unable to set domainname without a private UTS namespace"],
  ]);
});

test("the process is refused by field", () => {
  const id = "an integer between 0 and 4294967294";
  assertAllRefused([
    [process({ args: [] }), "process.args", "args must not be empty"],
    [process({ args: undefined }), "process.args", "args must not be empty"],
    [process({ args: ["a", 1] }), "process.args[1]", "process.args[1] must be a string"],
    [process({ args: ["a\0"] }), "process.args[0]", "process.args[0] must not contain a null byte"],
    [process({ cwd: "" }), "process.cwd", "Cwd property must not be empty"],
    [process({ cwd: undefined }), "process.cwd", "Cwd property must not be empty"],
    [process({ cwd: "tmp" }), "process.cwd", "Cwd must be an absolute path"],
    [process({ env: ["A"] }), "process.env[0]", "invalid environment variable: missing '='"],
    [
      process({ env: ["A=b", "=c"] }),
      "process.env[1]",
      "invalid environment variable: name cannot be empty",
    ],
    [
      process({ env: ["A=secret\0"] }),
      "process.env[0]",
      'invalid environment variable "A": contains nul byte (\\x00)',
    ],
    [process({ user: { uid: -1 } }), "process.user.uid", `process.user.uid must be ${id}`],
    [process({ user: { uid: 2 ** 32 } }), "process.user.uid", `process.user.uid must be ${id}`],
    [process({ user: { uid: 2 ** 32 - 1 } }), "process.user.uid", `process.user.uid must be ${id}`],
    [process({ user: { uid: "0" } }), "process.user.uid", `process.user.uid must be ${id}`],
    [process({ user: { uid: 1.5 } }), "process.user.uid", `process.user.uid must be ${id}`],
    [process({ user: { gid: 2n ** 64n } }), "process.user.gid", `process.user.gid must be ${id}`],
    [
      process({ user: { additionalGids: [1, -1] } }),
      "process.user.additionalGids[1]",
      `process.user.additionalGids[1] must be ${id}`,
    ],
    [
      process({ user: { umask: 0o1000 } }),
      "process.user.umask",
      "process.user.umask must be an integer between 0 and 511",
    ],
    [
      process({ oomScoreAdj: 1001 }),
      "process.oomScoreAdj",
      "process.oomScoreAdj must be an integer between -1000 and 1000",
    ],
    [
      process({ rlimits: [{ type: "RLIMIT_X", soft: 1, hard: 1 }] }),
      "process.rlimits[0].type",
      "wrong rlimit value: RLIMIT_X",
    ],
    [
      process({ rlimits: [{ type: "RLIMIT_CPU", soft: 2, hard: 1 }] }),
      "process.rlimits[0].soft",
      "soft limit of RLIMIT_CPU must not be above its hard limit: 2 > 1",
    ],
    [
      process({ rlimits: [{ type: "RLIMIT_CPU", soft: -1, hard: 1 }] }),
      "process.rlimits[0].soft",
      "process.rlimits[0].soft must be an integer between 0 and 18446744073709551615",
    ],
    [
      process({ capabilities: { bounding: "ALL" } }),
      "process.capabilities.bounding",
      "process.capabilities.bounding must be a list",
    ],
    [
      process({ consoleSize: { height: 70000, width: 1 } }),
      "process.consoleSize.height",
      "process.consoleSize.height must be an integer between 0 and 65535",
    ],
  ]);
});

test("namespaces are refused by entry", () => {
  const namespaces = (...list: readonly Patch[]): Patch => linux({ namespaces: list });
  assertAllRefused([
    [
      namespaces({ type: "mount" }, { type: "net" }),
      "linux.namespaces[1].type",
      'namespace "net" does not exist',
    ],
    [namespaces({}), "linux.namespaces[0].type", 'namespace "" does not exist'],
    [
      namespaces({ type: "mount" }, { type: "pid" }, { type: "pid", path: "/p" }),
      "linux.namespaces[2].type",
      'malformed spec file: duplicated ns "pid"',
    ],
    [
      namespaces({ type: "pid", path: "proc/1/ns/pid" }),
      "linux.namespaces[0].path",
      'path of namespace "pid" must be absolute: "proc/1/ns/pid"',
    ],
    [
      namespaces({ type: "pid" }),
      "linux.namespaces",
      "a container without a mount namespace is not supported yet",
    ],
    [
      { linux: undefined },
      "linux.namespaces",
      "a container without a mount namespace is not supported yet",
    ],
  ]);
});

test("paths can't be restricted without a mount namespace", () => {
  const problem = "unable to restrict sys entries without a private MNT namespace";
  const namespaces: readonly unknown[] = [];
  assertAllRefused([
    [linux({ namespaces, maskedPaths: ["/proc/kcore"] }), "linux.namespaces", problem],
    [linux({ namespaces, readonlyPaths: ["/proc/sys"] }), "linux.namespaces", problem],
    [{ root: { readonly: true }, linux: { namespaces } }, "linux.namespaces", problem],
  ]);
});

test("what the specification has and this runtime has not is refused by name", () => {
  const refused = (path: string): string => `${path} is not supported yet`;
  const fields: readonly (readonly [Patch, string])[] = [
    [linux({ intelRdt: { closID: "c" } }), "linux.intelRdt"],
    [linux({ netDevices: { eth0: { name: "x" } } }), "linux.netDevices"],
    [linux({ netDevices: { eth0: {} } }), "linux.netDevices"],
  ];
  assertAllRefused(fields.map(([patch, path]) => [patch, path, refused(path)] as const));
});

test("what asks for nothing is accepted", () => {
  const empty = {
    hooks: { prestart: [], poststop: null, someday: [{ path: "/x" }] },
    process: { apparmorProfile: "", execCPUAffinity: {}, ioPriority: null },
    mounts: null,
    linux: {
      uidMappings: [],
      sysctl: {},
      seccomp: {},
      timeOffsets: {},
      rootfsPropagation: "",
      resources: { hugepageLimits: [], unified: {}, rdma: null },
    },
    windows: { servicing: true },
    unknown: 1,
  };
  assert.deepEqual(specWith(empty), specWith({}));
});

test("rootfsPropagation is one of the known words", () => {
  const path = "linux.rootfsPropagation";
  const patch = linux({ rootfsPropagation: "public" });
  assertRefused(changed(patch), path, "rootfsPropagation=public is not supported");
  for (const word of ["private", "rslave", "shared", "rshared", "unbindable", "runbindable"]) {
    assert.equal(specWith(linux({ rootfsPropagation: word })).linux.rootfsPropagation, word);
  }
});

test("mounts are refused by entry", () => {
  const inside = (path: string): string => `"${path}" cannot be mounted because it is inside /proc`;
  assertAllRefused([
    [
      mount({ destination: "" }),
      "mounts[0].destination",
      "mounts[0].destination must not be empty",
    ],
    [
      mount({ destination: "/a/.." }),
      "mounts[0].destination",
      'mountpoint "/a/.." is on the top of rootfs',
    ],
    [
      mount({ source: "a\0" }),
      "mounts[0].source",
      "invalid mount mounts[0].source: mount field contains null byte",
    ],
    [
      mount({ options: ["ro", "a\0"] }),
      "mounts[0].options[1]",
      "invalid mount mounts[0].options[1]: mount field contains null byte",
    ],
    [
      mount({ options: ["bind", "size=1m"] }),
      "mounts[0].options",
      "invalid mount mounts[0]: bind mounts cannot have any filesystem-specific options applied",
    ],
    [
      mount({ destination: "/proc" }),
      "mounts[0].destination",
      '"/proc" cannot be mounted because it is not of type proc',
    ],
    [mount({ destination: "/proc/self/attr" }), "mounts[0].destination", inside("/proc/self/attr")],
    [
      mount({ destination: "//x/../proc/./sys", options: ["bind"] }),
      "mounts[0].destination",
      inside("/proc/sys"),
    ],
    [
      mount({ type: "ext4", options: ["tmpcopyup"] }),
      "mounts[0].options",
      "invalid mount mounts[0]: tmpcopyup is for tmpfs only",
    ],
  ]);
});

test("files that lxcfs provides may be mounted into /proc", () => {
  for (const name of ["cpuinfo", "meminfo", "sys/kernel/ns_last_pid", "uptime"]) {
    specWith(mount({ destination: `/proc/${name}`, options: ["bind"] }));
  }
});

test("a relative destination is accepted with a warning", () => {
  const { spec, warnings } = parseSpec(changed(mount({ destination: "a/b" })));
  assert.equal(spec.mounts[0]?.destination, "/a/b");
  assert.deepEqual(warnings, [
    'relative destination path is **deprecated**, using it as relative to /: "a/b"',
  ]);
});

test("devices and device rules are refused by entry", () => {
  const device = { path: "/dev/x", type: "c", major: 1, minor: 1 };
  const rules = (rule: Patch): Patch => linux({ resources: { devices: [{ allow: true }, rule] } });
  assertAllRefused([
    [
      linux({ devices: [{ ...device, type: "x" }] }),
      "linux.devices[0].type",
      'invalid device type "x"',
    ],
    [
      linux({ devices: [{ ...device, path: "dev/x" }] }),
      "linux.devices[0].path",
      'device path must be absolute: "dev/x"',
    ],
    [
      linux({ devices: [{ ...device, path: "/." }] }),
      "linux.devices[0].path",
      'device path must be absolute: "/."',
    ],
    [
      linux({ devices: [{ ...device, major: -1 }] }),
      "linux.devices[0].major",
      "linux.devices[0].major must be an integer between 0 and 4095",
    ],
    [
      linux({ devices: [{ ...device, minor: 0x10_0000 }] }),
      "linux.devices[0].minor",
      "linux.devices[0].minor must be an integer between 0 and 1048575",
    ],
    [
      linux({ resources: { devices: [{ type: "p", access: "r" }] } }),
      "linux.resources.devices[0].type",
      'invalid cgroup device type "p"',
    ],
    [
      rules({ access: "rwm" }),
      "linux.resources.devices[0].access",
      "device access at 0 field cannot be empty",
    ],
    [
      linux({ resources: { devices: [{ access: "rx" }] } }),
      "linux.resources.devices[0].access",
      'invalid device access "rx"',
    ],
  ]);
});

test("masked and read-only paths must be absolute, and count once", () => {
  assertRefused(
    changed(linux({ maskedPaths: ["/a", "b"] })),
    "linux.maskedPaths[1]",
    'linux.maskedPaths[1] must be an absolute path: "b"',
  );
  const spec = specWith(linux({ readonlyPaths: ["/proc/sys/", "/proc//sys", "/proc/bus"] }));
  assert.deepEqual(spec.linux.readonlyPaths, ["/proc/sys", "/proc/bus"]);
});

test("of a variable that is there twice the last one counts, at its place", () => {
  const spec = specWith(process({ env: ["A=1", "B=2", "A=3", "HOME="] }));
  assert.deepEqual(spec.process.env, ["B=2", "A=3", "HOME="]);
});

test("a console has a size only if both sides are set", () => {
  const size = (consoleSize: unknown) => specWith(process({ consoleSize })).process.consoleSize;
  assert.deepEqual(size({ height: 24, width: 80 }), { rows: 24, columns: 80 });
  assert.equal(size({ height: 24 }), undefined);
  assert.equal(size(undefined), undefined);
});

test("resources keep 64 bits, and what is absent is undefined", () => {
  const { resources } = specWith(
    linux({
      resources: {
        memory: { limit: -1, swap: 2n ** 62n, disableOOMKiller: true },
        cpu: { shares: 1024, quota: -1, cpus: "0-1", mems: "", idle: 1 },
        pids: { limit: 5 },
        devices: [{ allow: true, type: "c", major: 136, minor: -1, access: "rw" }],
      },
    }),
  ).linux;
  assert.deepEqual(resources, {
    memory: {
      limit: -1n,
      reservation: undefined,
      swap: 2n ** 62n,
      kernel: undefined,
      kernelTCP: undefined,
      swappiness: undefined,
      disableOOMKiller: true,
      checkBeforeUpdate: false,
    },
    cpu: {
      shares: 1024n,
      quota: -1n,
      period: undefined,
      burst: undefined,
      realtimeRuntime: undefined,
      realtimePeriod: undefined,
      idle: 1,
      cpus: "0-1",
      mems: undefined,
    },
    pids: { limit: 5n },
    devices: [{ allow: true, type: "c", major: 136, minor: undefined, access: "rw" }],
    ...{ blockIO: undefined, hugepageLimits: [], network: undefined, rdma: [], unified: new Map() },
  });
  const none = {
    ...{ devices: [], memory: undefined, cpu: undefined, pids: undefined, blockIO: undefined },
    ...{ hugepageLimits: [], network: undefined, rdma: [], unified: new Map() },
  };
  assert.deepEqual(specWith({}).linux.resources, none);
  assert.deepEqual(specWith(linux({ resources: { pids: {} } })).linux.resources, none);
});

test("names that objects inherit are names like any other", () => {
  const annotations = JSON.parse('{"__proto__": "a", "constructor": "b"}') as Patch;
  const spec = parseSpec({ ...changed({}), annotations }).spec;
  assert.deepEqual(
    [...spec.annotations],
    [
      ["__proto__", "a"],
      ["constructor", "b"],
    ],
  );
  const inherited = Object.create(changed({})) as unknown;
  assertRefused(inherited, "process", "process property must not be empty");
});

test("a process document stands at the path it is said to stand", () => {
  assert.throws(() => parseProcess({ cwd: "/" }, "exec"), { path: "exec.args" });
  assert.throws(() => parseProcess(null, "exec"), { path: "exec" });
});
