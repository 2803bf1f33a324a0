// SPDX-License-Identifier: Apache-2.0
// The promise: what a program writes and the status that it ends with reach the client unchanged.

import assert from "node:assert/strict";
import { SIGKILL, SIGTERM } from "./harness/signals.ts";
import { onEachContainerd } from "./harness/suite.ts";

await onEachContainerd(({ test }) => {
  for (const status of [0, 1, 42, 137, 143]) {
    test(`a program that exits with ${status} makes ctr run exit with ${status}`, async (scope) => {
      const result = await scope.ctrRun(["--rm"], "c", ["sh", "-c", `exit ${status}`]);
      assert.equal(result.status, status, result.stderr);
    });
  }

  test("stdout and stderr arrive apart and whole", async (scope) => {
    const script = "echo out; echo err >&2; echo out again";
    const result = await scope.ctrRun(["--rm"], "c", ["sh", "-c", script]);
    assert.equal(result.stdout, "out\nout again\n");
    assert.equal(result.stderr, "err\n");
  });

  test("a container killed with SIGKILL has exit status 137, and when it ended", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    await container.run();
    await container.kill(SIGKILL);
    const exit = await container.wait();
    assert.equal(exit.exitStatus, 137);
    const now = Date.now() / 1000;
    const at = exit.exitedAt?.seconds ?? 0;
    assert.ok(at > now - 60 && at <= now + 1, `exited at ${at}, it is ${now}`);
    assert.deepEqual((await container.delete()).exitedAt, exit.exitedAt);
  });

  test("a program that handles SIGTERM chooses its status", async (scope) => {
    const output = await scope.output("c");
    const script = 'trap "exit 7" TERM; echo ready; while :; do sleep 0.05; done';
    const container = await scope.container("c", ["sh", "-c", script]);
    await container.run(output.streams);
    await output.stdout.saw("ready");
    await container.kill(SIGTERM);
    assert.equal((await container.wait()).exitStatus, 7);
  });

  test("a container in the host's pid namespace that SIGTERM ends has status 143", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"], (spec) => {
      spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => type !== "pid");
    });
    await container.run();
    await container.kill(SIGTERM);
    assert.equal((await container.wait()).exitStatus, 143);
  });

  test("the environment, the arguments and the working directory are the container's", async (scope) => {
    const flags = ["--rm", "--env", "GREETING=hi  there", "--cwd", "/tmp"];
    const script = 'echo "$GREETING"; pwd; echo "$1"; hostname';
    const result = await scope.ctrRun(flags, "c", ["sh", "-c", script, "sh", "a b"]);
    assert.deepEqual(result.stdout.split("\n").slice(0, 3), ["hi  there", "/tmp", "a b"]);
  });
});
