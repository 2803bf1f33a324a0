// SPDX-License-Identifier: Apache-2.0
// What the tests of the launcher share: a copy of it beside a program that takes Node's place and writes down what it was
// given. For tests only.

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = join(import.meta.dirname, "../..");
const SHIM = "containerd-shim-tsrunc-v1";

/** The builds that are tested: what is installed, and the same with sanitizers. */
export const BUILDS = ["dist", "asan"] as const;
export type Build = (typeof BUILDS)[number];

/** Writes what it has to a file, whole, and stays. */
const FAKE_NODE = `#!/bin/sh
here=$(dirname "$0")
{
  printf 'pid\\t%s\\n' $$
  for argument in "$@"; do printf 'arg\\t%s\\n' "$argument"; done
  env | sed 's/^/env\\t/'
  for number in 0 1 2 3 4; do printf 'fd\\t%s\\n' "$(readlink /proc/$$/fd/$number)"; done
  printf 'open\\t%s\\n' "$(ls /proc/self/fd | tr '\\n' ' ')"
  printf 'cwd\\t%s\\n' "$(pwd -P)"
  printf 'oom\\t%s\\n' "$(cat /proc/$$/oom_score_adj)"
  printf 'pgrp\\t%s\\n' "$(cut -d' ' -f5 /proc/$$/stat)"
  printf 'umask\\t%s\\n' "$(umask)"
  printf 'ignored\\t%s\\n' "$(sed -n 's/^SigIgn:.//p' /proc/$$/status)"
  sed 's/^/cgroup\\t/' /proc/$$/cgroup
  [ -e /proc/$$/fd/4 ] && printf 'input\\t%s\\n' "$(od -An -v -tx1 <&4 | tr -d ' \\n')"
} > "$here/given.$$" 2>"$here/given.err"
mv "$here/given.$$" "$here/given"
exec sleep 1000
`;

/** What the program in Node's place was given. */
export interface Given {
  readonly pid: number;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where descriptors 0 to 4 lead. */
  readonly fds: readonly string[];
  readonly values: ReadonlyMap<string, readonly string[]>;
}

export interface Launched {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface Launch {
  readonly args: readonly string[];
  readonly stdin?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** argv[0]. */
  readonly name?: string;
}

export interface Sandbox {
  /** With the launcher under both names. */
  readonly dist: string;
  readonly bundle: string;
  readonly socketDir: string;
  run(launch: Launch): Launched;
  /** What Node's place was given by the last run; it is ended when the test ends. */
  given(): Promise<Given>;
}

/** A directory with the launcher, a bundle and a socket directory, removed with everything in it when the test ends. */
export function openSandbox(context: TestContext, build: Build): Sandbox {
  const binary = join(ROOT, "build", build, SHIM);
  if (!existsSync(binary)) throw new Error(`${binary} is missing: make build native-asan`);
  const root = mkdtempSync(join(tmpdir(), "launcher-"));
  const dist = join(root, "dist");
  const bundle = join(root, "bundle");
  const launcher = join(dist, SHIM);
  for (const directory of [dist, bundle]) mkdirSync(directory);
  copyFileSync(binary, launcher);
  linkSync(launcher, join(dist, "tsrunc"));
  writeFileSync(join(dist, "tsrunc.cjs"), "");
  writeFileSync(join(dist, "node"), FAKE_NODE);
  chmodSync(join(dist, "node"), 0o755);
  const pids = new Set<number>();
  context.after(() => {
    for (const pid of pids) kill(pid);
    rmSync(root, { recursive: true, force: true });
  });
  return {
    dist,
    bundle,
    socketDir: join(root, "s"),
    run: (launch) => run(launcher, bundle, launch),
    async given() {
      const given = parseGiven(await readWhenThere(join(dist, "given")));
      rmSync(join(dist, "given"));
      pids.add(given.pid);
      return given;
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function run(launcher: string, bundle: string, launch: Launch): Launched {
  const { status, stdout, stderr } = spawnSync(launcher, launch.args, {
    argv0: launch.name ?? SHIM,
    cwd: launch.cwd ?? bundle,
    env: { PATH: process.env["PATH"], ...launch.env },
    input: launch.stdin ?? new Uint8Array(),
  });
  return { status, stdout, stderr: stderr.toString() };
}

async function readWhenThere(path: string): Promise<string> {
  while (!existsSync(path)) await sleep(5);
  return readFileSync(path, "utf8");
}

function parseGiven(text: string): Given {
  const values = new Map<string, string[]>();
  for (const line of text.trimEnd().split("\n")) {
    const tab = line.indexOf("\t");
    const key = line.slice(0, tab);
    values.set(key, [...(values.get(key) ?? []), line.slice(tab + 1)]);
  }
  const entries = (values.get("env") ?? []).map((entry) => {
    const equals = entry.indexOf("=");
    return [entry.slice(0, equals), entry.slice(equals + 1)] as const;
  });
  return {
    pid: Number(values.get("pid")?.[0]),
    args: values.get("arg") ?? [],
    env: Object.fromEntries(entries),
    fds: values.get("fd") ?? [],
    values,
  };
}
