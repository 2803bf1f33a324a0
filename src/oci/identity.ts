// SPDX-License-Identifier: Apache-2.0
// From root of the host to the user of the spec: bounding set, ids, capability sets. The order is the one in which each step
// still has the privilege it needs; keep_caps carries capabilities over the change of ids.

import type { Op } from "../plan/ops.ts";
import type { UserNamespace } from "./compiled.ts";
import { notDumpable } from "./dumpable.ts";
import { filterOps, type SeccompUse } from "./seccomp.ts";
import type { Capabilities, Process } from "./spec.ts";
import { CAPABILITIES } from "./tables/capabilities.ts";
import { NO_ID } from "./tables/kernel.ts";
import { enterAsRootOps, enterAsUserOps } from "./working-directory.ts";

/** Capability sets as the kernel takes them. */
export interface CapabilitySets {
  readonly bounding: bigint;
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
  readonly ambient: bigint;
}

/** What a container has that says nothing about capabilities: silence is no request for all that root has. */
export const NO_CAPABILITIES: Capabilities = {
  bounding: [],
  effective: [],
  permitted: [],
  inheritable: [],
  ambient: [],
};

/** The sets of a process, and what could not be had. */
export function resolveCapabilities(
  capabilities: Capabilities,
  lastCap: number,
): { readonly sets: CapabilitySets; readonly warnings: readonly string[] } {
  const unknown = new Set<string>();
  const toMask = (names: readonly string[]): bigint => {
    let mask = 0n;
    for (const name of names) {
      const number = CAPABILITIES.indexOf(name);
      if (number === -1 || number > lastCap) unknown.add(name);
      else mask |= 1n << BigInt(number);
    }
    return mask;
  };
  const bounding = toMask(capabilities.bounding);
  const effective = toMask(capabilities.effective);
  const permitted = toMask(capabilities.permitted);
  const inheritable = toMask(capabilities.inheritable);
  const wanted = toMask(capabilities.ambient);
  // The kernel raises what is both permitted and inheritable, nothing else (capabilities(7)).
  const ambient = wanted & permitted & inheritable;
  return {
    sets: { bounding, effective, permitted, inheritable, ambient },
    warnings: [...unknownWarning(unknown), ...ambientWarnings(wanted & ~ambient)],
  };
}

function unknownWarning(names: ReadonlySet<string>): readonly string[] {
  if (names.size === 0) return [];
  const list = [...names].sort().join(" ");
  return [`ignoring unknown or unavailable capabilities: [${list}]`];
}

function ambientWarnings(missing: bigint): readonly string[] {
  return CAPABILITIES.filter((_, number) => (missing >> BigInt(number)) & 1n).map(
    (name) => `can't raise ambient capability ${name}: it is not both permitted and inheritable`,
  );
}

/**
 * Becomes the user of the spec, with exactly its capabilities. `stdio` are the descriptors that the user is to own; they are
 * given away while that is still allowed. Where a user namespace denies setgroups(2) there are no further groups: those of
 * the host were left before it was entered, and to ask for others is in vain, as in runc.
 *
 * Without no_new_privs a seccomp filter takes CAP_SYS_ADMIN, which the change of user takes away: it is installed before that,
 * and after what a filter may well forbid (docs/security.md lists what it must not).
 */
export function identityOps(
  process: Process,
  sets: CapabilitySets,
  context: {
    readonly stdio: readonly number[];
    readonly userNamespace: UserNamespace | undefined;
    readonly seccomp?: SeccompUse | undefined;
  },
): readonly Op[] {
  const { stdio, userNamespace, seccomp } = context;
  const { user, cwd } = process;
  const why = "unable to setup user";
  return [
    ...enterAsRootOps(cwd),
    { op: "drop_bounding", keep: sets.bounding, why: "unable to drop bounding capabilities" },
    { op: "keep_caps", value: 1, why: "unable to set keep caps" },
    ...stdio.map((fd) => chownOp(fd, user.uid)),
    ...(userNamespace?.setgroups === false ? [] : [groupsOp(user.additionalGids, why)]),
    { op: "set_gid", gid: user.gid, why },
    ...(process.noNewPrivileges ? [] : filterOps(seccomp)),
    { op: "set_uid", uid: user.uid, why },
    notDumpable(),
    ...enterAsUserOps(cwd),
    ...capabilityOps(sets),
  ];
}

function chownOp(fd: number, uid: number): Op {
  return {
    op: "fchown",
    fd,
    uid,
    gid: NO_ID,
    why: "unable to setup user: cannot change the owner of stdio",
    // Files of a client on a read-only or foreign filesystem stay whose they are.
    tolerate: ["EPERM", "EROFS", "EINVAL"],
  };
}

function capabilityOps(sets: CapabilitySets): readonly Op[] {
  const { effective, permitted, inheritable, ambient } = sets;
  return [
    { op: "keep_caps", value: 0, why: "unable to clear keep caps" },
    { op: "set_caps", effective, permitted, inheritable, why: "unable to apply caps" },
    // What the kernel refuses is missing from the set and visible there; the reference implementation goes on, too.
    { op: "set_ambient", mask: ambient, why: "unable to apply ambient caps", tolerate: ["EPERM"] },
  ];
}

function groupsOp(gids: readonly number[], why: string): Op {
  return { op: "set_groups", gids: encodeGroups(gids), why };
}

function encodeGroups(gids: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * gids.length));
  for (const [index, gid] of gids.entries()) view.setUint32(4 * index, gid, true);
  return new Uint8Array(view.buffer);
}
