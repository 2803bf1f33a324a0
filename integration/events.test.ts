// SPDX-License-Identifier: Apache-2.0
// The promise: each event is sent once, in the order in which things happened, with the right fields.

import assert from "node:assert/strict";
import { onEachContainerd } from "./harness/suite.ts";

await onEachContainerd(({ test }) => {
  test("a life with an exec: created, started, exec added, started and ended, ended, deleted", async (scope) => {
    const subscription = await scope.api.subscribe();
    const container = await scope.container("c", ["sleep", "1000"]);
    const pid = await container.run();
    const exec = await container.exec("e1", ["sh", "-c", "exit 4"]);
    const execPid = await exec.start();
    await exec.wait();
    await exec.delete();
    await container.kill();
    await container.wait();
    await container.delete();
    await subscription.saw("c", "delete");
    const expected = [
      "create",
      "start",
      "exec-added e1",
      "exec-started e1",
      "exit e1",
      "exit",
      "delete",
    ];
    assert.deepEqual(subscription.summary("c"), expected);
    const exits = subscription.events.filter((event) => event.topic === "/tasks/exit");
    assert.deepEqual(
      exits.map((event) => [event.id, event.pid, event.exitStatus]),
      [
        ["e1", execPid, 4],
        ["c", pid, 137],
      ],
    );
    assert.ok(subscription.events.every((event) => event.namespace === scope.namespace));
    subscription.close();
  });

  test("a program that ends at once never ends before it has started", async (scope) => {
    const subscription = await scope.api.subscribe();
    for (let round = 0; round < 5; round += 1) {
      const container = await scope.container(`c${round}`, ["true"]);
      await container.run();
      await container.wait();
      await container.delete();
      await subscription.saw(`c${round}`, "delete");
      assert.deepEqual(subscription.summary(`c${round}`), ["create", "start", "exit", "delete"]);
    }
    subscription.close();
  });

  test("execs that end together with the container end before it", async (scope) => {
    const subscription = await scope.api.subscribe();
    const container = await scope.container("c", ["sleep", "1000"]);
    await container.run();
    for (const id of ["e1", "e2", "e3"])
      await (await container.exec(id, ["sleep", "1000"])).start();
    await container.kill();
    await container.wait();
    await subscription.saw("c", "exit");
    const ends = subscription.summary("c").filter((event) => event.startsWith("exit"));
    assert.equal(ends.length, 4);
    assert.equal(ends.at(-1), "exit");
    subscription.close();
  });
});
