// SPDX-License-Identifier: Apache-2.0
// The client's side of one connection: unary calls, any number at a time, answered in any order. No socket: bytes come in
// through `receive`, frames go out through the transport. Once closed it stays closed; whoever made it makes another.

import { errorText, TaskError } from "../base/errors.ts";
import { decodeResponse, encodeRequest, type KeyValue, type Response } from "./codec.ts";
import { atDeadline, canceledError, deadlineError, toTimeoutNano } from "./deadline.ts";
import {
  encodeFrame,
  type Frame,
  FrameDecoder,
  frameType,
  type OversizeFrame,
  oversizeError,
} from "./frame.ts";
import { Outbox } from "./outbox.ts";
import type { Metadata } from "./service.ts";
import { toError } from "./status.ts";
import { type Clock, systemClock, type Transport } from "./transport.ts";

const MAX_STREAM_ID = 0xffff_ffff;

/** A unary call. */
export interface UnaryCall {
  readonly service: string;
  readonly method: string;
  /** The encoded request message. */
  readonly payload: Uint8Array;
  readonly metadata?: Metadata;
  /** How long to wait for the answer; the server is told. */
  readonly timeoutMs?: number;
  /** Ends the waiting. The server is not told: the protocol has no message for it. */
  readonly signal?: AbortSignal;
}

/** A call that waits for its answer. */
interface Pending {
  readonly resolve: (payload: Uint8Array) => void;
  readonly reject: (error: TaskError) => void;
  /** Takes back the timer and the listener of the caller's signal. */
  readonly release: () => void;
}

export class Client {
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #decoder = new FrameDecoder();
  readonly #pending = new Map<number, Pending>();
  #nextStreamId = 1;
  #closed: { readonly reason: unknown } | undefined;
  #ignoredFrames = 0;

  constructor(transport: Transport, clock: Clock = systemClock) {
    this.#outbox = new Outbox(transport);
    this.#clock = clock;
  }

  /** Whether the connection has ended. Every call is then rejected as "unavailable", at once. */
  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** How many calls wait for their answer. */
  get pendingCalls(): number {
    return this.#pending.size;
  }

  /** Bytes of requests that the kernel has not taken yet. */
  get pendingBytes(): number {
    return this.#outbox.pendingBytes;
  }

  /** Frames that belonged to no call: answers that came after their deadline, or a server's mistakes. */
  get ignoredFrames(): number {
    return this.#ignoredFrames;
  }

  /**
   * The encoded response message. Rejects with a TaskError: what the server answered; or "unavailable" when the connection
   * ends before (`isClosed` tells this from an answer), "deadline_exceeded" or "canceled" when the caller waits no longer,
   * "resource_exhausted" when one of the messages is longer than 4 MiB, "internal" when the answer is malformed.
   */
  async call(call: UnaryCall): Promise<Uint8Array> {
    if (this.#closed !== undefined) throw closedError(this.#closed.reason);
    if (call.signal?.aborted) throw canceledError({ cause: call.signal.reason });
    if (call.timeoutMs !== undefined && call.timeoutMs <= 0) throw deadlineError();
    const streamId = this.#nextStreamId;
    // Ids are never used twice: 2^31 calls are all that a connection can carry.
    if (streamId > MAX_STREAM_ID) throw new TaskError("unavailable", "ttrpc: out of stream ids");
    const frame = encodeCall(streamId, call);
    this.#nextStreamId += 2;
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    this.#pending.set(streamId, { resolve, reject, release: this.#watch(streamId, call) });
    if (!this.#outbox.write(frame)) this.close();
    return promise;
  }

  /** Bytes from the server, cut anywhere. Never throws. `chunk` may be reused after. */
  receive(chunk: Uint8Array): void {
    if (this.#closed !== undefined) return;
    for (const frame of this.#decoder.push(chunk)) this.#take(frame);
  }

  /** The transport has ended, with the error that ended it if there was one. Calls that wait are rejected. */
  closed(reason?: unknown): void {
    if (this.#closed !== undefined) return;
    this.#closed = { reason };
    for (const streamId of [...this.#pending.keys()])
      this.#settle(streamId)?.reject(closedError(reason));
  }

  /** Ends the connection. Calls that wait are rejected. */
  close(): void {
    if (this.#closed !== undefined) return;
    this.#outbox.close();
    this.closed();
  }

  #take(frame: Frame | OversizeFrame): void {
    // Types that are not known are for later versions of the protocol; a request makes no sense from a server.
    const known =
      frame.kind === "oversize" ||
      frame.type === frameType.response ||
      frame.type === frameType.data;
    const pending = known ? this.#settle(frame.streamId) : undefined;
    if (pending === undefined) {
      this.#ignoredFrames++;
      return;
    }
    const result = readAnswer(frame);
    if (result instanceof TaskError) pending.reject(result);
    else pending.resolve(result);
  }

  /** Takes a call off the list: what follows on its stream is ignored. */
  #settle(streamId: number): Pending | undefined {
    const pending = this.#pending.get(streamId);
    this.#pending.delete(streamId);
    pending?.release();
    return pending;
  }

  /** Rejects the call when its time is over or its signal says so. Returns how to stop watching. */
  #watch(streamId: number, call: UnaryCall): () => void {
    const { timeoutMs, signal } = call;
    const give = (error: TaskError): void => this.#settle(streamId)?.reject(error);
    const cancel = (): void => give(canceledError({ cause: signal?.reason }));
    signal?.addEventListener("abort", cancel, { once: true });
    const stopTimer =
      timeoutMs === undefined
        ? undefined
        : atDeadline(this.#clock, this.#clock.now() + timeoutMs, () => give(deadlineError()));
    return () => {
      signal?.removeEventListener("abort", cancel);
      stopTimer?.();
    };
  }
}

function closedError(reason: unknown): TaskError {
  const options = reason === undefined ? {} : { cause: reason };
  return new TaskError("unavailable", "ttrpc: closed", options);
}

function encodeCall(streamId: number, call: UnaryCall): Uint8Array {
  const payload = encodeRequest({
    service: call.service,
    method: call.method,
    payload: call.payload,
    timeoutNano: toTimeoutNano(call.timeoutMs),
    metadata: toEntries(call.metadata),
  });
  return encodeFrame({ streamId, type: frameType.request, flags: 0, payload });
}

function toEntries(metadata: Metadata | undefined): KeyValue[] {
  const entries: KeyValue[] = [];
  for (const [key, values] of metadata ?? [])
    for (const value of values) entries.push({ key: key.toLowerCase(), value });
  return entries;
}

function readAnswer(frame: Frame | OversizeFrame): Uint8Array | TaskError {
  if (frame.kind === "oversize") return oversizeError(frame.length);
  if (frame.type === frameType.data)
    return new TaskError("internal", 'unexpected "data" message received: protocol error');
  let response: Response;
  try {
    response = decodeResponse(frame.payload);
  } catch (error) {
    return new TaskError("internal", `unmarshal response error: ${errorText(error)}`);
  }
  return toError(response.status) ?? response.payload;
}
