// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { TaskError } from "../base/errors.ts";
import { createLogger } from "../base/log.ts";
import { EVENTS_METHOD, EVENTS_SERVICE, type OutgoingEvent } from "../task/events.ts";
import { Client } from "../ttrpc/client.ts";
import { Server } from "../ttrpc/server.ts";
import type { CallRequest } from "../ttrpc/service.ts";
import { ManualClock, settled } from "../ttrpc/test-kit.ts";
import { Publisher } from "./publisher.ts";

const EMPTY = new Uint8Array();

function event(topic: string): OutgoingEvent {
  return { topic, containerId: "c", forwardRequest: Buffer.from(topic) };
}

/** A containerd that can be away, hang up and answer whatever a test wants; and a publisher that talks to it. */
function setup(_context: TestContext) {
  const clock = new ManualClock();
  const received: string[] = [];
  const metadata: CallRequest["metadata"][] = [];
  const lines: string[] = [];
  const clients: Client[] = [];
  const daemon = {
    away: false,
    answer: async (_topic: string): Promise<Uint8Array> => EMPTY,
  };
  const handler = (request: CallRequest): Promise<Uint8Array> => {
    const topic = Buffer.from(request.payload).toString();
    received.push(topic);
    metadata.push(request.metadata);
    return daemon.answer(topic);
  };
  const server = new Server(new Map([[EVENTS_SERVICE, new Map([[EVENTS_METHOD, handler]])]]));
  const connect = (): Client => {
    if (daemon.away) throw new TaskError("unavailable", "nobody there");
    const connection = server.accept({
      write: (bytes) => client.receive(bytes),
      close: () => client.closed(),
    });
    const client: Client = new Client(
      { write: (bytes) => connection.receive(bytes), close: () => connection.closed() },
      clock,
    );
    clients.push(client);
    return client;
  };
  const log = createLogger({
    ...{ level: "info", fields: {}, now: () => 0n },
    sink: (line) => lines.push(line),
  });
  const publisher = new Publisher({ namespace: "ns", connect, log, clock });
  return { clock, daemon, publisher, received, metadata, clients, lines };
}

async function passes(clock: ManualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10) {
    clock.advance(10);
    await settled();
  }
}

test("events arrive in order, over one connection, with the namespace", async (context) => {
  const { publisher, received, metadata, clients } = setup(context);
  for (const topic of ["/a", "/b", "/c"]) publisher.publish(event(topic));
  assert.equal(await publisher.flush(1000), true);
  assert.deepEqual(received, ["/a", "/b", "/c"]);
  assert.equal(clients.length, 1);
  assert.deepEqual(metadata[0]?.get("containerd-namespace-ttrpc"), ["ns"]);
});

test("nothing is connected before the first event", (context) => {
  assert.equal(setup(context).clients.length, 0);
});

test("one event is on its way at a time", async (context) => {
  const { publisher, received, daemon } = setup(context);
  const gate = Promise.withResolvers<Uint8Array>();
  daemon.answer = () => gate.promise;
  publisher.publish(event("/a"));
  publisher.publish(event("/b"));
  await settled();
  assert.deepEqual(received, ["/a"]);
  gate.resolve(EMPTY);
  assert.equal(await publisher.flush(1000), true);
  assert.deepEqual(received, ["/a", "/b"]);
});

test("events wait while containerd is away, and it is said once", async (context) => {
  const { publisher, received, daemon, clock, lines } = setup(context);
  daemon.away = true;
  publisher.publish(event("/a"));
  await passes(clock, 60_000);
  publisher.publish(event("/b"));
  assert.deepEqual([publisher.queued, lines.length], [2, 1]);
  daemon.away = false;
  await passes(clock, 1_000);
  assert.deepEqual(received, ["/a", "/b"]);
  assert.equal(publisher.queued, 0);
});

test("an event that was cut off is sent again, before the others", async (context) => {
  const { publisher, received, daemon, clients, clock } = setup(context);
  daemon.answer = () => Promise.withResolvers<Uint8Array>().promise;
  publisher.publish(event("/a"));
  publisher.publish(event("/b"));
  await settled();
  daemon.answer = async () => EMPTY;
  clients[0]?.closed();
  await passes(clock, 100);
  assert.deepEqual(received, ["/a", "/a", "/b"]);
  assert.equal(clients.length, 2);
});

test("a containerd that does not answer in 5 s is connected anew", async (context) => {
  const { publisher, received, daemon, clients, clock } = setup(context);
  daemon.answer = () => Promise.withResolvers<Uint8Array>().promise;
  publisher.publish(event("/a"));
  await passes(clock, 4_000);
  assert.equal(clients.length, 1);
  daemon.answer = async () => EMPTY;
  await passes(clock, 2_000);
  assert.deepEqual(received, ["/a", "/a"]);
  assert.equal(clients.length, 2);
});

test("an event that containerd calls invalid is dropped at once", async (context) => {
  const { publisher, received, daemon, lines } = setup(context);
  daemon.answer = async (topic) => {
    if (topic === "/bad") throw new TaskError("invalid_argument", "no such topic");
    return EMPTY;
  };
  publisher.publish(event("/bad"));
  publisher.publish(event("/good"));
  assert.equal(await publisher.flush(1000), true);
  assert.deepEqual(received, ["/bad", "/good"]);
  assert.match(lines.join(""), /event dropped: containerd refuses it.*topic=\/bad/);
});

test("an event that containerd keeps failing on is dropped after five times", async (context) => {
  const { publisher, received, daemon, clock } = setup(context);
  daemon.answer = async (topic) => {
    if (topic === "/bad") throw new TaskError("internal", "disk full");
    return EMPTY;
  };
  publisher.publish(event("/bad"));
  publisher.publish(event("/good"));
  await passes(clock, 5_000);
  assert.deepEqual(received, [...Array(5).fill("/bad"), "/good"]);
});

test("of too many events the oldest that are not on their way go", async (context) => {
  const { publisher, received, daemon, clock, lines } = setup(context);
  daemon.away = true;
  for (let n = 0; n < 2_050; n++) publisher.publish(event(`/${n}`));
  assert.equal(publisher.queued, 2_048);
  daemon.away = false;
  await passes(clock, 2_000);
  assert.deepEqual(received.slice(0, 3), ["/0", "/3", "/4"]);
  assert.equal(received.at(-1), "/2049");
  assert.equal(lines.filter((line) => line.includes("too many wait")).length, 2);
});

test("flush gives up after its time", async (context) => {
  const { publisher, daemon, clock } = setup(context);
  daemon.away = true;
  publisher.publish(event("/a"));
  const flushed = publisher.flush(5_000);
  await passes(clock, 5_000);
  assert.equal(await flushed, false);
});
