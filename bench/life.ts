// SPDX-License-Identifier: Apache-2.0
// One life of a container, each step timed as a client of containerd sees it: from sending the call to its answer.

import type { Scope } from "../integration/harness/scope.ts";
import { SIGKILL } from "../integration/harness/signals.ts";
import { add, type Samples } from "./samples.ts";

/** Execs per life: they are cheap beside the rest, and their times vary more. */
const EXECS = 3;

/** Runs one container through create, start, exec, kill and delete, and adds the times to `samples`. */
export async function liveOnce(scope: Scope, id: string, samples: Samples): Promise<void> {
  // Containers, snapshots and FIFOs are the client's and containerd's work, the same for every runtime: not timed.
  const output = await scope.output(id);
  const container = await scope.container(id, ["sh", "-c", "echo ready; exec sleep 1000"]);
  const time = timer(samples);

  const beginMs = performance.now();
  await time("create", () => container.create(output.streams));
  const exited = container.wait();
  await time("start", () => container.start());
  const aliveMs = performance.now() - beginMs;
  await output.stdout.saw("ready");

  for (let count = 0; count < EXECS; count += 1) await execOnce(scope, id, count, samples);
  await time("state", () => container.state());

  const endMs = performance.now();
  await time("kill to exit", async () => {
    await container.kill(SIGKILL);
    await exited;
  });
  await time("delete", () => container.delete());
  add(samples, "life (without execs)", aliveMs + performance.now() - endMs);

  await Promise.all([output.stdout.done, output.stderr.done]);
  await scope.api.deleteContainer(id);
  await scope.api.removeSnapshot(id);
}

/** `true` in the container. */
async function execOnce(scope: Scope, id: string, count: number, samples: Samples): Promise<void> {
  const execId = `exec-${count}`;
  const key = { containerId: id, execId };
  const output = await scope.output(`${id}-${execId}`);
  const time = timer(samples);
  const process = { args: ["true"], env: ["PATH=/bin"], cwd: "/", user: { uid: 0, gid: 0 } };
  const beginMs = performance.now();
  await scope.api.exec(key, process, output.streams);
  const exited = scope.api.wait(key);
  await time("exec: start", () => scope.api.start(key));
  await exited;
  await scope.api.delete(key);
  add(samples, "exec: whole", performance.now() - beginMs);
  await Promise.all([output.stdout.done, output.stderr.done]);
}

function timer(samples: Samples): (name: string, action: () => Promise<unknown>) => Promise<void> {
  return async (name, action) => {
    const beginMs = performance.now();
    await action();
    add(samples, name, performance.now() - beginMs);
  };
}
