// SPDX-License-Identifier: Apache-2.0
// The only place that decides which code and text containerd gets for an error. Codes and texts are those of the reference
// shim with runc (contract 4.2 and 3.8): most failures are "unknown" there, and clients match on the texts.

import {
  errorText,
  isErrno,
  SpecError,
  TaskError,
  type TaskErrorCode,
  TransitionError,
} from "../base/errors.ts";

/** What was being done when an error came; each has its own words around it. */
export type Operation =
  | "create"
  | "start"
  | "start exec"
  | "kill"
  | "kill exec"
  | "delete"
  | "stats";

/** The chain of programs that the reference went through, which clients look for. */
const PREFIXES: Readonly<Record<Operation, string>> = {
  create: "OCI runtime create failed: runc create failed: ",
  start: "OCI runtime start failed: ",
  "start exec": "OCI runtime exec failed: exec failed: ",
  kill: "unknown error after kill: ",
  "kill exec": "exec kill error: unknown error after kill: ",
  delete: "failed to delete task: ",
  stats: "",
};

/** errdefs' words for a code: the end of every message that has one of these. */
const SUFFIXES: Readonly<Partial<Record<TaskErrorCode, string>>> = {
  not_found: "not found",
  failed_precondition: "failed precondition",
};

/** What the client gets for anything that was thrown during `operation`, or outside of one. */
export function toTaskError(error: unknown, operation?: Operation): TaskError {
  if (error instanceof TransitionError) return fromTransition(error);
  if (operation !== undefined && !isFinal(error, operation)) return fromOperation(error, operation);
  if (error instanceof TaskError) return error;
  return new TaskError("unknown", describe(error), { cause: error });
}

/** Steps that are not allowed now: unknown, but for those that clients tell apart by code. */
function fromTransition(error: TransitionError): TaskError {
  const code = transitionCode(error);
  const suffix = SUFFIXES[code];
  const text = suffix === undefined ? error.message : `${error.message}: ${suffix}`;
  return new TaskError(code, text, { cause: error });
}

function transitionCode({ step, from }: TransitionError): TaskErrorCode {
  if (step === "kill") return from === "created" ? "failed_precondition" : "not_found";
  return step === "delete" && from === "deleted" ? "not_found" : "unknown";
}

/** A TaskError that says by its code what it is goes as it is; the rest gets the words of the operation. */
function isFinal(error: unknown, operation: Operation): boolean {
  if (!(error instanceof TaskError)) return false;
  // What the reference's shim does itself and no runtime below it: its text is whole.
  if (operation === "create") return error.code === "invalid_argument" || error.code === "unknown";
  if (operation === "kill" || operation === "kill exec") return error.code !== "invalid_argument";
  return error.code !== "unknown";
}

function fromOperation(error: unknown, operation: Operation): TaskError {
  const cause = { cause: error };
  if ((operation === "kill" || operation === "kill exec") && isErrno(error, "ESRCH")) {
    return new TaskError("not_found", "process already finished: not found", cause);
  }
  if (operation === "stats" && isErrno(error, "ENOENT", "ENODEV")) {
    return new TaskError("not_found", "cgroup does not exist: not found", cause);
  }
  return new TaskError("unknown", PREFIXES[operation] + describe(error), cause);
}

/** A spec's error is of little use without the name of the field. */
function describe(error: unknown): string {
  // A text that ends with white space is no field of HTTP/2 (RFC 9113, 8.2.1): strict clients of containerd get none at all.
  const text = errorText(error).trimEnd();
  const hasPath = error instanceof SpecError && !text.includes(error.path);
  return hasPath ? `${error.path}: ${text}` : text;
}
