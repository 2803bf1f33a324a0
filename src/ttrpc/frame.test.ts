// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskError } from "../base/errors.ts";
import { encodeFrame, FrameDecoder, frameType, HEADER_BYTES, MAX_PAYLOAD_BYTES } from "./frame.ts";
import { concat, fromHex, toHex, utf8 } from "./test-kit.ts";

/** A header that announces `length` bytes. */
function header(length: number, streamId: number): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt32BE(streamId, 4);
  bytes[8] = frameType.request;
  return bytes;
}

test("a frame is length, stream, type and flags in big endian, then its payload", () => {
  const payload = utf8("hi");
  assert.equal(
    toHex(encodeFrame({ streamId: 0xfedcba98, type: 3, flags: 5, payload })),
    "00000002fedcba9803056869",
  );
  assert.deepEqual(new FrameDecoder().push(fromHex("00000002fedcba9803056869")), [
    { kind: "frame", streamId: 0xfedcba98, type: 3, flags: 5, payload },
  ]);
});

test("frames come out the same wherever the bytes are cut", () => {
  const payloads = [utf8("one"), new Uint8Array(), utf8("three three"), new Uint8Array()];
  const frames = payloads.map((payload, index) => ({
    kind: "frame" as const,
    streamId: 2 * index + 1,
    type: index + 1,
    flags: index,
    payload,
  }));
  const bytes = concat(frames.map(encodeFrame));
  for (let first = 0; first <= bytes.length; first++) {
    for (let second = first; second <= bytes.length; second++) {
      const decoder = new FrameDecoder();
      const chunks = [
        bytes.subarray(0, first),
        bytes.subarray(first, second),
        bytes.subarray(second),
      ];
      assert.deepEqual(
        chunks.flatMap((chunk) => decoder.push(chunk)),
        frames,
      );
      assert.equal(decoder.bufferedBytes, 0);
    }
  }
});

test("frames come out the same byte by byte, from a buffer that is used again and again", () => {
  const frame = {
    kind: "frame",
    streamId: 1,
    type: 1,
    flags: 0,
    payload: utf8("payload"),
  } as const;
  const decoder = new FrameDecoder();
  const chunk = new Uint8Array(1);
  const frames = [...encodeFrame(frame), ...encodeFrame(frame)].flatMap((byte) => {
    chunk[0] = byte;
    return decoder.push(chunk);
  });
  chunk[0] = 0;
  assert.deepEqual(frames, [frame, frame]);
});

test("a payload of 4 MiB passes and one byte more is thrown away and reported at its end", () => {
  const decoder = new FrameDecoder();
  const longest = encodeFrame({
    streamId: 1,
    type: 1,
    flags: 0,
    payload: new Uint8Array(MAX_PAYLOAD_BYTES).fill(7),
  });
  const [frame] = decoder.push(longest);
  assert.ok(frame?.kind === "frame" && frame.payload.length === MAX_PAYLOAD_BYTES);

  assert.deepEqual(decoder.push(header(MAX_PAYLOAD_BYTES + 1, 3)), []);
  assert.deepEqual(decoder.push(new Uint8Array(MAX_PAYLOAD_BYTES)), []);
  assert.equal(decoder.bufferedBytes, HEADER_BYTES);
  const after = encodeFrame({ streamId: 5, type: 1, flags: 0, payload: utf8("after") });
  assert.deepEqual(decoder.push(concat([new Uint8Array(1), after])), [
    { kind: "oversize", streamId: 3, length: MAX_PAYLOAD_BYTES + 1 },
    { kind: "frame", streamId: 5, type: 1, flags: 0, payload: utf8("after") },
  ]);
});

test("a header that announces 4 GiB makes nothing be kept", () => {
  const decoder = new FrameDecoder();
  decoder.push(header(0xffff_ffff, 1));
  for (let count = 0; count < 100; count++) decoder.push(new Uint8Array(65536));
  assert.equal(decoder.bufferedBytes, HEADER_BYTES);
});

test("a payload over 4 MiB is not encoded", () => {
  const payload = new Uint8Array(MAX_PAYLOAD_BYTES + 1);
  assert.throws(
    () => encodeFrame({ streamId: 1, type: 2, flags: 0, payload }),
    new TaskError(
      "resource_exhausted",
      "message length 4194305 exceed maximum message size of 4194304",
    ),
  );
});
