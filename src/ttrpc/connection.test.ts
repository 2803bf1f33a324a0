// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskError } from "../base/errors.ts";
import { ServerConnection, type ServerOptions } from "./connection.ts";
import { encodeFrame, frameFlag, frameType, HEADER_BYTES, MAX_PAYLOAD_BYTES } from "./frame.ts";
import type { CallRequest, Handler } from "./service.ts";
import {
  concat,
  ManualClock,
  RecordingTransport,
  requestFrame,
  settled,
  utf8,
} from "./test-kit.ts";

/** A connection to a service "s" with a method "m". */
function serve(handler: Handler, options: ServerOptions = {}) {
  const transport = new RecordingTransport();
  const ends: string[] = [];
  const services = new Map([["s", new Map([["m", handler]])]]);
  const connection = new ServerConnection({
    ...options,
    services,
    transport,
    onEnd: () => ends.push("end"),
  });
  return { connection, transport, ends };
}

const call = (streamId: number, text = "", flags = 0): Uint8Array =>
  requestFrame(streamId, { service: "s", method: "m", payload: utf8(text) }, flags);

const data = (streamId: number, flags: number, text = ""): Uint8Array =>
  encodeFrame({ streamId, type: frameType.data, flags, payload: utf8(text) });

const echo: Handler = async (request) => request.payload;

/** A handler that answers each call when its text is passed to `answer`. */
function waiting() {
  const answers = new Map<string, (payload: Uint8Array) => void>();
  const calls: CallRequest[] = [];
  const handler: Handler = (request) => {
    calls.push(request);
    return new Promise((resolve) => answers.set(Buffer.from(request.payload).toString(), resolve));
  };
  const answer = async (text: string): Promise<void> => {
    answers.get(text)?.(utf8(`${text}!`));
    await settled();
  };
  return { handler, calls, answer };
}

test("a call is answered on its stream, and an empty answer is an empty frame", async () => {
  const { connection, transport } = serve(echo);
  connection.receive(concat([call(1, "hello"), call(3)]));
  await settled();
  assert.deepEqual(transport.answers, [
    [1, 0, "hello"],
    [3, 0, ""],
  ]);
  assert.equal(transport.written[1]?.length, HEADER_BYTES);
});

test("handlers start in the order of their requests and before receive returns", () => {
  const { handler, calls } = waiting();
  const { connection } = serve(handler);
  connection.receive(concat([call(1, "a"), call(3, "b"), call(5, "c")]));
  assert.deepEqual(
    calls.map((request) => Buffer.from(request.payload).toString()),
    ["a", "b", "c"],
  );
  assert.equal(connection.activeCalls, 3);
});

test("answers go out in the order in which handlers finish", async () => {
  const { handler, answer } = waiting();
  const { connection, transport } = serve(handler);
  connection.receive(concat([call(1, "a"), call(3, "b"), call(5, "c")]));
  for (const text of ["c", "a", "b"]) await answer(text);
  assert.deepEqual(transport.answers, [
    [5, 0, "c!"],
    [1, 0, "a!"],
    [3, 0, "b!"],
  ]);
});

test("an error that is thrown, now or later, reaches the client as code and text", async () => {
  const { connection, transport } = serve((request) => {
    const text = Buffer.from(request.payload).toString();
    if (text === "now") throw new TaskError("not_found", "task x: not found");
    return Promise.reject(new Error("boom", { cause: new Error("why") }));
  });
  connection.receive(concat([call(1, "now"), call(3, "later")]));
  await settled();
  assert.deepEqual(transport.answers.sort(), [
    [1, 5, "task x: not found"],
    [3, 2, "boom: why"],
  ]);
});

test("a service or method that does not exist is unimplemented, in the reference's words", () => {
  const { connection, transport } = serve(echo);
  connection.receive(requestFrame(1, { service: "no.Such", method: "m" }));
  connection.receive(requestFrame(3, { service: "s", method: "constructor" }));
  connection.receive(requestFrame(5, { service: "__proto__", method: "toString" }));
  assert.deepEqual(transport.answers, [
    [1, 12, "service no.Such"],
    [3, 12, "method constructor"],
    [5, 12, "service __proto__"],
  ]);
});

test("an even stream id is refused on that stream, and the connection goes on", async () => {
  const { connection, transport } = serve(echo);
  connection.receive(concat([call(0), call(2), data(4, 0), call(1, "ok")]));
  await settled();
  const text = "StreamID must be odd for client initiated streams";
  assert.deepEqual(transport.answers, [
    [0, 3, text],
    [2, 3, text],
    [4, 3, text],
    [1, 0, "ok"],
  ]);
});

test("a stream id that is used again or goes back is refused", async () => {
  const { connection, transport } = serve(echo);
  connection.receive(call(7, "first"));
  await settled();
  connection.receive(concat([call(7), call(5), call(9, "next")]));
  await settled();
  const text = "StreamID cannot be re-used and must increment";
  assert.deepEqual(transport.answers, [
    [7, 0, "first"],
    [7, 3, text],
    [5, 3, text],
    [9, 0, "next"],
  ]);
});

test("a stream id that is used again while its call runs gets one answer only", async () => {
  const { handler, answer, calls } = waiting();
  const { connection, transport } = serve(handler);
  connection.receive(concat([call(1, "a"), call(1, "a")]));
  await answer("a");
  assert.deepEqual(transport.answers, [[1, 3, "StreamID cannot be re-used and must increment"]]);
  assert.equal(calls[0]?.signal.aborted, true);
  assert.equal(connection.activeCalls, 0);
});

test("data for a stream that is not open is refused", () => {
  const { connection, transport } = serve(echo);
  connection.receive(data(1, frameFlag.remoteClosed | frameFlag.noData));
  assert.deepEqual(transport.answers, [[1, 3, "StreamID is no longer active"]]);
});

test("a unary call opened as a stream is answered, and its half-close is taken", async () => {
  const { handler, answer } = waiting();
  const { connection, transport } = serve(handler);
  connection.receive(call(1, "a", frameFlag.remoteOpen));
  connection.receive(data(1, frameFlag.remoteClosed | frameFlag.noData));
  await answer("a");
  assert.deepEqual(transport.answers, [[1, 0, "a!"]]);
});

for (const [what, flags, message] of [
  ["data", 0, "data handling error: ttrpc: stream closed"],
  ["last data", frameFlag.remoteClosed, "data handling error: ttrpc: stream closed"],
  [
    "data in a close without data",
    frameFlag.remoteClosed | frameFlag.noData,
    "data close message cannot include data",
  ],
] as const) {
  test(`${what} for a unary call ends its stream with one error`, async () => {
    const { handler, answer } = waiting();
    const { connection, transport } = serve(handler);
    connection.receive(concat([call(1, "a"), data(1, flags, "x")]));
    await answer("a");
    assert.deepEqual(transport.answers, [[1, 3, message]]);
  });
}

test("a request that does not decode is refused and counts as seen", () => {
  const { connection, transport } = serve(echo);
  const garbage = { type: frameType.request, flags: 0, payload: utf8("\n") };
  connection.receive(concat([3, 3].map((streamId) => encodeFrame({ streamId, ...garbage }))));
  assert.deepEqual(transport.answers, [
    [3, 3, "unmarshal request error: truncated varint at byte 1"],
    [3, 3, "StreamID cannot be re-used and must increment"],
  ]);
});

test("responses and unknown types of frames from a client are ignored", () => {
  const { connection, transport } = serve(echo);
  for (const type of [0, frameType.response, 4, 255])
    connection.receive(encodeFrame({ streamId: 1, type, flags: 0, payload: utf8("x") }));
  assert.deepEqual(transport.written, []);
});

test("a message over 4 MiB is answered with resource_exhausted and the connection goes on", async () => {
  const { connection, transport } = serve(echo);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(MAX_PAYLOAD_BYTES + 1, 0);
  header.writeUInt32BE(1, 4);
  header[8] = frameType.request;
  connection.receive(header);
  for (let sent = 0; sent < MAX_PAYLOAD_BYTES; sent += 65536)
    connection.receive(new Uint8Array(65536));
  assert.deepEqual(transport.answers, []);
  connection.receive(concat([new Uint8Array(1), call(1, "ok")]));
  await settled();
  assert.deepEqual(transport.answers, [
    [1, 8, "message length 4194305 exceed maximum message size of 4194304"],
    [1, 0, "ok"],
  ]);
});

test("an answer over 4 MiB becomes an error of its call, not the end of the connection", async () => {
  const { connection, transport } = serve(async (request) => {
    const text = Buffer.from(request.payload).toString();
    if (text === "throw") throw new Error("x".repeat(MAX_PAYLOAD_BYTES));
    return new Uint8Array(text === "fits" ? MAX_PAYLOAD_BYTES - 5 : MAX_PAYLOAD_BYTES);
  });
  connection.receive(concat([call(1, "fits"), call(3, "big"), call(5, "throw")]));
  await settled();
  const [fits, ...others] = transport.answers.sort((a, b) => a[0] - b[0]);
  assert.deepEqual([fits?.[1], fits?.[2].length], [0, MAX_PAYLOAD_BYTES - 5]);
  assert.deepEqual(
    others.map(([streamId, code]) => [streamId, code]),
    [
      [3, 8],
      [5, 8],
    ],
  );
  assert.match(others[0]?.[2] ?? "", /^message length 4194309 exceed maximum message size/);
  assert.equal(connection.isClosed, false);
});

test("metadata keys are lower case, and a repeated key has all its values", async () => {
  let seen: unknown;
  const { connection } = serve(async (request) => {
    seen = [...request.metadata];
    return request.payload;
  });
  const entries = [
    ["Containerd-Namespace-TTRPC", "default"],
    ["a", "1"],
    ["A", "2"],
    ["__proto__", "x"],
  ] as const;
  const metadata = entries.map(([key, value]) => ({ key, value }));
  connection.receive(requestFrame(1, { service: "s", method: "m", metadata }));
  assert.deepEqual(seen, [
    ["containerd-namespace-ttrpc", ["default"]],
    ["a", ["1", "2"]],
    ["__proto__", ["x"]],
  ]);
});

test("a deadline is a point in time, and its passing aborts the signal with what to answer", async () => {
  const clock = new ManualClock();
  const { connection, transport } = serve(
    async (request) => {
      assert.equal(request.deadlineMs, clock.now() + 1.5);
      const { promise, reject } = Promise.withResolvers<Uint8Array>();
      request.signal.addEventListener("abort", () => reject(request.signal.reason));
      return promise;
    },
    { clock },
  );
  connection.receive(requestFrame(1, { service: "s", method: "m", timeoutNano: 1_500_000n }));
  clock.advance(1);
  await settled();
  assert.deepEqual(transport.answers, []);
  clock.advance(1);
  await settled();
  assert.deepEqual(transport.answers, [[1, 4, "context deadline exceeded"]]);
  assert.equal(clock.timers, 0);
});

test("a negative timeout has expired already, zero means none, the longest is not cut short", () => {
  const clock = new ManualClock();
  const { handler, calls } = waiting();
  const { connection } = serve(handler, { clock });
  for (const [streamId, timeoutNano] of [
    [1, -1n],
    [3, 0n],
    [5, 2n ** 63n - 1n],
  ] as const)
    connection.receive(requestFrame(streamId, { service: "s", method: "m", timeoutNano }));
  assert.deepEqual(
    calls.map((request) => request.signal.aborted),
    [true, false, false],
  );
  assert.equal(calls[0]?.signal.reason.code, "deadline_exceeded");
  assert.equal(calls[1]?.deadlineMs, undefined);
  clock.advance(2 ** 32);
  assert.equal(calls[2]?.signal.aborted, false);
  assert.equal(clock.timers, 1);
});

test("a handler that ignores its deadline still answers", async () => {
  const clock = new ManualClock();
  const { handler, answer } = waiting();
  const { connection, transport } = serve(handler, { clock });
  const request = { service: "s", method: "m", payload: utf8("a"), timeoutNano: 1n };
  connection.receive(requestFrame(1, request));
  clock.advance(10_000);
  await answer("a");
  assert.deepEqual(transport.answers, [[1, 0, "a!"]]);
});

test("no timer outlives its call, and a signal that is first looked at later makes none", async () => {
  const clock = new ManualClock();
  const { handler, calls, answer } = waiting();
  const { connection } = serve(handler, { clock });
  const request = { service: "s", method: "m", timeoutNano: 1_000_000n };
  connection.receive(requestFrame(1, { ...request, payload: utf8("a") }));
  connection.receive(requestFrame(3, { ...request, payload: utf8("b") }));
  assert.equal(calls[0]?.signal.aborted, false);
  assert.equal(clock.timers, 1);
  await answer("a");
  await answer("b");
  assert.equal(calls[1]?.signal.aborted, false);
  assert.equal(clock.timers, 0);
});

test("when the connection closes handlers go on, know it by their signal, and answer nobody", async () => {
  const { handler, calls, answer } = waiting();
  const { connection, transport, ends } = serve(handler);
  connection.receive(concat([call(1, "a"), call(3, "b")]));
  const early = calls[0]?.signal;
  connection.closed();
  connection.closed();
  assert.deepEqual(ends, ["end"]);
  assert.equal(early?.reason.code, "canceled");
  assert.equal(calls[1]?.signal.reason.message, "context canceled");
  await answer("a");
  connection.receive(call(5, "c"));
  assert.deepEqual([transport.written.length, calls.length, transport.closes], [0, 2, 0]);
});

test("idle waits for calls and for the transport, flushed only for the transport", async () => {
  const { handler, answer } = waiting();
  const { connection, transport } = serve(handler);
  const done: string[] = [];
  connection.receive(call(1, "a"));
  transport.pendingBytes = 1;
  const waits = [
    connection.flushed().then(() => done.push("flushed")),
    connection.idle().then(() => done.push("idle")),
  ];
  await settled();
  assert.deepEqual(done, []);
  transport.pendingBytes = 0;
  connection.drained();
  await settled();
  assert.deepEqual(done, ["flushed"]);
  await answer("a");
  assert.deepEqual(done, ["flushed", "idle"]);
  await Promise.all(waits);
});

test("a connection that ends leaves nobody waiting", async () => {
  const { connection, transport } = serve(waiting().handler);
  connection.receive(call(1, "a"));
  transport.pendingBytes = 1;
  const waits = [connection.flushed(), connection.idle()];
  connection.close();
  await Promise.all(waits);
  assert.equal(transport.closes, 1);
});

test("a peer that does not read makes the connection congested, and ends it beyond the bound", async () => {
  const { connection, transport, ends } = serve(echo, { maxPendingBytes: 16 * 1024 * 1024 });
  transport.pendingBytes = 8 * 1024 * 1024 + 1;
  assert.equal(connection.congested, true);
  connection.receive(call(1, "still answered"));
  await settled();
  assert.equal(transport.written.length, 1);
  transport.pendingBytes = 16 * 1024 * 1024;
  connection.receive(call(3, "too much"));
  await settled();
  assert.deepEqual([transport.written.length, transport.closes, ends], [1, 1, ["end"]]);
});

test("calls in progress are bounded by what they hold", async () => {
  const { handler, answer } = waiting();
  const { connection, transport } = serve(handler, { maxCallBytes: 2500 });
  connection.receive(concat([call(1, "a"), call(3, "b"), call(5, "c")]));
  assert.deepEqual(transport.answers, [[5, 8, "too many calls in progress"]]);
  await answer("a");
  connection.receive(call(7, "d"));
  assert.equal(connection.activeCalls, 2);
});

test("a transport that throws ends its connection and nothing else", async () => {
  const { connection, transport, ends } = serve(echo);
  const fail = (): void => {
    throw new Error("EPIPE");
  };
  transport.write = fail;
  transport.close = fail;
  connection.receive(call(2));
  await settled();
  assert.deepEqual([connection.isClosed, ends], [true, ["end"]]);
});

test("a handler that breaks its own type is an error of its call", async () => {
  const { connection, transport } = serve(async () => undefined as unknown as Uint8Array);
  connection.receive(call(1));
  await settled();
  assert.equal(transport.answers[0]?.[1], 2);
});
