// SPDX-License-Identifier: Apache-2.0
// What init answers: 16 bytes, sometimes with a descriptor.

import { type Errno, toErrno } from "../base/brand.ts";
import { InitError } from "../base/errors.ts";

/** The kinds in the order of their numbers, which start at 1; emitted as `REPORT_<NAME>` in C. */
export const REPORT_KINDS = [
  "pid",
  "done",
  "failed",
  "fd",
  "console",
  "ready",
  "listener",
] as const;

/**
 * - `pid`: `clone` succeeded, `value` is the pid, the descriptor its pidfd; comes before any report of the new process
 * - `done`: the program is finished, init waits for the next
 * - `failed`: op number `op` failed with `errno`; init has ended. `op` is `LIMITS.wholePlan` if init refused the plan, and
 *   `value` is then the number of the failed check (`CHECKS`)
 * - `fd`: op `send_fd`, `value` is its tag
 * - `console`: op `console`, the descriptor is the master of the pty
 * - `ready`: op `ready`; the program goes on
 * - `listener`: op `seccomp_listen`, `value` is the number that the listener's descriptor has in the process
 */
export type ReportKind = (typeof REPORT_KINDS)[number];

export interface Report {
  readonly kind: ReportKind;
  /** The number of the op in its program; alternatives follow after all ops. */
  readonly op: number;
  /** 0 unless something failed. */
  readonly errno: Errno;
  readonly value: number;
}

/** The length of a report, and of the header (zeros) of the packet that carries a program. */
export const REPORT_BYTES = 16;

const EPROTO = toErrno(71);

/** Decodes one report. @throws InitError for anything that is not one. */
export function decodeReport(bytes: Uint8Array): Report {
  if (bytes.length !== REPORT_BYTES) {
    throw new InitError(`init sent a report of ${bytes.length} bytes`, EPROTO, "report");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const number = view.getUint32(0, true);
  const kind = REPORT_KINDS[number - 1];
  if (kind === undefined)
    throw new InitError(`init sent a report of kind ${number}`, EPROTO, "report");
  const errno = toErrno(view.getUint32(8, true));
  return { kind, op: view.getUint32(4, true), errno, value: view.getUint32(12, true) };
}
