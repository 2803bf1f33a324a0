// SPDX-License-Identifier: Apache-2.0
// The daemon's log: stderr, which is the fifo that containerd copies to its own log. Non-blocking: while nobody reads,
// lines are lost and nothing else happens.

import { writeSync } from "node:fs";
import { createLogger, type Logger } from "../base/log.ts";
import { nowNs } from "../sys/clock.ts";

const STDERR = 2;
/** PIPE_BUF: what a pipe takes whole or not at all, so that lines of several writers do not mix. */
const MAX_LINE_BYTES = 4096;

/** Makes the daemon's logger. */
export function openLog(options: { readonly debug: boolean; readonly namespace: string }): Logger {
  return createLogger({
    level: options.debug ? "debug" : "info",
    fields: { runtime: "io.containerd.tsrunc.v1", namespace: options.namespace },
    now: nowNs,
    sink: (line) => writeLine(STDERR, line),
  });
}

/** Writes one line, cut to what a pipe takes whole; drops it when the descriptor does not take it now. */
export function writeLine(fd: number, line: string): void {
  const bytes = Buffer.from(line);
  if (bytes.byteLength > MAX_LINE_BYTES) bytes[MAX_LINE_BYTES - 1] = 0x0a;
  try {
    writeSync(fd, bytes, 0, Math.min(bytes.byteLength, MAX_LINE_BYTES));
  } catch {
    // EAGAIN: nobody reads fast enough. EPIPE: nobody reads. Either way there is nobody to tell.
  }
}
