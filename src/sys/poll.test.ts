// SPDX-License-Identifier: Apache-2.0
// koffi.node.poll is undocumented: each fact that poll.ts relies on, or works around, is a test
// here.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isErrno } from "../base/errors.ts";
import * as c from "./constants.ts";
import { dup, Fd, open, pipe, readFd, setNonBlocking, writeFd } from "./fd.ts";
import { getKoffi } from "./ffi.ts";
import { type Ready, type Watch, watch } from "./poll.ts";
import { mkfifo } from "./proc.ts";
import { socketPair } from "./socket.ts";
import { openDescriptors } from "./testing/descriptors.ts";

const READABLE = { readable: true, writable: false, hangup: false };
const WRITABLE = { readable: false, writable: true, hangup: false };
const one = new Uint8Array(1);
const hasCode = (code: string) => (error: unknown) => isErrno(error, code);
/** Enough turns of the loop for a spinning watch to show. */
const turns = async (count = 50): Promise<void> => {
  for (let i = 0; i < count; i += 1) await nextTurn();
};
/** A watch that records; `until` resolves at the next call. */
function record(fd: Fd, wanted: { readable?: boolean; writable?: boolean }) {
  const calls: Ready[] = [];
  let wake = (): void => undefined;
  const watching = watch(fd, wanted, (ready) => {
    calls.push(ready);
    wake();
  });
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      wake = () => {
        if (calls.length >= count) resolve();
      };
      wake();
    });
  return { calls, watching, until };
}
/** Runs a body with a pipe and cleans up. */
async function withPipe(body: (ends: { read: Fd; write: Fd }) => Promise<void>): Promise<void> {
  const before = openDescriptors();
  const ends = pipe({ nonBlock: true });
  await body(ends);
  ends.read.close();
  ends.write.close();
  assert.equal(openDescriptors(), before, "descriptors are left over");
}

test("it is level-triggered: the callback comes again until the bytes are read", () =>
  withPipe(async ({ read, write }) => {
    const { calls, watching, until } = record(read, { readable: true });
    await turns(5);
    assert.deepEqual(calls, []);
    writeFd(write, Buffer.from("ab"));
    await until(3);
    assert.deepEqual(calls[0], READABLE);
    readFd(read, new Uint8Array(2));
    const count = calls.length;
    await turns();
    assert.equal(calls.length, count);
    watching.close();
  }));

test("update changes what is wanted, also to nothing and back", () =>
  withPipe(async ({ write }) => {
    const { calls, watching, until } = record(write, { writable: true });
    await until(1);
    assert.deepEqual(calls[0], WRITABLE);
    watching.update({});
    const count = calls.length;
    await turns();
    assert.equal(calls.length, count);
    watching.update({ writable: true });
    await until(count + 1);
    watching.update({ readable: true });
    const later = calls.length;
    await turns();
    assert.equal(calls.length, later);
    watching.close();
  }));

test("update within the callback counts at once", () =>
  withPipe(async ({ write }) => {
    let calls = 0;
    const watching: Watch = watch(write, { writable: true }, () => {
      calls += 1;
      watching.update({ readable: true });
    });
    await turns();
    assert.equal(calls, 1);
    watching.close();
  }));

test("both directions of a socket are told apart", async () => {
  const [first, second] = socketPair("stream");
  const { calls, watching, until } = record(first, { readable: true, writable: true });
  await until(1);
  assert.deepEqual(calls[0], WRITABLE);
  writeFd(second, one);
  const count = calls.length;
  await until(count + 2);
  assert.deepEqual(calls.at(-1), { readable: true, writable: true, hangup: false });
  watching.close();
  first.close();
  second.close();
});

test("no callback comes after close, not even for what was ready already", () =>
  withPipe(async ({ read, write }) => {
    writeFd(write, one);
    const { calls, watching } = record(read, { readable: true });
    const other = record(read, { readable: true });
    // Both handles fire in one turn; the first callback closes the second watch.
    await other.until(1);
    other.watching.close();
    watching.close();
    const count = calls.length;
    await turns();
    assert.equal(calls.length, count);
    watching.close();
    watching.update({ readable: true });
    watching[Symbol.dispose]();
  }));

test("a watch closed by another watch's callback of the same turn stays silent", () =>
  withPipe(async ({ read, write }) => {
    let calls = 0;
    const watches: Watch[] = [];
    const closeAll = (): void => {
      calls += 1;
      for (const each of watches) each.close();
    };
    watches.push(watch(read, { readable: true }, closeAll));
    watches.push(watch(read, { readable: true }, closeAll));
    writeFd(write, one);
    await turns();
    assert.equal(calls, 1);
  }));

test("two watches of one descriptor both work", () =>
  withPipe(async ({ read, write }) => {
    const first = record(read, { readable: true });
    const second = record(read, { readable: true });
    writeFd(write, one);
    await Promise.all([first.until(1), second.until(1)]);
    first.watching.close();
    const count = second.calls.length;
    await second.until(count + 1);
    second.watching.close();
  }));

test("a descriptor closed before its watch does no harm, nor does its number when used again", async () => {
  const before = openDescriptors();
  const { read, write } = pipe({ nonBlock: true });
  const old = record(read, { readable: true });
  const raw = read.raw;
  read.close();
  const next = pipe({ nonBlock: true });
  assert.equal(next.read.raw, raw);
  const fresh = record(next.read, { readable: true });
  writeFd(next.write, one);
  await fresh.until(1);
  assert.equal(old.calls.length, 0);
  old.watching.close();
  fresh.watching.close();
  for (const fd of [write, next.read, next.write]) fd.close();
  assert.equal(openDescriptors(), before);
});

test("what can't be polled is an error, not an abort of the process", () => {
  const before = openDescriptors();
  using file = open(import.meta.filename, c.O_RDONLY);
  using directory = open("/", c.O_RDONLY);
  const closed = open("/dev/null", c.O_RDONLY);
  closed.close();
  assert.throws(() => watch(file, { readable: true }, () => undefined), hasCode("EPERM"));
  assert.throws(() => watch(directory, { readable: true }, () => undefined), hasCode("EPERM"));
  assert.throws(() => watch(closed, { readable: true }, () => undefined), hasCode("EBADF"));
  assert.throws(() => watch(new Fd(9999), { readable: true }, () => undefined), hasCode("EBADF"));
  // The directory; files of the file system are not counted.
  assert.equal(openDescriptors(), before + 1);
});

test("a watched descriptor becomes non-blocking, with all its duplicates", () =>
  withPipe(async ({ read }) => {
    setNonBlocking(read, false);
    using copy = dup(read);
    const watching = watch(read, {}, () => undefined);
    const flags = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${copy.raw}`, "utf8"));
    assert.notEqual(Number.parseInt(flags?.[1] ?? "", 8) & c.O_NONBLOCK, 0);
    watching.close();
  }));

test("end of file is readable with hangup, again and again, until nothing is wanted", () =>
  withPipe(async ({ read, write }) => {
    const { calls, watching, until } = record(read, { readable: true });
    writeFd(write, one);
    write.close();
    await until(2);
    assert.deepEqual(calls.at(-1), { readable: true, writable: false, hangup: true });
    assert.equal(readFd(read, one), 1);
    assert.equal(readFd(read, one), 0);
    const count = calls.length;
    await until(count + 1);
    watching.update({});
    const last = calls.length;
    await turns();
    assert.equal(calls.length, last);
    watching.close();
  }));

test("a pipe that lost its reader is told once, whatever is wanted, and nothing spins", async () => {
  for (const wanted of [{ writable: true }, { readable: true }]) {
    const { read, write } = pipe({ nonBlock: true });
    while (writeFd(write, new Uint8Array(65536)) !== undefined);
    const { calls, watching, until } = record(write, wanted);
    await turns();
    assert.equal(calls.length, 0);
    read.close();
    await until(1);
    await turns();
    assert.equal(calls.length, 1);
    assert.equal(calls[0]?.hangup, true);
    assert.throws(() => writeFd(write, one), hasCode("EPIPE"));
    // Asking again tells it again.
    watching.update(wanted);
    await until(2);
    await turns();
    assert.equal(calls.length, 2);
    watching.close();
    write.close();
  }
});

test("a FIFO that lost its reader works again with the next one, after update", async () => {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-poll-"));
  const path = join(directory, "fifo");
  mkfifo(path, 0o600);
  const keep = open(path, c.O_RDONLY | c.O_NONBLOCK);
  const write = open(path, c.O_WRONLY | c.O_NONBLOCK);
  const { calls, watching, until } = record(write, { readable: true });
  keep.close();
  await until(1);
  const again = open(path, c.O_RDONLY | c.O_NONBLOCK);
  watching.update({ writable: true });
  await until(2);
  assert.deepEqual(calls.at(-1), WRITABLE);
  watching.close();
  again.close();
  write.close();
  rmSync(directory, { recursive: true });
});

test("a FIFO opened before its first writer is neither readable nor hung up", async () => {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-poll-"));
  const path = join(directory, "fifo");
  mkfifo(path, 0o600);
  const read = open(path, c.O_RDONLY | c.O_NONBLOCK);
  const { calls, watching, until } = record(read, { readable: true });
  await turns();
  assert.equal(calls.length, 0);
  const write = open(path, c.O_WRONLY | c.O_NONBLOCK);
  writeFd(write, one);
  write.close();
  await until(1);
  watching.close();
  read.close();
  rmSync(directory, { recursive: true });
});

test("a socket whose peer ended only its writing is readable with hangup", async () => {
  const [first, second] = socketPair("stream");
  const { calls, watching, until } = record(first, { readable: true });
  second.close();
  await until(1);
  assert.deepEqual(calls[0], { readable: true, writable: false, hangup: true });
  assert.equal(readFd(first, one), 0);
  watching.close();
  first.close();
});

test("bytes before a reset connection are all delivered, one read per callback", async () => {
  // Closing with unread bytes resets a unix socket: EPOLLERR on our side, behind the peer's last
  // bytes.
  const [first, second] = socketPair("stream");
  writeFd(first, Buffer.from("never read"));
  writeFd(second, Buffer.from("abc"));
  let text = "";
  let end: unknown;
  const done = Promise.withResolvers<void>();
  const watching = watch(first, { readable: true }, () => {
    try {
      const count = readFd(first, one);
      if (count === 1) {
        text += String.fromCharCode(one[0] ?? 0);
        return;
      }
    } catch (error) {
      end = error;
      if (isErrno(error, "ECONNRESET")) return;
    }
    watching.close();
    done.resolve();
  });
  second.close();
  await done.promise;
  assert.equal(text, "abc");
  assert.ok(end === undefined || isErrno(end, "ECONNRESET"));
  first.close();
});

test("the master of a terminal hangs up when the last slave is closed, not before the first", async () => {
  const libc = getKoffi().load("libc.so.6");
  const master = open("/dev/ptmx", c.O_RDWR | c.O_NOCTTY | c.O_NONBLOCK);
  assert.equal(libc.func("int unlockpt(int fd)")(master.raw), 0);
  const { watching, calls, until } = record(master, { readable: true });
  await turns();
  assert.equal(calls.length, 0);
  const slavePath = libc.func("const char *ptsname(int fd)")(master.raw) as string;
  const slave = open(slavePath, c.O_RDWR | c.O_NOCTTY);
  writeFd(slave, Buffer.from("bye"));
  slave.close();
  await until(1);
  assert.deepEqual(calls[0], { readable: true, writable: false, hangup: true });
  assert.equal(readFd(master, new Uint8Array(16)), 3);
  assert.throws(() => readFd(master, one), hasCode("EIO"));
  // Writable only: a master without a slave takes bytes, so nothing may be wanted once they are
  // written.
  watching.update({});
  const count = calls.length;
  await turns();
  assert.equal(calls.length, count);
  watching.close();
  master.close();
});

test("a watch keeps the event loop alive and survives garbage collection", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  await withPipe(async ({ read, write }) => {
    const called = Promise.withResolvers<void>();
    // Nobody keeps the Watch.
    ((): void => {
      const watching = watch(read, { readable: true }, () => {
        watching.close();
        called.resolve();
      });
    })();
    const timer = setTimeout(() => writeFd(write, one), 50).unref();
    for (let i = 0; i < 5; i += 1) {
      gc();
      await sleep(2);
    }
    // From here only the watch and timers that are not referenced are left.
    await called.promise;
    clearTimeout(timer);
  });
});

test("a bare koffi handle that is lost is collected with its watch", async () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  await withPipe(async ({ read, write }) => {
    let calls = 0;
    ((): void => {
      getKoffi().node.poll(read.raw, { readable: true }, () => {
        calls += 1;
      });
    })();
    for (let i = 0; i < 10; i += 1) {
      gc();
      await sleep(2);
    }
    writeFd(write, one);
    await sleep(10);
    assert.equal(calls, 0, "koffi keeps handles now: poll.ts can be simpler");
  });
});

test("promises resolved in the callback continue before the next callback", () =>
  withPipe(async ({ read, write }) => {
    const order: string[] = [];
    writeFd(write, one);
    const both = Promise.withResolvers<void>();
    const make = (name: string): Watch => {
      const watching = watch(read, { readable: true }, () => {
        order.push(name);
        void Promise.resolve().then(() => order.push(`${name} then`));
        watching.close();
        if (order.length > 1) both.resolve();
      });
      return watching;
    };
    make("first");
    make("second");
    await both.promise;
    await nextTurn();
    assert.equal(order.length, 4);
    assert.equal(order[1], `${order[0]} then`);
  }));

test("what the callback throws is an uncaught exception, and the watch goes on", async () => {
  await withPipe(async ({ read, write }) => {
    const caught: string[] = [];
    const listeners = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error) => caught.push(error.message));
    let calls = 0;
    const done = Promise.withResolvers<void>();
    const watching = watch(read, { readable: true }, () => {
      calls += 1;
      if (calls === 1) throw new Error("boom");
      watching.close();
      done.resolve();
    });
    writeFd(write, one);
    await done.promise;
    for (const each of listeners) process.on("uncaughtException", each);
    assert.deepEqual(caught, ["boom"]);
  });
});

test("many watches at once are all served", async () => {
  const before = openDescriptors();
  const pipes = Array.from({ length: 300 }, () => pipe({ nonBlock: true }));
  let served = 0;
  const watches = pipes.map(({ read }) =>
    watch(read, { readable: true }, () => {
      if (readFd(read, one) === 1) served += 1;
    }),
  );
  for (const { write } of pipes) writeFd(write, one);
  while (served < pipes.length) await nextTurn();
  for (const each of watches) each.close();
  for (const { read, write } of pipes) {
    read.close();
    write.close();
  }
  await nextTurn();
  assert.equal(openDescriptors(), before);
});
