// SPDX-License-Identifier: Apache-2.0
// Where a mount goes: how its target is found or made, and how what is said about it begins.

import type { Op } from "../plan/ops.ts";
import type { CompileOptions, HostFacts } from "./compiled.ts";
import type { Mount, Spec } from "./spec.ts";
import { O, RESOLVE } from "./tables/kernel.ts";

/** What compiling the mounts depends on. */
export interface MountContext {
  readonly spec: Spec;
  readonly facts: HostFacts;
  readonly options: CompileOptions;
}

/** The start of every sentence about a mount that failed. */
export function mountWhy(mount: Mount): string {
  return `error mounting "${mount.source}" to rootfs at "${mount.destination}"`;
}

/** Missing parts of the target are made; what is there is used. */
export function makeDirectory(mount: Mount, path = mount.destination): Op {
  const why = `${mountWhy(mount)}: create mountpoint for ${path} mount`;
  return { op: "mkdir_all", root: "root", path, mode: 0o755, out: "target", why };
}

/** Opens what is now mounted at the target, anew: the descriptor from before is underneath. */
export function openMountedOp(mount: Mount, path = mount.destination): Op {
  return {
    op: "resolve",
    root: "root",
    path,
    flags: O.PATH,
    resolve: RESOLVE.IN_ROOT,
    out: "target",
    why: mountWhy(mount),
  };
}
