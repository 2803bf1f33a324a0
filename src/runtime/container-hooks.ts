// SPDX-License-Identifier: Apache-2.0
// The hooks of one container by the points of its life at which they run; poststop, which is for those too that are gone, has
// a file of its own.

import type { Pid } from "../base/brand.ts";
import { errorText } from "../base/errors.ts";
import type { Exit } from "../base/exit.ts";
import type { Cgroup } from "../cgroup/cgroup.ts";
import type { Resctrl } from "../cgroup/resctrl.ts";
import type { CompiledHooks } from "../oci/compiled.ts";
import { type HookStatus, hookState } from "../oci/hooks.ts";
import type { HookKind } from "../oci/spec.ts";
import { SIGKILL } from "../sys/constants.ts";
import type { Fd } from "../sys/fd.ts";
import { innerPid } from "../sys/proc.ts";
import { runContainerHooks, runRuntimeHooks } from "./hooks.ts";
import type { Host } from "./host.ts";
import type { ContainerFilter } from "./seccomp-install.ts";

const NOT_RUNNING = "container init process is not running";

type Point = Exclude<HookKind, "poststop">;

const STATUS: Readonly<Record<Point, HookStatus>> = {
  prestart: "creating",
  createRuntime: "creating",
  createContainer: "creating",
  startContainer: "created",
  poststart: "running",
};

/** The container's init. */
interface Init {
  readonly pid: Pid;
  readonly pidfd: Fd;
  readonly exited: Promise<Exit>;
}

/** What hooks that run inside share with every process of the container. */
interface HookedContainer {
  readonly host: Host;
  readonly cgroup: Cgroup;
  readonly resctrl: Resctrl | undefined;
  /** Its seccomp filter, if it has one. */
  readonly filter: ContainerFilter | undefined;
}

export class ContainerHooks {
  readonly #container: HookedContainer;
  readonly #hooks: CompiledHooks;
  /** Of the hooks that run, or ran last. */
  #useless: AbortController | undefined;

  constructor(container: HookedContainer, hooks: CompiledHooks) {
    this.#container = container;
    this.#hooks = hooks;
  }

  /** prestart, createRuntime, createContainer: everything is mounted and limited, and init has not entered its root. */
  async prepared(init: Init): Promise<void> {
    try {
      await this.#runInRuntime("prestart", init);
      await this.#runInRuntime("createRuntime", init);
      await this.#runInContainer("createContainer", init);
    } catch (error) {
      throw new Error(`error during container init: ${errorText(error)}`, { cause: error });
    }
  }

  /** startContainer: init has become its user and waits for the start. */
  starting(init: Init): Promise<void> {
    return this.#runInContainer("startContainer", init);
  }

  /** poststart: the user's program runs, or has run already. */
  started(init: Init): Promise<void> {
    return this.#runInRuntime("poststart", init);
  }

  /** Whoever wants the end of the container does not wait for a hook, not even for one that init has not waited for. */
  giveUp(): void {
    this.#useless?.abort(new Error(NOT_RUNNING));
  }

  async #runInRuntime(kind: "prestart" | "createRuntime" | "poststart", init: Init): Promise<void> {
    const hooks = this.#hooks[kind];
    if (hooks.length === 0) return;
    const { subject } = this.#hooks;
    const state = hookState(subject, STATUS[kind], init.pid);
    const signal = this.#uselessAfter(kind, init);
    const { host } = this.#container;
    await runRuntimeHooks({ kind, state, signal, host, bundle: subject.bundle }, hooks);
  }

  async #runInContainer(kind: "createContainer" | "startContainer", init: Init): Promise<void> {
    const hooks = this.#hooks[kind];
    if (hooks.length === 0) return;
    // The pid by which the container's own processes know init.
    const state = hookState(this.#hooks.subject, STATUS[kind], innerPid(init.pid) ?? init.pid);
    const signal = this.#uselessAfter(kind, init);
    await runContainerHooks({ kind, state, signal, init, ...this.#container }, hooks);
  }

  /**
   * Aborted when there is no use in hooks of this kind any more: a container whose init has gone is not made or started. One that
   * runs may be quick, which ends no hook; but whoever has killed it does not want to wait for them.
   */
  #uselessAfter(kind: Point, init: Init): AbortSignal {
    const controller = new AbortController();
    this.#useless = controller;
    const onExit = ({ signal }: Exit): void => {
      if (kind === "poststart" && signal !== SIGKILL) return;
      controller.abort(new Error(NOT_RUNNING));
    };
    // It never rejects.
    init.exited.then(onExit, () => undefined);
    return controller.signal;
  }
}
