// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { Server } from "./server.ts";
import type { Service } from "./service.ts";
import { RecordingTransport, requestFrame, settled, utf8 } from "./test-kit.ts";

const task: Service = new Map([["State", async (request) => request.payload]]);

test("one service can have two names", async () => {
  const server = new Server(
    new Map([
      ["v2", task],
      ["v3", task],
    ]),
  );
  const transport = new RecordingTransport();
  const connection = server.accept(transport);
  for (const [streamId, service] of [
    [1, "v2"],
    [3, "v3"],
  ] as const)
    connection.receive(
      requestFrame(streamId, { service, method: "State", payload: utf8(service) }),
    );
  await settled();
  assert.deepEqual(transport.answers, [
    [1, 0, "v2"],
    [3, 0, "v3"],
  ]);
});

test("a server knows its connections until they end and is idle when all of them are", async () => {
  const held = Promise.withResolvers<Uint8Array>();
  const server = new Server(new Map([["s", new Map([["m", () => held.promise]])]]));
  const transports = [new RecordingTransport(), new RecordingTransport(), new RecordingTransport()];
  const [first, second, third] = transports.map((transport) => server.accept(transport));
  first?.receive(requestFrame(1, { service: "s", method: "m" }));
  third?.closed();
  assert.deepEqual([server.connections, server.activeCalls], [2, 1]);
  let idle = false;
  const waiting = server.idle().then(() => {
    idle = true;
  });
  await server.flushed();
  assert.equal(idle, false);
  held.resolve(utf8("done"));
  await waiting;
  assert.deepEqual(transports[0]?.answers, [[1, 0, "done"]]);
  second?.close();
  assert.deepEqual([server.connections, transports[1]?.closes], [1, 1]);
});

test("a server that is closed ends its connections, also those that come later", () => {
  const server = new Server(new Map());
  const before = new RecordingTransport();
  const after = new RecordingTransport();
  server.accept(before);
  server.close();
  server.accept(after);
  assert.deepEqual([before.closes, after.closes, server.connections], [1, 1, 0]);
});
