// SPDX-License-Identifier: Apache-2.0
// The promise: the clocks of a container with a time namespace are ahead by what its configuration says.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { OciSpec } from "./harness/container.ts";
import { namespaceOf } from "./harness/processes.ts";
import { onEachContainerd } from "./harness/suite.ts";

const DAY = 86_400;
/** More than any of these tests takes. */
const SLACK = 3600;

function ahead(days: number): (spec: OciSpec) => void {
  return (spec) => {
    spec.linux.namespaces.push({ type: "time" });
    const offset = { secs: days * DAY, nanosecs: 0 };
    spec.linux["timeOffsets"] = { boottime: offset, monotonic: offset };
  };
}

function uptime(text: string): number {
  return Number(text.split(" ")[0]);
}

function assertAhead(text: string, days: number): void {
  const seconds = uptime(text) - uptime(readFileSync("/proc/uptime", "utf8"));
  assert.ok(Math.abs(seconds - days * DAY) < SLACK, `${seconds} seconds ahead`);
}

await onEachContainerd(({ test }) => {
  test("offsets are seen by a container and its execs, and the wall clock has none", async (scope) => {
    const output = await scope.output("c");
    const script = "cat /proc/uptime; date +%s; sleep 1000";
    const container = await scope.container("c", ["sh", "-c", script], ahead(100));
    const pid = await container.run(output.streams);
    assert.notEqual(namespaceOf(pid, "time"), namespaceOf(process.pid, "time"));
    const exec = await scope.output("exec");
    assert.equal(await (await container.exec("e", ["cat", "/proc/uptime"], exec.streams)).run(), 0);
    assertAhead(await exec.stdout.done, 100);
    await container.kill();
    await container.wait();
    await container.delete();
    const [up = "", seconds = ""] = (await output.stdout.done).split("\n");
    assertAhead(up, 100);
    assert.ok(Math.abs(Number(seconds) - Date.now() / 1000) < SLACK);
  });

  test("a container joins the time namespace of another", async (scope) => {
    const first = await scope.container("first", ["sleep", "1000"], ahead(200));
    const pid = await first.run();
    const output = await scope.output("second");
    const second = await scope.container("second", ["cat", "/proc/uptime"], (spec) => {
      spec.linux.namespaces.push({ type: "time", path: `/proc/${pid}/ns/time` });
    });
    await second.run(output.streams);
    await second.wait();
    assertAhead(await output.stdout.done, 200);
  });

  test("offsets without a time namespace, or before the machine's start, fail the create by name", async (scope) => {
    const none = await scope.container("none", ["true"], (spec) => {
      ahead(1)(spec);
      spec.linux.namespaces.pop();
    });
    await assert.rejects(none.create(), /time namespace isn't enabled in the config/);
    const early = await scope.container("early", ["true"], ahead(-100_000));
    await assert.rejects(early.create(), /linux\.timeOffsets was refused by the kernel/);
  });
});
