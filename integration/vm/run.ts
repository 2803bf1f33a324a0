// SPDX-License-Identifier: Apache-2.0
// Runs tests on other kernels than this machine's, with what it lacks: all controllers on cgroup v2, systemd as process 1,
// AppArmor, every capability. Ends like scripts/run-tests.ts: "N passed, N failed, N skipped", over all kernels.
//
//   [VM_KERNEL=6.1,5.10] node integration/vm/run.ts [FILE...]

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readBack } from "./disk.ts";
import { DEFAULT_FILES } from "./files.ts";
import { CHOICES, type Choice, prepareKernel } from "./kernels.ts";
import { Machine } from "./machine.ts";
import { makeProjectDisk } from "./project.ts";
import { prepareRoot } from "./root.ts";

const CACHE = resolve(import.meta.dirname, "..", "..", ".cache", "vm");
const STAGES = ["--stage", "unit", "--stage", "integration"];

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

async function main(): Promise<number> {
  const files = process.argv.slice(2);
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, choice] of chosen()) {
    const counts = await runOn(name, choice, files.length === 0 ? DEFAULT_FILES : files);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

function chosen(): readonly (readonly [name: string, choice: Choice])[] {
  const asked = process.env["VM_KERNEL"] || "6.1";
  if (asked === "all") return Object.entries(CHOICES);
  return asked.split(",").map((name) => {
    const choice = CHOICES[name];
    if (choice !== undefined) return [name, choice];
    throw new Error(`no kernel "${name}": VM_KERNEL takes all, ${Object.keys(CHOICES).join(", ")}`);
  });
}

/** One boot. A machine that does not get to the end of its tests is one failure more. */
async function runOn(name: string, choice: Choice, files: readonly string[]): Promise<Counts> {
  console.log(`\n==> kernel ${name}: ${files.length} files`);
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-vm-"));
  let machine: Machine | undefined;
  const cleanUp = (): void => {
    machine?.kill();
    rmSync(directory, { recursive: true, force: true });
  };
  const abort = (): void => {
    machine?.kill();
    const ended = machine?.off().catch(() => undefined);
    void Promise.resolve(ended).then(() => {
      cleanUp();
      process.exit(1);
    });
  };
  process.on("SIGINT", abort);
  process.on("SIGTERM", abort);
  try {
    const root = await prepareRoot(CACHE);
    const kernel = await prepareKernel(choice);
    const project = await makeProjectDisk(directory, kernel, [...STAGES, ...files]);
    const console = join(directory, "console");
    machine = new Machine({ kernel, disks: { root, project }, console });
    await machine.off();
    return await readCounts(project, join(directory, "results"), machine);
  } catch (error) {
    console.log(`FAIL kernel ${name}: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    cleanUp();
    process.off("SIGINT", abort);
    process.off("SIGTERM", abort);
  }
}

/** What the disk says, not what came over the line. */
async function readCounts(image: string, into: string, machine: Machine): Promise<Counts> {
  mkdirSync(into);
  await readBack(image, "/.vm/results", into);
  const read = (file: string): string => {
    try {
      return readFileSync(join(into, "results", file), "utf8");
    } catch {
      return "";
    }
  };
  const last = /(\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(read("output"));
  const status = read("status").trim();
  if (last === null || status === "")
    throw new Error(`the tests did not end\n${machine.consoleTail()}`);
  const [, passed = 0, failed = 0, skipped = 0] = last.map(Number);
  if ((status === "0") !== (failed === 0)) throw new Error(`the tests ended with ${status}`);
  return { passed, failed, skipped };
}

process.exitCode = await main();
