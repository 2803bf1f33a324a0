// SPDX-License-Identifier: Apache-2.0
// Runs one test file in a process of its own and says what came of it, whatever happens to that process.

import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestRecord } from "./test-reporter.ts";

const REPORTER = join(import.meta.dirname, "test-reporter.ts");

/**
 * Runs the rest of the arguments where nothing of the machine's own containerd can be seen or touched: /run/containerd, whose
 * place clients and shims take for granted, is an empty file system of this run's own.
 */
const APART = [
  ...["unshare", "--mount", "--propagation", "private", "sh", "-c"],
  'mkdir -p /run/containerd && mount -t tmpfs tmpfs /run/containerd && exec "$@"',
  "sh",
];

/** A file that is told to stop has this long to put away what it started. */
const GRACE_MS = 60_000;

/** The end of a file's own output, shown when it fails. */
const OUTPUT_CHARACTERS = 20_000;

export interface FileResult {
  readonly file: string;
  readonly records: readonly TestRecord[];
  /** What happened to the process itself, when that was not all right. */
  readonly problem: string | undefined;
  readonly output: string;
  readonly durationMs: number;
}

export interface RunOptions {
  readonly timeoutMs: number;
  /** In a mount namespace with a /run/containerd of its own. Needs root. */
  readonly apart: boolean;
}

/**
 * Runs `file` once, with a temporary directory of its own: whoever leaves anything in it has not cleaned up. Never throws for what
 * the file does.
 */
export async function runTestFile(file: string, options: RunOptions): Promise<FileResult> {
  // Short: sockets of containerd and Docker are in it, and the path of a socket has 107 bytes.
  const scratch = mkdtempSync(join(tmpdir(), "ts-"));
  // As /tmp is: a container's root that is another user on the host comes by.
  chmodSync(scratch, 0o711);
  const results = `${scratch}.jsonl`;
  const started = performance.now();
  try {
    const { apart, timeoutMs } = options;
    const reporter = [`--test-reporter=${REPORTER}`, `--test-reporter-destination=${results}`];
    const [program = "", ...args] = [...(apart ? APART : []), process.execPath, ...reporter, file];
    const child = spawn(
      program,
      args,
      // A group of its own: nothing of it outlives the file. It is not a child of a node:test run above us.
      {
        stdio: ["ignore", "pipe", "pipe"],
        detached: true,
        env: { ...process.env, NODE_TEST_CONTEXT: undefined, TMPDIR: scratch },
      },
    );
    const output = collectOutput(child);
    const problem = (await waitFor(child, timeoutMs)) ?? leftIn(scratch);
    const records = readRecords(results);
    return {
      file,
      records,
      problem: judge(records, problem),
      output: output(),
      durationMs: performance.now() - started,
    };
  } finally {
    rmSync(results, { force: true });
    rmSync(scratch, { recursive: true, force: true });
  }
}

function leftIn(directory: string): string | undefined {
  const names = readdirSync(directory);
  return names.length === 0 ? undefined : `left in its temporary directory: ${names.join(", ")}`;
}

function collectOutput(child: ChildProcess): () => string {
  let text = "";
  const take = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-OUTPUT_CHARACTERS);
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  return () => text;
}

/** Why the process did not end well by itself, or undefined. */
async function waitFor(child: ChildProcess, timeoutMs: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  let timedOut = false;
  const kill = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-(child.pid ?? 0), signal);
    } catch {
      // It has just ended.
    }
  };
  const soft = setTimeout(() => {
    timedOut = true;
    child.kill("SIGTERM");
  }, timeoutMs);
  const hard = setTimeout(() => kill("SIGKILL"), timeoutMs + GRACE_MS);
  child.on("error", (error) => resolve(`could not be started: ${error.message}`));
  child.on("exit", (code, signal) => {
    clearTimeout(soft);
    clearTimeout(hard);
    if (timedOut) resolve(`still running after ${timeoutMs / 1000} s`);
    else if (signal !== null) resolve(`ended by ${signal}`);
    else resolve(code === 0 ? undefined : `exit status ${code}`);
  });
  const problem = await promise;
  child.stdout?.destroy();
  child.stderr?.destroy();
  return problem;
}

function readRecords(path: string): TestRecord[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  const lines = text.split("\n");
  // The last piece is empty, or half a line of a process that was killed.
  lines.pop();
  return lines.map((line): TestRecord => JSON.parse(line));
}

/** An exit status of 1 is explained when a test failed; a file without any test is a problem of its own. */
function judge(records: readonly TestRecord[], problem: string | undefined): string | undefined {
  if (problem === "exit status 1" && records.some((record) => record.outcome === "failed")) {
    return undefined;
  }
  if (problem === undefined && records.length === 0) return "ran no test";
  return problem;
}
