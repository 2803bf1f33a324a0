// SPDX-License-Identifier: Apache-2.0
// The user namespace of a container: whose ids its ids are outside, and how a process becomes root in it.

import { SpecError } from "../base/errors.ts";
import type { Op } from "../plan/ops.ts";
import type { HostIds, UserNamespace } from "./compiled.ts";
import { notDumpable } from "./dumpable.ts";
import { type IdMapping, sameIdMappings, toHostId } from "./id-mappings.ts";
import type { Linux, User } from "./spec.ts";

/** Everything in a container is set up by its root, so there must be one. @throws SpecError */
export function checkRootIsMapped(kind: "uid" | "gid", mappings: readonly IdMapping[]): void {
  if (toHostId(mappings, 0) !== undefined) return;
  const problem = `user namespaces enabled, but no mapping found for ${kind} 0`;
  throw new SpecError(`linux.${kind}Mappings`, problem);
}

/**
 * What is said of a namespace that is joined must be true, and root must be somebody in it.
 * @returns warnings
 * @throws SpecError
 */
export function checkJoinedMappings(linux: Linux, joined: UserNamespace): readonly string[] {
  checkRootIsMapped("uid", joined.uids);
  checkRootIsMapped("gid", joined.gids);
  const { uidMappings, gidMappings } = linux;
  if (uidMappings.length === 0 && gidMappings.length === 0) return [];
  if (!sameIdMappings(uidMappings, joined.uids) || !sameIdMappings(gidMappings, joined.gids)) {
    const problem =
      "user namespaces enabled, but both namespace path and non-matching mapping specified -- you may only provide one";
    throw new SpecError("linux.uidMappings", problem);
  }
  return ["user namespace has both a path and mappings, which are the same: the path counts"];
}

/** The host's ids of a user inside; undefined: the same, there is no user namespace. @throws SpecError */
export function hostIds(
  namespace: UserNamespace | undefined,
  { uid, gid }: Pick<User, "uid" | "gid">,
): HostIds | undefined {
  if (namespace === undefined) return undefined;
  return {
    uid: mapped(namespace.uids, uid, { path: "process.user.uid", call: "setuid", kind: "uid" }),
    gid: mapped(namespace.gids, gid, { path: "process.user.gid", call: "setgid", kind: "gid" }),
  };
}

/** The kernel says "invalid argument" of all of them together. @throws SpecError */
export function checkGroups(namespace: UserNamespace | undefined, { additionalGids }: User): void {
  if (namespace === undefined || !namespace.setgroups) return;
  for (const [index, gid] of additionalGids.entries()) {
    const path = `process.user.additionalGids[${index}]`;
    mapped(namespace.gids, gid, { path, call: "setgroups", kind: "gid" });
  }
}

function mapped(
  mappings: readonly IdMapping[],
  id: number,
  { path, call, kind }: { readonly path: string; readonly call: string; readonly kind: string },
): number {
  const host = toHostId(mappings, id);
  if (host !== undefined) return host;
  const problem = `cannot ${call} to unmapped ${kind} ${id} in user namespace`;
  throw new SpecError(path, `unable to setup user: ${problem}`);
}

/** The groups of the host are left while that is allowed: a user namespace may deny setgroups(2). */
export function leaveGroupsOp(): Op {
  return { op: "set_groups", gids: new Uint8Array(), why: "error leaving the groups of the host" };
}

/** Root of the host becomes root of the user namespace that the process has just joined. */
export function becomeRootOps(): readonly Op[] {
  const why = "error becoming root of the user namespace";
  return [{ op: "set_gid", gid: 0, why }, { op: "set_uid", uid: 0, why }, notDumpable()];
}
