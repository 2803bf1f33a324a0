// SPDX-License-Identifier: Apache-2.0
// The promise: processes that lost their parent hold nothing up, stay nowhere and are reaped.

import assert from "node:assert/strict";
import type { OciSpec } from "./harness/container.ts";
import { eventually } from "./harness/eventually.ts";
import { isAlive, parentOf, zombiesOf } from "./harness/processes.ts";
import { onEachContainerd } from "./harness/suite.ts";

function inHostPidNamespace(spec: OciSpec): void {
  spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => type !== "pid");
}

await onEachContainerd(({ test }) => {
  test("children that the first process leaves behind end with it, and so does its output", async (scope) => {
    const output = await scope.output("c");
    const container = await scope.container("c", ["sh", "-c", "sleep 1000 & sleep 1000 & exit 5"]);
    await container.run(output.streams);
    assert.equal((await container.wait()).exitStatus, 5);
    assert.equal(await output.stdout.done, "");
    await container.delete();
  });

  test("the same in the host's pid namespace, where the kernel does not do it", async (scope) => {
    const script = "sleep 1000 & sleep 1000 & exit 5";
    const container = await scope.container("c", ["sh", "-c", script], inHostPidNamespace);
    await container.run();
    assert.equal((await container.wait()).exitStatus, 5);
    await container.delete();
  });

  test("an orphan that ends is reaped", async (scope) => {
    const script = "(sleep 0.3 &); exec sleep 1000";
    const container = await scope.container("c", ["sh", "-c", script], inHostPidNamespace);
    const pid = await container.run();
    const shim = parentOf(pid);
    await eventually("one process is left", async () => (await container.pids()).length === 1);
    await eventually("no zombie is left", () => zombiesOf(shim).length === 0);
    assert.ok(isAlive(pid));
  });

  test("an exec's background child does not hold up its end or its deletion", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    await container.run();
    const output = await scope.output("e1");
    const command = ["sh", "-c", "sleep 1000 & echo started; exit 4"];
    const exec = await container.exec("e1", command, output.streams);
    await exec.start();
    assert.equal((await exec.wait()).exitStatus, 4);
    assert.equal((await exec.delete()).exitStatus, 4);
    assert.match(await output.stdout.done, /started/);
    assert.equal((await container.pids()).length, 2, "the child itself goes on");
  });
});
