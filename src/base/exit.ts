// SPDX-License-Identifier: Apache-2.0
// How a process ended, as every layer passes it on.

/** The end of a process, made once by the reaper. */
export interface Exit {
  /** The exit code, or 128 + the number of the signal that killed it. */
  readonly status: number;
  /** The number of the signal that killed it; undefined: none did, whatever the status. */
  readonly signal?: number | undefined;
  /** When it was reaped, in nanoseconds since the epoch. */
  readonly atNs: bigint;
}

/** What the reference's language calls the signals by number. */
const SIGNAL_WORDS: readonly string[] = [
  "",
  "hangup",
  "interrupt",
  "quit",
  "illegal instruction",
  "trace/breakpoint trap",
  "aborted",
  "bus error",
  "floating point exception",
  "killed",
  "user defined signal 1",
  "segmentation fault",
  "user defined signal 2",
  "broken pipe",
  "alarm clock",
  "terminated",
];

/** An end for people, in the words of the reference: "exit status 3", "signal: killed". */
export function exitText({ status, signal }: Pick<Exit, "status" | "signal">): string {
  if (signal === undefined) return `exit status ${status}`;
  return `signal: ${SIGNAL_WORDS[signal] ?? `signal ${signal}`}`;
}
