// SPDX-License-Identifier: Apache-2.0
// The promise: no byte of output is lost, whenever its reader comes, and a reader that never comes hangs nobody.

import assert from "node:assert/strict";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, within } from "./harness/eventually.ts";
import { onEachContainerd } from "./harness/suite.ts";

const MIB = 1024 * 1024;

/** As long as a reader may take to come, and then some. */
const RENDEZVOUS_MS = 60_000;

/** Reads `count` bytes from a descriptor that does not block. */
async function readExactly(fd: number, count: number): Promise<number> {
  const buffer = Buffer.alloc(65_536);
  let total = 0;
  await eventually(`${count} bytes of output`, () => {
    try {
      for (let got = 1; got > 0 && total < count; total += got) {
        got = readSync(fd, buffer, 0, Math.min(buffer.length, count - total), null);
      }
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
    return total === count;
  });
  return total;
}

await onEachContainerd(({ test, runtimeTest }) => {
  test("a reader that opens the FIFO two seconds later gets everything", async (scope) => {
    const [stdout, stderr] = [await scope.fifo("stdout"), await scope.fifo("stderr")];
    const script = "head -c 1048576 /dev/zero; echo err >&2";
    const container = await scope.container("c", ["sh", "-c", script]);
    const created = container.run({ stdout, stderr });
    created.catch(() => undefined);
    await sleep(2000);
    const [out, err] = [scope.reader(stdout), scope.reader(stderr)];
    await created;
    assert.equal((await container.wait()).exitStatus, 0);
    assert.equal(await err.done, "err\n");
    await out.done;
    assert.equal(out.bytes, MIB);
  });

  test("output that nobody has read yet is still there after the end", async (scope) => {
    const [stdout, stderr] = [await scope.fifo("stdout"), await scope.fifo("stderr")];
    const fd = openSync(stdout, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      scope.reader(stderr);
      const container = await scope.container("c", ["head", "-c", "40960", "/dev/zero"]);
      await container.run({ stdout, stderr });
      assert.equal((await container.wait()).exitStatus, 0);
      assert.equal(await readExactly(fd, 40_960), 40_960);
      await container.delete();
    } finally {
      closeSync(fd);
    }
  });

  test("a slow reader slows the program down and loses nothing", async (scope) => {
    const [stdout, stderr] = [await scope.fifo("stdout"), await scope.fifo("stderr")];
    const fd = openSync(stdout, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      scope.reader(stderr);
      const container = await scope.container("c", ["head", "-c", String(MIB), "/dev/zero"]);
      await container.run({ stdout, stderr });
      await sleep(500);
      assert.equal((await container.state()).status, 2, "it waits for its reader");
      assert.equal(await readExactly(fd, MIB), MIB);
      assert.equal((await container.wait()).exitStatus, 0);
    } finally {
      closeSync(fd);
    }
  });

  test("a reader that goes away kills nothing, and the next one goes on reading", async (scope) => {
    const [stdout, stderr] = [await scope.fifo("stdout"), await scope.fifo("stderr")];
    scope.reader(stderr);
    const first = scope.reader(stdout);
    const script = 'i=0; while :; do i=$((i+1)); echo "line $i"; sleep 0.02; done';
    const container = await scope.container("c", ["sh", "-c", script]);
    await container.run({ stdout, stderr });
    await first.saw("line 3");
    first.close();
    await sleep(500);
    assert.equal((await container.state()).status, 2);
    const second = scope.reader(stdout);
    await second.saw("line ");
    const number = Number(/line (\d+)/.exec(second.text)?.[1]);
    assert.ok(number > 3, second.text.slice(0, 50));
    await container.kill();
    assert.equal((await container.wait()).exitStatus, 137);
  });

  runtimeTest(
    "a reader that never comes costs a bounded time, and the container can be removed",
    async (scope) => {
      const [stdout, stderr] = [await scope.fifo("stdout"), await scope.fifo("stderr")];
      const container = await scope.container("c", ["sh", "-c", "echo lost; sleep 1000"]);
      const created = await within(
        "create without a reader",
        RENDEZVOUS_MS,
        container.create({ stdout, stderr }),
      ).then(
        () => true,
        (error: unknown) => {
          assert.doesNotMatch(String(error), /not within/);
          return false;
        },
      );
      const tasks = await scope.api.tasks();
      assert.equal(
        tasks.length,
        created ? 1 : 0,
        "a task exists exactly when its creation succeeded",
      );
      if (created) {
        await container.kill();
        await container.wait();
        await container.delete();
      }
    },
  );

  test("output that is never read does not stop the removal", async (scope) => {
    const [stdout, stderr] = [await scope.fifo("stdout"), await scope.fifo("stderr")];
    const fds = [stdout, stderr].map((path) =>
      openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
    );
    try {
      const container = await scope.container("c", ["yes"]);
      await container.run({ stdout, stderr });
      await container.kill();
      assert.equal((await container.wait()).exitStatus, 137);
      await container.delete();
    } finally {
      for (const fd of fds) closeSync(fd);
    }
  });

  test("10 MiB written at the last moment arrive", async (scope) => {
    const output = await scope.output("c");
    const container = await scope.container("c", ["head", "-c", String(10 * MIB), "/dev/zero"]);
    await container.run(output.streams);
    assert.equal((await container.wait()).exitStatus, 0);
    await output.stdout.done;
    assert.equal(output.stdout.bytes, 10 * MIB);
  });
});
