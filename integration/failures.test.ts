// SPDX-License-Identifier: Apache-2.0
// The promise: what can't work fails at create, in words that people and tools know, and leaves nothing.

import assert from "node:assert/strict";
import { onEachContainerd } from "./harness/suite.ts";

const CASES = [
  {
    name: "a program that does not exist",
    command: ["/no/such", "argument"],
    message: /exec: "\/no\/such": stat \/no\/such: no such file or directory/,
  },
  {
    name: "a program that is nowhere in PATH",
    command: ["no-such"],
    message: /exec: "no-such": executable file not found in \$PATH/,
  },
  {
    name: "a file that is not executable",
    command: ["/etc/passwd"],
    message: /exec: "\/etc\/passwd": permission denied/,
  },
  {
    name: "a directory",
    command: ["/etc"],
    message: /exec: "\/etc": (is a directory|permission denied)/,
  },
] as const;

await onEachContainerd(({ test }) => {
  for (const { name, command, message } of CASES) {
    test(`${name} fails at create, says so, and sends no event`, async (scope) => {
      const subscription = await scope.api.subscribe();
      const container = await scope.container("c", command);
      await assert.rejects(container.create(), (error: Error) => {
        assert.match(error.message, /OCI runtime create failed/);
        assert.match(error.message, message);
        return true;
      });
      assert.deepEqual(await scope.api.tasks(), []);
      // An event of another container comes after any of this one.
      const other = await scope.container("other", ["true"]);
      await other.run();
      await other.wait();
      await subscription.saw("other", "exit");
      assert.deepEqual(subscription.summary("c"), []);
      subscription.close();
    });
  }

  test("the same id works after a failed create", async (scope) => {
    const failed = await scope.ctrRun(["--rm"], "c", ["/no/such"]);
    assert.notEqual(failed.status, 0);
    assert.match(failed.stderr, /stat \/no\/such: no such file or directory/);
    const worked = await scope.ctrRun(["--rm"], "c", ["echo", "fine"]);
    assert.equal(worked.stdout, "fine\n", worked.stderr);
  });

  test("a working directory that does not exist is created", async (scope) => {
    const result = await scope.ctrRun(["--rm", "--cwd", "/made/for/me"], "c", ["pwd"]);
    assert.equal(result.stdout, "/made/for/me\n", result.stderr);
  });

  test("a second create of the same id fails and hurts nothing", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    await container.run();
    await assert.rejects(container.create(), /already exists/);
    assert.equal((await container.state()).status, 2);
  });
});
