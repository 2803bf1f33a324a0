// SPDX-License-Identifier: Apache-2.0
// A seccomp agent that listens as a process of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentLog, agentBuild } from "../../src/runtime/testing/seccomp-agent.ts";
import { check } from "./command.ts";

/** Where the agent is built and keeps its sockets and logs. */
const directory = mkdtempSync(join(tmpdir(), "tsrunc-agent-"));
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
await check(["gcc", ...agentBuild(join(directory, "agent"))]);

/** A running agent. */
export class Agent implements AsyncDisposable {
  readonly socket: string;
  readonly log: AgentLog;
  readonly #process: ChildProcess;

  constructor(rules: readonly string[]) {
    const name = join(directory, Math.random().toString(36).slice(2, 8));
    this.socket = `${name}.sock`;
    this.log = new AgentLog(`${name}.log`);
    const args = [this.socket, this.log.path, ...rules];
    this.#process = spawn(join(directory, "agent"), args, { stdio: "ignore" });
  }

  /** An agent that lets everything go on but what `rules` name. */
  static async start(rules: readonly string[] = []): Promise<Agent> {
    const agent = new Agent(rules);
    await agent.log.wait("ready");
    return agent;
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
