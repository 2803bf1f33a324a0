// SPDX-License-Identifier: Apache-2.0
// What is accepted as what. What is refused, and with which words, is in the tables of mistakes-*.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSpec } from "./parse.ts";
import { parseProcess } from "./process.ts";
import { changed, specWith } from "./testdata/samples.ts";

type Patch = Readonly<Record<string, unknown>>;
const linux = (patch: Patch): Patch => ({ linux: patch });
const process = (patch: Patch): Patch => ({ process: patch });
const mount = (patch: Patch): Patch => ({
  mounts: [{ destination: "/x", type: "tmpfs", source: "tmpfs", ...patch }],
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
  for (const word of ["private", "rslave", "shared", "rshared", "unbindable", "runbindable"]) {
    assert.equal(specWith(linux({ rootfsPropagation: word })).linux.rootfsPropagation, word);
  }
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

test("masked and read-only paths count once", () => {
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

test("a process document stands at the path it is said to stand", () => {
  assert.throws(() => parseProcess({ cwd: "/" }, "exec"), { path: "exec.args" });
  assert.throws(() => parseProcess(null, "exec"), { path: "exec" });
});
