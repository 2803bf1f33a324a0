// SPDX-License-Identifier: Apache-2.0
// The promise: the kubelet can run pods with the handler "tsrunc" as it does with runc's.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { onEachCri } from "./harness/cri.ts";
import type { CriScope, PodContainer } from "./harness/cri-scope.ts";
import { DIRECT_HANDLER, HANDLER, KNOWN_HANDLER, OPTIONS_HANDLER } from "./harness/cri-settings.ts";
import { eventually } from "./harness/eventually.ts";
import { isAlive, namespaceOf, parentOf } from "./harness/processes.ts";

await onEachCri(({ edition, test }) => {
  const handlers = edition.major >= 2 ? [HANDLER, DIRECT_HANDLER] : [HANDLER];
  const documented = edition.major >= 2 ? [KNOWN_HANDLER] : [];
  for (const handler of [...handlers, ...documented]) {
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

      // Whether containerd called the shim again for the second container, or connected it by itself.
      const protocol = handler === DIRECT_HANDLER ? 3 : 2;
      if (edition.major >= 2) assert.equal(bootstrapOf(scope, shell).version, protocol);
      assert.equal(existsSync(join(bundleOf(scope, shell), "sandbox")), protocol === 3);

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

  test("the kubelet sees a runtime that is ready, and what it can do", async ({ api }) => {
    const { conditions, handlers } = await api.status();
    const ready = conditions.filter(({ type }) => /^(Runtime|Network)Ready$/.test(type));
    assert.deepEqual(
      ready.map(({ status }) => status),
      [true, true],
    );
    if (edition.major < 2) return;
    const features = new Map(handlers.map((handler) => [handler.name, handler.features]));
    assert.deepEqual(features.get(KNOWN_HANDLER), {
      recursiveReadOnlyMounts: true,
      userNamespaces: true,
    });
    // It asks nobody but runtimes of runc's type. When that changes, deploy/README.md can become shorter.
    assert.equal(features.get(HANDLER), null);
  });

  test("the containers of a pod share network, hostname and memory files, and nothing else", async (scope) => {
    const pod = await scope.pod();
    const first = await pod.run("first", [
      "sh",
      "-c",
      "echo hello > /dev/shm/x; nc -l -p 80 -e cat",
    ]);
    const second = await pod.run("second", ["sleep", "1000"]);
    const [pause, ...pids] = [await pod.pid(), await first.pid(), await second.pid()];
    for (const kind of ["net", "ipc", "uts", "pid", "mnt"]) {
      const namespaces = pids.map((pid) => namespaceOf(pid, kind));
      const isShared = ["net", "ipc", "uts"].includes(kind);
      assert.equal(namespaces[0] === namespaces[1], isShared, kind);
      assert.equal(namespaces[0] === namespaceOf(pause ?? 0, kind), isShared, kind);
    }
    assert.equal(await second.outputOf(["cat", "/dev/shm/x"]), "hello\n");
    await eventually("the first container answers the second", async () => {
      const answer = await second.exec(["sh", "-c", "echo ping | nc -w 1 127.0.0.1 80"]);
      return answer.stdout === "ping\n";
    });
    const address = (await scope.api.podStatus(pod.id)).network?.ip ?? "";
    assert.match(await second.outputOf(["ip", "-4", "address"]), new RegExp(` ${address}/`));
  });

  test("the containers of a pod can share their processes", async (scope) => {
    const pod = await scope.pod({ security: { namespaceOptions: { pid: "POD" } } });
    const first = await pod.run("first", ["sh", "-c", "(sleep 1001 &) ; sleep 1002"]);
    const second = await pod.run("second", ["sleep", "1003"]);
    // busybox is seen under the name that it was executed by until it has set its own; what was killed, until it is reaped.
    const seesOnly = async (...expected: string[]): Promise<true> =>
      await eventually(`ps shows ${expected.join(", ")}`, async () => {
        const lines = (await second.outputOf(["ps", "-o", "args"])).split("\n");
        const found = lines.filter((line) => /sleep|pause/.test(line)).sort();
        return found.join() === expected.join();
      });
    await seesOnly("/pause", "sleep 1001", "sleep 1002", "sleep 1003");
    // What the end of a pid namespace does elsewhere: nothing of a container outlives it.
    await first.stop(0);
    await seesOnly("/pause", "sleep 1003");
  });

  test("the end of a container is told with its reason", async (scope) => {
    const pod = await scope.pod();
    const good = await pod.run("good", ["true"]);
    const bad = await pod.run("bad", ["sh", "-c", "exit 7"]);
    const hungry = await pod.run("hungry", ["sh", "-c", "a=x; while :; do a=$a$a; done"], {
      resources: { memoryLimitInBytes: 16 << 20 },
    });
    const ends = [await good.ended(), await bad.ended(), await hungry.ended()];
    assert.deepEqual(
      ends.map(({ exitCode, reason }) => [exitCode, reason]),
      [
        [0, "Completed"],
        [7, "Error"],
        [137, "OOMKilled"],
      ],
    );
    const missing = await pod.create("missing", ["/no/such/program"]);
    await assert.rejects(missing.start(), /\/no\/such\/program.*no such file or directory/);
    const { state, reason } = await missing.status();
    assert.deepEqual([state, reason], ["CONTAINER_EXITED", "StartError"]);
    // And what is restarted is a new container in the same pod.
    const again = await pod.run("again", ["sh", "-c", "echo again"]);
    assert.equal((await again.ended()).exitCode, 0);
    assert.deepEqual(again.log(), [{ stream: "stdout", text: "again" }]);
  });

  test("an exec that takes too long is killed, and the container is not", async (scope) => {
    const pod = await scope.pod();
    const container = await pod.run("c", ["sleep", "1000"]);
    await assert.rejects(container.exec(["sleep", "1001"], 1), { code: 4 });
    const processes = await container.outputOf(["ps", "-o", "args"]);
    assert.doesNotMatch(processes, /sleep 1001/);
    assert.match(processes, /sleep 1000/);
  });

  test("a container with a terminal has one, and its log is what it shows", async (scope) => {
    const pod = await scope.pod();
    const container = await pod.run("c", ["sh", "-c", "tty; stty size; echo err >&2"], {
      tty: true,
    });
    assert.equal((await container.ended()).exitCode, 0);
    await eventually("three lines are in the log", () => container.log().length === 3);
    const lines = container.log().map(({ stream, text }) => [stream, text.trimEnd()]);
    assert.deepEqual(lines.at(0), ["stdout", "/dev/pts/0"]);
    assert.deepEqual(lines.at(2), ["stdout", "err"]);
  });

  for (const handler of handlers) {
    test(`containers outlive their pod's own container, and can be stopped then, with ${handler}`, async (scope) => {
      const pod = await scope.pod({}, handler);
      const container = await pod.run("c", ["sleep", "1000"]);
      process.kill(await pod.pid(), "SIGKILL");
      await eventually("the pod is not ready", async () => {
        return (await scope.api.podStatus(pod.id)).state === "SANDBOX_NOTREADY";
      });
      assert.equal(await container.outputOf(["echo", "alive"]), "alive\n");
      await container.stop(0);
      assert.equal((await container.status()).exitCode, 137);
    });
  }

  for (const handler of handlers) {
    test(`a pod whose shim was killed can be removed, and nothing of it stays, with ${handler}`, async (scope) => {
      const pod = await scope.pod({}, handler);
      const container = await pod.run("c", ["sleep", "1000"]);
      const shim = parentOf(await pod.pid());
      process.kill(shim, "SIGKILL");
      await eventually("the pod is not ready", async () => {
        return (await scope.api.podStatus(pod.id)).state === "SANDBOX_NOTREADY";
      });
      await pod.stop();
      // containerd tries again by itself when the first look at what is left of the container fails.
      await container.ended();
      await container.remove();
      await pod.remove();
    });

    test(`containers of a pod are made and end side by side, with ${handler}`, async (scope) => {
      const pod = await scope.pod({}, handler);
      const numbers = [1, 2, 3, 4, 5, 6];
      const ends = numbers.map(async (number) => {
        const container = await pod.run(`c${number}`, [
          "sh",
          "-c",
          `sleep 0.${number}; exit ${number}`,
        ]);
        return (await container.ended()).exitCode;
      });
      assert.deepEqual(await Promise.all(ends), numbers);
    });
  }

  test("pods outlive containerd", async (scope) => {
    const pod = await scope.pod();
    const container = await pod.run("c", ["sh", "-c", "while sleep 0.1; do echo tick; done"]);
    const pid = await container.pid();
    await eventually("it writes", () => container.log().length > 0);
    await scope.containerd.stop("SIGKILL");
    const written = container.log().length;
    await scope.containerd.start();
    await eventually("CRI is back", async () => await scope.api.status().catch(() => undefined));
    assert.equal(await container.pid(), pid);
    await eventually("it still writes", () => container.log().length > written + 2);
    assert.equal(await container.outputOf(["echo", "alive"]), "alive\n");
    await container.stop(0);
  });

  test("an options table of the handler reaches the runtime", async (scope) => {
    // It is not passed on before 1.7.
    if (edition.major === 1 && edition.minor < 7) return;
    const pod = await scope.pod({}, OPTIONS_HANDLER);
    const container = await pod.run("c", ["sleep", "1000"]);
    const root = join(scope.containerd.directory, "runtime-root", "k8s.io");
    assert.deepEqual(readdirSync(root).sort(), [pod.id, container.id].sort());
    await pod.stop();
    await pod.remove();
    assert.ok(!existsSync(root) || readdirSync(root).length === 0);
  });
});

/** Where containerd keeps what it knows of a container's task. */
function bundleOf(scope: CriScope, container: PodContainer): string {
  const tasks = join(scope.containerd.directory, "state", "io.containerd.runtime.v2.task");
  return join(tasks, "k8s.io", container.id);
}

/** How containerd 2.x talks to the shim of a container. */
function bootstrapOf(scope: CriScope, container: PodContainer): { readonly version: number } {
  return JSON.parse(readFileSync(join(bundleOf(scope, container), "bootstrap.json"), "utf8"));
}
