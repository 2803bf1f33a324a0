// SPDX-License-Identifier: Apache-2.0
// Containers that make cgroups of their own, and are ended in whatever state those are.

import assert from "node:assert/strict";
import { existsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Cgroup } from "../cgroup/cgroup.ts";
import { readCgroupLayout } from "../cgroup/mode.ts";
import { choosePlace } from "../cgroup/place.ts";
import { O_RDWR } from "../sys/constants.ts";
import { open } from "../sys/fd.ts";
import { spawn } from "../sys/spawn.ts";
import { killQuietly } from "./init-process.ts";
import { NO_STDIO, Sandbox } from "./testing/sandbox.ts";

const layout = readCgroupLayout();
const skip = layout.kind === "v2" ? "cgroup2 is tested in src/cgroup" : false;

/** In the cgroups that the container sees as its own: one process three levels down, one beside it. */
const SCRIPT =
  "cd /sys/fs/cgroup/devices && mkdir -p a/b/c d && sleep 100 & sleep 100 & first=$!;" +
  " cd /sys/fs/cgroup/devices; while [ ! -d d ]; do sleep 0.01; done;" +
  " echo $first > a/b/c/cgroup.procs; echo $$ > d/cgroup.procs; mkdir moved; wait";

for (const state of ["running", "frozen"] as const) {
  test(`a container with processes in cgroups of its own is removed when it is ${state}`, {
    skip,
  }, async () => {
    await using sandbox = new Sandbox();
    symlinkSync("busybox", join(sandbox.root, "rootfs/bin/mkdir"));
    const mounts = [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs" },
      { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup" },
    ];
    const namespaces = ["pid", "mount", "ipc", "uts", "network"].map((type) => ({ type }));
    sandbox.writeConfig(SCRIPT, { mounts, linux: { namespaces } });
    const container = await sandbox.create({ stdio: NO_STDIO });
    const { members } = choosePlace(layout, {
      cgroupsPath: undefined,
      id: sandbox.id,
      systemd: false,
    });
    const paths = members.map(({ mountPoint, path }) => mountPoint + path);
    const devices = paths.find((path) => path.startsWith("/sys/fs/cgroup/devices")) ?? "";
    await container.start();
    while (!existsSync(join(devices, "moved"))) await sleep(5);
    assert.ok(container.pids().length >= 3);
    if (state === "frozen") await Cgroup.open({ kind: layout.kind, members }).freeze();
    await container.remove();
    assert.deepEqual(
      paths.filter((path) => existsSync(path)),
      [],
    );
  });
}

test("a rule of devices that no cgroup of v1 can hold fails the container by its name", async () => {
  await using sandbox = new Sandbox();
  const rules = [
    { allow: true, type: "c", major: 4, access: "rw" },
    { allow: false, type: "c", major: 4, minor: 3, access: "w" },
  ];
  sandbox.writeConfig("true", { linux: { resources: { devices: rules } } });
  const problem = /\(cannot punch hole in existing wildcard rule \[c 4:\* rw\]\)$/;
  await assert.rejects(sandbox.create(), problem);
});

test("a process that joins a cgroup after its processes were killed, while init ends, ends with it", async () => {
  await using sandbox = new Sandbox();
  sandbox.writeConfig("exec sleep 100");
  const container = await sandbox.create();
  await container.start();
  const { members } = choosePlace(layout, {
    cgroupsPath: undefined,
    id: sandbox.id,
    systemd: false,
  });
  using nothing = open("/dev/null", O_RDWR);
  const { pid, pidfd } = spawn({
    exe: "/bin/sleep",
    argv: ["sleep", "100"],
    env: [],
    fds: [0, 1, 2].map((as) => ({ fd: nothing, as })),
  });
  const exited = sandbox.reaper.claim(pid);
  // Before the removal goes on.
  void container.exited.then(() => {
    for (const { mountPoint, path } of members) {
      writeFileSync(join(mountPoint, path, "cgroup.procs"), String(pid));
    }
  });
  try {
    await container.remove();
  } finally {
    killQuietly(pidfd);
    await exited;
    pidfd.close();
  }
});
