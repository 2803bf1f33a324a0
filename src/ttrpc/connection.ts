// SPDX-License-Identifier: Apache-2.0
// The server's side of one connection. No socket: bytes come in through `receive`, frames go out through the transport.
// Invariants: each stream gets one response at most; nothing that a peer sends throws out of `receive`, and nothing but a
// peer that does not read ends the connection; what a peer can make us hold is bounded (README, "Limits").

import { errorText, TaskError } from "../base/errors.ts";
import { Call } from "./call.ts";
import { decodeRequest, encodeResponse, type Request, type Response } from "./codec.ts";
import { canceledError } from "./deadline.ts";
import {
  encodeFrame,
  type Frame,
  FrameDecoder,
  frameFlag,
  frameType,
  type OversizeFrame,
  oversizeError,
} from "./frame.ts";
import { Outbox } from "./outbox.ts";
import { findHandler, type Handler, type Services } from "./service.ts";
import { toStatus } from "./status.ts";
import { type Clock, systemClock, type Transport } from "./transport.ts";

/** What all unanswered calls of a connection may hold together. */
const MAX_CALL_BYTES = 64 * 1024 * 1024;
/** What a call counts besides its request: a generous guess of a handler's own memory. */
const CALL_OVERHEAD_BYTES = 1024;

const EMPTY = new Uint8Array();

export interface ServerOptions {
  readonly clock?: Clock;
  /** Bound on the requests that are being answered, each counted with 1 KiB more than it has. Default 64 MiB. */
  readonly maxCallBytes?: number;
  /** Bound on answers that the peer doesn't read. Default 64 MiB. */
  readonly maxPendingBytes?: number;
}

export interface ConnectionOptions extends ServerOptions {
  readonly services: Services;
  readonly transport: Transport;
  /** Called once, at the end of the connection, whoever ended it. */
  readonly onEnd?: () => void;
}

interface Waiter {
  readonly ready: () => boolean;
  readonly resolve: () => void;
}

export class ServerConnection {
  readonly #services: Services;
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #maxCallBytes: number;
  readonly #onEnd: (() => void) | undefined;
  readonly #decoder = new FrameDecoder();
  /** The calls that are owed an answer, by stream. */
  readonly #calls = new Map<number, Call>();
  #callBytes = 0;
  #lastStreamId = 0;
  #isClosed = false;
  #waiters: Waiter[] = [];

  constructor(options: ConnectionOptions) {
    this.#services = options.services;
    this.#outbox = new Outbox(options.transport, options.maxPendingBytes);
    this.#clock = options.clock ?? systemClock;
    this.#maxCallBytes = options.maxCallBytes ?? MAX_CALL_BYTES;
    this.#onEnd = options.onEnd;
  }

  /** Whether the connection has ended. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How many calls are owed an answer. */
  get activeCalls(): number {
    return this.#calls.size;
  }

  /** Bytes of answers that the kernel has not taken yet. */
  get pendingBytes(): number {
    return this.#outbox.pendingBytes;
  }

  /** Whether the owner should stop reading until `drained`: the peer does not read its answers (more than 8 MiB of them). */
  get congested(): boolean {
    return this.#outbox.congested;
  }

  /** Bytes from the peer, cut anywhere. Never throws; starts handlers before it returns. `chunk` may be reused after. */
  receive(chunk: Uint8Array): void {
    if (this.#isClosed) return;
    for (const frame of this.#decoder.push(chunk)) {
      this.#take(frame);
      if (this.#isClosed) return;
    }
  }

  /** The transport has nothing pending any more. */
  drained(): void {
    this.#wake();
  }

  /** The transport has ended. Running handlers go on, unless they heed their signal; their answers are dropped. */
  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.abort(canceledError());
    this.#wake();
    this.#onEnd?.();
  }

  /** Ends the connection at once; see `idle` and `flushed` for a gentler way. */
  close(): void {
    if (this.#isClosed) return;
    this.#outbox.close();
    this.closed();
  }

  /** Resolves when every answer given so far is with the kernel, or the connection has ended. */
  flushed(): Promise<void> {
    return this.#until(() => this.pendingBytes === 0);
  }

  /** Resolves when no call is owed an answer and all of them are with the kernel, or the connection has ended. */
  idle(): Promise<void> {
    return this.#until(() => this.activeCalls === 0 && this.pendingBytes === 0);
  }

  #take(frame: Frame | OversizeFrame): void {
    const { streamId } = frame;
    if (frame.kind === "oversize") {
      this.#refuse(streamId, oversizeError(frame.length));
    } else if (streamId % 2 === 0) {
      this.#refuse(streamId, invalid("StreamID must be odd for client initiated streams"));
    } else if (frame.type === frameType.request) {
      this.#open(streamId, frame.payload);
    } else if (frame.type === frameType.data) {
      this.#takeData(frame);
    }
    // Other types are for later versions of the protocol: ignored.
  }

  #open(streamId: number, payload: Uint8Array): void {
    if (streamId <= this.#lastStreamId) {
      this.#refuse(streamId, invalid("StreamID cannot be re-used and must increment"));
      return;
    }
    this.#lastStreamId = streamId;
    let request: Request;
    try {
      request = decodeRequest(payload);
    } catch (error) {
      this.#refuse(streamId, invalid(`unmarshal request error: ${errorText(error)}`));
      return;
    }
    // Flags are of no interest: a unary method answers a client that means to send more like any other.
    const handler = findHandler(this.#services, request.service, request.method);
    const bytes = payload.length + CALL_OVERHEAD_BYTES;
    if (handler instanceof TaskError) {
      this.#refuse(streamId, handler);
    } else if (this.#callBytes + bytes > this.#maxCallBytes) {
      this.#refuse(streamId, new TaskError("resource_exhausted", "too many calls in progress"));
    } else {
      this.#start(streamId, bytes, request, handler);
    }
  }

  #start(streamId: number, bytes: number, request: Request, handler: Handler): void {
    const call = new Call(request, this.#clock);
    this.#calls.set(streamId, call);
    this.#callBytes += bytes;
    answer(handler, call)
      .then((response) => {
        call.end();
        this.#callBytes -= bytes;
        // Too late when the connection has ended, or the stream was spoilt and its one answer has been sent.
        if (this.#calls.get(streamId) !== call) return;
        this.#calls.delete(streamId);
        this.#send(streamId, response);
        this.#wake();
      })
      .catch(() => this.close()); // Only if a callback of our owner throws.
  }

  /** Data belongs to streams, and all methods are unary: there is none that could take it. */
  #takeData(frame: Frame): void {
    const { streamId, flags, payload } = frame;
    if (!this.#calls.has(streamId)) {
      this.#refuse(streamId, invalid("StreamID is no longer active"));
    } else if ((flags & frameFlag.noData) === 0) {
      this.#refuse(streamId, invalid("data handling error: ttrpc: stream closed"));
    } else if ((flags & frameFlag.remoteClosed) !== 0 && payload.length > 0) {
      this.#refuse(streamId, invalid("data close message cannot include data"));
    }
    // A half-close without data says that the client sends no more, which is known of a unary call.
  }

  /** Answers an offending frame on its own stream, which is over by that even if a call is running on it. */
  #refuse(streamId: number, error: TaskError): void {
    const call = this.#calls.get(streamId);
    this.#calls.delete(streamId);
    call?.abort(canceledError());
    this.#send(streamId, { status: toStatus(error), payload: EMPTY });
    this.#wake();
  }

  #send(streamId: number, response: Response): void {
    if (this.#isClosed) return;
    if (!this.#outbox.write(encodeAnswer(streamId, response))) this.close();
  }

  #until(ready: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push({ ready, resolve });
    this.#wake();
    return promise;
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (this.#isClosed || waiter.ready()) waiter.resolve();
      else this.#waiters.push(waiter);
    }
  }
}

function invalid(message: string): TaskError {
  return new TaskError("invalid_argument", message);
}

/** Calls the handler, now; never rejects for what the handler does. */
async function answer(handler: Handler, call: Call): Promise<Response> {
  try {
    return { payload: await handler(call) };
  } catch (error) {
    return { status: toStatus(error), payload: EMPTY };
  }
}

/** A response as a frame. One that is too long becomes an error: the client hears of it, and the connection lives on. */
function encodeAnswer(streamId: number, response: Response): Uint8Array {
  const frame = { streamId, type: frameType.response, flags: 0 };
  try {
    return encodeFrame({ ...frame, payload: encodeResponse(response) });
  } catch (error) {
    const payload = encodeResponse({ status: toStatus(error), payload: EMPTY });
    return encodeFrame({ ...frame, payload });
  }
}
