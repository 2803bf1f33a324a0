// SPDX-License-Identifier: Apache-2.0
// The promise: containers do not notice that containerd crashed. They run on, can be joined afterwards, and their ends
// and events arrive.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { eventually } from "./harness/eventually.ts";
import { isAlive } from "./harness/processes.ts";
import { SIGUSR1 } from "./harness/signals.ts";
import { onEachContainerd } from "./harness/suite.ts";

const TICKING = 'trap "echo bye; exit 9" USR1; while :; do echo tick; sleep 0.05; done';

await onEachContainerd(({ test }) => {
  test("a container outlives a SIGKILL of containerd, can be joined, and its end and events arrive", async (scope) => {
    const output = await scope.output("c");
    const container = await scope.container("c", ["sh", "-c", TICKING]);
    const pid = await container.run(output.streams);
    await output.stdout.saw("tick");

    await scope.containerd.stop("SIGKILL");
    const before = output.stdout.bytes;
    await eventually("it writes on", () => output.stdout.bytes > before);
    assert.ok(isAlive(pid));
    await scope.containerd.start();

    const state = await eventually(
      "containerd knows it again",
      async () => await container.state(),
    );
    assert.deepEqual([state.status, state.pid], [2, pid]);
    const subscription = await scope.api.subscribe();
    const execOutput = await scope.output("e1");
    const exec = await container.exec("e1", ["echo", "joined"], execOutput.streams);
    assert.equal(await exec.run(), 0);
    assert.equal(await execOutput.stdout.done, "joined\n");

    await container.kill(SIGUSR1);
    assert.equal((await container.wait()).exitStatus, 9);
    assert.match(await output.stdout.done, /bye\n$/);
    assert.equal((await container.delete()).exitStatus, 9);
    await subscription.saw("c", "delete");
    const expected = ["exec-added e1", "exec-started e1", "exit e1", "exit", "delete"];
    assert.deepEqual(subscription.summary("c"), expected);
    subscription.close();
  });

  test("the end of a container that came while containerd was away is told afterwards", async (scope) => {
    const script = "until [ -e /tmp/stop ]; do sleep 0.05; done; exit 11";
    const container = await scope.container("c", ["sh", "-c", script]);
    const pid = await container.run();
    await scope.containerd.stop("SIGKILL");
    writeFileSync(`/proc/${pid}/root/tmp/stop`, "");
    await eventually("it has ended", () => !isAlive(pid));
    await scope.containerd.start();
    const { major, minor } = scope.containerd.edition;
    const newer = major > 1 || minor > 6;
    // They take a container without processes for a leftover of theirs and remove it as they start.
    const told = await container.wait().then(
      (exit) => exit.exitStatus,
      (error: unknown) => String(error),
    );
    if (told !== 11) {
      assert.ok(newer && /not found/.test(`${told}`), `${told}`);
      return;
    }
    assert.equal((await container.delete()).exitStatus, 11);
  });

  test("a container between its two phases outlives it as well", async (scope) => {
    const container = await scope.container("c", ["sh", "-c", "exit 12"]);
    await container.create();
    await scope.containerd.stop("SIGKILL");
    await scope.containerd.start();
    await container.start();
    assert.equal((await container.wait()).exitStatus, 12);
  });
});
