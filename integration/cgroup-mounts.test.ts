// SPDX-License-Identifier: Apache-2.0
// The promise: a container's view of its cgroups is runc's, read-only or not, with a namespace of its own or without.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { CGROUP_CASES } from "./harness/mount-cases.ts";
import { runCase, sameAsRunc, withHost } from "./harness/mount-run.ts";
import { onEachContainerd } from "./harness/suite.ts";

const isV2 = existsSync("/sys/fs/cgroup/cgroup.procs");

/** The options of the machine's cgroup2 trees. */
function optionsOfTrees(): readonly string[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return lines.flatMap((line) => / - (cgroup2 .*)$/.exec(line)?.[1] ?? []);
}

await onEachContainerd(({ test }) => {
  for (const mountCase of CGROUP_CASES) {
    // On v2 runc's mount without a namespace takes options away from the machine's tree: it is not let loose on it.
    if (isV2 && mountCase.promise.includes("without")) {
      test(`cgroup mounts: ${mountCase.promise} there`, async (scope) => {
        await withHost(scope, async () => {
          const { output, mounts } = await runCase(scope, scope.runtime, mountCase);
          assert.match(output, mountCase.finds);
          const tree = mounts.find((line) => line.startsWith("/ /sys/fs/cgroup ")) ?? "";
          const access = mountCase.promise.includes(" ro ") ? "ro" : "rw";
          assert.match(tree, new RegExp(`${access},nosuid,nodev,noexec,relatime - cgroup2`));
        });
      });
    } else {
      test(`cgroup mounts: ${mountCase.promise} the same as with runc`, async (scope) => {
        await sameAsRunc(scope, mountCase);
      });
    }
  }

  for (const mountCase of CGROUP_CASES) {
    // Under `nsdelegate` (nsdelegate.test.ts) there is an option to lose.
    test(`cgroup mounts: ${mountCase.promise} no reason for other options of the machine's tree`, async (scope) => {
      const before = optionsOfTrees();
      await withHost(scope, async () => void (await runCase(scope, scope.runtime, mountCase)));
      assert.deepEqual(optionsOfTrees(), before);
    });
  }
});
