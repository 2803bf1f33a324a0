// SPDX-License-Identifier: Apache-2.0
// What the tests of this folder share: bytes from hex, a transport that keeps what it gets, a clock that is moved by hand.

import { decodeResponse, encodeRequest, type Request, type Response } from "./codec.ts";
import { encodeFrame, FrameDecoder, frameType } from "./frame.ts";
import type { Clock, Transport } from "./transport.ts";

const EMPTY = new Uint8Array();

/** Bytes from hex digits; white space is ignored. */
export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(/\s+/g, ""), "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
export const fromUtf8 = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** A request frame; what is left out is empty. */
export function requestFrame(streamId: number, request: Partial<Request>, flags = 0): Uint8Array {
  const whole = { service: "", method: "", payload: EMPTY, timeoutNano: 0n, metadata: [] };
  const payload = encodeRequest({ ...whole, ...request });
  return encodeFrame({ streamId, type: frameType.request, flags, payload });
}

/** Keeps what is written. */
export class RecordingTransport implements Transport {
  readonly written: Uint8Array[] = [];
  /** What it claims to have queued. */
  pendingBytes = 0;
  closes = 0;

  write(bytes: Uint8Array): void {
    this.written.push(bytes);
  }

  close(): void {
    this.closes++;
  }

  /** All answers so far, as [stream, code, message or payload]. */
  get answers(): [number, number, string][] {
    return new FrameDecoder().push(concat(this.written)).map((frame) => {
      if (frame.kind === "oversize" || frame.type !== frameType.response)
        throw new Error("not a response");
      const response: Response = decodeResponse(frame.payload);
      const text = response.status?.message ?? fromUtf8(response.payload);
      return [frame.streamId, response.status?.code ?? 0, text];
    });
  }
}

/** Time that stands still until `advance`. */
export class ManualClock implements Clock {
  #nowMs = 1000;
  readonly #timers = new Set<{ readonly atMs: number; readonly action: () => void }>();

  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    for (const timer of [...this.#timers]) {
      if (timer.atMs > this.#nowMs) continue;
      this.#timers.delete(timer);
      timer.action();
    }
  }
}

/** Lets everything that is ready to run do so. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One read of a captured conversation. */
export interface CapturedRead {
  readonly from: "client" | "server";
  readonly bytes: Uint8Array;
}

/** Parses a file of `fixtures`: see its README. */
export function parseCapture(text: string): CapturedRead[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => ({
      from: line.startsWith(">") ? "client" : "server",
      bytes: fromHex(line.slice(2)),
    }));
}

/** Small, fast and the same on every run (mulberry32): numbers in [0, limit). */
export function pseudoRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
