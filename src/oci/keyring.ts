// SPDX-License-Identifier: Apache-2.0
// The session keyring: a container has its own, so that it sees no keys of whoever started the runtime.

import type { Op } from "../plan/ops.ts";
import { KEY_OTH_SEARCH, KEY_USR_SEARCH } from "./tables/kernel.ts";

/** The keyring that all processes of a container share. */
export function keyringName(id: string): string {
  return `_ses.${id}`;
}

/**
 * Joins (or makes) the keyring, in a session of the process's own. Who joins it later must be allowed to search it: its owner,
 * by whose rights alone the kernel goes then, and in a user namespace, as in runc, everybody in it. (There runc leaves the owner
 * out, and an exec gets a keyring of its own that has the same name.)
 */
export function sessionOps(keyring: string | undefined, inUserNamespace: boolean): readonly Op[] {
  const setsid: Op = { op: "setsid", why: "error creating a session" };
  if (keyring === undefined) return [setsid];
  return [
    setsid,
    {
      op: "session_keyring",
      name: keyring,
      permissions: inUserNamespace ? KEY_USR_SEARCH | KEY_OTH_SEARCH : KEY_USR_SEARCH,
      why: "unable to join session keyring",
      // A kernel without keyrings.
      tolerate: ["ENOSYS"],
    },
  ];
}
