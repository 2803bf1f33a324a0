// SPDX-License-Identifier: Apache-2.0
// Frames and bytes, nothing else: a header of ten bytes (length, stream id: 32 bits big endian; type; flags), then the
// payload. The decoder holds at most one incomplete frame (4 MiB and a header), never keeps a chunk that it was given, and
// copies each byte once. Every sequence of bytes decodes to something: there is no malformed frame, only an oversize one.

import { TaskError } from "../base/errors.ts";

export const HEADER_BYTES = 10;
/** The longest payload that either side may send. */
export const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;

/** What a frame carries. Other values are to be ignored: they are for later versions of the protocol. */
export const frameType = { request: 1, response: 2, data: 3 } as const;

/** Bits of the flags byte. Unary calls use none of them; they belong to streams. */
export const frameFlag = { remoteClosed: 1, remoteOpen: 2, noData: 4 } as const;

/** A whole frame. The payload is its own memory. */
export interface Frame {
  readonly kind: "frame";
  readonly streamId: number;
  readonly type: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** A frame that was longer than allowed; its payload has passed and was thrown away. */
export interface OversizeFrame {
  readonly kind: "oversize";
  readonly streamId: number;
  readonly length: number;
}

/** What both sides say to a message of `length` bytes: the text of the reference. */
export function oversizeError(length: number): TaskError {
  const text = `message length ${length} exceed maximum message size of ${MAX_PAYLOAD_BYTES}`;
  return new TaskError("resource_exhausted", text);
}

/** One frame as bytes. Throws `oversizeError` for a payload that the other side would refuse. */
export function encodeFrame(frame: Omit<Frame, "kind">): Uint8Array {
  const { payload } = frame;
  if (payload.length > MAX_PAYLOAD_BYTES) throw oversizeError(payload.length);
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length);
  view.setUint32(4, frame.streamId);
  view.setUint8(8, frame.type);
  view.setUint8(9, frame.flags);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** Bytes in, frames out, cut anywhere. One per connection. */
export class FrameDecoder {
  readonly #header = new Uint8Array(HEADER_BYTES);
  readonly #headerView = new DataView(this.#header.buffer);
  #headerFill = 0;
  /** The payload being filled; undefined while an oversize one is thrown away. */
  #payload: Uint8Array | undefined;
  /** How many bytes of the payload have come, kept or not. */
  #payloadFill = 0;

  /** Bytes held for a frame that is not complete yet. */
  get bufferedBytes(): number {
    return this.#headerFill + (this.#payload === undefined ? 0 : this.#payloadFill);
  }

  /** The frames that `chunk` completes, in order. `chunk` may be reused afterwards. */
  push(chunk: Uint8Array): (Frame | OversizeFrame)[] {
    const frames: (Frame | OversizeFrame)[] = [];
    let at = 0;
    while (at < chunk.length) {
      at += this.#headerFill < HEADER_BYTES ? this.#takeHeader(chunk, at) : 0;
      if (this.#headerFill < HEADER_BYTES) break;
      at += this.#takePayload(chunk, at);
      if (this.#payloadFill === this.#payloadLength) frames.push(this.#finish());
    }
    return frames;
  }

  get #payloadLength(): number {
    return this.#headerView.getUint32(0);
  }

  #takeHeader(chunk: Uint8Array, at: number): number {
    const count = Math.min(HEADER_BYTES - this.#headerFill, chunk.length - at);
    this.#header.set(chunk.subarray(at, at + count), this.#headerFill);
    this.#headerFill += count;
    // One allocation for the whole payload. A header that lies costs address space only: untouched zero pages.
    if (this.#headerFill === HEADER_BYTES && this.#payloadLength <= MAX_PAYLOAD_BYTES)
      this.#payload = new Uint8Array(this.#payloadLength);
    return count;
  }

  #takePayload(chunk: Uint8Array, at: number): number {
    const count = Math.min(this.#payloadLength - this.#payloadFill, chunk.length - at);
    this.#payload?.set(chunk.subarray(at, at + count), this.#payloadFill);
    this.#payloadFill += count;
    return count;
  }

  #finish(): Frame | OversizeFrame {
    const streamId = this.#headerView.getUint32(4);
    const payload = this.#payload;
    const length = this.#payloadFill;
    this.#headerFill = 0;
    this.#payload = undefined;
    this.#payloadFill = 0;
    if (payload === undefined) return { kind: "oversize", streamId, length };
    const [type = 0, flags = 0] = this.#header.subarray(8);
    return { kind: "frame", streamId, type, flags, payload };
  }
}
