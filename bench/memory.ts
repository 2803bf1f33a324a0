// SPDX-License-Identifier: Apache-2.0
// What idle shims keep in memory: all processes of a runtime beside the containers' own.

import { readFileSync } from "node:fs";
import type { Container } from "../integration/harness/container.ts";
import type { Scope } from "../integration/harness/scope.ts";
import { add, type Samples } from "./samples.ts";

/** Runs `count` idle containers at once and adds the memory of their shims, per container, in MiB. */
export async function measureMemory(scope: Scope, count: number, samples: Samples): Promise<void> {
  const containers: Container[] = [];
  const shims = new Set<number>();
  for (let index = 0; index < count; index += 1) {
    const container = await scope.container(`idle-${index}`, ["sleep", "1000"]);
    containers.push(container);
    // The shim is the parent of each init, with runc's because it is their subreaper.
    shims.add(parentOf(await container.run()));
  }
  const per = `of a shim, per container, ${count} idle (MiB)`;
  const totals = [...shims].map(readMemory);
  for (const kind of ["Rss", "Pss", "Private"] as const) {
    const kib = totals.reduce((sum, memory) => sum + memory[kind], 0);
    add(samples, `${kind} ${per}`, kib / 1024 / count);
  }
  for (const container of containers) {
    await container.kill();
    await container.wait();
    await container.delete();
    await scope.api.deleteContainer(container.id);
    await scope.api.removeSnapshot(container.id);
  }
}

function parentOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1]);
}

/** KiB: resident, resident with shared pages divided by their users, and pages that nobody else has. */
function readMemory(pid: number): Record<"Rss" | "Pss" | "Private", number> {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(text)?.[1] ?? 0);
  return { Rss: kib("Rss"), Pss: kib("Pss"), Private: kib("Private_Clean") + kib("Private_Dirty") };
}
