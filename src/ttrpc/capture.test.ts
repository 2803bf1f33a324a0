// SPDX-License-Identifier: Apache-2.0
// Real traffic between Go programs: what they sent must mean the same to us, and what we send must be the same bytes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Client } from "./client.ts";
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from "./codec.ts";
import { ServerConnection } from "./connection.ts";
import { encodeFrame, type Frame, FrameDecoder, frameType } from "./frame.ts";
import type { Handler, Service } from "./service.ts";
import { toError } from "./status.ts";
import {
  type CapturedRead,
  concat,
  fromHex,
  fromUtf8,
  parseCapture,
  RecordingTransport,
  settled,
  toHex,
} from "./test-kit.ts";

const METADATA = "2a250a1a636f6e7461696e6572642d6e616d6573706163652d7474727063120764656661756c74";
const TASK_V3 = "0a17636f6e7461696e6572642e7461736b2e76332e5461736b";

/** Frames of containerd 2.x and its shims, taken at the socket: name, header, payload. */
const golden = [
  [
    "Connect request",
    "0000004f 00000003 01 00",
    `${TASK_V3} 1207436f6e6e656374 1a040a026731 ${METADATA}`,
  ],
  ["Connect response", "00000008 00000003 02 00", "1206 08e478 109979"],
  ["Create response", "00000005 00000001 02 00", "1203 089979"],
  [
    "Start request",
    "0000004d 00000007 01 00",
    `${TASK_V3} 12055374617274 1a040a026731 ${METADATA}`,
  ],
  ["Start response", "00000005 00000007 02 00", "1203 089979"],
  [
    "State request",
    "00000053 0000000d 01 00",
    `${TASK_V3} 12055374617465 1a040a026731 20a2d3d5b907 ${METADATA}`,
  ],
  ["Wait response", "00000012 0000000b 02 00", "1210 0803 120c08c2fd90d80610a6ecf2e902"],
  ["Delete response", "00000015 0000000f 02 00", "1213 089979 1003 1a0c08c2fd90d80610a6ecf2e902"],
  ["empty response", "00000000 00000003 02 00", ""],
  [
    "Forward request",
    "000000b3 00000003 01 00",
    `0a2a636f6e7461696e6572642e73657276696365732e6576656e74732e74747270632e76312e4576656e7473
     1207466f7277617264 1a4f0a4d 0a0c08c2fd90d80610f888a4e802 120764656661756c74
     1a0c2f7461736b732f7374617274
     22260a1b636f6e7461696e6572642e6576656e74732e5461736b53746172741207 0a026731109979
     20abea95d012 ${METADATA}`,
  ],
] as const;

const captures = ["task-short", "task-long", "events-short", "events-long"] as const;

const readCapture = (name: string): CapturedRead[] =>
  parseCapture(readFileSync(new URL(`fixtures/${name}.hex`, import.meta.url), "utf8"));

/** All bytes of one side. */
const bytesOf = (capture: readonly CapturedRead[], from: CapturedRead["from"]): Uint8Array =>
  concat(capture.filter((read) => read.from === from).map((read) => read.bytes));

function toFrames(bytes: Uint8Array): Frame[] {
  return new FrameDecoder().push(bytes).map((frame) => {
    assert.ok(frame.kind === "frame");
    return frame;
  });
}

/** The frame in bytes again, from what its message was understood to say. */
function encodeAgain(frame: Frame): Uint8Array {
  const payload =
    frame.type === frameType.request
      ? encodeRequest(decodeRequest(frame.payload))
      : encodeResponse(decodeResponse(frame.payload));
  return encodeFrame({ ...frame, payload });
}

for (const [name, header, payload] of golden) {
  test(`the golden ${name} decodes and encodes to the same bytes`, () => {
    const bytes = fromHex(header + payload);
    const [frame, ...rest] = toFrames(bytes);
    assert.ok(frame !== undefined && rest.length === 0);
    assert.equal(toHex(encodeAgain(frame)), toHex(bytes));
  });
}

test("the golden State request says what it should", () => {
  const [frame] = toFrames(fromHex(golden[5][1] + golden[5][2]));
  assert.ok(frame !== undefined);
  assert.deepEqual(decodeRequest(frame.payload), {
    service: "containerd.task.v3.Task",
    method: "State",
    payload: fromHex("0a026731"),
    timeoutNano: 1999989154n,
    metadata: [{ key: "containerd-namespace-ttrpc", value: "default" }],
  });
});

for (const name of captures) {
  test(`${name}: every captured frame encodes to the same bytes again`, () => {
    const capture = readCapture(name);
    for (const from of ["client", "server"] as const) {
      const bytes = bytesOf(capture, from);
      assert.equal(toHex(concat(toFrames(bytes).map(encodeAgain))), toHex(bytes));
    }
  });

  test(`${name}: a captured conversation cut at every byte is the same conversation`, () => {
    const bytes = bytesOf(readCapture(name), "client");
    const decoder = new FrameDecoder();
    const frames = [...bytes].flatMap((byte) => decoder.push(Uint8Array.of(byte)));
    assert.deepEqual(frames, toFrames(bytes));
  });

  test(`${name}: our server gives a Go client the bytes that the Go server gave it`, async () => {
    const capture = readCapture(name);
    const responses = toFrames(bytesOf(capture, "server"));
    const transport = new RecordingTransport();
    const answers = responses.map((frame) => decodeResponse(frame.payload));
    const byStream = new Map(responses.map((frame, index) => [frame.streamId, answers[index]]));
    const requests = toFrames(bytesOf(capture, "client"));
    const streams = requests.map((frame) => frame.streamId);
    const handler: Handler = async () => {
      const answer = byStream.get(streams.shift() ?? 0);
      assert.ok(answer !== undefined);
      const error = toError(answer.status);
      if (error !== undefined) throw error;
      return answer.payload;
    };
    const called = requests.map((frame) => decodeRequest(frame.payload));
    const service = new Map(called.map(({ method }) => [method, handler]));
    const services = new Map(called.map((request) => [request.service, service]));
    const connection = new ServerConnection({ services, transport });
    for (const read of capture) if (read.from === "client") connection.receive(read.bytes);
    await settled();
    const sorted = (frames: readonly Frame[]) =>
      [...frames].sort((a, b) => a.streamId - b.streamId);
    assert.deepEqual(sorted(toFrames(concat(transport.written))), sorted(responses));
  });

  test(`${name}: our client asks and understands what the Go client did`, async () => {
    const capture = readCapture(name);
    const transport = new RecordingTransport();
    const client = new Client(transport);
    const frames = toFrames(bytesOf(capture, "client"));
    const results = frames.map((frame) => {
      const { service, method, payload, timeoutNano, metadata } = decodeRequest(frame.payload);
      const timeoutMs = timeoutNano === 0n ? {} : { timeoutMs: Number(timeoutNano) / 1e6 };
      const entries = metadata.map(({ key, value }) => [key, [value]] as const);
      return client.call({ service, method, payload, metadata: new Map(entries), ...timeoutMs });
    });
    assert.deepEqual(toFrames(concat(transport.written)), frames);
    client.receive(bytesOf(capture, "server"));
    const answers = new Map(
      toFrames(bytesOf(capture, "server")).map((frame) => [
        frame.streamId,
        decodeResponse(frame.payload),
      ]),
    );
    for (const [index, result] of (await Promise.allSettled(results)).entries()) {
      const answer = answers.get(2 * index + 1);
      assert.ok(answer !== undefined);
      const error = toError(answer.status);
      if (result.status === "fulfilled") assert.deepEqual(result.value, answer.payload);
      else assert.deepEqual(result.reason, error);
    }
    assert.equal(client.ignoredFrames, 0);
  });
}

test("the captured exec that fails and the kill of a dead process carry the words of the shim", () => {
  const statuses = toFrames(bytesOf(readCapture("task-long"), "server"))
    .map((frame) => decodeResponse(frame.payload).status)
    .filter((status) => status !== undefined);
  const [exec, kill, again] = statuses;
  assert.equal(exec?.code, 2);
  assert.match(exec?.message ?? "", /^OCI runtime exec failed: .*no such file or directory/);
  assert.deepEqual([kill?.code, kill?.message], [5, "process does not exist nope: not found"]);
  assert.deepEqual([again?.code, again?.message], [5, "process already finished: not found"]);
});

test("hostile frames are answered with the bytes that the Go server answered", () => {
  const capture = readCapture("hostile");
  const transport = new RecordingTransport();
  const service: Service = new Map([["Forward", async (request) => request.payload]]);
  const services = new Map([["containerd.services.events.ttrpc.v1.Events", service]]);
  const connection = new ServerConnection({ services, transport });
  for (const read of capture) if (read.from === "client") connection.receive(read.bytes);
  const expected = toFrames(bytesOf(capture, "server"));
  const actual = toFrames(concat(transport.written));
  assert.equal(actual.length, expected.length);
  for (const [index, frame] of actual.entries()) {
    // What is wrong with an undecodable request each side says in its own words.
    const text = fromUtf8(expected[index]?.payload ?? frame.payload);
    if (text.includes("unmarshal request error: "))
      assert.match(fromUtf8(frame.payload), /unmarshal request error: truncated varint/);
    else assert.deepEqual(frame, expected[index]);
  }
});
