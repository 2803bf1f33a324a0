// SPDX-License-Identifier: Apache-2.0
// How stage 1 of an init gets into the container's cgroup. On v2 it is born there; on v1 its first ops write themselves into
// every hierarchy's `tasks`: a single-threaded process joins itself in a fraction of what a write of its pid from outside costs.

import type { Cgroup } from "../cgroup/cgroup.ts";
import type { Slot } from "../plan/ops.ts";
import type { Fd } from "../sys/fd.ts";

export interface CgroupSlots extends Disposable {
  /** Descriptors for the slots `cgroup:0`, `cgroup:1`, ...; none where the process is born in its cgroup. */
  readonly fds: readonly (readonly [Slot, Fd])[];
}

/** Opens what the `enter` program needs to join `cgroup`. */
export function cgroupSlots(cgroup: Cgroup): CgroupSlots {
  const fds = cgroup.directory() === undefined ? cgroup.joinFds() : [];
  return {
    fds: fds.map((fd, index) => [`cgroup:${index}`, fd] as const),
    [Symbol.dispose]() {
      for (const fd of fds) fd.close();
    },
  };
}
