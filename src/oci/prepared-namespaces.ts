// SPDX-License-Identifier: Apache-2.0
// The programs of the helper process that holds a user or time namespace while the runtime looks at it from outside.

import type { Op, Slot } from "../plan/ops.ts";
import { notDumpable } from "./dumpable.ts";
import { CLONE } from "./tables/kernel.ts";

/** Into a new user namespace. */
export function newUserOps(): readonly Op[] {
  const why = "error making the user namespace";
  return [notDumpable(), { op: "unshare", flags: CLONE.NEWUSER, why }];
}

/** Into the user namespace at `path`, which is open as `slot`; somebody may be in it. */
export function joinUserOps(slot: Slot, path: string): readonly Op[] {
  const why = `error joining user namespace "${path}"`;
  return [
    notDumpable(),
    { op: "setns", fd: slot, nstype: CLONE.NEWUSER, why },
    { op: "close", fd: slot, why },
  ];
}

/** A new time namespace for children; this process stays in its own, so that the offsets can be set. */
export function unshareTimeOps(): readonly Op[] {
  return [{ op: "unshare", flags: CLONE.NEWTIME, why: "error making the time namespace" }];
}
