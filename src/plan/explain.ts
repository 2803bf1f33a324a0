// SPDX-License-Identifier: Apache-2.0
// The sentence for a person when init reports a failure: init sends numbers only.

import { LIMITS, recordsOf } from "./layout.ts";
import type { Program } from "./ops.ts";

/** Names ("ENOENT") and texts ("no such file or directory") of errnos; the table is the caller's, for it belongs to `sys`. */
export interface ErrnoWords {
  readonly errnoName: (errno: number) => string;
  readonly errnoText: (errno: number) => string;
}

export interface Failure {
  /** The whole sentence for a person. */
  readonly sentence: string;
  /** The name of the op; "" if init failed as a whole. */
  readonly op: string;
}

/** What a failure report about `program` means; op numbers after the last op are alternatives. */
export function explainFailure(
  program: Program,
  opIndex: number,
  errno: number,
  words: ErrnoWords,
): Failure {
  const op = recordsOf(program)[opIndex];
  const text = words.errnoText(errno);
  if (op === undefined) {
    const what = opIndex === LIMITS.wholePlan ? "init refused its plan" : "init failed";
    return { sentence: `${what}: ${text}`, op: "" };
  }
  const name = words.errnoName(errno);
  const known = op.whyErrno && Object.hasOwn(op.whyErrno, name) ? op.whyErrno[name] : undefined;
  return { sentence: known ?? (op.why === "" ? text : `${op.why}: ${text}`), op: op.op };
}
