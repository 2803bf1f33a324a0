// SPDX-License-Identifier: Apache-2.0
// The promise: signals reach whom they are for, and SIGKILL ends what ignores all others.

import assert from "node:assert/strict";
import { SIGKILL, SIGTERM } from "./harness/signals.ts";
import { onEachContainerd } from "./harness/suite.ts";

await onEachContainerd(({ test }) => {
  test("a first process that ignores SIGTERM goes on, and SIGKILL ends it", async (scope) => {
    // The kernel delivers to the first process of a pid namespace only what it handles.
    const container = await scope.container("c", ["sleep", "1000"]);
    await container.run();
    await container.kill(SIGTERM);
    const exec = await container.exec("e1", ["true"]);
    assert.equal(await exec.run(), 0);
    assert.equal((await container.state()).status, 2);
    await container.kill(SIGKILL);
    assert.equal((await container.wait()).exitStatus, 137);
  });

  test("a signal for all reaches the execs as well", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    await container.run();
    const exec = await container.exec("e1", ["sleep", "1000"]);
    await exec.start();
    await scope.api.kill({ containerId: "c" }, SIGTERM, true);
    assert.equal((await exec.wait()).exitStatus, 143);
    assert.equal((await container.state()).status, 2);
  });

  test("a process that has ended can't be killed, and says so", async (scope) => {
    const container = await scope.container("c", ["true"]);
    await container.run();
    await container.wait();
    await assert.rejects(container.kill(SIGKILL), /process already finished/);
    await assert.rejects(scope.api.kill({ containerId: "nobody" }, SIGKILL), /not found/);
  });

  test("a running container can't be deleted", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    await container.run();
    await assert.rejects(container.delete(), /cannot delete a running process|must be stopped/);
    assert.equal((await container.state()).status, 2);
  });
});
