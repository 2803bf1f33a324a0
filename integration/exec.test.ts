// SPDX-License-Identifier: Apache-2.0
// The promise: a container in the background can be looked into, joined, killed and deleted, as a person does it with ctr.

import assert from "node:assert/strict";
import { eventually } from "./harness/eventually.ts";
import { SIGTERM } from "./harness/signals.ts";
import { onEachContainerd } from "./harness/suite.ts";

await onEachContainerd(({ test }) => {
  test("run detached, exec, kill and delete with ctr", async (scope) => {
    await scope.ctrOk(scope.runArgs(["-d"], "c", ["sleep", "1000"]));
    assert.match(await scope.ctrOk(["task", "ls"]), /^c\s+\d+\s+RUNNING/m);
    const exec = ["task", "exec", "--fifo-dir", scope.fifoDirectory, "--exec-id", "e1", "c"];
    const shown = await scope.ctr([...exec, "sh", "-c", "echo in; echo bad >&2; exit 42"]);
    assert.deepEqual([shown.status, shown.stdout, shown.stderr], [42, "in\n", "bad\n"]);
    await scope.ctrOk(["task", "kill", "--signal", "SIGKILL", "c"]);
    await eventually("the task has stopped", async () =>
      /STOPPED/.test(await scope.ctrOk(["task", "ls"])),
    );
    const deleted = await scope.ctr(["task", "delete", "c"]);
    assert.match(deleted.stderr, /exit code 137/);
    await scope.ctrOk(["containers", "rm", "c"]);
    assert.equal(await scope.ctrOk(["task", "ls", "-q"]), "");
  });

  test("an exec sees the container's processes, files and cgroup, and not the host's", async (scope) => {
    const container = await scope.container("c", [
      "sh",
      "-c",
      "echo mark >/tmp/mark; exec sleep 1000",
    ]);
    await container.run();
    const output = await scope.output("e1");
    const exec = await container.exec(
      "e1",
      ["sh", "-c", "until cat /tmp/mark; do sleep 0.05; done; ps -o pid,args"],
      output.streams,
    );
    assert.equal(await exec.run(), 0);
    const text = await output.stdout.done;
    assert.match(text, /mark/);
    assert.match(text, /^\s+1 sleep 1000$/m);
    assert.ok(text.split("\n").length < 8, text);
  });

  test("an exec that a signal ends has status 128 and the signal, and the container goes on", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    await container.run();
    const exec = await container.exec("e1", ["sleep", "1000"]);
    await exec.start();
    assert.equal((await exec.state()).status, 2);
    await exec.kill(SIGTERM);
    assert.equal((await exec.wait()).exitStatus, 143);
    assert.equal((await exec.delete()).exitStatus, 143);
    assert.equal((await container.state()).status, 2);
  });

  test("an exec id is free again after its deletion, and not before", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    await container.run();
    const first = await container.exec("e1", ["true"]);
    await assert.rejects(container.exec("e1", ["true"]), /already exists/);
    assert.equal(await first.run(), 0);
    const second = await container.exec("e1", ["sh", "-c", "exit 3"]);
    assert.equal(await second.run(), 3);
  });

  test("an exec of a missing program fails at its start, names it, and hurts nothing", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    await container.run();
    const exec = await container.exec("e1", ["/no/such"]);
    await assert.rejects(exec.start(), /exec: "\/no\/such": stat \/no\/such: no such file/);
    await exec.delete();
    const other = await container.exec("e2", ["true"]);
    assert.equal(await other.run(), 0);
  });

  test("ten execs at once each get their own output and status", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    await container.run();
    const one = async (index: number): Promise<void> => {
      const output = await scope.output(`e${index}`);
      const script = `echo this is ${index}; exit ${index}`;
      const exec = await container.exec(`e${index}`, ["sh", "-c", script], output.streams);
      assert.equal(await exec.run(), index);
      assert.equal(await output.stdout.done, `this is ${index}\n`);
    };
    await Promise.all(Array.from({ length: 10 }, (_, index) => one(index)));
  });
});
