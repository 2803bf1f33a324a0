// SPDX-License-Identifier: Apache-2.0
// The user's program: how it is found and with what environment it is executed.

import { SpecError } from "../base/errors.ts";
import type { Op } from "../plan/ops.ts";
import { byteLength } from "./fields.ts";
import { closeOthersOp, type Inherited, withListenVariables } from "./inherited.ts";
import { isAbsolute } from "./path.ts";
import { lastFilterOps, type SeccompUse } from "./seccomp.ts";
import type { Process } from "./spec.ts";

/** limits.h: the longest name in a directory, and the longest path without its NUL, in bytes. */
const NAME_MAX = 255;
const PATH_MAX = 4095;

/** Whether HOME is missing: then it comes from the container's passwd file. */
export function needsHome(env: readonly string[]): boolean {
  return !env.some((entry) => entry.startsWith("HOME=") && entry !== "HOME=");
}

/** Finds the program with the user's rights, in the user's working directory: a missing one fails create, not start. */
export function findProgramOp(process: Process, path: string): Op {
  const name = process.args[0] ?? "";
  const why = `exec: ${JSON.stringify(name)}`;
  if (name.includes("/")) {
    const stat = `${why}: stat ${name}`;
    return {
      op: "find_exec",
      candidates: [name],
      why,
      whyErrno: {
        ENOENT: `${stat}: no such file or directory`,
        ENOTDIR: `${stat}: not a directory`,
        EACCES: `${why}: permission denied`,
        EISDIR: `${why}: is a directory`,
      },
    };
  }
  const missing = `${why}: executable file not found in $PATH`;
  const candidates = candidatesOf(name, process.env);
  if (candidates.length === 0) throw new SpecError(`${path}.args[0]`, missing);
  return {
    op: "find_exec",
    candidates,
    why,
    // Of several candidates none is special: not being allowed to execute one is the same as not having it.
    whyErrno: { ENOENT: missing, EACCES: missing, EISDIR: missing, ENOTDIR: missing },
  };
}

/**
 * Where a program may be: in the directories of the container's PATH, each once. Relative ones are left out: they would mean
 * the working directory. So is what no file can be called: a plan has to hold all of them.
 */
function candidatesOf(name: string, env: readonly string[]): readonly string[] {
  if (name === "" || byteLength(name) > NAME_MAX) return [];
  const path = env.find((entry) => entry.startsWith("PATH="))?.slice("PATH=".length) ?? "";
  return [...new Set(path.split(":"))]
    .filter(isAbsolute)
    .map((directory) => `${directory}/${name}`)
    .filter((candidate) => byteLength(candidate) <= PATH_MAX);
}

/** What is known of a process only when it exists. */
export interface LateFacts {
  /** Set when its HOME is needed: from the container's passwd, "/" if it has none. */
  readonly home?: string | undefined;
  /** Set when its pid is needed: the one by which it knows itself. */
  readonly pid?: number | undefined;
}

/**
 * Closes everything and becomes the program. With no_new_privs a seccomp filter needs no privilege: it comes last, and has to
 * allow no more than execve.
 */
export function execOps(
  process: Process,
  { home, pid }: LateFacts,
  context: { readonly inherited: Inherited; readonly seccomp: SeccompUse | undefined },
): readonly Op[] {
  const { args } = process;
  const { inherited, seccomp } = context;
  const ownEnv = needsHome(process.env)
    ? [...process.env.filter((entry) => entry !== "HOME="), `HOME=${home ?? "/"}`]
    : process.env;
  const env = withListenVariables(ownEnv, inherited, pid);
  return [
    closeOthersOp(inherited),
    ...lastFilterOps(process, seccomp),
    { op: "exec", argv: args, env, why: `exec ${args[0] ?? ""}` },
  ];
}
