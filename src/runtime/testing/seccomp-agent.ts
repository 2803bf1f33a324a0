// SPDX-License-Identifier: Apache-2.0
// For tests: a seccomp agent (native/testing/seccomp-agent.c) that is told how to answer, and writes down what it is asked.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const SOURCE = join(import.meta.dirname, "../../../native/testing/seccomp-agent.c");
const LONGEST_MS = 20_000;

/** Arguments for gcc to build the agent at `path`: for tests to run before there is a Reaper, which would take the compiler's end. */
export function agentBuild(path: string): readonly string[] {
  const flags = ["-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-static"];
  return [...flags, "-o", path, SOURCE];
}

/** What an agent has been sent together with one listener. */
export interface AgentMessage {
  readonly ociVersion: string;
  readonly fds: readonly string[];
  readonly pid: number;
  readonly metadata?: string;
  readonly state: {
    readonly ociVersion: string;
    readonly id: string;
    readonly status: string;
    readonly pid: number;
    readonly bundle: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** The log of an agent. */
export class AgentLog {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    rmSync(path, { force: true });
  }

  lines(): readonly string[] {
    return existsSync(this.path) ? readFileSync(this.path, "utf8").split("\n").slice(0, -1) : [];
  }

  /** Resolves when `count` lines begin with `start`; these. */
  async wait(start: string, count = 1): Promise<readonly string[]> {
    const deadline = performance.now() + LONGEST_MS;
    for (;;) {
      const lines = this.lines().filter((line) => line.startsWith(start));
      if (lines.length >= count) return lines;
      if (performance.now() > deadline) throw new Error(`no "${start}" in ${this.lines()}`);
      await sleep(5);
    }
  }

  /** The messages so far; fails for one that came with anything but one descriptor. */
  messages(): readonly AgentMessage[] {
    return this.lines()
      .filter((line) => line.startsWith("process "))
      .map((line) => {
        if (!line.startsWith("process 1 ")) throw new Error(line);
        return JSON.parse(line.slice("process 1 ".length)) as AgentMessage;
      });
  }

  /** The numbers of the system calls that it was asked about, in order. */
  calls(): readonly number[] {
    return this.lines()
      .filter((line) => line.startsWith("call "))
      .map((line) => Number(line.split(" ")[1]));
  }
}
