// SPDX-License-Identifier: Apache-2.0
// The promise: a container that `ctr containers create` has made is started, looked into and ended by the commands of
// `ctr tasks`, with every flag that they have.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./harness/command.ts";
import { eventually } from "./harness/eventually.ts";
import type { Scope } from "./harness/scope.ts";
import { onEachContainerd } from "./harness/suite.ts";

/** The flags of each command that a test below has, and those that are about ctr alone. */
const COVERED: Readonly<Record<string, readonly string[]>> = {
  start: ["--null-io", "--log-uri", "--fifo-dir", "--pid-file", "--detach", "--no-pivot"],
  exec: ["--cwd", "--tty", "--detach", "--exec-id", "--fifo-dir", "--log-uri", "--user"],
  kill: ["--signal", "--exec-id", "--all"],
  delete: ["--force", "--exec-id"],
};

async function createContainer(scope: Scope, command: readonly string[]): Promise<void> {
  // Without "--" ctr 1.6 takes the command's flags for its own.
  const own = ["--runtime", scope.runtime, "--"];
  await scope.ctrOk(["containers", "create", ...own, scope.imageName, "c", ...command]);
}

/** A container in the background, whose output goes nowhere. */
async function startContainer(scope: Scope, command: readonly string[]): Promise<void> {
  await createContainer(scope, command);
  await scope.ctrOk(["tasks", "start", "--detach", "--null-io", "c"]);
}

function execCommand(scope: Scope, flags: readonly string[], command: readonly string[]): string[] {
  const own = ["--fifo-dir", scope.fifoDirectory];
  return ["tasks", "exec", ...own, ...flags, "c", ...command];
}

async function hasStopped(scope: Scope): Promise<void> {
  await eventually("the task has stopped", async () =>
    /^c\s+\d+\s+STOPPED/m.test(await scope.ctrOk(["tasks", "ls"])),
  );
}

await onEachContainerd(({ edition, test }) => {
  for (const [command, covered] of Object.entries(COVERED)) {
    test(`ctr tasks ${command}: every flag has a test`, async () => {
      const help = [join(edition.bin, "ctr"), "tasks", command, "--help"] as const;
      const { stdout } = spawnSync(help[0], help.slice(1), { encoding: "utf8" });
      const flags = [...stdout.matchAll(/^ +(--[a-z-]+)/gm)].map(([, flag = ""]) => flag);
      assert.ok(flags.length > 1, stdout);
      assert.deepEqual(
        flags.filter((flag) => flag !== "--help" && !covered.includes(flag)),
        [],
      );
    });
  }

  test("ctr tasks start: in the foreground, with its output and status", async (scope) => {
    await createContainer(scope, ["sh", "-c", "echo out; echo err >&2; exit 3"]);
    const result = await scope.ctr(["tasks", "start", "--fifo-dir", scope.fifoDirectory, "c"]);
    assert.deepEqual([result.stdout, result.stderr, result.status], ["out\n", "err\n", 3]);
  });

  test("ctr tasks start: in the background, with a log and a file for its pid", async (scope) => {
    await createContainer(scope, ["sh", "-c", "echo out; exec sleep 1000"]);
    const files = ["--log-uri", `file://${scope.path("log")}`, "--pid-file", scope.path("pid")];
    await scope.ctrOk(["tasks", "start", "--detach", ...files, "c"]);
    const { pid } = await scope.api.state({ containerId: "c" });
    assert.equal(readFileSync(scope.path("pid"), "utf8"), String(pid));
    await eventually("the log", () => readFileSync(scope.path("log"), "utf8") === "out\n");
  });

  if (edition.name !== "containerd 1.6") {
    test("ctr tasks start: without pivot_root", async (scope) => {
      await createContainer(scope, ["sh", "-c", "ls -d /bin"]);
      const flags = ["--no-pivot", "--fifo-dir", scope.fifoDirectory];
      assert.equal(await scope.ctrOk(["tasks", "start", ...flags, "c"]), "/bin\n");
    });
  }

  test("ctr tasks exec: another directory and user", async (scope) => {
    await startContainer(scope, ["sleep", "1000"]);
    const flags = ["--exec-id", "e1", "--cwd", "/tmp", "--user", "1234"];
    const command = execCommand(scope, flags, ["sh", "-c", "pwd; id -u; exit 4"]);
    const result = await scope.ctr(command);
    assert.deepEqual([result.stdout, result.status], ["/tmp\n1234\n", 4], result.stderr);
  });

  test("ctr tasks exec: on a terminal", async (scope) => {
    await startContainer(scope, ["sleep", "1000"]);
    const command = scope.ctrCommand(execCommand(scope, ["--exec-id", "e1", "--tty"], ["tty"]));
    const shown = await run(["script", "-qefc", command.join(" "), "/dev/null"], {
      env: { SHELL: "/bin/sh" },
    });
    assert.match(shown.stdout, /\/dev\/pts\/\d+\r/);
  });

  test("ctr tasks exec: in the background, with a log; then kill and delete of it alone", async (scope) => {
    await startContainer(scope, ["sleep", "1000"]);
    const log = ["--log-uri", `file://${scope.path("log")}`];
    const flags = ["--detach", "--exec-id", "e1", ...log];
    const command = ["sh", "-c", "echo in; exec sleep 1000"];
    await scope.ctrOk(["tasks", "exec", ...flags, "c", ...command]);
    await eventually("the log", () => readFileSync(scope.path("log"), "utf8") === "in\n");
    assert.equal((await scope.ctrOk(["tasks", "ps", "c"])).trim().split("\n").length, 3);
    await scope.ctrOk(["tasks", "kill", "--signal", "SIGKILL", "--exec-id", "e1", "c"]);
    await scope.api.wait({ containerId: "c", execId: "e1" });
    const deleted = await scope.ctr(["tasks", "delete", "--exec-id", "e1", "c"]);
    assert.equal(deleted.status, 137);
    assert.match(await scope.ctrOk(["tasks", "ls"]), /^c\s+\d+\s+RUNNING/m);
  });

  test("ctr tasks kill: one signal, and one for all processes", async (scope) => {
    await startContainer(scope, ["sh", "-c", 'trap "exit 6" USR1; while :; do sleep 0.05; done']);
    const { pid } = await scope.api.state({ containerId: "c" });
    await eventually("the trap", () => /^SigCgt:.*2..$/m.test(readStatus(pid)));
    await scope.ctrOk(["tasks", "kill", "--signal", "SIGUSR1", "c"]);
    assert.equal((await scope.api.wait({ containerId: "c" })).exitStatus, 6);
    await scope.ctr(["tasks", "delete", "c"]);
    await scope.ctrOk(["tasks", "start", "--detach", "--null-io", "c"]);
    await scope.ctrOk(["tasks", "kill", "--signal", "SIGKILL", "--all", "c"]);
    await hasStopped(scope);
  });

  test("ctr tasks delete: of one that has ended, and by force of one that runs", async (scope) => {
    await startContainer(scope, ["sh", "-c", "exit 9"]);
    await hasStopped(scope);
    const ended = await scope.ctr(["tasks", "delete", "c"]);
    assert.match(ended.stderr, /exit code 9/);
    await scope.ctrOk(["tasks", "start", "--detach", "--null-io", "c"]);
    await scope.ctr(["tasks", "delete", "--force", "c"]);
    assert.equal(await scope.ctrOk(["tasks", "ls", "-q"]), "");
  });

  test("ctr tasks metrics: the kernel's numbers", async (scope) => {
    await startContainer(scope, ["sleep", "1000"]);
    const metrics = await scope.ctrOk(["tasks", "metrics", "c"]);
    assert.match(metrics, /^pids\.current\s+1\s*$/m);
  });
});

function readStatus(pid: number): string {
  return readFileSync(`/proc/${pid}/status`, "utf8");
}
