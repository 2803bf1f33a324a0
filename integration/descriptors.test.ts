// SPDX-License-Identifier: Apache-2.0
// The promise: a shim that lives long does not grow: no descriptor, zombie or process stays from one exec to the next.

import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import type { Container } from "./harness/container.ts";
import { eventually } from "./harness/eventually.ts";
import { descriptorCount, parentOf, zombiesOf } from "./harness/processes.ts";
import type { Scope } from "./harness/scope.ts";
import { FULL, onEachContainerd } from "./harness/suite.ts";

const ROUNDS = FULL ? 500 : 50;

async function execOnce(scope: Scope, container: Container, id: string): Promise<void> {
  const output = await scope.output(id);
  const exec = await container.exec(id, ["echo", id], output.streams);
  assert.equal(await exec.run(), 0);
  assert.equal(await output.stdout.done, `${id}\n`);
}

function describeDescriptors(pid: number): string {
  return readdirSync(`/proc/${pid}/fd`)
    .map((fd) => `${fd} ${readlinkSync(`/proc/${pid}/fd/${fd}`)}`)
    .join("\n");
}

await onEachContainerd(({ test }) => {
  test(`the shim has as many descriptors after ${ROUNDS} execs as before them`, async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    const shim = parentOf(await container.run());
    for (let round = 0; round < 5; round += 1) await execOnce(scope, container, `warm${round}`);
    const before = descriptorCount(shim);
    for (let round = 0; round < ROUNDS; round += 1) await execOnce(scope, container, `e${round}`);
    await eventually("descriptors as before", () => descriptorCount(shim) <= before).catch(() => {
      assert.fail(`${before} before, now:\n${describeDescriptors(shim)}`);
    });
    assert.deepEqual(zombiesOf(shim), []);
  });

  test("execs that fail to start leave no descriptor either", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    const shim = parentOf(await container.run());
    const failOnce = async (id: string): Promise<void> => {
      const output = await scope.output(id);
      const exec = await container.exec(id, ["/no/such"], output.streams);
      await assert.rejects(exec.start());
      await exec.delete();
      output.stdout.close();
      output.stderr.close();
    };
    for (let round = 0; round < 3; round += 1) await failOnce(`warm${round}`);
    const before = descriptorCount(shim);
    for (let round = 0; round < 10; round += 1) await failOnce(`e${round}`);
    await eventually("descriptors as before", () => descriptorCount(shim) <= before).catch(() => {
      assert.fail(`${before} before, now:\n${describeDescriptors(shim)}`);
    });
  });
});
