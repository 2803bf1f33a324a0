// SPDX-License-Identifier: Apache-2.0
// Valid conversations with damage: flipped bits, lost, doubled and moved pieces, cut anywhere. The same on every run.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { TaskError } from "../base/errors.ts";
import { Client } from "./client.ts";
import { decodeRequest, decodeResponse } from "./codec.ts";
import { ServerConnection } from "./connection.ts";
import { FrameDecoder, HEADER_BYTES, MAX_PAYLOAD_BYTES } from "./frame.ts";
import type { Handler, Service } from "./service.ts";
import {
  concat,
  ManualClock,
  parseCapture,
  pseudoRandom,
  RecordingTransport,
  settled,
} from "./test-kit.ts";

const ROUNDS = 3000;

type Random = (limit: number) => number;

function captured(name: string, from: "client" | "server"): Uint8Array {
  const text = readFileSync(new URL(`fixtures/${name}.hex`, import.meta.url), "utf8");
  return concat(parseCapture(text).flatMap((read) => (read.from === from ? [read.bytes] : [])));
}

function damage(valid: Uint8Array, random: Random): Uint8Array {
  const bytes = new Uint8Array(valid);
  for (let count = random(8); count >= 0; count--)
    bytes[random(bytes.length)] = random(2) === 0 ? random(256) : 1 << random(8);
  const at = random(bytes.length);
  const piece = bytes.subarray(at, at + random(64));
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random(4)) {
    case 0:
      return concat([head, tail.subarray(piece.length)]);
    case 1:
      return concat([head, piece, tail]);
    case 2:
      return concat([piece, head, tail]);
    default:
      return bytes;
  }
}

function* pieces(bytes: Uint8Array, random: Random): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random(random(2) === 0 ? 16 : 4096);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** Services that answer every method, in several ways. */
function answering(random: Random): ReadonlyMap<string, Service> {
  const handler: Handler = async (request) => {
    if (random(4) === 0) throw new TaskError("not_found", "gone");
    if (random(4) === 0) assert.ok(!request.signal.aborted || request.deadlineMs !== undefined);
    return request.payload;
  };
  const methods = [
    "Create",
    "Start",
    "Wait",
    "State",
    "Exec",
    "Kill",
    "Delete",
    "Connect",
    "Forward",
  ];
  const service: Service = new Map(methods.map((method) => [method, handler]));
  const names = ["containerd.task.v2.Task", "containerd.services.events.ttrpc.v1.Events"];
  return new Map(names.map((name) => [name, service]));
}

for (const name of ["task-short", "task-long", "events-short"]) {
  test(`${name}: a server survives every damaged conversation and sends only whole answers`, async () => {
    const random = pseudoRandom(1);
    const valid = captured(name, "client");
    for (let round = 0; round < ROUNDS; round++) {
      const transport = new RecordingTransport();
      const services = answering(random);
      const connection = new ServerConnection({ services, transport, clock: new ManualClock() });
      for (const piece of pieces(damage(valid, random), random)) connection.receive(piece);
      if (round % 100 === 0) await settled();
      assert.equal(connection.isClosed, false);
      transport.answers; // Throws unless each frame is a response that decodes.
      connection.closed();
    }
    await settled();
  });

  test(`${name}: a client survives every damaged conversation and settles every call`, async () => {
    const random = pseudoRandom(2);
    const valid = captured(name, "server");
    const requests = new FrameDecoder().push(captured(name, "client"));
    for (let round = 0; round < ROUNDS / 10; round++) {
      const client = new Client(new RecordingTransport(), new ManualClock());
      const payload = new Uint8Array();
      const results = requests.map(() => client.call({ service: "s", method: "m", payload }));
      for (const piece of pieces(damage(valid, random), random)) client.receive(piece);
      client.closed();
      for (const result of await Promise.allSettled(results))
        assert.ok(result.status === "fulfilled" || result.reason instanceof TaskError);
    }
  });
}

test("a decoder holds at most one frame, whatever it is fed", () => {
  const random = pseudoRandom(3);
  for (let round = 0; round < ROUNDS; round++) {
    const decoder = new FrameDecoder();
    const noise = Uint8Array.from({ length: random(200) }, () => random(256) * (random(3) - 1));
    for (const piece of pieces(noise, random)) decoder.push(piece);
    assert.ok(decoder.bufferedBytes <= HEADER_BYTES + MAX_PAYLOAD_BYTES);
  }
});

test("messages of noise decode or are refused", () => {
  const random = pseudoRandom(4);
  for (let round = 0; round < 10 * ROUNDS; round++) {
    const noise = Uint8Array.from({ length: random(40) }, () => random(random(2) === 0 ? 64 : 256));
    for (const decode of [decodeRequest, decodeResponse]) {
      try {
        decode(noise);
      } catch (error) {
        assert.ok(error instanceof TaskError && error.code === "invalid_argument");
      }
    }
  }
});
