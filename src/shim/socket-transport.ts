// SPDX-License-Identifier: Apache-2.0
// One connected socket under one ttrpc connection, ours to a client or to containerd. Reads when something is there,
// writes at once what the kernel takes and queues the rest. Node's own sockets would cost 5 ms of every start.

import { TaskError } from "../base/errors.ts";
import { type Fd, readFd, writeFd } from "../sys/fd.ts";
import { type Watch, watch } from "../sys/poll.ts";
import type { Transport } from "../ttrpc/transport.ts";

/** Requests are mostly smaller; a longer one takes more reads. */
const READ_BYTES = 16 * 1024;
/** Reads in a row from one peer, before the others have their turn. */
const MAX_READS = 64;

/** What is above the socket: both kinds of ttrpc connections are one. */
export interface Receiver {
  receive(chunk: Uint8Array): void;
  /** Everything that was written is with the kernel. */
  drained?(): void;
  closed(reason?: unknown): void;
  /** True: the peer does not read its answers, so read no more of its requests until `drained`. */
  readonly congested?: boolean;
}

export class SocketTransport implements Transport {
  readonly #fd: Fd;
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  readonly #onEnd: ((receivedBytes: number) => void) | undefined;
  #queue: Uint8Array[] = [];
  #pendingBytes = 0;
  #receivedBytes = 0;
  #receiver: Receiver | undefined;
  #watch: Watch | undefined;

  /** Takes ownership of the non-blocking `socket`. `onEnd` is called once, whoever ends the connection. */
  constructor(socket: Fd, onEnd?: (receivedBytes: number) => void) {
    this.#fd = socket;
    this.#onEnd = onEnd;
  }

  /** Begins to read, into `receiver`. */
  attach(receiver: Receiver): void {
    if (this.#fd.closed) return;
    this.#receiver = receiver;
    this.#watch = watch(this.#fd, { readable: true }, (ready) => {
      if (ready.writable) this.#flush();
      if (ready.readable) this.#read();
    });
    this.#rearm();
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Throws what the kernel says (EPIPE, ...), or TaskError unavailable after the end. */
  write(bytes: Uint8Array): void {
    if (this.#fd.closed) throw new TaskError("unavailable", "ttrpc: closed");
    const rest = this.#pendingBytes === 0 ? writeSome(this.#fd, bytes) : bytes;
    if (rest.byteLength === 0) return;
    this.#queue.push(rest);
    this.#pendingBytes += rest.byteLength;
    this.#rearm();
  }

  /** Ends the connection; the receiver is not told, for it is the one who asks. */
  close(): void {
    if (this.#fd.closed) return;
    this.#watch?.close();
    this.#fd.close();
    this.#queue = [];
    this.#pendingBytes = 0;
    this.#onEnd?.(this.#receivedBytes);
  }

  #read(): void {
    for (let reads = 0; reads < MAX_READS && this.#wantsInput(); reads++) {
      const count = this.#attempt(() => readFd(this.#fd, this.#buffer));
      if (count === undefined) return;
      if (count === 0) {
        this.#end(undefined);
        return;
      }
      this.#receivedBytes += count;
      this.#receiver?.receive(this.#buffer.subarray(0, count));
      if (count < READ_BYTES) break;
    }
    this.#rearm();
  }

  #flush(): void {
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      const bytes = head;
      const rest = this.#attempt(() => writeSome(this.#fd, bytes));
      if (rest === undefined) return;
      this.#pendingBytes -= bytes.byteLength - rest.byteLength;
      if (rest.byteLength > 0) {
        this.#queue[0] = rest;
        return;
      }
      this.#queue.shift();
    }
    this.#receiver?.drained?.();
    this.#rearm();
  }

  /** The result, or undefined when there is none now or the connection has just ended by the failure. */
  #attempt<T>(call: () => T): T | undefined {
    if (this.#fd.closed) return undefined;
    try {
      return call();
    } catch (error) {
      this.#end(error);
      return undefined;
    }
  }

  #wantsInput(): boolean {
    return !this.#fd.closed && this.#receiver?.congested !== true;
  }

  #rearm(): void {
    if (this.#fd.closed) return;
    this.#watch?.update({ readable: this.#wantsInput(), writable: this.#pendingBytes > 0 });
  }

  #end(reason: unknown): void {
    this.close();
    this.#receiver?.closed(reason);
  }
}

/** What the kernel did not take of `bytes`. */
function writeSome(fd: Fd, bytes: Uint8Array): Uint8Array {
  let rest = bytes;
  while (rest.byteLength > 0) {
    const count = writeFd(fd, rest);
    if (count === undefined) break;
    rest = rest.subarray(count);
  }
  return rest;
}
