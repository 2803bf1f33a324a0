// SPDX-License-Identifier: Apache-2.0
// Deadlines: on the wire a number of nanoseconds from receipt (the two sides have no common clock), here a point in time.

import { TaskError } from "../base/errors.ts";
import type { Clock } from "./transport.ts";

const NANOS_PER_MS = 1e6;
const MAX_TIMEOUT_NANO = 2n ** 63n - 1n;
/** The longest delay that a timer takes (24 days); longer ones are waited for in turns. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** A deadline that has passed: the reference's code and text. */
export function deadlineError(): TaskError {
  return new TaskError("deadline_exceeded", "context deadline exceeded");
}

/** A call that nobody waits for any more: the reference's code and text. */
export function canceledError(options?: ErrorOptions): TaskError {
  return new TaskError("canceled", "context canceled", options);
}

/** The deadline of a request that comes now; none for 0, in the past for a negative timeout. */
export function toDeadlineMs(timeoutNano: bigint, clock: Clock): number | undefined {
  return timeoutNano === 0n ? undefined : clock.now() + Number(timeoutNano) / NANOS_PER_MS;
}

/** A timeout as it is sent. 0 would mean "none": anything longer than nothing is at least a nanosecond. */
export function toTimeoutNano(timeoutMs: number | undefined): bigint {
  if (timeoutMs === undefined) return 0n;
  const nanos = BigInt(Math.ceil(timeoutMs * NANOS_PER_MS));
  return nanos > MAX_TIMEOUT_NANO ? MAX_TIMEOUT_NANO : nanos;
}

/** Runs `action` when the deadline has passed, but never before this function has returned. Returns how to stop that. */
export function atDeadline(clock: Clock, deadlineMs: number, action: () => void): () => void {
  let stop: () => void;
  const wait = (): void => {
    const leftMs = Math.max(0, Math.ceil(deadlineMs - clock.now()));
    stop = clock.after(Math.min(leftMs, MAX_TIMER_MS), check);
  };
  const check = (): void => (clock.now() < deadlineMs ? wait() : action());
  wait();
  return () => stop();
}
