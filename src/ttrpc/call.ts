// SPDX-License-Identifier: Apache-2.0
// One call in progress on a server, as its handler sees it. Most handlers never look at the signal: it, and the timer of the
// deadline, are made when they first do.

import type { TaskError } from "../base/errors.ts";
import type { KeyValue, Request } from "./codec.ts";
import { atDeadline, deadlineError, toDeadlineMs } from "./deadline.ts";
import type { CallRequest, Metadata } from "./service.ts";
import type { Clock } from "./transport.ts";

export class Call implements CallRequest {
  readonly method: string;
  readonly payload: Uint8Array;
  readonly metadata: Metadata;
  readonly deadlineMs: number | undefined;
  readonly #clock: Clock;
  #controller: AbortController | undefined;
  #reason: TaskError | undefined;
  #ended = false;
  #stopTimer: (() => void) | undefined;

  constructor(request: Request, clock: Clock) {
    this.method = request.method;
    this.payload = request.payload;
    this.metadata = toMetadata(request.metadata);
    this.deadlineMs = toDeadlineMs(request.timeoutNano, clock);
    this.#clock = clock;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
      else if (!this.#ended) this.#watchDeadline();
    }
    return this.#controller.signal;
  }

  /** Nobody waits for the answer any more. Does not stop the handler. */
  abort(reason: TaskError): void {
    if (this.#reason !== undefined || this.#ended) return;
    this.#reason = reason;
    this.#stopTimer?.();
    this.#controller?.abort(reason);
  }

  /** The handler is done: the signal stays as it is from now on. */
  end(): void {
    this.#ended = true;
    this.#stopTimer?.();
  }

  #watchDeadline(): void {
    if (this.deadlineMs === undefined) return;
    const expire = (): void => this.abort(deadlineError());
    if (this.deadlineMs <= this.#clock.now()) expire();
    else this.#stopTimer = atDeadline(this.#clock, this.deadlineMs, expire);
  }
}

function toMetadata(entries: readonly KeyValue[]): Metadata {
  const metadata = new Map<string, string[]>();
  for (const { key, value } of entries) {
    const name = key.toLowerCase();
    const values = metadata.get(name);
    if (values === undefined) metadata.set(name, [value]);
    else values.push(value);
  }
  return metadata;
}
