// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { SpecError } from "../base/errors.ts";
import { formatProgram } from "../plan/format.ts";
import { compileContainer } from "./compile.ts";
import type { NamespaceType, Spec } from "./spec.ts";
import { OPTIONS, specWith, V1_HOST } from "./testdata/samples.ts";

function withSysctls(
  sysctl: Readonly<Record<string, unknown>>,
  types: readonly string[] = ["ipc", "network", "uts"],
): Spec {
  const namespaces = ["mount", "pid", ...types].map((type) => ({ type }));
  return specWith({ linux: { namespaces, sysctl } });
}

function assertRefused(name: string, types: readonly string[], message: string): void {
  assert.throws(
    () => withSysctls({ [name]: "1" }, types),
    (error) => {
      assert.ok(error instanceof SpecError, String(error));
      assert.deepEqual([error.path, error.message], [`linux.sysctl["${name}"]`, message]);
      return true;
    },
  );
}

for (const [name, path] of [
  ["net.ipv4.ip_forward", "net/ipv4/ip_forward"],
  ["net/ipv4/ip_forward", "net/ipv4/ip_forward"],
  ["net.ipv4.conf.eth0/100.forwarding", "net/ipv4/conf/eth0.100/forwarding"],
  ["net/ipv4/conf/eth0.100/forwarding", "net/ipv4/conf/eth0.100/forwarding"],
  ["fs.mqueue.msg_max", "fs/mqueue/msg_max"],
  ["kernel/shm_rmid_forced", "kernel/shm_rmid_forced"],
  ["kernel.domainname", "kernel/domainname"],
] as const) {
  test(`the sysctl ${name} is /proc/sys/${path}`, () => {
    assert.deepEqual(withSysctls({ [name]: "1" }).linux.sysctl, [{ name, path, value: "1" }]);
  });
}

for (const name of [
  "net/../kernel/core_pattern",
  "net/ipv4/../../kernel/core_pattern",
  "net./..kernel.core_pattern",
  "net.ipv4.//.//.x",
  "net..x",
  "net//x",
  "/net/ipv4/ip_forward",
  "../net/x",
  "net/./x",
  "net.",
  "",
  "net.a\0b",
]) {
  test(`${JSON.stringify(name)} is no name of a sysctl`, () => {
    assert.throws(() => withSysctls({ [name]: "1" }), /invalid sysctl name/);
  });
}

test("a sysctl needs a namespace of the container's own", () => {
  const net = 'sysctl "net.ipv4.ip_forward" not allowed in host network namespace';
  assertRefused("net.ipv4.ip_forward", ["ipc", "uts"], net);
  assertRefused("net/ipv4/ip_forward", ["ipc", "uts"], net);
  const ipc = (name: string): string =>
    `sysctl "${name}" is not allowed in the hosts ipc namespace`;
  assertRefused("kernel.shmmax", ["network", "uts"], ipc("kernel.shmmax"));
  assertRefused("fs.mqueue.msg_max", ["network", "uts"], ipc("fs.mqueue.msg_max"));
  const user = "setting ucounts without a user namespace not allowed: user.max_net_namespaces";
  assertRefused("user.max_net_namespaces", ["network"], user);
  const other = (name: string): string => `sysctl "${name}" is not in a separate kernel namespace`;
  for (const name of [
    "kernel.core_pattern",
    "vm.swappiness",
    "fs.file-max",
    "kernel",
    "kernelx.y",
  ]) {
    assertRefused(name, ["ipc", "network", "uts"], other(name));
  }
  assertRefused("kernel.domainname", ["ipc"], other("kernel.domainname"));
  const hostname =
    'sysctl "kernel.hostname" is not allowed as it conflicts with the OCI "hostname" field';
  assertRefused("kernel.hostname", ["uts"], hostname);
});

test("a joined namespace that is the runtime's own is the host's", () => {
  const namespaces = [
    { type: "mount" },
    ...["ipc", "network"].map((type) => ({ type, path: `/proc/1/ns/${type}` })),
  ];
  const compile = (name: string, sharedNamespaces: readonly NamespaceType[]): unknown =>
    compileContainer(specWith({ linux: { namespaces, sysctl: { [name]: "1" } } }), V1_HOST, {
      ...OPTIONS,
      sharedNamespaces,
    });
  assert.throws(() => compile("net.core.somaxconn", ["network"]), /not allowed in host network/);
  assert.throws(() => compile("kernel.shmmax", ["ipc"]), /not allowed in the hosts ipc namespace/);
  compile("net.core.somaxconn", ["ipc"]);
  compile("kernel.shmmax", ["network"]);
});

test("values are strings", () => {
  assert.throws(
    () => withSysctls({ "net.core.somaxconn": 1 }),
    /linux.sysctl\["net.core.somaxconn"\] must be a string/,
  );
});

test("sysctls are written in their order, after the pivot and before paths become read-only", () => {
  const spec = specWith({
    linux: {
      namespaces: [{ type: "mount" }, { type: "network" }],
      sysctl: { "net.ipv4.ping_group_range": "0 2147483647", "net.ipv4.ip_forward": "1" },
      readonlyPaths: ["/proc/sys"],
    },
  });
  const lines = formatProgram(compileContainer(spec, V1_HOST, OPTIONS).finish(undefined))
    .split("\n")
    .filter((line) => /procfs_full|pivot_root|write_proc|sysctl|readonly_path/.test(line));
  assert.deepEqual(lines, [
    'procfs_full out=sysctl tolerate EPERM otherwise open dir=cwd path="/proc" flags=O_PATH mode=0 out=sysctl',
    "pivot_root root=root",
    'write_proc dir=sysctl path="sys/net/ipv4/ping_group_range" data="0 2147483647"',
    'write_proc dir=sysctl path="sys/net/ipv4/ip_forward" data="1"',
    "close fd=sysctl",
    'readonly_path root=root path="/proc/sys" tolerate ENOENT',
  ]);
});
