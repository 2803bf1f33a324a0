// SPDX-License-Identifier: Apache-2.0
// The daemon's socket over real ones: listener, transport, endpoint and ttrpc together.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger } from "../base/log.ts";
import { connectUnix, listenUnix } from "../sys/socket.ts";
import { Client } from "../ttrpc/client.ts";
import type { CallRequest, Handler } from "../ttrpc/service.ts";
import { Endpoint } from "./endpoint.ts";
import { SocketTransport } from "./socket-transport.ts";

const KEEP_ALIVE_MS = 60_000;

function setup(context: TestContext, handler: Handler = async ({ payload }) => payload) {
  const directory = mkdtempSync(join(tmpdir(), "endpoint-"));
  const path = join(directory, "s");
  const keepAlive = setInterval(() => undefined, KEEP_ALIVE_MS);
  const endpoint = new Endpoint({
    socket: listenUnix(path, 0o600),
    path,
    services: new Map([["s", new Map([["m", handler]])]]),
    log: silentLogger,
    now: () => performance.now(),
  });
  context.after(() => {
    clearInterval(keepAlive);
    endpoint.close();
    rmSync(directory, { recursive: true });
  });
  return { endpoint, path, directory };
}

function dial(context: TestContext, path: string): Client {
  const transport = new SocketTransport(connectUnix(path));
  const client = new Client(transport);
  transport.attach(client);
  context.after(() => client.close());
  return client;
}

function call(client: Client, payload: Uint8Array): Promise<Uint8Array> {
  return client.call({ service: "s", method: "m", payload });
}

/** Waits until `condition` holds, but not for ever. */
async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    assert.ok(tries < 2_000, "waited for too long");
    await sleep(5);
  }
}

test("calls on several connections are answered", async (context) => {
  const { endpoint, path } = setup(context);
  const clients = [dial(context, path), dial(context, path), dial(context, path)];
  const answers = await Promise.all(
    clients.map((client, index) => call(client, Uint8Array.of(index))),
  );
  assert.deepEqual(
    answers.map((answer) => answer[0]),
    [0, 1, 2],
  );
  assert.equal(endpoint.connections, 3);
});

test("the longest message comes through in both directions", async (context) => {
  const { path } = setup(context);
  const payload = new Uint8Array(4 * 1024 * 1024 - 100);
  for (let at = 0; at < payload.length; at += 1000) payload[at] = at % 251;
  assert.deepEqual(await call(dial(context, path), payload), payload);
});

test("a peer that says nonsense loses its connection, and the others go on", async (context) => {
  const { endpoint, path } = setup(context);
  const good = dial(context, path);
  await call(good, new Uint8Array());
  const bad = new SocketTransport(connectUnix(path));
  bad.write(Buffer.alloc(64, 0xff));
  bad.close();
  assert.deepEqual(await call(good, Uint8Array.of(7)), Uint8Array.of(7));
  await until(() => endpoint.connections === 1);
});

test("a peer that does not read does not stop the others", async (context) => {
  const big = new Uint8Array(1024 * 1024);
  const { path } = setup(context, async ({ payload }: CallRequest) =>
    payload.length === 0 ? big : payload,
  );
  // Not attached: it never reads.
  const deaf = new SocketTransport(connectUnix(path));
  context.after(() => deaf.close());
  const deafClient = new Client(deaf);
  for (let n = 0; n < 20; n++) call(deafClient, new Uint8Array()).catch(() => undefined);
  assert.deepEqual(await call(dial(context, path), Uint8Array.of(1)), Uint8Array.of(1));
});

test("a peer that disappears is noticed, and counts as heard if it said something", async (context) => {
  const { endpoint, path } = setup(context);
  const client = dial(context, path);
  await call(client, new Uint8Array());
  client.close();
  await until(() => endpoint.connections === 0);
  assert.equal(endpoint.expectantMs, Number.POSITIVE_INFINITY);
});

test("a peer that connects and leaves without a word is a probe", async (context) => {
  const { endpoint, path } = setup(context);
  connectUnix(path).close();
  await until(() => endpoint.expectantMs < Number.POSITIVE_INFINITY);
  // Until the one whom it announced has come.
  await call(dial(context, path), new Uint8Array());
  assert.equal(endpoint.expectantMs, Number.POSITIVE_INFINITY);
});

test("withdrawing takes the file away and keeps the connections", async (context) => {
  const { endpoint, path, directory } = setup(context);
  const client = dial(context, path);
  await call(client, new Uint8Array());
  assert.equal(endpoint.withdraw(), true);
  assert.deepEqual(readdirSync(directory), []);
  assert.deepEqual(await call(client, Uint8Array.of(1)), Uint8Array.of(1));
});

test("withdrawing brings the file back when somebody has connected meanwhile", async (context) => {
  const { endpoint, path, directory } = setup(context);
  const client = dial(context, path);
  // The loop has not run since: nobody has accepted that connection yet.
  assert.equal(endpoint.withdraw(), false);
  assert.deepEqual(readdirSync(directory), ["s"]);
  assert.deepEqual(await call(client, Uint8Array.of(1)), Uint8Array.of(1));
  assert.deepEqual(await call(dial(context, path), Uint8Array.of(2)), Uint8Array.of(2));
});

test("withdrawing leaves a file that is another shim's", (context) => {
  const { endpoint, path } = setup(context);
  renameSync(path, `${path}.ours`);
  writeFileSync(path, "");
  assert.equal(endpoint.withdraw(), true);
  assert.equal(existsSync(path), true);
});

test("withdrawing twice is harmless", (context) => {
  const { endpoint } = setup(context);
  assert.equal(endpoint.withdraw(), true);
  assert.equal(endpoint.withdraw(), true);
});

test("settling waits for the answer that is under way, and no longer than it may", async (context) => {
  const gate = Promise.withResolvers<Uint8Array>();
  const { endpoint, path } = setup(context, () => gate.promise);
  const answer = call(dial(context, path), new Uint8Array());
  await until(() => endpoint.connections === 1);
  await endpoint.settle(20);
  const settled = endpoint.settle(60_000);
  gate.resolve(Uint8Array.of(9));
  assert.deepEqual(await answer, Uint8Array.of(9));
  await settled;
});

test("closing ends the peers' connections", async (context) => {
  const { endpoint, path } = setup(context);
  const client = dial(context, path);
  await call(client, new Uint8Array());
  endpoint.close();
  await until(() => client.isClosed);
  assert.throws(() => connectUnix(path), { code: "ECONNREFUSED" });
});
