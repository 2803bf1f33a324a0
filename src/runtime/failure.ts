// SPDX-License-Identifier: Apache-2.0
// The sentence around a failure of an init, in the words that runc's users and clients know.

import { errorText, InitError } from "../base/errors.ts";
import type { Cgroup } from "../cgroup/cgroup.ts";

/** Ops whose failure is about the user's program and not about the container around it. */
const PROGRAM_OPS: readonly string[] = ["find_exec", "exec"];

/** Puts a failure while an init process was made into context; errors of other kinds become its cause. */
export function initFailure(error: unknown, cgroup: Cgroup): Error {
  const chain = "unable to start container process: ";
  if (wasOomKilled(error, cgroup)) {
    const text = `${chain}container init was OOM-killed (memory limit too low?)`;
    return new Error(text, { cause: error });
  }
  if (!(error instanceof InitError)) {
    return new Error(`${chain}${errorText(error)}`, { cause: error });
  }
  const stage = PROGRAM_OPS.includes(error.op) ? "" : "error during container init: ";
  return new InitError(`${chain}${stage}${error.message}`, error.errno, error.op);
}

/** An init that vanished without a word in a cgroup where the OOM killer has been. */
function wasOomKilled(error: unknown, cgroup: Cgroup): boolean {
  if (error instanceof InitError) return false;
  try {
    return cgroup.oomKills() > 0n;
  } catch {
    // No memory controller: then it was not its limit.
    return false;
  }
}
