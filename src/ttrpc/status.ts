// SPDX-License-Identifier: Apache-2.0
// The only place that knows the numbers of google.rpc.Code. Everywhere else a code is a word.

import { errorText, TaskError, type TaskErrorCode } from "../base/errors.ts";
import type { Status } from "./codec.ts";

const numbers: Readonly<Record<TaskErrorCode, number>> = {
  canceled: 1,
  unknown: 2,
  invalid_argument: 3,
  deadline_exceeded: 4,
  not_found: 5,
  already_exists: 6,
  permission_denied: 7,
  resource_exhausted: 8,
  failed_precondition: 9,
  aborted: 10,
  out_of_range: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  data_loss: 15,
  unauthenticated: 16,
};

const words: ReadonlyMap<number, TaskErrorCode> = new Map(
  Object.entries(numbers).map(([word, number]) => [number, word as TaskErrorCode]),
);

/** What a client gets for something that was thrown: a TaskError as it is, the rest as "unknown" with its text. */
export function toStatus(error: unknown): Status {
  if (error instanceof TaskError)
    return { code: numbers[error.code], message: error.message, details: error.details };
  return { code: numbers.unknown, message: errorText(error), details: [] };
}

/** The error that a peer's answer stands for, or undefined for a success. A code that is not known counts as "unknown". */
export function toError(status: Status | undefined): TaskError | undefined {
  if (status === undefined || status.code === 0) return undefined;
  const code = words.get(status.code) ?? "unknown";
  return new TaskError(code, status.message, { details: status.details });
}
