// SPDX-License-Identifier: Apache-2.0
// linux.sysctl in real containers: what a program inside reads, and what the host keeps. No child_process in here: a Reaper
// is at work.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { NO_STDIO, readAll, Sandbox } from "./testing/sandbox.ts";

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const TYPES = ["pid", "mount", "ipc", "uts", "network", "cgroup"];
const PROC = { destination: "/proc", type: "proc", source: "proc" };

type Namespace = { readonly type: string; readonly path?: string };

/** Runs a container that prints the files below /proc/sys. */
async function read(
  files: readonly string[],
  sysctl: Readonly<Record<string, string>>,
  linux: { readonly namespaces?: readonly Namespace[] } & Record<string, unknown> = {},
): Promise<string> {
  const { path, reader } = sandbox.client("out");
  const namespaces = linux.namespaces ?? TYPES.map((type) => ({ type }));
  const script = `cd /proc/sys && cat ${files.join(" ")} 2>&1`;
  sandbox.writeConfig(script, { linux: { ...linux, namespaces, sysctl } });
  const container = await sandbox.create({ stdio: { ...NO_STDIO, stdout: path } });
  await container.start();
  return await readAll(reader);
}

const onHost = (file: string): string => readFileSync(`/proc/sys/${file}`, "utf8");

test("what Docker and CRI always set is set inside and not outside", async () => {
  const port = "net/ipv4/ip_unprivileged_port_start";
  const before = onHost(port);
  const files = [port, "net/ipv4/ping_group_range", "kernel/shmmni", "kernel/domainname"];
  const output = await read(files, {
    "net.ipv4.ip_unprivileged_port_start": "3",
    "net.ipv4.ping_group_range": "0 2147483647",
    "kernel.shmmni": "77",
    "kernel.domainname": "example",
  });
  assert.equal(output, "3\n0\t2147483647\n77\nexample\n");
  assert.equal(onHost(port), before);
});

test("a sysctl is set although /proc/sys is read-only or hidden inside", async () => {
  const file = "net/core/somaxconn";
  const values = { "net/core/somaxconn": "55" };
  assert.equal(await read([file], values, { readonlyPaths: ["/proc/sys"] }), "55\n");
});

test("a sysctl is set without any /proc in the container", async () => {
  sandbox.writeConfig("test ! -e /proc/sys && exit 7", {
    mounts: [],
    linux: { namespaces: TYPES.map((type) => ({ type })), sysctl: { "kernel.shmmni": "78" } },
  });
  const container = await sandbox.create();
  await container.start();
  assert.equal((await container.exited).status, 7);
});

test("a user namespace sets what is its own", async () => {
  const ids = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  const maps = { uidMappings: ids, gidMappings: ids };
  const types = [...TYPES, "user"].map((type) => ({ type }));
  const values = { "net.ipv4.ip_unprivileged_port_start": "5", "user.max_net_namespaces": "9" };
  const files = ["net/ipv4/ip_unprivileged_port_start", "user/max_net_namespaces"];
  assert.equal(await read(files, values, { ...maps, namespaces: types }), "5\n9\n");
});

test("a user namespace that shares the host's processes does, too", async () => {
  const ids = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  const namespaces = [...TYPES, "user"].filter((type) => type !== "pid").map((type) => ({ type }));
  const linux = { namespaces, uidMappings: ids, gidMappings: ids };
  const file = "net/ipv4/ip_unprivileged_port_start";
  assert.equal(await read([file], { [file]: "6" }, linux), "6\n");
});

test("a network namespace that is the host's under another name is the host's", async () => {
  const join = { type: "network", path: `/proc/${process.pid}/ns/net` };
  const namespaces = TYPES.map((type) => (type === "network" ? join : { type }));
  const sysctl = { "net.core.somaxconn": "56" };
  sandbox.writeConfig("true", { linux: { namespaces, sysctl } });
  const message = /sysctl "net.core.somaxconn" not allowed in host network namespace/;
  await assert.rejects(sandbox.create(), message);
});

test("values that the kernel refuses and names that it does not have fail Create by name", async () => {
  for (const [name, value, message] of [
    [
      "net.ipv4.ip_unprivileged_port_start",
      "x",
      /write sysctl key net.ipv4.ip_unprivileged_port_start: .*invalid argument/i,
    ],
    ["net.no.such", "1", /write sysctl key net.no.such: no such file or directory/i],
    ["net.ipv4", "1", /write sysctl key net.ipv4: is a directory/i],
    ["net/../kernel/core_pattern", "x", /invalid sysctl name "net\/..\/kernel\/core_pattern"/],
  ] as const) {
    sandbox.writeConfig("true", {
      linux: { namespaces: TYPES.map((type) => ({ type })), sysctl: { [name]: value } },
    });
    await assert.rejects(sandbox.create(), message);
  }
});

test("what an image or a mount puts on /proc/sys is not written to (CVE-2025-52881)", async () => {
  const rootfs = join(sandbox.root, "rootfs");
  const fake = join(rootfs, "tmp/fake");
  writeFileSync(fake, "untouched");
  // A file of lxcfs' names is the only thing that may be mounted below /proc: here over one that is not written.
  const mounts = [
    PROC,
    { destination: "/proc/sys/kernel/ns_last_pid", type: "bind", source: fake, options: ["bind"] },
  ];
  mkdirSync(join(rootfs, "proc/sys/net/core"), { recursive: true });
  symlinkSync("/tmp/fake", join(rootfs, "proc/sys/net/core/somaxconn"));
  const namespaces = TYPES.map((type) => ({ type }));
  const sysctl = { "net.core.somaxconn": "57" };
  for (const each of [[], mounts]) {
    sandbox.writeConfig("true", { mounts: each, linux: { namespaces, sysctl } });
    const container = await sandbox.create();
    container.signal(9);
    await container.exited;
    await container.remove();
    assert.equal(readFileSync(fake, "utf8"), "untouched");
  }
});
