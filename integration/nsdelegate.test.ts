// SPDX-License-Identifier: Apache-2.0
// The promise: where cgroup namespaces are borders that no process may be moved across (`nsdelegate`, as systemd mounts the
// cgroup2 tree), containers and execs get to their cgroups all the same: they join them before any namespace.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { check, run } from "./harness/command.ts";

const MOUNT = "umount -l /sys/fs/cgroup && mount -t cgroup2 -o";
const VIEW = `${MOUNT} nsdelegate cgroup2 /sys/fs/cgroup && grep -q 'cgroup2.*nsdelegate' /proc/self/mounts && \
mkdir -p /run/containerd && mount -t tmpfs tmpfs /run/containerd && exec "$@"`;

/** What needs a controller that this machine has on cgroup v1, and runc, which takes the option away. */
const NEEDS_CONTROLLERS =
  "/memory|namespaces and cgroup exist|^ctr |run detached, exec, kill and|the same as with runc/";

/** The option is one of the whole tree: it is as it was before when somebody mounts the tree again that way. */
const OPTIONS = /^cgroup2 \S+ cgroup2 (\S+)/m.exec(readFileSync("/proc/self/mounts", "utf8"))?.[1];

function inPrivate(script: string): readonly string[] {
  return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"];
}

after(() => check([...inPrivate(`${MOUNT} ${OPTIONS ?? "rw"} cgroup2 /sys/fs/cgroup`)]));

for (const name of ["two-phase", "exec", "user-namespaces", "cgroup-mounts"]) {
  test(`with nsdelegate: ${name}`, async () => {
    const file = join(import.meta.dirname, `${name}.test.ts`);
    const node = [
      process.execPath,
      "--test-reporter=tap",
      `--test-skip-pattern=${NEEDS_CONTROLLERS}`,
    ];
    const settings = ["env", "-u", "NODE_TEST_CONTEXT", "TEST_CONTAINERD=1.6"];
    const result = await run([...inPrivate(VIEW), ...settings, ...node, file], {
      timeoutMs: 120_000,
    });
    assert.equal(result.status, 0, result.stdout.slice(-8000) + result.stderr.slice(-2000));
    const passed = Number(/^# pass (\d+)$/m.exec(result.stdout)?.[1] ?? 0);
    assert.ok(passed > 1, `${passed} tests ran`);
  });
}
