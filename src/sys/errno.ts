// SPDX-License-Identifier: Apache-2.0
// Errnos between numbers, names and text, and the one place that makes a SysError.

import { toErrno } from "../base/brand.ts";
import { SysError } from "../base/errors.ts";
import { ERRNOS } from "./errno-table.ts";

/** The symbolic name, for example "ENOENT"; "E999" for a number that Linux does not have. */
export function errnoName(errno: number): string {
  return ERRNOS.find(([number]) => number === errno)?.[1] ?? `E${errno}`;
}

/** The text for people, for example "no such file or directory". */
export function errnoText(errno: number): string {
  return ERRNOS.find(([number]) => number === errno)?.[2] ?? `errno ${errno}`;
}

/** The number of a symbolic name; throws a RangeError for a name that Linux does not have. */
export function errnoNumber(name: string): number {
  const entry = ERRNOS.find(([, known]) => known === (ALIASES[name] ?? name));
  if (entry === undefined) throw new RangeError(`unknown errno "${name}"`);
  return entry[0];
}

const ALIASES: Readonly<Record<string, string>> = {
  EWOULDBLOCK: "EAGAIN",
  EDEADLOCK: "EDEADLK",
  ENOTSUP: "EOPNOTSUPP",
};

/** A failed system call as an error: `open "/x": no such file or directory`. */
export function sysError(syscall: string, errno: number, path?: string): SysError {
  const subject = path === undefined ? syscall : `${syscall} ${JSON.stringify(path)}`;
  return new SysError({
    syscall,
    errno: toErrno(errno),
    code: errnoName(errno),
    message: `${subject}: ${errnoText(errno)}`,
    path,
  });
}

/** `result` of a library call as it is if it is no error, else throws it. */
export function check(result: number, syscall: string, path?: string): number {
  if (result < 0) throw sysError(syscall, -result, path);
  return result;
}
