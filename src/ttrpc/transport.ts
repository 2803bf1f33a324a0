// SPDX-License-Identifier: Apache-2.0
// What a connection needs from the world: somewhere to write, and a clock. Both are handed in, so that everything in this
// folder runs without a socket and without waiting.

/**
 * The way out of a connection. Whoever has the socket implements it and calls the connection for what comes in:
 * `receive(chunk)` for bytes, `drained()` when nothing is pending any more, `closed(reason)` once at the end.
 */
export interface Transport {
  /**
   * Takes all of `bytes`, keeps their order, never blocks; what the kernel doesn't take now is queued. The memory is
   * handed over. A throw counts as the end of the connection.
   */
  write(bytes: Uint8Array): void;
  /** Ends the connection; what is queued may be dropped. Must be harmless when called twice. */
  close(): void;
  /** Bytes that `write` took and the kernel has not. A transport that never queues leaves it out. */
  readonly pendingBytes?: number;
}

/** Time, replaceable in tests. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Runs `action` after `delayMs`, or never if the function that it returns is called first. */
  after(delayMs: number, action: () => void): () => void;
}

/** The clock of `performance.now()`. Its timers do not keep the process alive: an open connection does. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs).unref();
    return () => clearTimeout(timer);
  },
};
