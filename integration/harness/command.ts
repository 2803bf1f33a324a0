// SPDX-License-Identifier: Apache-2.0
// Runs programs for tests: whole output, exit status, and a limit in time, so that a hang is a failure with a name.

import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { PATIENCE } from "./eventually.ts";

export interface CommandOptions {
  readonly input?: Uint8Array | string | Readable | undefined;
  /** The longest that it may run, in milliseconds. */
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Called with each piece of stdout instead of keeping it. */
  readonly onStdout?: (chunk: Buffer) => void;
}

export interface CommandResult {
  readonly command: string;
  /** undefined when a signal ended it. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const TIMEOUT_MS = 60_000;

/** Runs a program to its end. Throws when it can't be started or takes too long, not for a bad exit status. */
export async function run(
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const [program = "", ...args] = argv;
  const timeoutMs = (options.timeoutMs ?? TIMEOUT_MS) * PATIENCE;
  const child = spawn(program, args, {
    env: { ...process.env, ...options.env },
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on("data", options.onStdout ?? ((chunk: Buffer) => out.push(chunk)));
  child.stderr?.on("data", (chunk: Buffer) => err.push(chunk));
  const fed = feed(child, options.input);
  const status = await ended(child, argv.join(" "), timeoutMs);
  await fed;
  return {
    command: argv.join(" "),
    status,
    stdout: Buffer.concat(out).toString(),
    stderr: Buffer.concat(err).toString(),
  };
}

/** Runs a program that must succeed, and returns its stdout. */
export async function check(
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await run(argv, options);
  if (result.status !== 0) {
    throw new Error(
      `${result.command}: exit status ${result.status}\n${result.stdout}${result.stderr}`,
    );
  }
  return result.stdout;
}

async function feed(child: ChildProcess, input: CommandOptions["input"]): Promise<void> {
  if (child.stdin === null || input === undefined) return;
  // A program may end without reading all of its input: the broken pipe is its business.
  child.stdin.on("error", () => undefined);
  if (typeof input === "string" || input instanceof Uint8Array) child.stdin.end(input);
  else await pipeline(input, child.stdin).catch(() => undefined);
}

async function ended(
  child: ChildProcess,
  what: string,
  timeoutMs: number,
): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const timer = setTimeout(() => {
    child.kill("SIGKILL");
    child.stdout?.destroy();
    child.stderr?.destroy();
    reject(new Error(`${what}: still running after ${timeoutMs} ms`));
  }, timeoutMs);
  child.on("error", reject);
  child.on("close", (code) => resolve(code ?? undefined));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
