// SPDX-License-Identifier: Apache-2.0
// Server and client against each other over real unix sockets.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Client } from "./client.ts";
import { MAX_PAYLOAD_BYTES } from "./frame.ts";
import { Server } from "./server.ts";
import type { Handler } from "./service.ts";
import { fromUtf8, requestFrame, utf8 } from "./test-kit.ts";
import type { Transport } from "./transport.ts";

function toTransport(socket: net.Socket): Transport {
  return {
    write: (bytes) => void socket.write(bytes),
    close: () => void socket.destroy(),
    get pendingBytes() {
      return socket.writableLength;
    },
  };
}

async function listen(context: TestContext, handler: Handler) {
  const directory = mkdtempSync(join(tmpdir(), "ttrpc-"));
  const path = join(directory, "s.sock");
  const server = new Server(new Map([["s", new Map([["m", handler]])]]));
  const listener = net.createServer((socket) => {
    const connection = server.accept(toTransport(socket));
    socket.on("data", (chunk) => {
      connection.receive(chunk);
      if (connection.congested) socket.pause();
    });
    socket.on("drain", () => {
      connection.drained();
      socket.resume();
    });
    socket.on("error", () => {});
    socket.on("close", () => connection.closed());
  });
  await new Promise<void>((resolve) => listener.listen(path, resolve));
  context.after(() => {
    server.close();
    listener.close();
    rmSync(directory, { recursive: true });
  });
  return { server, path };
}

async function dial(context: TestContext, path: string) {
  const socket = net.connect(path);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  const client = new Client(toTransport(socket));
  let reason: Error | undefined;
  socket.on("data", (chunk) => client.receive(chunk));
  socket.on("error", (error) => {
    reason = error;
  });
  socket.on("close", () => client.closed(reason));
  context.after(() => client.close());
  return { client, socket };
}

const call = (payload: Uint8Array) => ({ service: "s", method: "m", payload });

test("a thousand calls at once are answered in any order, each with its own answer", async (context) => {
  const held: (() => void)[] = [];
  const { server, path } = await listen(context, async (request) => {
    await new Promise<void>((resolve) => held.push(resolve));
    return request.payload;
  });
  const { client } = await dial(context, path);
  const answers = Array.from({ length: 1000 }, (_, index) => client.call(call(utf8(`${index}`))));
  while (held.length < 1000) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([server.activeCalls, client.pendingCalls], [1000, 1000]);
  for (const release of held.reverse()) release();
  assert.deepEqual(
    (await Promise.all(answers)).map(fromUtf8),
    answers.map((_, index) => `${index}`),
  );
  await server.idle();
  assert.equal(server.activeCalls, 0);
});

test("the longest messages go both ways", async (context) => {
  const { path } = await listen(context, async (request) => request.payload);
  const { client } = await dial(context, path);
  const payload = new Uint8Array(MAX_PAYLOAD_BYTES - 11).fill(7);
  const answers = await Promise.all([client.call(call(payload)), client.call(call(payload))]);
  for (const answer of answers) assert.deepEqual(answer, payload);
});

test("a peer that does not read is not read from, and gets all its answers once it does", async (context) => {
  let calls = 0;
  const { server, path } = await listen(context, async () => {
    calls++;
    return new Uint8Array(1024 * 1024);
  });
  const { client, socket } = await dial(context, path);
  socket.pause();
  const answers: Promise<Uint8Array>[] = [];
  const round = async (): Promise<void> => {
    answers.push(client.call(call(new Uint8Array(65536))));
    await new Promise((resolve) => setImmediate(resolve));
  };
  for (let count = 0; count < 40; count++) await round();
  assert.ok(calls < 40, `${calls} calls were read`);
  socket.resume();
  for (const answer of await Promise.all(answers)) assert.equal(answer.length, 1024 * 1024);
  await server.flushed();
  assert.equal(calls, 40);
});

test("a server that goes away rejects what waits for it", async (context) => {
  const { server, path } = await listen(context, () => new Promise(() => {}));
  const { client } = await dial(context, path);
  const answer = client.call(call(utf8("x")));
  while (server.activeCalls === 0) await new Promise((resolve) => setImmediate(resolve));
  server.close();
  await assert.rejects(answer, { code: "unavailable" });
  assert.equal(client.isClosed, true);
});

test("noise on one connection does no harm to another", async (context) => {
  const { path } = await listen(context, async (request) => request.payload);
  const noisy = await dial(context, path);
  const calm = await dial(context, path);
  noisy.socket.write(Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  noisy.socket.write(requestFrame(2, { service: "s", method: "m" }));
  assert.equal(fromUtf8(await calm.client.call(call(utf8("hello")))), "hello");
});
