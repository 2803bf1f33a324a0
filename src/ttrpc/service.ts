// SPDX-License-Identifier: Apache-2.0
// What a server offers: services, their methods, and what a method gets and gives. Knows nothing of bytes on a wire.

import { TaskError } from "../base/errors.ts";

/** Metadata of a request. Keys are lower case; a key that is repeated on the wire has several values. */
export type Metadata = ReadonlyMap<string, readonly string[]>;

/** One call, as a handler sees it. */
export interface CallRequest {
  /** The name of the method that was called. */
  readonly method: string;
  /** The encoded request message. Belongs to the handler. */
  readonly payload: Uint8Array;
  readonly metadata: Metadata;
  /** When the client stops waiting, in milliseconds on the clock of `performance.now()`; may be in the past. */
  readonly deadlineMs?: number | undefined;
  /**
   * Aborted when the deadline passes, the connection closes or the stream is spoilt by its client. Nothing else happens
   * to a running handler: one that must finish ignores it. The reason is a TaskError that may be thrown as the answer.
   */
  readonly signal: AbortSignal;
}

/**
 * Answers a call with the encoded response message. A TaskError that is thrown reaches the client with its code and text,
 * anything else as "unknown" with its text.
 */
export type Handler = (request: CallRequest) => Promise<Uint8Array>;

/** Method name to handler. */
export type Service = ReadonlyMap<string, Handler>;

/** Full service name, for example "containerd.task.v2.Task", to service. One service may have several names. */
export type Services = ReadonlyMap<string, Service>;

/** The handler of a method; or the error to answer with, in the words of the reference (clients downgrade on its code). */
export function findHandler(
  services: Services,
  service: string,
  method: string,
): Handler | TaskError {
  const methods = services.get(service);
  if (methods === undefined) return new TaskError("unimplemented", `service ${service}`);
  return methods.get(method) ?? new TaskError("unimplemented", `method ${method}`);
}
