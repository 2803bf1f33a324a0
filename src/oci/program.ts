// SPDX-License-Identifier: Apache-2.0
// The user's program: how it is found and with what environment it is executed.

import { SpecError } from "../base/errors.ts";
import type { Op } from "../plan/ops.ts";
import { isAbsolute } from "./path.ts";
import { filterOps, type SeccompUse } from "./seccomp.ts";
import type { Process } from "./spec.ts";

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
  const candidates = searchPath(process.env).map((directory) => `${directory}/${name}`);
  if (name === "" || candidates.length === 0) throw new SpecError(`${path}.args[0]`, missing);
  return {
    op: "find_exec",
    candidates,
    why,
    // Of several candidates none is special: not being allowed to execute one is the same as not having it.
    whyErrno: { ENOENT: missing, EACCES: missing, EISDIR: missing, ENOTDIR: missing },
  };
}

/** The directories of the container's PATH. Relative ones are left out: they would mean the working directory. */
function searchPath(env: readonly string[]): readonly string[] {
  const path = env.find((entry) => entry.startsWith("PATH="))?.slice("PATH=".length) ?? "";
  return path.split(":").filter(isAbsolute);
}

/**
 * Closes everything and becomes the program. With no_new_privs a seccomp filter needs no privilege: it comes last, and has to
 * allow no more than execve.
 */
export function execOps(
  process: Process,
  home: string | undefined,
  seccomp?: SeccompUse,
): readonly Op[] {
  const { args } = process;
  const env = needsHome(process.env)
    ? [...process.env.filter((entry) => entry !== "HOME="), `HOME=${home ?? "/"}`]
    : process.env;
  return [
    { op: "close_from", first: 3, why: "error closing descriptors" },
    ...(process.noNewPrivileges ? filterOps(seccomp) : []),
    { op: "exec", argv: args, env, why: `exec ${args[0] ?? ""}` },
  ];
}
