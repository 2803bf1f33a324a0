// SPDX-License-Identifier: Apache-2.0
// What systemd.test.ts runs where systemd is process 1: pods as a kubelet with `cgroupDriver: systemd` asks for them. It names a
// slice; that containers below a slice are units is CRI's own idea, whatever the runtime.

import assert from "node:assert/strict";
import { check } from "./harness/command.ts";
import { onEachCri } from "./harness/cri.ts";
import { eventually } from "./harness/eventually.ts";

const SLICE = "tsrunctest-burstable-podc0ffee.slice";
const PARENT = `/tsrunctest.slice/tsrunctest-burstable.slice/${SLICE}`;

async function scopes(): Promise<string[]> {
  const list = ["list-units", "--type=scope", "--all", "--plain", "--no-legend"];
  const text = await check(["systemctl", ...list, "cri-containerd-*"]);
  return text.split("\n").flatMap((line) => line.split(" ")[0] || []);
}

await onEachCri(({ test }) => {
  test("a pod in a slice is a unit for each of its containers, until it is removed", async (scope) => {
    const pod = await scope.pod({ cgroupParent: PARENT });
    const container = await pod.run("c", ["sleep", "1000"], {
      resources: {
        cpuPeriod: 100_000,
        cpuQuota: 50_000,
        cpuShares: 512,
        memoryLimitInBytes: 64 << 20,
        oomScoreAdj: 999,
        cpusetCpus: "0",
      },
    });
    const units = [pod.id, container.id].map((id) => `cri-containerd-${id}.scope`);
    assert.deepEqual((await scopes()).sort(), units.toSorted());
    const unit = `cri-containerd-${container.id}.scope`;
    const names = "Slice,MemoryLimit,CPUShares,CPUQuotaPerSecUSec";
    const text = await check(["systemctl", "show", "-p", names, unit]);
    assert.deepEqual(text.trim().split("\n").sort(), [
      "CPUQuotaPerSecUSec=500ms",
      "CPUShares=512",
      `MemoryLimit=${64 << 20}`,
      `Slice=${SLICE}`,
    ]);
    // On v1 hosts CRI asks for no cgroup namespace, and execs are in the unit in every tree.
    const trees = (await container.outputOf(["cat", "/proc/self/cgroup"])).trim().split("\n");
    assert.ok(trees.length > 5 && trees.every((line) => line.endsWith(`${SLICE}/${unit}`)));
    const stats = await scope.api.containerStats(container.id);
    assert.ok(stats.memory.workingSetBytes.value > 0);
    await container.stop(1);
    await container.remove();
    assert.deepEqual(await scopes(), [`cri-containerd-${pod.id}.scope`]);
    await pod.stop();
    await pod.remove();
    await eventually("no unit is left", async () => (await scopes()).length === 0);
  });
});
