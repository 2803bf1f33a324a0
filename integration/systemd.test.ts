// SPDX-License-Identifier: Apache-2.0
// The promise: where systemd runs, a cgroupsPath `slice:prefix:name` is a unit of its own making, with all that the container is
// allowed, and nothing of it stays. systemd is real; the files called systemd-…inside.ts are what runs under it.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Systemd, type SystemdKind, systemdObstacle } from "./harness/systemd.ts";

const directory = mkdtempSync(join(tmpdir(), "tsrunc-systemd-"));
after(() => rmSync(directory, { recursive: true, force: true }));

/**
 * What runs under which kind of cgroups, each with one containerd, for the time that it takes: what those differ in is not their
 * matter. The containers of a kubelet always have limits, whose controllers may be on v1 only.
 */
const RUNS: readonly (readonly [kind: SystemdKind, containerd: string, file: string])[] = [
  ["v2", "2", "systemd-inside.ts"],
  ["hybrid", "1.6", "systemd-inside.ts"],
  ["hybrid", "2", "systemd-cri-inside.ts"],
];

for (const [kind, containerd, file] of RUNS) {
  const name = `${file} under systemd with ${kind} cgroups`;
  test(name, { skip: systemdObstacle(kind) ?? false }, async () => {
    const systemd = await Systemd.boot(kind, directory);
    // A run that is told to stop takes the machine down with it.
    const abort = (): void => systemd.kill();
    process.on("SIGTERM", abort);
    try {
      const path = join(import.meta.dirname, file);
      const only = process.env["TEST_CONTAINERD"] ?? containerd;
      const settings = [`TEST_CONTAINERD=${only}`, `SYSTEMD_KIND=${kind}`];
      const node = [process.execPath, "--test-reporter=tap", path];
      const argv = ["env", "-u", "NODE_TEST_CONTEXT", ...settings, ...node];
      const result = await systemd.run(argv, { timeoutMs: 180_000 });
      assert.equal(result.status, 0, `${result.stdout.slice(-8000)}${result.stderr}`);
      const passed = Number(/^# pass (\d+)$/m.exec(result.stdout)?.[1] ?? 0);
      assert.ok(passed > 0, `no test ran:\n${result.stdout}`);
    } finally {
      process.off("SIGTERM", abort);
      await systemd.stop();
    }
  });
}
