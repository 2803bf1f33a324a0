// SPDX-License-Identifier: Apache-2.0
// Readiness of any descriptor on Node's event loop, through `koffi.node.poll` (a libuv poll handle). That interface is
// undocumented: it is used in this file only, the version is pinned, and poll.test.ts holds down each fact stated here.

import type { Fd } from "./fd.ts";
import { getKoffi } from "./ffi.ts";

export interface WatchEvents {
  readonly readable?: boolean;
  readonly writable?: boolean;
}

export interface Ready {
  readonly readable: boolean;
  readonly writable: boolean;
  /** The other side is gone as far as poll can tell; end of file and errors are still learned by reading and writing. */
  readonly hangup: boolean;
}

export interface Watch extends Disposable {
  update(events: WatchEvents): void;
  close(): void;
}

type PollCallback = (status: number, events: RawEvents) => void;
interface RawEvents {
  readonly readable: boolean;
  readonly writable: boolean;
  readonly disconnect: boolean;
}
interface PollHandle {
  start(events: Partial<RawEvents>, callback: PollCallback): void;
  stop(): void;
  close(): void;
}

/** Calls `callback` while one of `events` is the case. Close the watch before its descriptor. */
export function watch(fd: Fd, events: WatchEvents, callback: (ready: Ready) => void): Watch {
  return new PollWatch(fd, events, callback);
}

class PollWatch implements Watch {
  readonly #callback: (ready: Ready) => void;
  #wanted: WatchEvents = {};
  #pending: Ready | undefined;
  #handle: PollHandle | undefined;

  constructor(fd: Fd, events: WatchEvents, callback: (ready: Ready) => void) {
    this.#callback = callback;
    const poll = getKoffi().node.poll as unknown as (
      fd: number,
      events: Partial<RawEvents>,
      callback: PollCallback,
    ) => PollHandle;
    this.#handle = poll(fd.raw, rawEvents(events), this.#onPoll);
    this.#wanted = events;
  }

  update(events: WatchEvents): void {
    this.#wanted = events;
    this.#handle?.start(rawEvents(events), this.#onPoll);
  }

  close(): void {
    this.#handle?.close();
    this.#handle = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  readonly #onPoll = (status: number, events: RawEvents): void => {
    const failed = status < 0;
    const before = this.#pending;
    this.#pending = {
      readable: (before?.readable ?? false) || events.readable || failed,
      writable: (before?.writable ?? false) || events.writable || failed,
      hangup: (before?.hangup ?? false) || events.disconnect || failed,
    };
    if (before === undefined) setImmediate(this.#deliver);
  };

  readonly #deliver = (): void => {
    const ready = this.#pending;
    this.#pending = undefined;
    if (this.#handle === undefined || ready === undefined) return;
    const readable = ready.readable && this.#wanted.readable === true;
    const writable = ready.writable && this.#wanted.writable === true;
    if (readable || writable) this.#callback({ readable, writable, hangup: ready.hangup });
  };
}

function rawEvents(events: WatchEvents): RawEvents {
  const readable = events.readable === true;
  return { readable, writable: events.writable === true, disconnect: readable };
}
