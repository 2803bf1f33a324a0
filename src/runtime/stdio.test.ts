// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger } from "../base/log.ts";
import { O_RDWR } from "../sys/constants.ts";
import { open, setNonBlocking, writeFd } from "../sys/fd.ts";
import { checkTerminal, nullStreams, openStdio, type ProcessStdio } from "./stdio.ts";
import type { StdioConfig } from "./types.ts";

let directory = "";
const never = new AbortController().signal;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tsrunc-stdio-"));
  for (const name of ["in", "out", "err"]) execFileSync("mkfifo", [join(directory, name)]);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function config(streams: Partial<Record<"stdin" | "stdout" | "stderr", string>>): StdioConfig {
  const path = (name: string | undefined): string =>
    name === undefined ? "" : join(directory, name);
  return {
    terminal: false,
    stdin: path(streams.stdin),
    stdout: path(streams.stdout),
    stderr: path(streams.stderr),
  };
}

const warnings: string[] = [];
/** No test in here starts a logger: there is no Reaper. */
const logger = {
  host: {
    reaper: { claim: () => assert.fail("no logger was expected") },
    null: open("/dev/null", O_RDWR),
    log: { ...silentLogger, warn: (message: string) => warnings.push(message) },
    nofile: undefined,
  },
  id: "box",
  namespace: "ns",
  cwd: "/",
};
const pumped = { direct: false, uid: 0, gid: 0, signal: never, logger };
const direct = { ...pumped, direct: true };

/** The client's end of an output, as containerd's client opens it. */
function openReader(name: string): number {
  return openSync(join(directory, name), constants.O_RDONLY | constants.O_NONBLOCK);
}

/** Reads until the end of the stream. */
async function readAll(fd: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(65536);
    try {
      const count = readSync(fd, chunk, 0, chunk.length, null);
      if (count === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, count));
    } catch {
      await sleep(1);
    }
  }
}

/** Plays the process: writes into what it was given and lets go of it. */
function processWrites(stdio: ProcessStdio, name: "stdout" | "stderr", text: string): void {
  const fd = stdio.childFds.get(name) ?? assert.fail(`no ${name}`);
  writeSync(fd.raw, text);
}

for (const [mode, options] of [
  ["pumped", pumped],
  ["direct", direct],
] as const) {
  test(`${mode}: output reaches the client, then its end`, async () => {
    const reader = openReader("out");
    const stdio = await openStdio(config({ stdout: "out" }), options);
    processWrites(stdio, "stdout", "hello\n");
    stdio.releaseChildFds();
    assert.equal(String(await readAll(reader)), "hello\n");
    stdio.close();
    closeSync(reader);
  });

  test(`${mode}: a reader that comes late gets everything`, async () => {
    const opening = openStdio(config({ stdout: "out" }), options);
    await sleep(80);
    const reader = openReader("out");
    const stdio = await opening;
    processWrites(stdio, "stdout", "late");
    stdio.releaseChildFds();
    assert.equal(String(await readAll(reader)), "late");
    stdio.close();
    closeSync(reader);
  });

  test(`${mode}: a client that goes away and comes back loses nothing`, async () => {
    const first = openReader("out");
    const stdio = await openStdio(config({ stdout: "out" }), options);
    closeSync(first);
    processWrites(stdio, "stdout", "while you were away");
    stdio.releaseChildFds();
    stdio.processExited();
    await sleep(30);
    const second = openReader("out");
    assert.equal(String(await readAll(second)), "while you were away");
    stdio.close();
    closeSync(second);
  });

  test(`${mode}: drain waits for a slow reader and is bounded without one`, async () => {
    const reader = openReader("out");
    const stdio = await openStdio(config({ stdout: "out" }), options);
    processWrites(stdio, "stdout", "unread");
    stdio.releaseChildFds();
    let drained = false;
    const draining = stdio.drain(60, 60_000).then(() => {
      drained = true;
    });
    await sleep(10);
    assert.equal(drained, false);
    await draining;
    assert.equal(String(await readAll(reader)), "unread");
    await stdio.drain(60_000, 60_000);
    stdio.close();
    closeSync(reader);
  });

  test(`${mode}: input ends only after CloseIO and the client's last writer`, async () => {
    const opened = openStdio(config({ stdin: "in" }), options);
    const stdio = await opened;
    stdio.startInput();
    const client = openSync(join(directory, "in"), constants.O_WRONLY);
    const stdin = stdio.childFds.get("stdin") ?? assert.fail("no stdin");
    writeSync(client, "some input");
    closeSync(client);
    const buffer = Buffer.alloc(64);
    await sleep(30);
    assert.equal(readSync(stdin.raw, buffer), 10);
    stdio.closeStdin();
    stdio.closeStdin();
    await sleep(30);
    assert.equal(readSync(stdin.raw, buffer), 0);
    stdio.close();
  });
}

test("drain goes on while the client reads and gives up on one that has stopped", async () => {
  const reader = openReader("out");
  const stdio = await openStdio(config({ stdout: "out" }), pumped);
  const fd = stdio.childFds.get("stdout") ?? assert.fail("no stdout");
  setNonBlocking(fd, true);
  // As much as fits: the FIFO, the pump's buffer and the pipe.
  let written = 0;
  for (let full = 0; full < 5; ) {
    const count = writeFd(fd, Buffer.alloc(4096));
    if (count === undefined) await sleep(2);
    full = count === undefined ? full + 1 : 0;
    written += count ?? 0;
  }
  stdio.releaseChildFds();
  let read = 0;
  const timer = setInterval(() => {
    if (read < written) read += readSync(reader, Buffer.alloc(8192));
  }, 10);
  await stdio.drain(60_000, 200);
  assert.equal(read, written);
  clearInterval(timer);
  stdio.close();
  closeSync(reader);
});

test("drain gives up on a client that has stopped reading, also when a lot is left", async () => {
  const reader = openReader("out");
  const stdio = await openStdio(config({ stdout: "out" }), pumped);
  processWrites(stdio, "stdout", "unread");
  await stdio.drain(60_000, 50);
  assert.equal(readSync(reader, Buffer.alloc(64)), 6);
  stdio.close();
  closeSync(reader);
});

test("input waits until the process starts, and a CloseIO before that is not forgotten", async () => {
  const stdio = await openStdio(config({ stdin: "in" }), pumped);
  const path = join(directory, "in");
  const flags = constants.O_WRONLY | constants.O_NONBLOCK;
  assert.throws(() => openSync(path, flags), { code: "ENXIO" });
  stdio.closeStdin();
  stdio.startInput();
  const client = openSync(path, flags);
  writeSync(client, "late");
  closeSync(client);
  const stdin = stdio.childFds.get("stdin") ?? assert.fail("no stdin");
  setNonBlocking(stdin, true);
  assert.equal(String(await readAll(stdin.raw)), "late");
  stdio.close();
});

test("a CloseIO that overtakes the client's own opening does not cut its input off", async () => {
  const stdio = await openStdio(config({ stdin: "in" }), pumped);
  stdio.startInput();
  stdio.closeStdin();
  await sleep(20);
  const client = openSync(join(directory, "in"), constants.O_WRONLY | constants.O_NONBLOCK);
  writeSync(client, "slow to open");
  closeSync(client);
  const stdin = stdio.childFds.get("stdin") ?? assert.fail("no stdin");
  setNonBlocking(stdin, true);
  assert.equal(String(await readAll(stdin.raw)), "slow to open");
  stdio.close();
});

test("input from a plain file is the process's own", async () => {
  writeFileSync(join(directory, "file"), "content");
  const stdio = await openStdio(config({ stdin: "file" }), pumped);
  const stdin = stdio.childFds.get("stdin") ?? assert.fail("no stdin");
  assert.equal(String(await readAll(stdin.raw)), "content");
  stdio.close();
});

test("output into a plain file is appended, however much it is", async () => {
  writeFileSync(join(directory, "file"), "before\n");
  const stdio = await openStdio(config({ stdout: "file" }), pumped);
  const fd = stdio.childFds.get("stdout") ?? assert.fail("no stdout");
  setNonBlocking(fd, true);
  for (let block = 0; block < 300; ) {
    if (writeFd(fd, Buffer.alloc(4096, "x")) === undefined) await sleep(1);
    else block++;
  }
  stdio.releaseChildFds();
  await stdio.drain(5000, 5000);
  const content = readFileSync(join(directory, "file"), "utf8");
  assert.equal(content.length, "before\n".length + 300 * 4096);
  assert.ok(content.startsWith("before\nxxx"));
  stdio.close();
});

test("a megabyte passes a pump whose reader is slower than the writer", async () => {
  const reader = openReader("out");
  const written: number[] = [];
  const stdio = await openStdio(config({ stdout: "out" }), pumped);
  const fd = stdio.childFds.get("stdout") ?? assert.fail("no stdout");
  // Non-blocking, for this thread is the pump's too.
  setNonBlocking(fd, true);
  const writer = (async () => {
    for (let block = 0; block < 32; ) {
      if (writeFd(fd, Buffer.alloc(4096, block)) === undefined) await sleep(1);
      else written[block] = (written[block] ?? 0) + 1;
      if (written[block] === 8) block++;
    }
    stdio.releaseChildFds();
  })();
  const all = await readAll(reader);
  await writer;
  assert.equal(all.length, 1024 * 1024);
  assert.ok(all.every((byte, index) => byte === Math.floor(index / 32768)));
  stdio.close();
  closeSync(reader);
});

test("waiting for a reader ends when the create is given up, and leaves no descriptor", async () => {
  const abort = new AbortController();
  const opening = openStdio(config({ stdout: "out" }), { ...pumped, signal: abort.signal });
  setTimeout(() => abort.abort(), 20);
  await assert.rejects(opening, { name: "AbortError" });
});

test("a stream that does not exist fails and names the path", async () => {
  await assert.rejects(openStdio(config({ stdout: "nothing" }), pumped), /nothing/);
});

test("streams that the client does not want are the container's /dev/null", () => {
  assert.deepEqual(nullStreams(config({})), [0, 1, 2]);
  assert.deepEqual(nullStreams(config({ stdout: "out" })), [0, 2]);
  assert.deepEqual(nullStreams({ ...config({ stdout: "out" }), terminal: true }), []);
});

test("a stream that follows stdout into a log is no null device", () => {
  assert.deepEqual(nullStreams({ ...config({}), stdout: "file:///log" }), [0]);
  assert.deepEqual(nullStreams({ ...config({}), stderr: "file:///log" }), [0, 1]);
});

for (const options of [pumped, direct]) {
  const mode = options.direct ? "direct" : "pumped";

  test(`${mode}: file:// makes file and directories and appends both streams in their order`, async () => {
    const uri = `file://${directory}/a/b%20c/log`;
    for (const text of ["first\n", "second\n"]) {
      const stdio = await openStdio({ ...config({}), stdout: uri, stderr: uri }, options);
      processWrites(stdio, "stdout", `out ${text}`);
      processWrites(stdio, "stderr", `err ${text}`);
      processWrites(stdio, "stdout", `out ${text}`);
      stdio.releaseChildFds();
      await stdio.drain(5000, 5000);
      stdio.close();
    }
    const path = join(directory, "a/b c/log");
    const expected = ["first", "second"].map((n) => `out ${n}\nerr ${n}\nout ${n}\n`).join("");
    assert.equal(readFileSync(path, "utf8"), expected);
    assert.equal(statSync(path).mode & 0o777, 0o644);
    assert.equal(statSync(join(directory, "a")).mode & 0o777, 0o755);
  });

  test(`${mode}: a process never gets the descriptor of a file, so it can't truncate its log`, async () => {
    writeFileSync(join(directory, "file"), "old\n");
    for (const stdout of [`file://${directory}/file`, join(directory, "file")]) {
      const stdio = await openStdio({ ...config({}), stdout }, options);
      const fd = stdio.childFds.get("stdout") ?? assert.fail("no stdout");
      assert.ok(fstatSync(fd.raw).isFIFO());
      stdio.close();
    }
    assert.equal(readFileSync(join(directory, "file"), "utf8"), "old\n");
  });
}

test("file:// of stderr is its own where stdout is another one, nothing, or a FIFO", async () => {
  const reader = openReader("out");
  const stderr = `file://${directory}/err.log`;
  for (const stdout of ["", `file://${directory}/out.log`, join(directory, "out")]) {
    const stdio = await openStdio({ ...config({}), stdout, stderr }, pumped);
    assert.equal(stdio.childFds.has("stdout"), stdout !== "");
    processWrites(stdio, "stderr", `with "${stdout.slice(0, 4)}"\n`);
    stdio.releaseChildFds();
    await stdio.drain(5000, 5000);
    stdio.close();
  }
  const content = readFileSync(join(directory, "err.log"), "utf8");
  assert.equal(content, `with ""\nwith "file"\nwith "${directory.slice(0, 4)}"\n`);
  closeSync(reader);
});

test("a log on a full disk costs its lines, not the process, and is told once", async () => {
  warnings.length = 0;
  const stdio = await openStdio({ ...config({}), stdout: "file:///dev/full" }, pumped);
  const fd = stdio.childFds.get("stdout") ?? assert.fail("no stdout");
  setNonBlocking(fd, true);
  for (let block = 0; block < 64; ) {
    if (writeFd(fd, Buffer.alloc(4096)) === undefined) await sleep(1);
    else block++;
  }
  stdio.releaseChildFds();
  await stdio.drain(5000, 5000);
  assert.deepEqual(warnings, ["output is lost"]);
  stdio.close();
});

test("a log file that is a FIFO nobody reads fails at once", async () => {
  const stdout = `file://${directory}/out`;
  await assert.rejects(openStdio({ ...config({}), stdout }, pumped), { code: "ENXIO" });
});

test("process and client must agree on a terminal", () => {
  assert.throws(() => checkTerminal(true, config({})), /cannot allocate tty/);
  assert.throws(() => checkTerminal(false, { ...config({}), terminal: true }), /console socket/);
  checkTerminal(false, config({}));
});
