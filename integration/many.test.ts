// SPDX-License-Identifier: Apache-2.0
// The promise: containers do not get into each other's way.

import assert from "node:assert/strict";
import { FULL, onEachContainerd } from "./harness/suite.ts";

const COUNT = FULL ? 60 : 20;

await onEachContainerd(({ test }) => {
  test(`${COUNT} containers at once each have their own output and status`, async (scope) => {
    const one = async (index: number): Promise<void> => {
      const script = `echo "I am ${index}"; sleep 0.5; exit ${index}`;
      const result = await scope.ctrRun(["--rm"], `c${index}`, ["sh", "-c", script], {
        timeoutMs: 180_000,
      });
      assert.equal(result.status, index, result.stderr);
      assert.equal(result.stdout, `I am ${index}\n`);
    };
    await Promise.all(Array.from({ length: COUNT }, (_, index) => one(index)));
  });

  test("20 containers run side by side, and each is killed alone", async (scope) => {
    const containers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => scope.container(`c${index}`, ["sleep", "1000"])),
    );
    await Promise.all(containers.map((container) => container.run()));
    assert.equal((await scope.api.tasks()).filter((task) => task.status === 2).length, 20);
    const [first, ...others] = containers;
    await first?.kill();
    assert.equal((await first?.wait())?.exitStatus, 137);
    const states = await Promise.all(others.map((container) => container.state()));
    assert.ok(states.every((state) => state.status === 2));
  });
});
