// SPDX-License-Identifier: Apache-2.0
// The promise: on a host with nothing but cgroup v2 the rest holds as well. This machine's controllers are on v1, but a mount
// namespace in which /sys/fs/cgroup is the cgroup2 tree looks like such a host to everybody in it; only the files of the
// memory and cpu controllers are missing. Other files of this folder are run in it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "./harness/command.ts";

/** What needs a controller that the tree does not have: ctr's own default asks for cpu shares. */
const NEEDS_CONTROLLERS = "/memory|person's terminal|namespaces and cgroup exist/";

const VIEW =
  "umount -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && mkdir -p /run/containerd && " +
  'mount -t tmpfs tmpfs /run/containerd && exec "$@"';

const FILES = [
  ...["two-phase", "signals", "events", "terminal", "descriptors", "restart", "metrics"],
  ...["cgroup-mounts", "process-traits"],
];

for (const name of FILES) {
  test(`on a cgroup v2 host: ${name}`, async () => {
    const file = join(import.meta.dirname, `${name}.test.ts`);
    const node = [
      process.execPath,
      "--test-reporter=tap",
      `--test-skip-pattern=${NEEDS_CONTROLLERS}`,
    ];
    const inView = ["unshare", "--mount", "--propagation", "private", "sh", "-c", VIEW, "sh"];
    const settings = ["env", "-u", "NODE_TEST_CONTEXT", "TEST_CONTAINERD=1.6"];
    const result = await run([...inView, ...settings, ...node, file], { timeoutMs: 120_000 });
    assert.equal(result.status, 0, result.stdout.slice(-8000));
    const passed = Number(/^# pass (\d+)$/m.exec(result.stdout)?.[1] ?? 0);
    assert.ok(passed > 1, `${passed} tests ran`);
  });
}
