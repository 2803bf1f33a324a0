// SPDX-License-Identifier: Apache-2.0
// The way from a connection to its transport, with a bound on what a peer that does not read can make us keep.

import type { Transport } from "./transport.ts";

/** Above this, a server's owner should stop reading requests until the peer has read some answers: two frames. */
const CONGESTED_BYTES = 8 * 1024 * 1024;
/** Above this a connection is given up, whatever its owner does. */
export const MAX_PENDING_BYTES = 64 * 1024 * 1024;

export class Outbox {
  readonly #transport: Transport;
  readonly #maxPendingBytes: number;

  constructor(transport: Transport, maxPendingBytes = MAX_PENDING_BYTES) {
    this.#transport = transport;
    this.#maxPendingBytes = maxPendingBytes;
  }

  /** Bytes that were written and that the kernel has not taken yet. */
  get pendingBytes(): number {
    return this.#transport.pendingBytes ?? 0;
  }

  get congested(): boolean {
    return this.pendingBytes > CONGESTED_BYTES;
  }

  /** Sends one frame; false when the connection is beyond help: its peer does not read, or writing failed. */
  write(frame: Uint8Array): boolean {
    if (this.pendingBytes + frame.length > this.#maxPendingBytes) return false;
    try {
      this.#transport.write(frame);
      return true;
    } catch {
      return false; // The reason, if it matters, is known to the transport, which threw it.
    }
  }

  /** Ends the transport. A throw is no news here: the connection is over either way. */
  close(): void {
    try {
      this.#transport.close();
    } catch {}
  }
}
