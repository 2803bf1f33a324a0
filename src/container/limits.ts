// SPDX-License-Identifier: Apache-2.0

/** How long a container waits for things that may never come. */
export interface Limits {
  /** For the exits of its execs, once init has ended: a process in uninterruptible sleep must not hide init's end. */
  readonly execExitsMs: number;
  /** For the end of an init that was killed before its start; execs may have to end first. */
  readonly killMs: number;
  /** For output that is still on its way to the client at Delete. */
  readonly drainMs: number;
  /**
   * The same when no process is left, for a client that reads nothing more: nobody else can make this wait. Short, because
   * callers give the whole removal of a container no more than 10 s.
   */
  readonly drainEmptyMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  execExitsMs: 10_000,
  killMs: 15_000,
  drainMs: 10_000,
  drainEmptyMs: 1_000,
};
