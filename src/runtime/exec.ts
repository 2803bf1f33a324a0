// SPDX-License-Identifier: Apache-2.0
// Exec: another process in a container that exists. Spawned into the container's cgroup, it joins the namespaces of the
// container's init through its pidfd and becomes the program; no FIFO, no second phase.

import type { Cgroup } from "../cgroup/cgroup.ts";
import type { Resctrl } from "../cgroup/resctrl.ts";
import { compileExec } from "../oci/compile-exec.ts";
import type { CompiledContainer, CompiledExec } from "../oci/compiled.ts";
import { parseProcess } from "../oci/process.ts";
import type { Slot } from "../plan/ops.ts";
import type { Fd } from "../sys/fd.ts";
import { enterContainer } from "./enter.ts";
import { execFailure } from "./failure.ts";
import type { Host } from "./host.ts";
import { countInherited, inheritedSlots } from "./inherited.ts";
import { type InitProcess, InitSpawn } from "./init-process.ts";
import { ProcessOwner } from "./process-owner.ts";
import { type ContainerFilter, FilterInstallation } from "./seccomp-install.ts";
import type { ContainerState } from "./state-file.ts";
import { checkTerminal, nullStreams, openStdio, type ProcessStdio } from "./stdio.ts";
import type { ExecOptions } from "./types.ts";

/** The container that an exec enters. */
export interface ExecContainer {
  readonly host: Host;
  readonly cgroup: Cgroup;
  readonly resctrl: Resctrl | undefined;
  readonly compiled: CompiledContainer;
  /** The container's seccomp filter: of its execs, too. */
  readonly filter: ContainerFilter | undefined;
  readonly init: ProcessOwner;
  readonly state: Pick<ContainerState, "namespace" | "bundle">;
  /** Aborted when init has ended. */
  readonly ended: AbortSignal;
}

interface ExecParts {
  readonly container: ExecContainer;
  readonly compiled: CompiledExec;
  readonly spawned: InitSpawn;
  readonly stdio: ProcessStdio;
  readonly inherited: ExecOptions["inherited"];
}

/** Starts a process; resolves when its program has been executed. @throws SpecError, InitError, SysError */
export async function execInContainer(
  container: ExecContainer,
  options: ExecOptions,
): Promise<ProcessOwner> {
  const compiled = compile(container, options);
  const aborted = new AbortController();
  // A client that never comes must not hold up the news that the container has ended.
  const end = (): void => aborted.abort(container.ended.reason);
  container.ended.addEventListener("abort", end);
  const { uid, gid } = compiled.process.hostIds ?? compiled.process;
  const { signal } = aborted;
  const { namespace, bundle } = container.state;
  const logger = { host: container.host, id: options.execId, namespace, cwd: bundle };
  const opening = openStdio(options.stdio, { direct: false, uid, gid, signal, logger });
  opening.catch(() => undefined);
  let spawned: InitSpawn | undefined;
  try {
    const birthplace = compiled.startsOutside ? undefined : container.cgroup;
    spawned = new InitSpawn(container.host, birthplace, container.init.pid);
    const stdio = await opening;
    // The client made this exec with a call of its own: it has somebody to send CloseIO to.
    stdio.startInput();
    const process = await run({
      container,
      compiled,
      spawned,
      stdio,
      inherited: options.inherited,
    });
    spawned[Symbol.dispose]();
    return new ProcessOwner(process, stdio);
  } catch (error) {
    aborted.abort();
    await spawned?.kill();
    await opening.then(
      (stdio) => stdio.abort(),
      () => undefined,
    );
    throw execFailure(error, container.cgroup);
  } finally {
    container.ended.removeEventListener("abort", end);
  }
}

function compile(container: ExecContainer, options: ExecOptions): CompiledExec {
  const { compiled, host } = container;
  const process = parseProcess(options.process, "process");
  checkTerminal(process.terminal, options.stdio);
  const target = {
    ...compiled.execTarget,
    nullStdio: nullStreams(options.stdio),
    inherited: options.inherited && countInherited(options.inherited),
  };
  return compileExec(process, target, host.facts);
}

async function run({
  container,
  compiled,
  spawned,
  stdio,
  inherited,
}: ExecParts): Promise<InitProcess> {
  const moment = { status: "running", init: container.init.pid } as const;
  using seccomp = new FilterInstallation(container.filter, moment);
  const fds = new Map<Slot, Fd>([...stdio.childFds, ...inheritedSlots(inherited), ...seccomp.fds]);
  const entered = enterContainer(container, { compiled, spawned, fds });
  const process = await seccomp.during(spawned.channel, entered);
  stdio.releaseChildFds();
  const console = spawned.channel.takeConsole();
  if (console !== undefined) {
    stdio.attachConsole(console);
    stdio.startInput();
  }
  return process;
}
