// SPDX-License-Identifier: Apache-2.0
// Removes what a container left whose shim is gone: from its state file alone, in any half-made condition, and again if need
// be. The `delete` command of the shim.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { toPid } from "../base/brand.ts";
import { errorText } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { Cgroup } from "../cgroup/cgroup.ts";
import { Resctrl, type ResctrlState } from "../cgroup/resctrl.ts";
import { SIGKILL } from "../sys/constants.ts";
import { openPidfd, signalPidfd } from "../sys/pidfd.ts";
import { processStartTime } from "../sys/proc.ts";
import type { RuntimeHookHost } from "./hooks.ts";
import { runTaken } from "./poststop.ts";
import { layersDirectory } from "./rootfs-idmap.ts";
import { mountedRootfs, unmountRecursive } from "./rootfs-mounts.ts";
import {
  type ContainerState,
  readState,
  removeStateDirectory,
  saveState,
  stateDirectory,
} from "./state-file.ts";

export interface LeftoverOptions {
  readonly stateRoot: string;
  readonly namespace: string;
  readonly id: string;
  /** Absolute path of the bundle. */
  readonly bundle: string;
  readonly log: Logger;
  /** How groups of resctrl are found; by default in the file system where it was mounted. */
  readonly openResctrl?: (state: ResctrlState) => Resctrl;
  /** What poststop hooks are run with; asked for only if there are any. */
  readonly hooks: () => RuntimeHookHost;
}

/**
 * Kills, unmounts and removes. Each step is tried whatever became of the others; failures are logged. Only the state outlives a
 * cgroup, or a group of resctrl, that cannot be removed: without it nobody would find that again.
 * @returns init's pid or 0.
 */
export async function removeLeftovers(options: LeftoverOptions): Promise<number> {
  const directory = stateDirectory(options.stateRoot, options.namespace, options.id);
  const attempt = async (what: string, step: () => void | Promise<void>): Promise<boolean> => {
    try {
      await step();
      return true;
    } catch (error) {
      options.log.warn(`cannot ${what}`, { id: options.id, error: errorText(error) });
      return false;
    }
  };
  let state: ContainerState | undefined;
  await attempt("read the state file", () => {
    state = readState(directory);
  });
  if (state?.init !== undefined) {
    const { init } = state;
    await attempt("kill init", () => killProcess(init.pid, init.startTime));
  }
  if (state?.cgroupToBe !== undefined) {
    const cgroup = Cgroup.open(state.cgroupToBe);
    await attempt("remove a cgroup that was being made", () => cgroup.discard());
  }
  let cgroupRemoved = true;
  if (state?.cgroup !== undefined) {
    const cgroup = Cgroup.open(state.cgroup);
    await attempt("kill the processes in the cgroup", () => cgroup.kill());
    cgroupRemoved = await attempt("remove the cgroup", () => cgroup.destroy());
  }
  let groupsRemoved = true;
  if (state?.resctrl !== undefined) {
    const { openResctrl = (found) => Resctrl.open(found) } = options;
    const groups = state.resctrl;
    groupsRemoved = await attempt("remove its groups of resctrl", () =>
      openResctrl(groups).remove(),
    );
  }
  if (cgroupRemoved && groupsRemoved) {
    await attempt("remove the state directory", () => removeStateDirectory(directory));
  } else if (state !== undefined) {
    const kept = { ...state, poststop: undefined };
    await attempt("write the state file", () => saveState(directory, kept));
  }
  // Not before: containerd gives this process a few seconds, after which the id must be free for another container. Whoever
  // comes again finds none of them.
  if (state?.poststop !== undefined) {
    await runTaken({ ...options.hooks(), log: options.log }, state);
  }
  const rootfs = mountedRootfs(options.bundle);
  await attempt("unmount the root filesystem", () => unmountRecursive(rootfs));
  await attempt("unmount its layers", () => unmountRecursive(layersDirectory(rootfs)));
  return state?.init?.pid ?? readPidFile(options.bundle);
}

/** Kills the process unless its pid is another's by now. */
function killProcess(pid: number, startTime: string): void {
  if (String(processStartTime(toPid(pid))) !== startTime) return;
  using pidfd = openPidfd(toPid(pid));
  // The pidfd is open: from here the pid cannot be reused. Look again whether it was before.
  if (String(processStartTime(toPid(pid))) === startTime) signalPidfd(pidfd, SIGKILL);
}

function readPidFile(bundle: string): number {
  try {
    return Number.parseInt(readFileSync(join(bundle, "init.pid"), "utf8"), 10) || 0;
  } catch {
    return 0;
  }
}
