// SPDX-License-Identifier: Apache-2.0
// A live container: what the model above can do with one whose init exists.

import { existsSync } from "node:fs";
import type { Pid } from "../base/brand.ts";
import { isErrno } from "../base/errors.ts";
import type { Exit } from "../base/exit.ts";
import type { Cgroup } from "../cgroup/cgroup.ts";
import type { Metrics } from "../cgroup/metrics.ts";
import type { Resctrl } from "../cgroup/resctrl.ts";
import type { CompiledContainer } from "../oci/compiled.ts";
import { SIGKILL } from "../sys/constants.ts";
import type { ContainerHooks } from "./container-hooks.ts";
import { execInContainer } from "./exec.ts";
import { releaseExecFifo } from "./exec-fifo.ts";
import { initFailure } from "./failure.ts";
import type { Host } from "./host.ts";
import type { Milestone } from "./init-channel.ts";
import type { InitSpawn } from "./init-process.ts";
import { runPoststopHooks } from "./poststop.ts";
import type { ProcessOwner } from "./process-owner.ts";
import { mountedRootfs, unmountRecursive } from "./rootfs-mounts.ts";
import type { ContainerFilter } from "./seccomp-install.ts";
import { type ContainerState, removeStateDirectory } from "./state-file.ts";
import type { ProcessStdio } from "./stdio.ts";
import type { ExecOptions, LiveContainer, LiveProcess } from "./types.ts";

export interface LiveParts {
  readonly host: Host;
  /** State directory. */
  readonly directory: string;
  readonly state: ContainerState;
  readonly compiled: CompiledContainer;
  readonly filter: ContainerFilter | undefined;
  readonly cgroup: Cgroup;
  readonly resctrl: Resctrl | undefined;
  readonly hooks: ContainerHooks;
  readonly spawned: InitSpawn;
  readonly init: ProcessOwner;
  /** Settles when init has executed the user's program, failed to, or died: only after the FIFO was opened. */
  readonly released: Promise<Milestone>;
}

/** A container whose init exists. */
export class Live implements LiveContainer {
  readonly exited: Promise<Exit>;
  readonly #parts: LiveParts;
  /** Aborted when init has ended: nothing can be started in the container any more. */
  readonly #ended = new AbortController();

  constructor(parts: LiveParts) {
    this.#parts = parts;
    // Not at init's exit: that can be seen before the last report, which says why a start has failed.
    const dispose = (): void => parts.spawned[Symbol.dispose]();
    parts.released.then(dispose, dispose);
    this.exited = parts.init.exited.then((exit) => {
      this.#ended.abort(new Error("container init process is not running"));
      return exit;
    });
  }

  get pid(): Pid {
    return this.#parts.init.pid;
  }
  get stdio(): ProcessStdio {
    return this.#parts.init.stdio;
  }
  get privatePidNamespace(): boolean {
    return this.#parts.compiled.privatePidNamespace;
  }
  get removed(): boolean {
    return !existsSync(this.#parts.directory);
  }

  signal(signal: number): void {
    this.#parts.init.signal(signal);
  }

  async start(): Promise<void> {
    const { hooks, init } = this.#parts;
    if (this.#ended.signal.aborted) throw new Error("cannot start a container that has stopped");
    await this.#orKill(hooks.starting(init));
    await this.#release();
    await this.#orKill(hooks.started(init));
  }

  /** A container whose hook has failed is ended (runtime-spec, "Lifecycle"). */
  async #orKill(hooks: Promise<void>): Promise<void> {
    try {
      await hooks;
    } catch (error) {
      this.#kill();
      // Clients delete what did not start, and only if it has stopped: before they hear of it, it has.
      await this.exited;
      throw error;
    }
  }

  /** An init that could not execute the program ends by itself; as in `#orKill`, that comes first. */
  async #orExited(released: Promise<unknown>): Promise<void> {
    try {
      await released;
    } catch (error) {
      await this.exited;
      throw error;
    }
  }

  #kill(): void {
    try {
      this.signal(SIGKILL);
    } catch (error) {
      if (!isErrno(error, "ESRCH")) throw error;
    }
  }

  async #release(): Promise<void> {
    const { directory, released, cgroup } = this.#parts;
    try {
      const awake = await releaseExecFifo(directory, Promise.allSettled([released]));
      await this.#orExited(released);
      if (!awake) throw new Error("cannot start a container that has stopped");
      this.stdio.startInput();
    } catch (error) {
      throw initFailure(error, cgroup);
    }
  }

  exec(options: ExecOptions): Promise<LiveProcess> {
    return execInContainer({ ...this.#parts, ended: this.#ended.signal }, options);
  }

  signalAll(signal: number): void {
    if (signal === SIGKILL) this.#parts.cgroup.kill();
    else this.#parts.cgroup.signal(signal);
  }

  giveUpHooks(): void {
    this.#parts.hooks.giveUp();
  }

  pids(): readonly Pid[] {
    return this.#parts.cgroup.pids();
  }

  metrics(): Metrics {
    return this.#parts.cgroup.metrics();
  }

  oomKills(): bigint {
    return this.#parts.cgroup.oomKills();
  }

  watchOom(notice: () => void): Disposable {
    return this.#parts.cgroup.watchOom(notice);
  }

  async remove(): Promise<void> {
    const { cgroup, resctrl, state, directory, host } = this.#parts;
    if (!this.#ended.signal.aborted) cgroup.kill();
    await this.exited;
    // What init has left, and an exec that was on its way in: from now on there is no init whose namespaces one could join.
    cgroup.kill();
    await cgroup.destroy();
    resctrl?.remove();
    this.stdio.close();
    await runPoststopHooks(host, directory);
    if (state.rootfsMounted) await unmountRecursive(mountedRootfs(state.bundle));
    removeStateDirectory(directory);
  }
}
