// SPDX-License-Identifier: Apache-2.0
// Readiness of any descriptor on Node's event loop, through `koffi.node.poll` (a libuv poll
// handle). That interface is undocumented: it is used in this file only, the version is pinned, and
// poll.test.ts holds down what is said here.
//
// - Level-triggered: the callback comes again while there is something to read (end of file
//   included) or room to write.
// - libuv makes the open file description non-blocking, for everyone who shares it.
// - koffi passes (status, events), not (events). On EPOLLERR libuv says status EBADF once and stops
//   the handle.
// - koffi aborts the process for a descriptor that can't be polled or has a handle already, and
//   crashes on a closed handle: so each watch polls a duplicate of its own that was tried out
//   first, and forgets a handle that it closed.
// - A handle that JavaScript has lost is collected with its watch. Here the handle's own callback
//   holds on to it.
// - What koffi's callback throws gets lost, so ours runs as an immediate: same turn of the loop,
//   less than 1 µs later.

import { check } from "./errno.ts";
import { Fd } from "./fd.ts";
import { bind, getKoffi } from "./ffi.ts";

const nDupPollable = bind<[fd: number]>("int n_dup_pollable(int fd)");
const nPoll = bind<[fd: number, events: number]>("int n_poll(int fd, int events)");

// poll(2)
const POLLIN = 0x001;
const POLLOUT = 0x004;
const POLLERR = 0x008;
const POLLHUP = 0x010;
const POLLRDHUP = 0x2000;
/** Any of these means that a read (or a write) returns at once, be it with an error. */
const READABLE = POLLIN | POLLERR | POLLHUP | POLLRDHUP;
const WRITABLE = POLLOUT | POLLERR | POLLHUP;
const HANGUP = POLLERR | POLLHUP | POLLRDHUP;

export interface WatchEvents {
  readonly readable?: boolean;
  readonly writable?: boolean;
}

export interface Ready {
  /** Wanted, and a read returns at once: bytes, end of file, or an error. */
  readonly readable: boolean;
  /** Wanted, and a write returns at once: it takes bytes or fails. */
  readonly writable: boolean;
  /** The other side has gone, or an error is pending. There may still be bytes to read. */
  readonly hangup: boolean;
}

/** A descriptor being watched. */
export interface Watch extends Disposable {
  /**
   * Wants something else from now on; nothing wanted: nothing is delivered. Does nothing once
   * closed.
   */
  update(events: WatchEvents): void;
  /** No callback comes after it, not even for what was ready before. Idempotent. */
  close(): void;
}

/** What koffi's PollHandle really is; its declaration file leaves the status out. */
interface PollHandle {
  start(events: RawEvents, callback: RawCallback): void;
  close(): void;
}
interface RawEvents {
  readonly readable: boolean;
  readonly writable: boolean;
}
type RawCallback = (status: number) => void;
type RawPoll = (fd: number, events: RawEvents, callback: RawCallback) => PollHandle;

/**
 * Calls `callback` whenever what is wanted is the case, and keeps the event loop alive while
 * something is wanted. Makes `fd` non-blocking; stays independent of it: `fd` may be closed, but
 * the open file lives until the watch is closed too. On end of file or an error the owner must
 * close the watch or stop wanting, or the callback comes forever; only where nothing can be read (a
 * pipe without a reader, say) an error is delivered once, and then nothing until `update`. Throws
 * EPERM for what is always ready (regular files, directories).
 */
export function watch(fd: Fd, events: WatchEvents, callback: (ready: Ready) => void): Watch {
  return new PollWatch(fd, events, callback);
}

class PollWatch implements Watch {
  readonly #fd: Fd;
  readonly #callback: (ready: Ready) => void;
  #wanted: RawEvents;
  #handle: PollHandle | undefined;
  /** An immediate is on its way. */
  #scheduled = false;
  /** libuv has stopped the handle because of an error. */
  #stopped = false;

  constructor(fd: Fd, events: WatchEvents, callback: (ready: Ready) => void) {
    const poll = getKoffi().node.poll as unknown as RawPoll;
    this.#callback = callback;
    this.#wanted = toRawEvents(events);
    this.#fd = new Fd(check(nDupPollable(fd.raw), "epoll_ctl"));
    this.#handle = poll(this.#fd.raw, this.#wanted, this.#onPoll);
  }

  update(events: WatchEvents): void {
    this.#wanted = toRawEvents(events);
    this.#start();
  }

  close(): void {
    if (this.#handle === undefined) return;
    this.#handle.close();
    this.#handle = undefined;
    this.#fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #start(): void {
    this.#stopped = false;
    this.#handle?.start(this.#wanted, this.#onPoll);
  }

  /** Only notes that something happened: what it is, is asked when it is delivered. */
  readonly #onPoll = (status: number): void => {
    if (status < 0) this.#stopped = true;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#deliver);
  };

  readonly #deliver = (): void => {
    this.#scheduled = false;
    if (this.#handle === undefined) return;
    const now = check(nPoll(this.#fd.raw, POLLIN | POLLOUT | POLLRDHUP), "poll");
    try {
      const readable = this.#wanted.readable && (now & READABLE) !== 0;
      const writable = this.#wanted.writable && (now & WRITABLE) !== 0;
      if (readable || writable) {
        this.#callback({ readable, writable, hangup: (now & HANGUP) !== 0 });
      }
    } finally {
      if (this.#stopped && mayGoOn(now, this.#wanted)) this.#start();
    }
  };
}

function toRawEvents(events: WatchEvents): RawEvents {
  return { readable: events.readable === true, writable: events.writable === true };
}

/**
 * After an error: whether watching on makes sense, since there is something to read or the error
 * has gone.
 */
function mayGoOn(now: number, wanted: RawEvents): boolean {
  return (now & POLLERR) === 0 || (wanted.readable && (now & POLLIN) !== 0);
}
