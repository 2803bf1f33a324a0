// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { fstatSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isErrno } from "../base/errors.ts";
import * as c from "./constants.ts";
import { type Fd, open, pipe, readFd, writeFd } from "./fd.ts";
import * as sockets from "./socket.ts";
import { openDescriptors } from "./testing/descriptors.ts";

const hasCode = (code: string) => (error: unknown) => isErrno(error, code);
const flagsOf = (fd: Fd): number =>
  Number.parseInt(
    /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd.raw}`, "utf8"))?.[1] ?? "",
    8,
  );
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

function withDirectory(body: (directory: string) => void): void {
  const before = openDescriptors();
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-socket-"));
  try {
    body(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
  assert.equal(openDescriptors(), before);
}

test("a pair is close-on-exec, and only its first end is non-blocking", () => {
  for (const kind of ["stream", "seqpacket"] as const) {
    const [first, second] = sockets.socketPair(kind);
    assert.equal(flagsOf(first) & (c.O_CLOEXEC | c.O_NONBLOCK), c.O_CLOEXEC | c.O_NONBLOCK);
    assert.equal(flagsOf(second) & (c.O_CLOEXEC | c.O_NONBLOCK), c.O_CLOEXEC);
    first.close();
    second.close();
  }
});

test("a packet and its descriptors arrive together, and the descriptors are the same files", () => {
  const before = openDescriptors();
  const [first, second] = sockets.socketPair("seqpacket");
  const { read, write } = pipe({ nonBlock: true });
  sockets.sendWithFds(second, Buffer.from("one"), [read, write]);
  sockets.sendWithFds(second, Buffer.from("two"), []);
  const message = sockets.receiveWithFds(first, 100, 4);
  assert.equal(text(message?.bytes ?? new Uint8Array()), "one");
  const [gotRead, gotWrite, ...more] = message?.fds ?? [];
  assert.ok(gotRead !== undefined && gotWrite !== undefined && more.length === 0);
  assert.notEqual(flagsOf(gotRead) & c.O_CLOEXEC, 0);
  writeFd(gotWrite, Buffer.from("through"));
  const buffer = new Uint8Array(16);
  assert.equal(readFd(read, buffer), 7);
  assert.equal(text(sockets.receiveWithFds(first, 100, 0)?.bytes ?? new Uint8Array()), "two");
  assert.equal(sockets.receiveWithFds(first, 100, 0), undefined);
  second.close();
  assert.deepEqual(sockets.receiveWithFds(first, 100, 4), { bytes: new Uint8Array(), fds: [] });
  for (const fd of [first, read, write, gotRead, gotWrite]) fd.close();
  assert.equal(openDescriptors(), before);
});

test("as many descriptors as the kernel sends are received, one more is refused", () => {
  const before = openDescriptors();
  const [first, second] = sockets.socketPair("seqpacket");
  using file = open("/dev/null", c.O_RDONLY);
  const many = (count: number): Fd[] => Array.from({ length: count }, () => file);
  sockets.sendWithFds(second, Buffer.from("x"), many(253));
  const message = sockets.receiveWithFds(first, 1, 253);
  assert.equal(message?.fds.length, 253);
  for (const fd of message?.fds ?? []) fd.close();
  assert.throws(() => sockets.sendWithFds(second, Buffer.from("x"), many(254)), hasCode("E2BIG"));
  first.close();
  second.close();
  assert.equal(openDescriptors(), before + 1);
});

test("a message that does not fit is an error and none of its descriptors stays open", () => {
  const [first, second] = sockets.socketPair("seqpacket");
  using file = open("/dev/null", c.O_RDONLY);
  const before = openDescriptors();
  sockets.sendWithFds(second, Buffer.from("long message"), [file, file]);
  assert.throws(() => sockets.receiveWithFds(first, 4, 2), hasCode("EMSGSIZE"));
  sockets.sendWithFds(second, Buffer.from("x"), [file, file, file]);
  assert.throws(() => sockets.receiveWithFds(first, 4, 2), hasCode("ENOBUFS"));
  sockets.sendWithFds(second, Buffer.from("x"), [file]);
  assert.throws(() => sockets.receiveWithFds(first, 4, 0), hasCode("ENOBUFS"));
  assert.equal(openDescriptors(), before);
  // The connection itself goes on.
  sockets.sendWithFds(second, Buffer.from("x"), [file]);
  const message = sockets.receiveWithFds(first, 4, 1);
  assert.equal(message?.fds.length, 1);
  for (const fd of message?.fds ?? []) fd.close();
  first.close();
  second.close();
});

test("sending to a full socket is EAGAIN, to a closed one EPIPE", () => {
  const [first, second] = sockets.socketPair("seqpacket");
  assert.throws(() => {
    for (;;) sockets.sendWithFds(first, new Uint8Array(4096), []);
  }, hasCode("EAGAIN"));
  // The packets that were never read reset the connection first.
  second.close();
  assert.throws(() => sockets.sendWithFds(first, new Uint8Array(1), []), hasCode("ECONNRESET"));
  assert.throws(() => sockets.sendWithFds(first, new Uint8Array(1), []), hasCode("EPIPE"));
  first.close();
});

test("a stream socket that takes only a part of a message is EMSGSIZE", () => {
  const [first, second] = sockets.socketPair("stream");
  assert.throws(() => sockets.sendWithFds(first, new Uint8Array(8 << 20), []), hasCode("EMSGSIZE"));
  first.close();
  second.close();
});

test("listen, connect, accept, and who is at the other end", () =>
  withDirectory((directory) => {
    const path = join(directory, "s");
    const old = process.umask(0o777);
    const listener = sockets.listenUnix(path, 0o620);
    process.umask(old);
    assert.equal(statSync(path).mode & 0o7777, 0o620);
    assert.equal(sockets.accept(listener), undefined);
    const client = sockets.connectUnix(path);
    const server = sockets.accept(listener);
    assert.ok(server !== undefined);
    for (const fd of [listener, client, server]) {
      assert.equal(flagsOf(fd) & (c.O_CLOEXEC | c.O_NONBLOCK), c.O_CLOEXEC | c.O_NONBLOCK);
      assert.ok(fstatSync(fd.raw).isSocket());
    }
    const me = { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() };
    assert.deepEqual({ ...sockets.peerCredentials(server) }, me);
    assert.deepEqual({ ...sockets.peerCredentials(client) }, me);
    writeFd(client, Buffer.from("hi"));
    const buffer = new Uint8Array(2);
    assert.equal(readFd(server, buffer), 2);
    for (const fd of [listener, client, server]) fd.close();
  }));

test("an address in use, nobody listening, no such file, a name that is too long", () =>
  withDirectory((directory) => {
    const path = join(directory, "s");
    const listener = sockets.listenUnix(path, 0o600);
    assert.throws(() => sockets.listenUnix(path, 0o600), hasCode("EADDRINUSE"));
    listener.close();
    assert.throws(() => sockets.connectUnix(path), hasCode("ECONNREFUSED"));
    assert.throws(() => sockets.connectUnix(join(directory, "none")), hasCode("ENOENT"));
    writeFileSync(join(directory, "file"), "");
    assert.throws(() => sockets.connectUnix(join(directory, "file")), hasCode("ECONNREFUSED"));
    // sun_path has 108 bytes with the NUL.
    const fits = directory + "/".padEnd(107 - directory.length, "x");
    sockets.listenUnix(fits, 0o600).close();
    assert.throws(() => sockets.listenUnix(`${fits}x`, 0o600), hasCode("ENAMETOOLONG"));
    assert.throws(() => sockets.connectUnix(`${fits}x`), hasCode("ENAMETOOLONG"));
    assert.throws(() => sockets.connectUnix(""), hasCode("EINVAL"));
  }));
