// SPDX-License-Identifier: Apache-2.0
// The five error classes of the project. Nothing else is thrown on purpose; add context with `cause` where a layer
// knows something new, and recognise errors by class and code, never by text.

import type { Errno } from "./brand.ts";
import { oneLine } from "./one-line.ts";

/** A system call failed. The same shape as Node's own fs errors: `code`, `errno`, `syscall`, `path`. */
export class SysError extends Error {
  override readonly name = "SysError";
  readonly syscall: string;
  readonly errno: Errno;
  /** The symbolic name, for example "ENOENT". */
  readonly code: string;
  readonly path: string | undefined;

  constructor(fields: {
    syscall: string;
    errno: Errno;
    code: string;
    message: string;
    path?: string | undefined;
  }) {
    super(fields.message);
    this.syscall = fields.syscall;
    this.errno = fields.errno;
    this.code = fields.code;
    this.path = fields.path;
  }
}

/**
 * config.json (or another OCI document) says something wrong or something that is not supported. Path and message are one
 * line each, whatever of the document is quoted in them.
 */
export class SpecError extends Error {
  override readonly name = "SpecError";
  /** The field, for example "process.user.uid" or "linux.namespaces[2].type". */
  readonly path: string;

  constructor(path: string, problem: string) {
    super(oneLine(problem));
    this.path = oneLine(path);
  }
}

/** tsrunc-init could not execute an op of its plan. The message is the whole sentence for a person. */
export class InitError extends Error {
  override readonly name = "InitError";
  readonly errno: Errno;
  /** The name of the op in `plan/ops.ts`. */
  readonly op: string;

  constructor(message: string, errno: Errno, op: string) {
    super(message);
    this.errno = errno;
    this.op = op;
  }
}

/** A step that the lifecycle of a process does not allow now, for example starting a running process. */
export class TransitionError extends Error {
  override readonly name = "TransitionError";
  readonly from: string;
  readonly step: string;

  constructor(from: string, step: string, message: string) {
    super(message);
    this.from = from;
    this.step = step;
  }
}

/** The codes of google.rpc.Code in words, without "ok"; `ttrpc/status.ts` alone knows their numbers. */
export type TaskErrorCode =
  | "canceled"
  | "unknown"
  | "invalid_argument"
  | "deadline_exceeded"
  | "not_found"
  | "already_exists"
  | "permission_denied"
  | "resource_exhausted"
  | "failed_precondition"
  | "aborted"
  | "out_of_range"
  | "unimplemented"
  | "internal"
  | "unavailable"
  | "data_loss"
  | "unauthenticated";

/** A typed message (google.protobuf.Any) that goes with an error. */
export interface ErrorDetail {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

export interface TaskErrorOptions extends ErrorOptions {
  readonly details?: readonly ErrorDetail[];
}

/** An error whose code and text a client of the Task API sees as they are. */
export class TaskError extends Error {
  override readonly name = "TaskError";
  readonly code: TaskErrorCode;
  /** Almost always empty: containerd neither needs nor sends any. */
  readonly details: readonly ErrorDetail[];

  constructor(code: TaskErrorCode, message: string, options?: TaskErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = options?.details ?? [];
  }
}

/** Whether `error` is a failed system call (ours or Node's) with this symbolic errno, for example "ESRCH". */
export function isErrno(
  error: unknown,
  ...codes: readonly string[]
): error is Error & { readonly code: string } {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return typeof error.code === "string" && codes.includes(error.code);
}

/** The text of anything that was thrown, with the texts of its causes where they add something. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : errorText(error.cause);
  return cause === "" || error.message.includes(cause)
    ? error.message
    : `${error.message}: ${cause}`;
}
