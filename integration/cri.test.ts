// SPDX-License-Identifier: Apache-2.0
// The promise: the kubelet can run pods with the handler "tsrunc" as it does with runc's.

import assert from "node:assert/strict";
import { DIRECT_HANDLER, HANDLER, onEachCri } from "./harness/cri.ts";
import { eventually } from "./harness/eventually.ts";
import { isAlive, parentOf } from "./harness/processes.ts";

await onEachCri(({ edition, test }) => {
  for (const handler of edition.major >= 2 ? [HANDLER, DIRECT_HANDLER] : [HANDLER]) {
    test(`a pod with two containers, from its start to its removal, with ${handler}`, async (scope) => {
      const { api } = scope;
      const pod = await scope.pod({}, handler);
      assert.equal((await api.podStatus(pod.id)).state, "SANDBOX_READY");
      const shell = await pod.create("shell", ["sh", "-c", "echo out; echo err >&2; sleep 1000"]);
      assert.equal((await shell.status()).state, "CONTAINER_CREATED");
      await shell.start();
      const deaf = await pod.run("deaf", ["sh", "-c", "trap '' TERM; sleep 1000 & wait; wait"]);
      const listed = await api.containers(pod.id);
      assert.deepEqual(listed.map(({ id }) => id).sort(), [shell.id, deaf.id].sort());
      assert.ok(listed.every(({ state }) => state === "CONTAINER_RUNNING"));

      // One shim for the whole pod, and it is the parent of them all.
      const pids = [await pod.pid(), await shell.pid(), await deaf.pid()];
      const [shim, ...same] = pids.map(parentOf);
      assert.deepEqual(same, [shim, shim]);

      assert.deepEqual(await shell.exec(["sh", "-c", "hostname; echo no >&2; exit 3"]), {
        stdout: `${pod.config.hostname}\n`,
        stderr: "no\n",
        exitCode: 3,
      });
      await eventually("both lines are in the log", () => shell.log().length === 2);
      const lines = shell.log().toSorted((a, b) => a.stream.localeCompare(b.stream));
      assert.deepEqual(lines, [
        { stream: "stderr", text: "err" },
        { stream: "stdout", text: "out" },
      ]);
      const stats = await api.containerStats(shell.id);
      assert.equal(stats.attributes.id, shell.id);
      assert.ok(stats.cpu.usageCoreNanoSeconds.value > 0);
      assert.ok(stats.memory.workingSetBytes.value > 0);

      // sh as process 1 ignores SIGTERM as well: both end by SIGKILL when their time is over.
      await shell.stop(1);
      const status = await shell.status();
      assert.deepEqual([status.state, status.exitCode], ["CONTAINER_EXITED", 137]);
      assert.ok(status.startedAt >= status.createdAt && status.finishedAt > status.startedAt);
      await shell.remove();
      assert.equal((await api.containers(pod.id)).length, 1);
      // What still runs is stopped with the pod.
      await pod.stop();
      assert.equal((await api.podStatus(pod.id)).state, "SANDBOX_NOTREADY");
      assert.equal((await deaf.status()).state, "CONTAINER_EXITED");
      await pod.remove();
      assert.deepEqual(await api.pods(), []);
      await eventually("the shim ends", () => !isAlive(shim ?? 0));
    });
  }
});
