// SPDX-License-Identifier: Apache-2.0
// process.rlimits as the kernel counts them; the runtime sets them on the process from outside.

import type { CompiledRlimit } from "./compiled.ts";
import type { Rlimit } from "./spec.ts";
import { RLIMITS } from "./tables/rlimits.ts";

/** Of a limit that is there more than once the last counts. */
export function compileRlimits(rlimits: readonly Rlimit[]): readonly CompiledRlimit[] {
  const byResource = new Map<number, CompiledRlimit>();
  for (const { type, soft, hard } of rlimits) {
    const resource = RLIMITS.get(type);
    if (resource !== undefined) byResource.set(resource, { resource, soft, hard });
  }
  return [...byResource.values()];
}
