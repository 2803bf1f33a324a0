// SPDX-License-Identifier: Apache-2.0
// Real loggers (shell scripts of this machine) behind real containers. No child_process in here: a Reaper is at work.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger } from "../base/log.ts";
import { O_RDWR } from "../sys/constants.ts";
import { open } from "../sys/fd.ts";
import { openDescriptors } from "../sys/testing/descriptors.ts";
import type { LoggerTarget } from "./log-uri.ts";
import { Logger, type LoggerContext } from "./logger.ts";
import { NO_STDIO, Sandbox } from "./testing/sandbox.ts";
import type { LiveContainer } from "./types.ts";

let sandbox: Sandbox;
let logs = "";

beforeEach(() => {
  sandbox = new Sandbox();
  logs = join(sandbox.root, "logs");
  mkdirSync(logs);
});
afterEach(() => sandbox[Symbol.asyncDispose]());

/** Says that it is ready, reads both streams into files, and ends at their end. */
const GOOD = `cat <&3 >$logs/out & cat <&4 >$logs/err & exec 3<&- 4<&-; printf 1 >&5; exec 5>&-; wait
echo done >$logs/end`;

/** The path of a logger that runs `body`. */
function program(body: string): string {
  const path = join(sandbox.root, `logger-${readdirSync(sandbox.root).length}`);
  writeFileSync(path, `#!/bin/sh\nPATH=/usr/bin:/bin; logs=${logs}\n${body}\n`, { mode: 0o755 });
  return path;
}

function log(name: string): string {
  const path = join(logs, name);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

/** Both streams to the same URI, as ctr and nerdctl have it. */
function to(stdout: string, terminal = false): { stdio: typeof NO_STDIO } {
  return { stdio: { ...NO_STDIO, stdout, stderr: stdout, terminal } };
}

async function run(uri: string, script: string): Promise<LiveContainer> {
  sandbox.writeConfig(script);
  const container = await sandbox.create(to(uri));
  await container.start();
  return container;
}

test("a logger gets both streams, its own arguments and environment, and ends by itself", async () => {
  const facts = 'cat /proc/$$/environ >$logs/env; echo "$@" >$logs/args; pwd >$logs/cwd';
  const uri = `binary://${program(`${facts}\n${GOOD}`)}?key=a%20value&flag`;
  const container = await run(uri, "echo out; echo err >&2; ls /proc/1/fd >&2");
  assert.equal((await container.exited).status, 0);
  await container.stdio.drain(10_000, 10_000);
  assert.deepEqual([log("out"), log("end")], ["out\n", "done\n"]);
  // In the container: stdio, and the descriptor of the directory that is being listed.
  assert.equal(log("err"), "err\n0\n1\n2\n3\n");
  const environment = log("env").split("\0").filter(Boolean).sort();
  assert.deepEqual(environment, [`CONTAINER_ID=${sandbox.id}`, "CONTAINER_NAMESPACE=ns"]);
  assert.deepEqual([log("args"), log("cwd")], ["key a value flag \n", `${sandbox.root}\n`]);
});

test("a logger holds nothing but its six descriptors", async () => {
  const script = `ls /proc/$$/fd >${logs}/fds; exit 0`;
  const container = await run(`binary:///bin/sh?-c=${encodeURIComponent(script)}`, "true");
  await container.exited;
  await container.stdio.drain(10_000, 10_000);
  // A shell keeps what it redirects at numbers from 10 on.
  const numbers = log("fds")
    .trim()
    .split("\n")
    .map(Number)
    .sort((a, b) => a - b);
  assert.deepEqual(
    numbers.filter((fd) => fd < 10 || fd > 12),
    [0, 1, 2, 3, 4, 5],
  );
});

test("a megabyte and the last words reach a logger that reads slowly, before Delete lets it go", async () => {
  const slow = program(`exec 5>&-; exec 4<&-
while dd bs=16k count=1 <&3 2>/dev/null >$logs/part && test -s $logs/part; do cat $logs/part >>$logs/out; sleep 0.01; done
echo done >$logs/end`);
  const container = await run(`binary://${slow}`, "dd if=/dev/zero bs=1024 count=1024; echo bye");
  await container.exited;
  await container.stdio.drain(60_000, 60_000);
  const expected = Buffer.concat([Buffer.alloc(1024 * 1024), Buffer.from("bye\n")]);
  const hash = (data: Buffer): string => createHash("sha256").update(data).digest("hex");
  assert.equal(hash(readFileSync(join(logs, "out"))), hash(expected));
  assert.equal(log("end"), "done\n");
});

test("a logger that crashes neither kills nor stops its container", async () => {
  const script =
    "dd if=/dev/zero bs=1024 count=1024; echo alive >/tmp/alive; dd if=/dev/zero bs=1024 count=512";
  const container = await run(`binary://${program("exit 3")}`, script);
  assert.equal((await container.exited).status, 0);
  assert.ok(existsSync(join(sandbox.root, "rootfs/tmp/alive")));
});

test("processes that a logger leaves behind read on", async () => {
  const leaves = program("cat <&3 >$logs/out & printf 1 >&5; exit 0");
  const container = await run(
    `binary-v2://${leaves}`,
    "sleep 0.2; echo later; sleep 1.2; echo last",
  );
  await container.exited;
  await until(() => log("out") === "later\nlast\n");
});

test("binary-v2 must say that it is ready: otherwise nothing is created", async () => {
  sandbox.writeConfig("echo never >/tmp/never");
  const path = program("exit 0");
  const message =
    /logging binary did not call ready \(it may have crashed or exited prematurely\)$/;
  await assert.rejects(sandbox.create(to(`binary-v2://${path}`)), { message });
  assert.ok(!existsSync(join(sandbox.root, "state/ns", sandbox.id)));
});

test("a logger that does not exist fails by its name", async () => {
  sandbox.writeConfig("true");
  await assert.rejects(sandbox.create(to("binary:///no/such/logger")), /\/no\/such\/logger/);
});

test("a logger that hangs delays the removal by what it is given and is killed then", async () => {
  const hung = program(
    "trap '' TERM; echo $$ >$logs/pid; printf 1 >&5; exec 5>&-; while :; do sleep 0.1; done",
  );
  const container = await run(`binary://${hung}`, "true");
  await container.exited;
  await container.stdio.drain(100, 100);
  assert.ok(!existsSync(`/proc/${log("pid").trim()}`));
});

test("a logger reads what a terminal shows, with the second stream open as long as the first", async () => {
  const uri = `binary://${program(GOOD)}`;
  sandbox.writeConfig("test -t 1 && echo terminal; echo err >&2", { process: { terminal: true } });
  const container = await sandbox.create(to(uri, true));
  await container.start();
  await container.exited;
  await container.stdio.drain(10_000, 10_000);
  assert.deepEqual([log("out"), log("err"), log("end")], ["terminal\r\nerr\r\n", "", "done\n"]);
});

test("a file shows what a terminal shows", async () => {
  sandbox.writeConfig("test -t 1 && echo terminal", { process: { terminal: true } });
  const container = await sandbox.create(to(`file://${logs}/new/file`, true));
  await container.start();
  await container.exited;
  await container.stdio.drain(10_000, 10_000);
  assert.equal(log("new/file"), "terminal\r\n");
});

test("an exec has its own logger, with its own id, and nothing of it stays open", async () => {
  const container = await run("", "exec sleep 100");
  const path = program(`echo "$CONTAINER_ID $CONTAINER_NAMESPACE" >$logs/id\n${GOOD}`);
  const before = openDescriptors();
  const process = await container.exec(sandbox.exec("echo hello", to(`binary://${path}`).stdio));
  await process.exited;
  await process.stdio.drain(10_000, 10_000);
  process.stdio.close();
  assert.deepEqual([log("id"), log("out"), log("end")], ["e ns\n", "hello\n", "done\n"]);
  assert.equal(openDescriptors(), before);
});

test("stderr may have a logger of its own, and stdout none", async () => {
  const stderr = `binary://${program(GOOD)}`;
  sandbox.writeConfig("echo out; echo err >&2");
  const container = await sandbox.create({ stdio: { ...NO_STDIO, stderr } });
  await container.start();
  await container.exited;
  await container.stdio.drain(10_000, 10_000);
  assert.deepEqual([log("out"), log("err"), log("end")], ["", "err\n", "done\n"]);
});

test("a logger that never gets ready is given up after the limit, and ended", async () => {
  using nothing = open("/dev/null", O_RDWR);
  const host = { reaper: sandbox.reaper, null: nothing, log: silentLogger, nofile: undefined };
  const context: LoggerContext = { host, id: "box", namespace: "ns", cwd: "/" };
  const path = program("exec sleep 100");
  const target: LoggerTarget = { kind: "logger", path, args: [], strict: false };
  const logger = new Logger(target, context, { readyMs: 50, termMs: 1000 });
  const never = new AbortController().signal;
  const message = `logging binary "${path}" was not ready within 0.05 s`;
  await assert.rejects(logger.waitReady(never), { message, code: "deadline_exceeded" });
  logger.close();
  await logger.end(0);
  assert.equal((await logger.exited).status, 128 + 15);
});
