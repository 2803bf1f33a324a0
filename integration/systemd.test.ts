// SPDX-License-Identifier: Apache-2.0
// The promise: where systemd runs, a cgroupsPath `slice:prefix:name` is a unit of its own making, with all that the container is
// allowed, and nothing of it stays. systemd is real; systemd-inside.ts is what runs under it.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Systemd, type SystemdKind, systemdObstacle } from "./harness/systemd.ts";

const FILE = join(import.meta.dirname, "systemd-inside.ts");
const directory = mkdtempSync(join(tmpdir(), "tsrunc-systemd-"));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Each kind with another containerd, for the time that it takes: what they differ in is not their matter. */
const CONTAINERDS: Readonly<Record<SystemdKind, string>> = { v2: "2", hybrid: "1.6" };

for (const kind of ["v2", "hybrid"] as const) {
  const only = process.env["TEST_CONTAINERD"] ?? CONTAINERDS[kind];
  test(`under systemd with ${kind} cgroups`, { skip: systemdObstacle(kind) ?? false }, async () => {
    const systemd = await Systemd.boot(kind, directory);
    // A run that is told to stop takes the machine down with it.
    const abort = (): void => systemd.kill();
    process.on("SIGTERM", abort);
    try {
      const node = [process.execPath, "--test-reporter=tap", FILE];
      const settings = [`TEST_CONTAINERD=${only}`, `SYSTEMD_KIND=${kind}`];
      const argv = ["env", "-u", "NODE_TEST_CONTEXT", ...settings, ...node];
      const result = await systemd.run(argv, { timeoutMs: 180_000 });
      assert.equal(result.status, 0, `${result.stdout.slice(-8000)}${result.stderr}`);
      const passed = Number(/^# pass (\d+)$/m.exec(result.stdout)?.[1] ?? 0);
      assert.ok(passed > 5, `${passed} tests ran:\n${result.stdout}`);
    } finally {
      process.off("SIGTERM", abort);
      await systemd.stop();
    }
  });
}
