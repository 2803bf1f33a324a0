// SPDX-License-Identifier: Apache-2.0
// The programs of the helper process that holds a user or time namespace while the runtime looks at it from outside.

import type { Op, Slot } from "../plan/ops.ts";
import { notDumpable } from "./dumpable.ts";
import { CLONE } from "./tables/kernel.ts";

/** Into the user namespace of `join`, where somebody may be already, or into a new one. */
export function userHolderOps(join: Slot | undefined): readonly Op[] {
  const why = "error entering the user namespace";
  if (join === undefined) return [notDumpable(), { op: "unshare", flags: CLONE.NEWUSER, why }];
  return [
    notDumpable(),
    { op: "setns", fd: join, nstype: CLONE.NEWUSER, why },
    { op: "close", fd: join, why },
  ];
}

/** A new time namespace for children; this process stays in its own, so that the offsets can be set. */
export function unshareTimeOps(): readonly Op[] {
  return [{ op: "unshare", flags: CLONE.NEWTIME, why: "error making the time namespace" }];
}
