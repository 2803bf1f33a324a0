// SPDX-License-Identifier: Apache-2.0
// The promise: a program on a terminal has a real one, sees its size and every change of it, and what is typed.

import assert from "node:assert/strict";
import { run } from "./harness/command.ts";
import type { Scope } from "./harness/scope.ts";
import { onEachContainerd } from "./harness/suite.ts";

function onTerminal(spec: { process: { terminal?: boolean } }): void {
  spec.process.terminal = true;
}

/** Runs a command line on a terminal of its own, as a person would have one. */
async function onPty(scope: Scope, prelude: string, argv: readonly string[]): Promise<string> {
  const command = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const log = scope.path("typescript");
  const result = await run(["script", "-qefc", `${prelude}; exec ${command}`, log], {
    env: { SHELL: "/bin/sh" },
  });
  assert.equal(result.status, 0, result.stdout + result.stderr);
  return result.stdout;
}

await onEachContainerd(({ test }) => {
  test("the size that is set before the start is there at the start", async (scope) => {
    const output = await scope.output("c");
    const container = await scope.container("c", ["stty", "size"], onTerminal);
    await container.create({ stdout: output.stdout.path, terminal: true });
    await container.resize(12, 34);
    await container.start();
    assert.equal((await container.wait()).exitStatus, 0);
    assert.equal(await output.stdout.done, "34 12\r\n");
  });

  test("a resize reaches the running program as a signal and as a size", async (scope) => {
    const output = await scope.output("c");
    const script = 'trap "stty size; exit 3" WINCH; echo ready; while :; do sleep 0.05; done';
    const container = await scope.container("c", ["sh", "-c", script], onTerminal);
    await container.run({ stdout: output.stdout.path, terminal: true });
    await output.stdout.saw("ready");
    await container.resize(77, 33);
    assert.equal((await container.wait()).exitStatus, 3);
    assert.match(await output.stdout.done, /^33 77\r$/m);
  });

  test("what is typed is echoed and read, and control characters are signals", async (scope) => {
    const output = await scope.output("c");
    const stdin = await scope.fifo("stdin");
    const script = 'trap "echo interrupted; exit 5" INT; tty; read x; echo "got $x"; sleep 1000';
    const container = await scope.container("c", ["sh", "-c", script], onTerminal);
    const typed = scope.writer(stdin);
    await container.run({ stdin, stdout: output.stdout.path, terminal: true });
    await output.stdout.saw("/dev/");
    typed.write("hello\n");
    await output.stdout.saw("got hello");
    assert.match(output.stdout.text, /^\/dev\/(pts\/0|console)\r\nhello\r\ngot hello\r\n/);
    typed.write("\u0003");
    assert.equal((await container.wait()).exitStatus, 5);
    assert.match(await output.stdout.done, /interrupted/);
  });

  test("everything that was written is there after the end, however much it is", async (scope) => {
    const output = await scope.output("c");
    const script = "yes 0123456789 | head -n 200000; echo end";
    const container = await scope.container("c", ["sh", "-c", script], onTerminal);
    await container.run({ stdout: output.stdout.path, terminal: true });
    assert.equal((await container.wait()).exitStatus, 0);
    await output.stdout.done;
    // Each newline leaves a terminal as two characters.
    assert.equal(output.stdout.bytes, 200_000 * 12 + "end\r\n".length);
  });

  test("an exec has a terminal of its own", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"]);
    await container.run();
    const output = await scope.output("e1");
    const streams = { stdout: output.stdout.path, terminal: true };
    const exec = await container.exec("e1", ["sh", "-c", "tty && test -t 0 -a -t 2"], streams);
    assert.equal(await exec.run(), 0, output.stdout.text);
    assert.match(await output.stdout.done, /^\/dev\/pts\/\d+\r\n/);
  });

  test("ctr on a person's terminal passes its size and every change of it", async (scope) => {
    const wait = 'until [ "$(stty size)" = "$0" ]; do sleep 0.05; done; echo "saw $0"';
    const first = scope.runArgs(["--rm", "-t"], "c1", ["sh", "-c", wait, "30 90"]);
    const shown = await onPty(scope, "stty rows 30 cols 90", scope.ctrCommand(first));
    assert.match(shown, /saw 30 90/);
    const later = "(sleep 1; stty rows 44 cols 99 </dev/tty) &";
    const second = scope.runArgs(["--rm", "-t"], "c2", ["sh", "-c", wait, "44 99"]);
    const changed = await onPty(
      scope,
      `stty rows 20 cols 80; ${later} :`,
      scope.ctrCommand(second),
    );
    assert.match(changed, /saw 44 99/);
  });
});
