// SPDX-License-Identifier: Apache-2.0
// The promise: what containerd's clients ask about a running container is answered: metrics and processes.

import assert from "node:assert/strict";
import { onEachContainerd } from "./harness/suite.ts";

await onEachContainerd(({ test }) => {
  test("ctr task metrics shows the memory and processor time that were used", async (scope) => {
    const container = await scope.container("c", [
      "sh",
      "-c",
      "head -c 50000000 /dev/zero >/dev/null; sleep 1000",
    ]);
    await container.run();
    const text = await scope.ctrOk(["task", "metrics", "c"]);
    const value = (name: RegExp): number => Number(name.exec(text)?.[1] ?? Number.NaN);
    assert.ok(value(/^memory\.usage(?:_in_bytes)?\s+(\d+)/m) > 4096, text);
    assert.ok(value(/^cpu(?:acct)?\.usage(?:_usec)?\s+(\d+)/m) > 0, text);
    assert.ok(value(/^pids\.current\s+(\d+)/m) >= 1, text);
  });

  test("ctr task ps and the API name each process of the container", async (scope) => {
    const container = await scope.container("c", ["sh", "-c", "sleep 1000 & sleep 1000"]);
    const pid = await container.run();
    const exec = await container.exec("e1", ["sleep", "1000"]);
    const execPid = await exec.start();
    const pids = await container.pids();
    assert.ok(pids.includes(pid) && pids.includes(execPid), `${pids}`);
    const text = await scope.ctrOk(["task", "ps", "c"]);
    assert.match(text, new RegExp(`^${pid}\\s`, "m"));
    assert.match(text, new RegExp(`^${execPid}\\s.*e1`, "m"));
  });

  test("metrics are there before the start and after the end, until the deletion", async (scope) => {
    const container = await scope.container("c", ["true"]);
    await container.create();
    const before = await scope.api.metrics("c");
    assert.match(before.type_url, /^io\.containerd\.cgroups\.v[12]\.Metrics$/);
    await container.start();
    await container.wait();
    assert.ok((await scope.api.metrics("c")).value.length > 0);
    assert.deepEqual(await container.pids(), []);
  });
});
