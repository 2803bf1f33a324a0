// SPDX-License-Identifier: Apache-2.0
// The sentence around a failure of an init, in the words that runc's users and clients know.

import { errorText, InitError, TaskError } from "../base/errors.ts";
import type { Cgroup } from "../cgroup/cgroup.ts";

/** Ops whose failure is about the user's program and not about the container around it. */
const PROGRAM_OPS: readonly string[] = ["find_exec", "exec"];

const CHAIN = "unable to start container process: ";

/** Puts a failure while an init process was made into context; errors of other kinds become its cause. */
export function initFailure(error: unknown, cgroup: Cgroup): Error {
  if (!(error instanceof InitError) && hasOomKills(cgroup)) {
    const text = `${CHAIN}container init was OOM-killed (memory limit too low?)`;
    return new Error(text, { cause: error });
  }
  return inContext(error);
}

/** The same for an exec, in whose cgroup the OOM killer may have been for reasons of others. */
export function execFailure(error: unknown, cgroup: Cgroup): Error {
  // "aborted": tsrunc-init vanished without a word.
  const vanished = error instanceof TaskError && error.code === "aborted";
  if (!vanished || !hasOomKills(cgroup)) return inContext(error);
  return new Error(`${CHAIN}${error.message} (possibly OOM-killed)`, { cause: error });
}

/** For limits that were refused; the words of the reference, which names the step after its position in its own protocol. */
export function limitsFailure(error: unknown): Error {
  const step = "error during container init: error setting cgroup config for procHooks process";
  return new Error(`${step}: ${errorText(error)}`, { cause: error });
}

function inContext(error: unknown): Error {
  if (!(error instanceof InitError)) {
    return new Error(`${CHAIN}${errorText(error)}`, { cause: error });
  }
  const stage = PROGRAM_OPS.includes(error.op) ? "" : "error during container init: ";
  return new InitError(`${CHAIN}${stage}${error.message}`, error.errno, error.op);
}

function hasOomKills(cgroup: Cgroup): boolean {
  try {
    return cgroup.oomKills() > 0n;
  } catch {
    // No memory controller: then it was not its limit.
    return false;
  }
}
