// SPDX-License-Identifier: Apache-2.0
// The state file of a container while it is made. It is written before each step whose traces somebody else would have to
// remove, should this process not come to it.

import { TaskError } from "../base/errors.ts";
import type { Rollback } from "../base/rollback.ts";
import type { Cgroup } from "../cgroup/cgroup.ts";
import { mountedRootfs } from "./rootfs-mounts.ts";
import {
  type ContainerState,
  createStateDirectory,
  removeStateDirectory,
  saveState,
  stateDirectory,
} from "./state-file.ts";
import type { CreateOptions } from "./types.ts";

export class CreationRecord {
  /** Of the container, for as long as it exists. */
  readonly directory: string;
  #state: ContainerState;

  /** @param now nanoseconds of the wall clock */
  constructor(options: CreateOptions, now: bigint) {
    this.directory = stateDirectory(options.stateRoot, options.namespace, options.id);
    this.#state = {
      id: options.id,
      namespace: options.namespace,
      bundle: options.bundle,
      rootfs: mountedRootfs(options.bundle),
      rootfsMounted: options.rootfsMounts.length > 0,
      cgroup: undefined,
      init: undefined,
      createdAtNs: String(now),
      dependsOn: options.dependsOn,
    };
  }

  get state(): ContainerState {
    return this.#state;
  }

  /** Takes the id. @throws TaskError already_exists */
  reserve(rollback: Rollback): void {
    if (!createStateDirectory(this.directory)) {
      throw new TaskError("already_exists", "container with given ID already exists");
    }
    rollback.add("remove state", () => removeStateDirectory(this.directory));
    saveState(this.directory, this.#state);
  }

  save(change: Partial<ContainerState>): void {
    this.note(change);
    saveState(this.directory, this.#state);
  }

  /** For the next `save`: what alone is not worth a write. */
  note(change: Partial<ContainerState>): void {
    this.#state = { ...this.#state, ...change };
  }

  /** From here on `delete` ends whatever is in the cgroup. */
  saveCgroup(cgroup: Cgroup): void {
    if (this.#state.cgroup !== undefined) return;
    this.save({ cgroup: cgroup.toState(), cgroupToBe: undefined });
  }
}
