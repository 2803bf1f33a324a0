// SPDX-License-Identifier: Apache-2.0
// Runs programs in a real tsrunc-init through driver.c, in a mount namespace of its own, and gives back what it reported.
// Tests run against every build that is there: the release and the one with sanitizers.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Encoder } from "../../../src/plan/encode.ts";
import { errnoNumberOf } from "../../../src/plan/errnos.ts";
import type { Op, Program } from "../../../src/plan/ops.ts";
import { REPORT_KINDS, type ReportKind } from "../../../src/plan/report.ts";

const REPO = join(import.meta.dirname, "../../..");
const O_PATH = 0x200000;

/** An op without its notes, as tests write them. */
export type BareOp = Op extends infer O
  ? O extends Op
    ? Omit<O, "why"> & { why?: string }
    : never
  : never;

export interface Input {
  readonly slot: string;
  readonly path: string;
  /** open(2) flags; O_PATH by default. */
  readonly flags?: number;
}

export interface Step {
  readonly inputs?: readonly Input[];
  readonly ops: readonly BareOp[];
}

export interface RunOptions {
  /** System calls that fail with ENOSYS in init; driver.c knows their numbers. */
  readonly deny?: readonly string[];
  /** System calls that kill the process which makes them; likewise. */
  readonly kill?: readonly string[];
  /** Descriptors that init is started without. */
  readonly close?: readonly number[];
  /** Bytes of the packet that carries a program. */
  readonly packet?: number;
  /** Descriptors that come with each program besides its inputs. */
  readonly extra?: number;
  /** What unshare(1) gets besides its mount namespace. */
  readonly unshare?: readonly string[];
  readonly stdin?: string;
}

export interface RunReport {
  readonly kind: ReportKind;
  readonly op: number;
  readonly errno: number;
  readonly value: number;
  /** What a sent descriptor refers to, as /proc/self/fd shows it. */
  readonly link: string | undefined;
}

export interface Result {
  readonly reports: readonly RunReport[];
  /** The socket was closed: the program was replaced, or init died. */
  readonly ended: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** What came out of the pty. */
  readonly console: string | undefined;
  /** Wait statuses of all processes, in the order of their end. */
  readonly statuses: readonly number[];
}

/** One build of tsrunc-init, to run programs in. */
export interface Build {
  readonly path: string;
  readonly sanitized: boolean;
  run(steps: readonly Step[], options?: RunOptions): Result;
  /** Like `run`, with bytes instead of programs. */
  runBytes(plans: readonly Uint8Array[], options?: RunOptions): Result;
}

/** Defines a test for each build; a build that is missing fails, for silence is no success. */
export function testInit(name: string, body: (init: Build, t: TestContext) => void): void {
  for (const kind of ["dist", "asan"]) {
    test(`${name} (${kind})`, (t) => {
      const path = join(REPO, "build", kind, "tsrunc-init");
      assert.ok(existsSync(path), `${path} is missing: make build native-asan`);
      body(buildAt(path), t);
    });
  }
}

/** A directory that is removed after the test. */
export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-init-"));
  t.after(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  return directory;
}

/** Ops that execute a shell command of the host; its output is the result's stdout. */
export function shell(command: string): readonly BareOp[] {
  return [
    { op: "find_exec", candidates: ["/bin/sh"] },
    { op: "exec", argv: ["sh", "-c", command], env: ["PATH=/usr/bin:/bin:/usr/sbin:/sbin"] },
  ];
}

/** Fails unless all programs went through, and gives back what the last one printed. */
export function output(result: Result): string {
  const failed = result.reports.find((report) => report.kind === "failed");
  assert.equal(
    failed,
    undefined,
    `op ${failed?.op} failed with errno ${failed?.errno}\n${result.stderr}`,
  );
  assert.deepEqual(
    result.statuses.filter((status) => status !== 0),
    [],
    result.stderr,
  );
  return result.stdout;
}

/** Fails unless this op failed with this errno, and nothing crashed on the way. */
export function assertFailure(result: Result, op: number, errno: string): void {
  const failed = result.reports.at(-1);
  assert.deepEqual(
    { kind: failed?.kind, op: failed?.op, errno: failed?.errno },
    { kind: "failed", op, errno: errnoNumberOf(errno) },
    result.stderr,
  );
  assert.ok(result.ended);
  // A stage 1 that has handed over ends well, before or after the process that it made.
  const bad = result.statuses.filter((status) => status !== 0);
  assert.deepEqual(bad, [1 << 8], result.stderr);
}

function buildAt(path: string): Build {
  return {
    path,
    sanitized: path.includes("/asan/"),
    run: (steps, options = {}) => drive(path, encodeSteps(steps), options),
    runBytes: (plans, options = {}) =>
      drive(
        path,
        plans.map((bytes) => ({ inputs: [], bytes })),
        options,
      ),
  };
}

interface EncodedStep {
  readonly inputs: readonly Input[];
  readonly bytes: Uint8Array;
}

function encodeSteps(steps: readonly Step[]): readonly EncodedStep[] {
  const encoder = new Encoder();
  return steps.map(({ inputs = [], ops }) => ({
    inputs,
    bytes: encoder.encode(toProgram({ inputs, ops })),
  }));
}

/** A program from ops without notes. */
export function toProgram({ inputs = [], ops }: Step): Program {
  return {
    inputs: inputs.map((input) => input.slot),
    ops: ops.map((op) => ({ why: "", ...op }) as Op),
  };
}

function drive(init: string, steps: readonly EncodedStep[], options: RunOptions): Result {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-driver-"));
  try {
    const args = (options.deny ?? []).map((name) => `deny=${name}`);
    args.push(...(options.kill ?? []).map((name) => `kill=${name}`));
    args.push(...(options.close ?? []).map((number) => `close=${number}`));
    if (options.packet !== undefined) args.push(`packet=${options.packet}`);
    for (const [index, step] of steps.entries()) {
      const file = join(directory, `${index}.plan`);
      writeFileSync(file, step.bytes);
      args.push(...Array<string>(options.extra ?? 0).fill(`in=${O_PATH}:/`));
      args.push(
        ...step.inputs.map((input) => `in=${input.flags ?? O_PATH}:${input.path}`),
        `run=${file}`,
      );
    }
    const unshare = ["-m", "--propagation", "private", ...(options.unshare ?? []), "--"];
    const child = spawnSync("unshare", [...unshare, driverPath(), init, ...args], {
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      input: options.stdin ?? "",
      env: {
        PATH: process.env["PATH"],
        ASAN_OPTIONS: "abort_on_error=1",
        UBSAN_OPTIONS: "print_stacktrace=1",
      },
      cwd: "/",
    });
    const [, stdout = "", stderr = "", lines = ""] = child.output.map(
      (bytes) => bytes?.toString() ?? "",
    );
    assert.equal(child.status, 0, `driver: ${stderr}${lines}`);
    return { ...parseLines(lines), stdout, stderr };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function parseLines(text: string): Omit<Result, "stdout" | "stderr"> {
  const reports: RunReport[] = [];
  const statuses: number[] = [];
  let ended = false;
  let console: string | undefined;
  for (const line of text.split("\n")) {
    const [word, ...fields] = line.split(" ");
    const numbers = fields.map(Number);
    if (word === "end") ended = true;
    if (word === "exit") statuses.push(numbers[1] ?? -1);
    if (word === "console") console = Buffer.from(fields[0] ?? "", "hex").toString();
    if (word === "report") reports.push(toReport(numbers, fields.slice(4).join(" ")));
  }
  return { reports, statuses, ended, console };
}

function toReport(numbers: readonly number[], link: string): RunReport {
  const [number = 0, op = 0, errno = 0, value = 0] = numbers;
  const kind = REPORT_KINDS[number - 1];
  assert.ok(kind, `report kind ${number}`);
  return { kind, op, errno, value, link: link === "-" ? undefined : link };
}

/** Compiles the driver once per process. */
export function driverPath(): string {
  const directory = join(REPO, "build/test");
  const path = join(directory, `plan-driver-${process.pid}`);
  if (existsSync(path)) return path;
  mkdirSync(directory, { recursive: true });
  const source = join(import.meta.dirname, "driver.c");
  execFileSync("gcc", [
    "-std=c17",
    "-D_GNU_SOURCE",
    "-Wall",
    "-Wextra",
    "-O1",
    "-o",
    `${path}.new`,
    source,
  ]);
  renameSync(`${path}.new`, path);
  process.once("exit", () => rmSync(path, { force: true }));
  return path;
}
