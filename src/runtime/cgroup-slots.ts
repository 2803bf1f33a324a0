// SPDX-License-Identifier: Apache-2.0
// How stage 1 of an init gets into the container's cgroup. In a cgroup2 tree it is born, unless it has something to do before;
// in the trees of v1 its first ops write themselves into `tasks`: a single-threaded process joins itself in a fraction of what a
// write of its pid from outside costs.

import { basename } from "node:path";
import type { Pid } from "../base/brand.ts";
import type { Cgroup } from "../cgroup/cgroup.ts";
import type { CompileOptions } from "../oci/compiled.ts";
import type { Slot } from "../plan/ops.ts";
import { O_WRONLY } from "../sys/constants.ts";
import { type Fd, openAt } from "../sys/fd.ts";

export interface CgroupSlots extends Disposable {
  /** Descriptors for the slots `cgroup:0`, `cgroup:1`, ...; none where being born in the cgroup is all. */
  readonly fds: readonly (readonly [Slot, Fd])[];
}

/** Opens what the `enter` program needs to join `cgroup`. */
export function cgroupSlots(cgroup: Cgroup): CgroupSlots {
  return toSlots(cgroup.toState().kind === "v2" ? [] : cgroup.joinFds());
}

/** The same for a process that was born outside: also in a cgroup2 tree, where the container's `init` is. */
export function outsideCgroupSlots(cgroup: Cgroup, init: Pid): CgroupSlots {
  using directory = cgroup.spawnDirectory(init);
  const procs = directory === undefined ? [] : [openAt(directory, "cgroup.procs", O_WRONLY)];
  try {
    const others = cgroup.toState().kind === "v2" ? [] : cgroup.joinFds();
    return toSlots([...procs, ...others]);
  } catch (error) {
    for (const fd of procs) fd.close();
    throw error;
  }
}

function toSlots(fds: readonly Fd[]): CgroupSlots {
  return {
    fds: fds.map((fd, index) => [`cgroup:${index}`, fd] as const),
    [Symbol.dispose]() {
      for (const fd of fds) fd.close();
    },
  };
}

/** The container's directories on the host, as compiling takes them. */
export function cgroupDirectories(
  cgroup: Cgroup,
): Pick<CompileOptions, "cgroupV1Directories" | "cgroupV2Directory"> {
  return { cgroupV1Directories: v1Directories(cgroup), cgroupV2Directory: v2Directory(cgroup) };
}

/** By the name of the tree's mount. */
function v1Directories(cgroup: Cgroup): ReadonlyMap<string, string> {
  const members = cgroup.toState().members.filter(({ version }) => version === 1);
  return new Map(
    members.map(({ mountPoint, path }) => [basename(mountPoint), `${mountPoint}${path}`]),
  );
}

/** On a host with nothing but cgroup v2. */
function v2Directory(cgroup: Cgroup): string | undefined {
  const { kind, members } = cgroup.toState();
  const [member] = members;
  return kind === "v2" && member !== undefined ? `${member.mountPoint}${member.path}` : undefined;
}
