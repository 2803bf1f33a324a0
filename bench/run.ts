// SPDX-License-Identifier: Apache-2.0
// Compares two runtimes under one private containerd in one run; see docs/benchmarks.md for what the numbers mean.
//   node bench/run.ts [--rounds 20] [--containers 10] [--base RUNTIME] [--subject RUNTIME] [--containerd system|sid|trixie]

import { statSync } from "node:fs";
import os from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Edition } from "../integration/harness/debian.ts";
import { debianEdition, systemEdition } from "../integration/harness/debian.ts";
import type { Scope } from "../integration/harness/scope.ts";
import { Arena } from "./arena.ts";
import { liveOnce } from "./life.ts";
import { measureMemory } from "./memory.ts";
import { compare, type Samples, toTable } from "./samples.ts";

const DIST = resolve(import.meta.dirname, "../build/dist");
const PRODUCTS = ["tsrunc.cjs", "tsrunc-init", "containerd-shim-tsrunc-v1", "libtsrunc.so"];

/** Rounds that warm the page cache, containerd and the kernel, and are not counted. */
const WARM_UP = 2;

interface Contestant {
  readonly scope: Scope;
  readonly samples: Samples;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "20" },
      containers: { type: "string", default: "10" },
      base: { type: "string", default: "io.containerd.runc.v2" },
      subject: { type: "string", default: "io.containerd.tsrunc.v1" },
      containerd: { type: "string", default: "system" },
    },
  });
  const edition = await findEdition(values.containerd);
  await using arena = await Arena.open(edition);
  const base = { scope: await arena.enter(values.base), samples: new Map() };
  const subject = { scope: await arena.enter(values.subject), samples: new Map() };
  console.log(`${describeMachine()}\n${edition.name}, ${values.rounds} rounds; times in ms\n`);

  await runRounds(base, subject, Number(values.rounds));
  for (const count of [1, Number(values.containers)]) {
    for (const { scope, samples } of [base, subject]) await measureMemory(scope, count, samples);
  }
  const names = [shortName(values.base), shortName(values.subject)] as const;
  console.log(toTable(compare(base.samples, subject.samples), names));
  console.log(`\n${describeSizes()}`);
}

/** What the numbers depend on besides the code. A load above the number of processors spoils even the ratios. */
function describeMachine(): string {
  const load = os.loadavg()[0]?.toFixed(1) ?? "?";
  const processors = `${os.availableParallelism()} processors (${process.arch}), load ${load}`;
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, Linux ${os.release()}, ${processors}, Node ${process.versions.node}`;
}

function describeSizes(): string {
  const sizes = PRODUCTS.map((name) => {
    const bytes = statSync(join(DIST, name), { throwIfNoEntry: false })?.size;
    return `${name} ${bytes === undefined ? "not built" : `${Math.round(bytes / 1024)} KiB`}`;
  });
  return sizes.join(", ");
}

/** Turns are taken A B, B A, ...: what drifts on a shared machine meets both. */
async function runRounds(base: Contestant, subject: Contestant, rounds: number): Promise<void> {
  for (let round = -WARM_UP; round < rounds; round += 1) {
    const turns = round % 2 === 0 ? [base, subject] : [subject, base];
    for (const { scope, samples } of turns) {
      await liveOnce(scope, `c${round + WARM_UP}`, round < 0 ? new Map() : samples);
    }
  }
}

async function findEdition(name: string): Promise<Edition> {
  if (name !== "system" && name !== "sid" && name !== "trixie") {
    throw new Error(`--containerd "${name}" is none of system, sid, trixie`);
  }
  const edition = name === "system" ? await systemEdition() : await debianEdition(name);
  if ("reason" in edition) throw new Error(`${edition.name}: ${edition.reason}`);
  return edition;
}

/** "io.containerd.runc.v2" -> "runc". */
const shortName = (runtime: string): string => runtime.split(".").at(-2) ?? runtime;

await main();
