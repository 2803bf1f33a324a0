// SPDX-License-Identifier: Apache-2.0
// node:test runs each file in a process of its own, so this one can have a Reaper.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Pid, toPid } from "../base/brand.ts";
import { isErrno } from "../base/errors.ts";
import type { Exit } from "../base/exit.ts";
import { nowNs } from "./clock.ts";
import { SIGABRT, SIGCHLD, SIGKILL, SIGTERM } from "./constants.ts";
import { type Fd, pipe, readFd } from "./fd.ts";
import { signalPidfd } from "./pidfd.ts";
import { watch } from "./poll.ts";
import { kill } from "./process.ts";
import { Reaper } from "./reaper.ts";
import { type SpawnOptions, spawn } from "./spawn.ts";
import { openDescriptors } from "./testing/descriptors.ts";

const TOTAL = 2000;
const BURST = 100;
const ORPHAN_STATUS = 99;
const hasCode = (code: string) => (error: unknown) => isErrno(error, code);
/** Children in any state, zombies included. */
const children = (): string => readFileSync("/proc/thread-self/children", "utf8").trim();

const shell = (script: string, fds: SpawnOptions["fds"] = []): { pid: Pid; pidfd: Fd } =>
  spawn({ exe: "/bin/sh", argv: ["sh", "-c", script], env: ["PATH=/usr/bin:/bin"], fds });

/** Everything that is written until the end of the pipe. */
function readAll(fd: Fd): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  const buffer = new Uint8Array(512);
  const watching = watch(fd, { readable: true }, () => {
    const count = readFd(fd, buffer);
    if (count === undefined) return;
    text += Buffer.from(buffer.subarray(0, count)).toString();
    if (count > 0) return;
    watching.close();
    fd.close();
    resolve(text);
  });
  return promise;
}

/** Resolves once the pidfd's process has ended, reaped or not. */
function ended(pidfd: Fd): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watching = watch(pidfd, { readable: true }, () => {
    watching.close();
    resolve();
  });
  return promise;
}

/** Blocks this thread until a child has ended; nothing is reaped meanwhile. */
function untilZombie(pid: Pid): void {
  while (!/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8")));
}

/** A started process with the status that it must end with. */
interface Expected {
  readonly status: number;
  /** The signal that ends it, if one does. */
  readonly signal?: number;
  readonly exit: Promise<Exit>;
}

/** Ends by itself, claimed at once. */
function exits(reaper: Reaper, index: number): Expected {
  const status = index % 256;
  const { pid, pidfd } = shell(`exit ${status}`);
  pidfd.close();
  return { status, exit: reaper.claim(pid) };
}

/** Is killed from here. */
function killed(reaper: Reaper, index: number): Expected {
  const signal = [SIGKILL, SIGTERM, SIGABRT][index % 3] ?? SIGKILL;
  const { pid, pidfd } = shell("exec sleep 1000");
  const exit = reaper.claim(pid);
  signalPidfd(pidfd, signal);
  pidfd.close();
  return { status: 128 + signal, signal, exit };
}

/** Has ended, and maybe been reaped, before it is claimed. */
function diesFirst(reaper: Reaper, index: number): Expected {
  const status = index % 251;
  const window = reaper.expect();
  const { pid, pidfd } = shell(`exit ${status}`);
  const exit = ended(pidfd).then(async () => {
    await nextTurn();
    pidfd.close();
    const claimed = reaper.claim(pid);
    window[Symbol.dispose]();
    return claimed;
  });
  return { status, exit };
}

/**
 * Starts a shell that runs `(body) &` and `rest`; `body` ends with `status` once its parent has
 * gone, and so becomes ours.
 */
function shellWithChild(
  child: { status: number; redirect?: string },
  rest: string,
  stdout?: Fd,
): { pid: Pid; pidfd: Fd } {
  const gate = pipe();
  const script = `(read -r _ <&3; exit ${child.status}) 4>&- ${child.redirect ?? ""} & ${rest}`;
  const fds = [
    { fd: gate.read, as: 3 },
    { fd: gate.write, as: 4 },
  ];
  if (stdout !== undefined) fds.push({ fd: stdout, as: 1 });
  const started = shell(script, fds);
  gate.read.close();
  gate.write.close();
  return started;
}

/**
 * A grandchild whose parent leaves it to us; we learn its pid from a pipe, as a container's init's.
 * If it holds the pipe, we learn it after its end.
 */
function grandchild(reaper: Reaper, index: number): Expected[] {
  const status = index % 239;
  const redirect = index % 2 === 0 ? "" : ">&-";
  const window = reaper.expect();
  const { read, write } = pipe({ nonBlock: true });
  const parent = shellWithChild({ status, redirect }, "echo $!; exit 7", write);
  write.close();
  parent.pidfd.close();
  const parentExit = reaper.claim(parent.pid);
  const exit = readAll(read).then(async (text) => {
    // The pipe ends a moment before the parent does: only then is its child ours.
    await parentExit;
    const claimed = reaper.claim(toPid(Number(text)));
    window[Symbol.dispose]();
    return claimed;
  });
  return [
    { status: 7, exit: parentExit },
    { status, exit },
  ];
}

/** Leaves a child to us that nobody will ask for. */
function orphan(reaper: Reaper): Expected {
  const { pid, pidfd } = shellWithChild({ status: ORPHAN_STATUS }, "exit 0");
  pidfd.close();
  return { status: 0, exit: reaper.claim(pid) };
}

/** One of each ten kinds of lives. */
function startOne(reaper: Reaper, index: number): Expected[] {
  switch (index % 10) {
    case 0:
    case 5:
      return [killed(reaper, index)];
    case 1:
    case 6:
      return [diesFirst(reaper, index)];
    case 2:
    case 7:
      return grandchild(reaper, index);
    case 3:
      return [orphan(reaper)];
    default:
      return [exits(reaper, index)];
  }
}

test("2,000 processes in bursts: every status exact, once, and nothing is left", async () => {
  const before = openDescriptors();
  const orphans: Exit[] = [];
  const reaper = Reaper.start({ onOrphan: (_, exit) => orphans.push(exit) });
  for (let started = 0; started < TOTAL; started += BURST) {
    const indexes = Array.from({ length: BURST }, (_, index) => started + index);
    const burst = indexes.flatMap((index) => startOne(reaper, index));
    const results = await Promise.all(burst.map(({ exit }) => exit));
    assert.deepEqual(
      results.map(({ status, signal }) => ({ status, signal })),
      burst.map(({ status, signal }) => ({ status, signal })),
    );
  }
  // Orphans that are still on their way.
  while (children() !== "") await nextTurn();
  reaper.stop();
  assert.equal(orphans.length, TOTAL / 10);
  assert.ok(orphans.every(({ status }) => status === ORPHAN_STATUS));
  assert.equal(openDescriptors(), before);
  assert.equal(process.listenerCount("SIGCHLD"), 0);
});

test("exits are delivered in the order of reaping, each with its own time", async () => {
  const reaper = Reaper.start();
  const start = nowNs();
  const exits: Exit[] = [];
  const started = [1, 2, 3].map((status) => shell(`sleep 0.0$((4 - ${status})); exit ${status}`));
  const claims = started.map(async ({ pid, pidfd }) => {
    exits.push(await reaper.claim(pid));
    pidfd.close();
  });
  await Promise.all(claims);
  for (const [index, { atNs }] of exits.entries()) {
    assert.ok(atNs >= (exits[index - 1]?.atNs ?? start) && atNs <= nowNs());
  }
  reaper.stop();
});

test("one signal for many exits loses none", async () => {
  const reaper = Reaper.start();
  const started = Array.from({ length: 50 }, () => shell("exit 3"));
  const claims = started.map(({ pid }) => reaper.claim(pid));
  // This turn of the loop goes on until all have ended: their signals become one or two.
  for (const { pid } of started) untilZombie(pid);
  const results = await Promise.all(claims);
  assert.ok(results.every(({ status }) => status === 3));
  for (const { pidfd } of started) pidfd.close();
  reaper.stop();
});

test("what ended before start, its signal lost, is reaped by start", async () => {
  const { pid, pidfd } = shell("exit 1");
  untilZombie(pid);
  await nextTurn();
  const orphans: Pid[] = [];
  const reaper = Reaper.start({ onOrphan: (each) => orphans.push(each) });
  assert.deepEqual(orphans, [pid]);
  assert.throws(() => reaper.claim(pid), hasCode("ECHILD"));
  pidfd.close();
  reaper.stop();
});

test("a lost SIGCHLD is made up for by the next one", async () => {
  const reaper = Reaper.start();
  const listeners = process.listeners("SIGCHLD");
  process.removeAllListeners("SIGCHLD");
  const first = shell("exit 8");
  const claimed = reaper.claim(first.pid);
  untilZombie(first.pid);
  await nextTurn();
  for (const each of listeners) process.on("SIGCHLD", each);
  const second = shell("exit 9");
  const alsoClaimed = reaper.claim(second.pid);
  assert.equal((await claimed).status, 8);
  assert.equal((await alsoClaimed).status, 9);
  first.pidfd.close();
  second.pidfd.close();
  reaper.stop();
});

test("a signal without an exit does nothing", async () => {
  const reaper = Reaper.start();
  kill(toPid(process.pid), SIGCHLD);
  await nextTurn();
  const { pid, pidfd } = shell("exit 4");
  assert.equal((await reaper.claim(pid)).status, 4);
  pidfd.close();
  reaper.stop();
});

test("a second reaper in the same process is refused", () => {
  const reaper = Reaper.start();
  assert.throws(() => Reaper.start(), hasCode("EBUSY"));
  reaper.stop();
  Reaper.start().stop();
});

test("claiming twice gives the same promise, and a process that is no child is refused", async () => {
  const reaper = Reaper.start();
  const { pid, pidfd } = shell("exit 5");
  assert.equal(reaper.claim(pid), reaper.claim(pid));
  assert.equal((await reaper.claim(pid)).status, 5);
  assert.throws(() => reaper.claim(pid), hasCode("ECHILD"));
  assert.throws(() => reaper.claim(toPid(1)), hasCode("ECHILD"));
  pidfd.close();
  reaper.stop();
});

test("an exit is kept only while a window is open that was open when it came", async () => {
  const orphans: Pid[] = [];
  const reaper = Reaper.start({ onOrphan: (pid) => orphans.push(pid) });
  const reaped = async (script: string): Promise<Pid> => {
    const { pid, pidfd } = shell(script);
    await ended(pidfd);
    pidfd.close();
    while (children() !== "") await nextTurn();
    return pid;
  };
  const outer = reaper.expect();
  const one = await reaped("exit 1");
  const inner = reaper.expect();
  const two = await reaped("exit 2");
  outer[Symbol.dispose]();
  assert.deepEqual(orphans, [one]);
  outer[Symbol.dispose]();
  assert.equal((await reaper.claim(two)).status, 2);
  const three = await reaped("exit 3");
  inner[Symbol.dispose]();
  assert.deepEqual(orphans, [one, three]);
  reaper.stop();
});

test("a kept exit is not taken for the next process with the same pid", async (t) => {
  const file = "/proc/sys/kernel/ns_last_pid";
  const orphans: Exit[] = [];
  const reaper = Reaper.start({ onOrphan: (_, exit) => orphans.push(exit) });
  using stack = new DisposableStack();
  stack.defer(() => reaper.stop());
  // Others start processes too, so it may take a few attempts to get the same pid twice.
  for (let attempt = 0; attempt < 100; attempt += 1) {
    using _window = reaper.expect();
    const { pid, pidfd } = stack.adopt(shell("exit 1"), (each) => each.pidfd.close());
    await ended(pidfd);
    while (children() !== "") await nextTurn();
    try {
      writeFileSync(file, String(pid - 1));
    } catch {
      return t.skip(`${file} can't be written`);
    }
    const next = stack.adopt(shell("exit 2"), (each) => each.pidfd.close());
    orphans.length = 0;
    assert.equal((await reaper.claim(next.pid)).status, 2);
    if (next.pid !== pid) continue;
    assert.deepEqual(
      orphans.map(({ status }) => status),
      [1],
    );
    return undefined;
  }
  return t.skip("the same pid never came twice");
});

test("a claim alone keeps the event loop alive", async () => {
  const reaper = Reaper.start();
  const { pid, pidfd } = shell("sleep 0.05; exit 6");
  pidfd.close();
  assert.equal((await reaper.claim(pid)).status, 6);
  reaper.stop();
});
