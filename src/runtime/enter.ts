// SPDX-License-Identifier: Apache-2.0
// A further process in a container that has an init: it joins init in its cgroup and namespaces and becomes its program. For
// execs, and for the hooks that run inside.

import type { Pid } from "../base/brand.ts";
import type { Cgroup } from "../cgroup/cgroup.ts";
import type { Resctrl } from "../cgroup/resctrl.ts";
import type { CompiledExec } from "../oci/compiled.ts";
import type { Slot } from "../plan/ops.ts";
import { O_DIRECTORY, O_PATH } from "../sys/constants.ts";
import { type Fd, open } from "../sys/fd.ts";
import { innerPid } from "../sys/proc.ts";
import { cgroupSlots, outsideCgroupSlots } from "./cgroup-slots.ts";
import type { Host } from "./host.ts";
import { type InitProcess, type InitSpawn, isTight } from "./init-process.ts";
import { homeDirectory } from "./passwd.ts";
import { joinPrograms, splitBefore } from "./programs.ts";

/** The container that is entered. */
export interface EnteredContainer {
  readonly host: Host;
  readonly cgroup: Cgroup;
  readonly resctrl: Resctrl | undefined;
  readonly init: { readonly pid: Pid; readonly pidfd: Fd };
}

/** Who enters. */
export interface Entering {
  readonly compiled: CompiledExec;
  /** Spawned for it. */
  readonly spawned: InitSpawn;
  /** For the slots of its own: those of its stdio, and its seccomp filter. */
  readonly fds: ReadonlyMap<Slot, Fd>;
}

/** Resolves once the program has been executed. @throws InitError */
export async function enterContainer(
  container: EnteredContainer,
  { compiled, spawned, fds: own }: Entering,
): Promise<InitProcess> {
  const { cgroup, init, resctrl } = container;
  resctrl?.add(spawned.stagePid);
  using slots = compiled.startsOutside ? outsideCgroupSlots(cgroup, init.pid) : cgroupSlots(cgroup);
  const fds = new Map<Slot, Fd>([
    ["proc", container.host.proc],
    ["init", init.pidfd],
    ...slots.fds,
    ...own,
  ]);
  const enter = compiled.enter(slots.fds.length);
  const homePath = home(container, compiled);
  const { rlimits, needsPid } = compiled.process;
  if (rlimits.length === 0 && !needsPid) {
    // There is nothing to do in between: one program, one message.
    return spawned.enter(joinPrograms(enter, compiled.finish(homePath)), fds, "gone");
  }
  const process = await spawned.enter(enter, fds, "done");
  const finish = compiled.finish(homePath, needsPid ? innerPid(process.pid) : undefined);
  spawned.setRlimits(rlimits);
  if (!rlimits.some(isTight)) {
    await spawned.run(finish, fds, "gone");
    return process;
  }
  const { ready, rest } = splitBefore(finish, "close_from");
  await spawned.run(ready, fds, "done");
  spawned.setTightLimits(rlimits);
  await spawned.run(rest, fds, "gone");
  return process;
}

/** HOME as the container's passwd has it, read through the root of the container's init. */
function home({ init }: EnteredContainer, { process }: CompiledExec): string | undefined {
  if (!process.needsHome) return undefined;
  using root = open(`/proc/${init.pid}/root`, O_PATH | O_DIRECTORY);
  return homeDirectory(root, process.uid);
}
