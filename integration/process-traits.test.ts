// SPDX-License-Identifier: Apache-2.0
// The promise: CPUs, scheduling, I/O priority, personality and memory policy of a container and its execs are what their
// configuration says, through containerd as well.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Container, OciSpec } from "./harness/container.ts";
import { onEachContainerd } from "./harness/suite.ts";

const TWO_CPUS = availableParallelism() >= 2;
const NUMA = existsSync("/proc/self/numa_maps");

/** Everything that every machine has. */
function traits(spec: OciSpec): void {
  spec.process["scheduler"] = { policy: "SCHED_BATCH", nice: 7 };
  spec.process["ioPriority"] = { class: "IOPRIO_CLASS_BE", priority: 3 };
  spec.process["execCPUAffinity"] = TWO_CPUS ? { initial: "0", final: "1" } : { final: "0" };
  if (process.arch === "x64") spec.linux["personality"] = { domain: "LINUX32" };
  if (NUMA) spec.linux["memoryPolicy"] = { mode: "MPOL_BIND", nodes: "0" };
}

function readProc(pid: number, name: string): string {
  return readFileSync(`/proc/${pid}/${name}`, "utf8");
}

/** Nice value and policy: proc_pid_stat(5). */
function schedulingOf(pid: number): readonly number[] {
  const stat = readProc(pid, "stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return [19, 41].map((number) => Number(fields[number - 3]));
}

function cpusOf(pid: number): string {
  return /^Cpus_allowed_list:\t(.*)$/m.exec(readProc(pid, "status"))?.[1] ?? "";
}

/** What the container's configuration says for every process of it. */
function assertTraits(pid: number): void {
  if (process.arch === "x64") assert.equal(readProc(pid, "personality"), "00000008\n");
  if (NUMA) assert.match(readProc(pid, "numa_maps"), /^[0-9a-f]+ bind:0 /);
}

/** A sleeping exec. @returns its pid */
async function sleeper(
  container: Container,
  id: string,
  changes: Readonly<Record<string, unknown>>,
): Promise<number> {
  return await (await container.exec(id, ["sleep", "1000"], {}, changes)).start();
}

await onEachContainerd(({ test }) => {
  test("a container and its execs are treated as their configuration says", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"], traits);
    const pid = await container.run();
    assertTraits(pid);
    assert.deepEqual(schedulingOf(pid), [7, 3]);
    const silent = { scheduler: undefined, ioPriority: undefined, execCPUAffinity: undefined };
    const inherits = await sleeper(container, "inherits", silent);
    assertTraits(inherits);
    assert.deepEqual(schedulingOf(inherits), [7, 3]);
    assert.equal(cpusOf(inherits), TWO_CPUS ? "1" : "0");
    const own = { scheduler: { policy: "SCHED_OTHER", nice: -3 }, execCPUAffinity: { final: "0" } };
    const differs = await sleeper(container, "differs", own);
    assertTraits(differs);
    assert.deepEqual(schedulingOf(differs), [-3, 0]);
    assert.equal(cpusOf(differs), "0");
    const output = await scope.output("ionice");
    const look = await container.exec("ionice", ["ionice"], output.streams, silent);
    assert.equal(await look.run(), 0);
    assert.equal(await output.stdout.done, "best-effort: prio 3\n");
    assert.deepEqual(
      new Set(await container.pids()),
      new Set([pid, inherits, differs]),
      "all are in the cgroup",
    );
  });

  test("what makes no sense fails the create, or the start of the exec, by name", async (scope) => {
    const wrong = await scope.container("wrong", ["true"], (spec) => {
      spec.process["scheduler"] = { policy: "SCHED_BATCH", nice: 20 };
    });
    await assert.rejects(
      wrong.create(),
      /invalid scheduler\.nice: 20 when scheduler\.policy is SCHED_BATCH/,
    );
    const container = await scope.container("c", ["sleep", "1000"]);
    await container.run();
    const affinity = { execCPUAffinity: { initial: "1-0" } };
    const exec = await container.exec("e", ["true"], {}, affinity);
    await assert.rejects(exec.start(), /bad CPUAffinity\.Initial: invalid range: 1-0/);
  });
});
