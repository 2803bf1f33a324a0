// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskError } from "../base/errors.ts";
import { Client, type UnaryCall } from "./client.ts";
import { decodeRequest, encodeResponse, type Response } from "./codec.ts";
import { encodeFrame, FrameDecoder, frameType, HEADER_BYTES, MAX_PAYLOAD_BYTES } from "./frame.ts";
import {
  concat,
  fromUtf8,
  ManualClock,
  RecordingTransport,
  settled,
  toHex,
  utf8,
} from "./test-kit.ts";

function connect() {
  const transport = new RecordingTransport();
  const clock = new ManualClock();
  return { client: new Client(transport, clock), transport, clock };
}

const call = (text: string, options: Partial<UnaryCall> = {}): UnaryCall => ({
  service: "s",
  method: "m",
  payload: utf8(text),
  ...options,
});

const reply = (streamId: number, response: Response): Uint8Array =>
  encodeFrame({ streamId, type: frameType.response, flags: 0, payload: encodeResponse(response) });

const text = async (answer: Promise<Uint8Array>): Promise<string> => fromUtf8(await answer);

/** What the client sent, by stream. */
function sent(transport: RecordingTransport) {
  return new FrameDecoder().push(concat(transport.written)).map((frame) => {
    assert.ok(frame.kind === "frame" && frame.type === frameType.request && frame.flags === 0);
    return { streamId: frame.streamId, ...decodeRequest(frame.payload) };
  });
}

test("calls go out with odd ids that grow, and answers come back in any order", async () => {
  const { client, transport } = connect();
  const answers = [client.call(call("a")), client.call(call("b")), client.call(call("c"))];
  assert.deepEqual(
    sent(transport).map(({ streamId, payload }) => [streamId, fromUtf8(payload)]),
    [
      [1, "a"],
      [3, "b"],
      [5, "c"],
    ],
  );
  for (const streamId of [5, 1, 3])
    client.receive(reply(streamId, { payload: utf8(`${streamId}`) }));
  assert.deepEqual(await Promise.all(answers.map(text)), ["1", "3", "5"]);
  assert.equal(client.pendingCalls, 0);
});

test("metadata and timeout are sent, keys in lower case", async () => {
  const { client, transport } = connect();
  const metadata = new Map([
    ["Containerd-Namespace-TTRPC", ["default"]],
    ["k", ["1", "2"]],
  ]);
  const pending = client.call(call("", { metadata, timeoutMs: 2.5 }));
  assert.deepEqual(
    sent(transport).map((request) => [request.timeoutNano, request.metadata]),
    [
      [
        2_500_000n,
        [
          { key: "containerd-namespace-ttrpc", value: "default" },
          { key: "k", value: "1" },
          { key: "k", value: "2" },
        ],
      ],
    ],
  );
  client.receive(reply(1, { payload: new Uint8Array() }));
  await pending;
});

test("an event is forwarded in the very bytes of the reference", async () => {
  const { client, transport } = connect();
  const event =
    "0a4d0a0c08c2fd90d80610f888a4e802120764656661756c741a0c2f7461736b732f737461727422260a1b636f6e7461696e6572642e6576656e74732e5461736b537461727412070a026731109979";
  const pending = client.call({
    service: "containerd.services.events.ttrpc.v1.Events",
    method: "Forward",
    payload: new Uint8Array(Buffer.from(event, "hex")),
    metadata: new Map([["containerd-namespace-ttrpc", ["default"]]]),
    timeoutMs: 4999.968043,
  });
  assert.equal(
    toHex(concat(transport.written)),
    `000000b3${"00000001"}01000a2a636f6e7461696e6572642e73657276696365732e6576656e74732e74747270632e76312e4576656e74731207466f72776172641a4f${event}20abea95d0122a250a1a636f6e7461696e6572642d6e616d6573706163652d7474727063120764656661756c74`,
  );
  client.receive(reply(1, { payload: new Uint8Array() }));
  assert.equal((await pending).length, 0);
});

test("an error of the server is rejected with its code, text and details", async () => {
  const { client } = connect();
  const pending = client.call(call("a"));
  const details = [{ typeUrl: "x", value: utf8("y") }];
  const status = { code: 5, message: "task x: not found", details };
  client.receive(reply(1, { status, payload: new Uint8Array() }));
  await assert.rejects(pending, new TaskError("not_found", "task x: not found", { details }));
});

test("a call whose time is over is rejected, and its late answer is only counted", async () => {
  const { client, clock } = connect();
  const pending = client.call(call("a", { timeoutMs: 10 }));
  clock.advance(10);
  await assert.rejects(pending, new TaskError("deadline_exceeded", "context deadline exceeded"));
  assert.deepEqual([client.pendingCalls, clock.timers, client.ignoredFrames], [0, 0, 0]);
  client.receive(reply(1, { payload: utf8("late") }));
  assert.deepEqual([client.ignoredFrames, client.isClosed], [1, false]);
});

test("a call without any time left is not sent", async () => {
  const { client, transport } = connect();
  for (const timeoutMs of [0, -1])
    await assert.rejects(client.call(call("a", { timeoutMs })), { code: "deadline_exceeded" });
  assert.deepEqual(transport.written, []);
});

test("an answer takes the timer and the listener back", async () => {
  const { client, clock } = connect();
  const controller = new AbortController();
  const pending = client.call(call("a", { timeoutMs: 10, signal: controller.signal }));
  client.receive(reply(1, { payload: utf8("x") }));
  assert.equal(await text(pending), "x");
  assert.equal(clock.timers, 0);
  controller.abort();
});

test("a caller that gives up is rejected as canceled, before or after sending", async () => {
  const { client, transport } = connect();
  const controller = new AbortController();
  const pending = client.call(call("a", { signal: controller.signal }));
  controller.abort(new Error("shutting down"));
  await assert.rejects(pending, { code: "canceled", message: "context canceled" });
  await assert.rejects(client.call(call("b", { signal: controller.signal })), { code: "canceled" });
  assert.deepEqual([client.pendingCalls, transport.written.length], [0, 1]);
});

test("the end of the connection rejects all calls as unavailable, also later ones", async () => {
  const { client, transport } = connect();
  const pending = [client.call(call("a")), client.call(call("b", { timeoutMs: 5 }))];
  const reason = new Error("read ECONNRESET");
  client.closed(reason);
  client.closed();
  for (const answer of [...pending, client.call(call("c"))])
    await assert.rejects(answer, { code: "unavailable", message: "ttrpc: closed", cause: reason });
  assert.deepEqual([client.isClosed, transport.written.length, transport.closes], [true, 2, 0]);
});

test("closing ends the transport once; an answer of unavailable does not close", async () => {
  const { client, transport } = connect();
  const pending = client.call(call("a"));
  const status = { code: 14, message: "busy", details: [] };
  client.receive(reply(1, { status, payload: new Uint8Array() }));
  await assert.rejects(pending, { code: "unavailable" });
  assert.equal(client.isClosed, false);
  client.close();
  client.close();
  assert.deepEqual([client.isClosed, transport.closes], [true, 1]);
});

test("a request over 4 MiB is refused and the connection goes on", async () => {
  const { client, transport } = connect();
  const payload = new Uint8Array(MAX_PAYLOAD_BYTES);
  await assert.rejects(client.call(call("", { payload })), {
    code: "resource_exhausted",
    message: "message length 4194315 exceed maximum message size of 4194304",
  });
  const pending = client.call(call("small"));
  assert.deepEqual(
    sent(transport).map(({ streamId }) => streamId),
    [1],
  );
  client.receive(reply(1, { payload: utf8("ok") }));
  assert.equal(await text(pending), "ok");
});

test("an answer that is too long, malformed or data fails its own call only", async () => {
  const { client } = connect();
  const pending = ["a", "b", "c", "d"].map((name) => client.call(call(name)));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(MAX_PAYLOAD_BYTES + 1, 0);
  header.writeUInt32BE(1, 4);
  header[8] = frameType.response;
  client.receive(concat([header, new Uint8Array(MAX_PAYLOAD_BYTES + 1)]));
  const garbage = { flags: 0, payload: utf8("\n") };
  client.receive(encodeFrame({ streamId: 3, type: frameType.response, ...garbage }));
  client.receive(encodeFrame({ streamId: 5, type: frameType.data, ...garbage }));
  client.receive(reply(7, { payload: utf8("ok") }));
  const results = await Promise.allSettled(pending);
  assert.deepEqual(
    results.map((result) => (result.status === "rejected" ? result.reason : result.value)),
    [
      new TaskError(
        "resource_exhausted",
        "message length 4194305 exceed maximum message size of 4194304",
      ),
      new TaskError("internal", "unmarshal response error: truncated varint at byte 1"),
      new TaskError("internal", 'unexpected "data" message received: protocol error'),
      utf8("ok"),
    ],
  );
});

test("frames for no call and of no known type are counted and ignored", async () => {
  const { client } = connect();
  const pending = client.call(call("a"));
  client.receive(concat([reply(2, { payload: utf8("x") }), reply(99, { payload: utf8("x") })]));
  for (const type of [frameType.request, 0, 9])
    client.receive(encodeFrame({ streamId: 1, type, flags: 0, payload: new Uint8Array() }));
  assert.deepEqual([client.ignoredFrames, client.pendingCalls], [5, 1]);
  client.receive(reply(1, { payload: utf8("ok") }));
  assert.equal(await text(pending), "ok");
});

test("a transport that throws ends the client and rejects the call", async () => {
  const { client, transport } = connect();
  transport.write = () => {
    throw new Error("EPIPE");
  };
  await assert.rejects(client.call(call("a")), { code: "unavailable" });
  await settled();
  assert.deepEqual([client.isClosed, transport.closes], [true, 1]);
});
