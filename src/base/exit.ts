// SPDX-License-Identifier: Apache-2.0
// How a process ended, as every layer passes it on.

/** The end of a process, made once by the reaper. */
export interface Exit {
  /** The exit code, or 128 + the number of the signal that killed it. */
  readonly status: number;
  /** When it was reaped, in nanoseconds since the epoch. */
  readonly atNs: bigint;
}
