// SPDX-License-Identifier: Apache-2.0
// The promise: between Create and Start everything is made but the program has not run. Each fact is read from /proc.
// Whoever is killed there, the container or its shim, is cleaned up.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { eventually } from "./harness/eventually.ts";
import { cgroupDirectory, isAlive, namespaceOf, parentOf } from "./harness/processes.ts";
import type { Scope } from "./harness/scope.ts";
import { SIGKILL } from "./harness/signals.ts";
import { onEachContainerd, RUNTIME } from "./harness/suite.ts";

const STATE_ROOT =
  RUNTIME === "io.containerd.runc.v2" ? "/run/containerd/runc" : "/run/containerd/tsrunc";

function execFifo(scope: Scope, id: string): string {
  return `${STATE_ROOT}/${scope.namespace}/${id}/exec.fifo`;
}

/** Where the kernel has put each thread of a process to sleep. */
function sleepsIn(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map((tid) =>
    readFileSync(`/proc/${pid}/task/${tid}/wchan`, "utf8"),
  );
}

await onEachContainerd(({ test }) => {
  test("between Create and Start init waits in the open of exec.fifo and the program has not run", async (scope) => {
    const container = await scope.container("c", ["sh", "-c", "touch /ran; exec sleep 1000"]);
    const pid = await container.create();
    assert.equal((await container.state()).status, 1);

    const fifo = execFifo(scope, "c");
    assert.ok(statSync(fifo).isFIFO(), fifo);
    // The kernel's function for an end of a FIFO that waits for the other one.
    await eventually("it sleeps in the open of a FIFO", () =>
      sleepsIn(pid).some((place) => /fifo_open|wait_for_partner/.test(place)),
    );
    assert.match(readFileSync(`/proc/${pid}/status`, "utf8"), /^State:\s+S /m);
    assert.doesNotMatch(readlinkSync(`/proc/${pid}/exe`), /busybox/);
    assert.equal(existsSync(`/proc/${pid}/root/ran`), false);
    assert.ok(existsSync(`/proc/${pid}/root/bin/busybox`), "it is in its root already");

    await container.start();
    await eventually("the program has run", () => existsSync(`/proc/${pid}/root/ran`));
    assert.equal((await container.state()).status, 2);
    assert.match(readlinkSync(`/proc/${pid}/exe`), /busybox/);
    assert.equal(existsSync(fifo), false);
  });

  test("between Create and Start its namespaces and cgroup exist and are its own", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    const pid = await container.create();
    const created = ["pid", "mnt", "ipc", "uts", "net"].map((kind) => {
      const namespace = namespaceOf(pid, kind);
      assert.notEqual(namespace, namespaceOf("self", kind), kind);
      return namespace;
    });
    assert.equal(namespaceOf(pid, "user"), namespaceOf("self", "user"), "nobody asked for one");
    assert.match(cgroupDirectory(pid, "memory"), new RegExp(`/${scope.namespace}/c$`));
    await container.start();
    const running = ["pid", "mnt", "ipc", "uts", "net"].map((kind) => namespaceOf(pid, kind));
    assert.deepEqual(running, created);
  });

  test("an exec works before the start, in the namespaces of the waiting container", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    const pid = await container.create();
    const output = await scope.output("e1");
    const exec = await container.exec("e1", ["readlink", "/proc/self/ns/pid"], output.streams);
    assert.equal(await exec.run(), 0, output.stderr.text);
    assert.equal(await output.stdout.done, `${namespaceOf(pid, "pid")}\n`);
    await container.start();
    assert.equal((await container.state()).status, 2);
  });

  test("a container that is killed between the phases is stopped and can be deleted", async (scope) => {
    const container = await scope.container("c", ["sh", "-c", "touch /ran"]);
    const pid = await container.create();
    await container.kill(SIGKILL);
    await eventually("init is gone", () => !isAlive(pid));
    assert.equal((await container.wait()).exitStatus, 137);
    await assert.rejects(container.start());
    await container.delete();
  });

  test("a container that was never started can be deleted", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    const pid = await container.create();
    await container.delete();
    assert.equal(isAlive(pid), false);
    assert.deepEqual(await scope.api.tasks(), []);
  });

  test("when the shim is killed between the phases, the container is cleaned up", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    const pid = await container.create();
    process.kill(parentOf(pid), "SIGKILL");
    await eventually("init is gone", () => !isAlive(pid));
    await eventually(
      "containerd has forgotten it",
      async () => (await scope.api.tasks()).length === 0,
    );
  });

  test("when the shim of a running container is killed, the container is cleaned up", async (scope) => {
    const subscription = await scope.api.subscribe();
    const container = await scope.container("c", ["sleep", "1000"]);
    const pid = await container.run();
    process.kill(parentOf(pid), "SIGKILL");
    await eventually("init is gone", () => !isAlive(pid));
    await eventually(
      "containerd has forgotten it",
      async () => (await scope.api.tasks()).length === 0,
    );
    await subscription.saw("c", "exit");
    subscription.close();
  });
});
