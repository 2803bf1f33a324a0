// SPDX-License-Identifier: Apache-2.0
// The promise: output goes into a log file, or to the client's logging binary, whole and to the end, and no logger, however
// bad, harms the container or anybody else.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { eventually, within } from "./harness/eventually.ts";
import { isAlive } from "./harness/processes.ts";
import type { Scope } from "./harness/scope.ts";
import { SIGUSR1 } from "./harness/signals.ts";
import { onEachContainerd } from "./harness/suite.ts";

const MIB = 1024 * 1024;

/** Longer than the 30 s that a logger has to get ready. */
const READY_MS = 60_000;

/** What nerdctl's logger does: both streams at once, ready when it can read, ended by their end. */
const GOOD = `echo "$CONTAINER_ID $CONTAINER_NAMESPACE $*" >$logs.facts
cat <&3 >>$logs.out & cat <&4 >>$logs.err & exec 3<&- 4<&-
printf 1 >&5; exec 5>&-; wait; echo done >$logs.end`;

/** A program that logs into files called \`<name>.*\`; returns its path. */
function logger(scope: Scope, name: string, body: string): string {
  const path = scope.path(`${name}.logger`);
  const text = `#!/bin/sh\nPATH=/usr/bin:/bin; logs=${scope.path(name)}\necho $$ >$logs.pid\n${body}\n`;
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

function read(scope: Scope, name: string): string {
  return existsSync(scope.path(name)) ? readFileSync(scope.path(name), "utf8") : "";
}

await onEachContainerd(({ test, runtimeTest }) => {
  test("ctr run -d --log-uri file:// appends both streams to a file that it makes", async (scope) => {
    const uri = `file://${scope.path("new/directory/log")}`;
    const script = "echo out; echo err >&2; echo again";
    const flags = ["-d", "--log-uri", uri];
    const run = await scope.ctrRun(flags, "c", ["sh", "-c", script]);
    assert.equal(run.status, 0, run.stderr);
    await scope.api.wait({ containerId: "c" });
    await scope.ctrOk(["task", "delete", "c"]);
    assert.equal(read(scope, "new/directory/log"), "out\nerr\nagain\n");
  });

  test("ctr run -d --log-uri binary:// starts the logger, which has everything when the task is gone", async (scope) => {
    const path = logger(scope, "log", GOOD);
    const flags = ["-d", "--log-uri", `binary://${path}?first=a%2Fb&second=c`];
    const command = ["sh", "-c", "echo out; echo err >&2"];
    const run = await scope.ctrRun(flags, "c", command);
    assert.equal(run.status, 0, run.stderr);
    await scope.api.wait({ containerId: "c" });
    await scope.ctrOk(["task", "delete", "c"]);
    assert.equal(read(scope, "log.facts"), `c ${scope.namespace} first a/b second c\n`);
    assert.deepEqual([read(scope, "log.out"), read(scope, "log.err")], ["out\n", "err\n"]);
    assert.equal(read(scope, "log.end"), "done\n");
    assert.ok(!isAlive(Number(read(scope, "log.pid"))));
  });

  test("a slow logger loses nothing of a megabyte that was written at the last moment", async (scope) => {
    const slow = `exec 4<&- 5>&-
while dd bs=64k count=1 <&3 2>/dev/null >$logs.part && test -s $logs.part; do cat $logs.part >>$logs.out; sleep 0.02; done`;
    const stdout = `binary://${logger(scope, "log", slow)}`;
    const container = await scope.container("c", ["head", "-c", String(MIB), "/dev/zero"]);
    await container.run({ stdout, stderr: stdout });
    assert.equal((await container.wait()).exitStatus, 0);
    await container.delete();
    const hash = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");
    assert.equal(hash(readFileSync(scope.path("log.out"))), hash(Buffer.alloc(MIB)));
  });

  test("an exec has a logger of its own, and the state tells URIs as they were given", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    const [stdout, stderr] = [
      `binary://${logger(scope, "log", GOOD)}?a=b%20c`,
      "file:///ignored?x",
    ];
    await container.run({ stdout: `file://${scope.path("own")}`, stderr: "" });
    const exec = await container.exec("e1", ["sh", "-c", "echo hello; sleep 0.2"], {
      stdout,
      stderr: stdout,
    });
    await exec.start();
    const state = await exec.state();
    assert.deepEqual([state.stdout, state.stderr], [stdout, stdout]);
    assert.equal((await container.state()).stdout, `file://${scope.path("own")}`);
    await exec.wait();
    assert.equal((await exec.delete()).exitStatus, 0);
    assert.equal(read(scope, "log.facts"), `e1 ${scope.namespace} a b c\n`);
    assert.deepEqual([read(scope, "log.out"), read(scope, "log.end")], ["hello\n", "done\n"]);
    assert.ok(!existsSync(stderr));
  });

  test("what a terminal shows goes to a logger and to a file", async (scope) => {
    const onTerminal = (spec: { process: { terminal?: boolean } }): void => {
      spec.process.terminal = true;
    };
    const command = ["sh", "-c", "test -t 1 && echo terminal"];
    for (const [name, stdout] of [
      ["log.out", `binary://${logger(scope, "log", GOOD)}`],
      ["file", `file://${scope.path("file")}`],
    ] as const) {
      const id = name.replace(".", "-");
      const container = await scope.container(id, command, onTerminal);
      await container.run({ stdout, terminal: true });
      assert.equal((await container.wait()).exitStatus, 0);
      await container.delete();
      assert.equal(read(scope, name), "terminal\r\n");
    }
  });

  test("a logger and its container do not notice that containerd crashed", async (scope) => {
    const stdout = `binary://${logger(scope, "log", GOOD)}`;
    const script = 'trap "echo bye; exit 9" USR1; while :; do echo tick; sleep 0.05; done';
    const container = await scope.container("c", ["sh", "-c", script]);
    await container.run({ stdout, stderr: stdout });
    await eventually("it logs", () => read(scope, "log.out").includes("tick"));
    await scope.containerd.stop("SIGKILL");
    const before = read(scope, "log.out").length;
    await eventually("it logs on", () => read(scope, "log.out").length > before);
    await scope.containerd.start();
    const state = await eventually("it is known again", async () => await container.state());
    assert.equal(state.stdout, stdout);
    await container.kill(SIGUSR1);
    assert.equal((await container.wait()).exitStatus, 9);
    await container.delete();
    assert.match(read(scope, "log.out"), /bye\n$/);
    assert.equal(read(scope, "log.end"), "done\n");
  });

  test("a logger that crashes does not end its container", async (scope) => {
    const stdout = `binary://${logger(scope, "log", "exit 1")}`;
    const script = `head -c ${MIB} /dev/zero && exit 7`;
    const container = await scope.container("c", ["sh", "-c", script]);
    await container.run({ stdout, stderr: stdout });
    assert.equal((await container.wait()).exitStatus, 7);
  });

  test("a logger that ends before it is ready fails a create that asks for readiness", async (scope) => {
    const stdout = `binary-v2://${logger(scope, "log", "exit 0")}`;
    const container = await scope.container("c", ["true"]);
    const text = /logging binary did not call ready \(it may have crashed or exited prematurely\)/;
    await assert.rejects(container.create({ stdout, stderr: stdout }), text);
  });

  runtimeTest(
    "a logger that never gets ready holds up nobody else, and is gone after its time",
    async (scope) => {
      const stdout = `binary://${logger(scope, "log", "exec sleep 1000")}`;
      const container = await scope.container("c", ["sleep", "1000"]);
      await container.run();
      const exec = await container.exec("hung", ["true"], { stdout, stderr: stdout });
      const starting = exec.start().then(() => "started", String);
      await eventually("the logger runs", () => read(scope, "log.pid") !== "");
      const other = await container.exec("other", ["sh", "-c", "exit 5"]);
      assert.equal(await other.run(), 5);
      assert.equal((await container.state()).status, 2);
      assert.match(
        await within("the end of the start", READY_MS, starting),
        /was not ready within 30 s/,
      );
      assert.ok(!isAlive(Number(read(scope, "log.pid"))));
    },
  );

  runtimeTest(
    "a logger that hangs at the end is killed and does not stop the removal",
    async (scope) => {
      const hung = "trap '' TERM; printf 1 >&5; exec 5>&-; while :; do sleep 0.1; done";
      const stdout = `binary://${logger(scope, "log", hung)}`;
      const container = await scope.container("c", ["true"]);
      await container.run({ stdout, stderr: stdout });
      await container.wait();
      await container.delete();
      assert.ok(!isAlive(Number(read(scope, "log.pid"))));
    },
  );
});
