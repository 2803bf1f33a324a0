// SPDX-License-Identifier: Apache-2.0
// Descriptors that a program gets besides its stdio, as 3 and on. Of some it is told in the way of systemd (sd_listen_fds(3)):
// sockets that somebody else has bound for it.

import type { Op, Slot } from "../plan/ops.ts";

export interface Inherited {
  readonly count: number;
  /** How many of them, the first ones, the program is told of. */
  readonly listening: number;
}

export const NOTHING_INHERITED: Inherited = { count: 0, listening: 0 };

const FIRST = 3;

/** The slots that the runtime fills. */
export function inheritedInputs({ count }: Inherited): readonly Slot[] {
  return Array.from({ length: count }, (_, index) => `inherit:${index}`);
}

/** Puts them where the program will find them. */
export function inheritOps(inherited: Inherited): readonly Op[] {
  const why = "error setting up inherited descriptors";
  return inheritedInputs(inherited).flatMap((fd, index): Op[] => [
    { op: "inherit", fd, target: FIRST + index, why },
    { op: "close", fd, why },
  ]);
}

/** Closes everything that is not the program's. */
export function closeOthersOp({ count }: Inherited): Op {
  return { op: "close_from", first: FIRST + count, why: "error closing descriptors" };
}

/**
 * The environment with what systemd's protocol says in it; `pid` is the one by which the program knows itself, to which it
 * compares what it is told.
 */
export function withListenVariables(
  env: readonly string[],
  { listening }: Inherited,
  pid: number | undefined,
): readonly string[] {
  if (listening === 0) return env;
  const others = env.filter((entry) => !/^LISTEN_(FDS|PID)=/.test(entry));
  return [...others, `LISTEN_FDS=${listening}`, `LISTEN_PID=${pid ?? 1}`];
}
