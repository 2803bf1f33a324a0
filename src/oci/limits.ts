// SPDX-License-Identifier: Apache-2.0
// process.rlimits as the kernel counts them; the runtime sets them on the process from outside.

import type { CompiledRlimit } from "./compiled.ts";
import type { Rlimit } from "./spec.ts";
import { RLIMITS } from "./tables/rlimits.ts";

/** As the configuration calls a limit: "RLIMIT_NOFILE". */
export function rlimitName(resource: number): string {
  return [...RLIMITS].find(([, number]) => number === resource)?.[0] ?? String(resource);
}

/** In the order given; each is there once. */
export function compileRlimits(rlimits: readonly Rlimit[]): readonly CompiledRlimit[] {
  return rlimits.flatMap(({ type, soft, hard }) => {
    const resource = RLIMITS.get(type);
    return resource === undefined ? [] : [{ resource, soft, hard }];
  });
}
