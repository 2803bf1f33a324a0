// SPDX-License-Identifier: Apache-2.0
// Runs hooks: in the runtime's own namespaces, or in those of the container. What they are is in oci/hooks.ts; when they run,
// docs/two-phase-start.md. Each is the leader of a session of its own, so that a time-out ends whatever it has started.

import { existsSync } from "node:fs";
import type { Pid } from "../base/brand.ts";
import { errorText, isErrno, SysError } from "../base/errors.ts";
import { type Exit, exitText } from "../base/exit.ts";
import type { Cgroup } from "../cgroup/cgroup.ts";
import type { Resctrl } from "../cgroup/resctrl.ts";
import { INIT_ROOT } from "../oci/compile-hook.ts";
import type { CompiledHook } from "../oci/compiled.ts";
import type { Hook, HookKind } from "../oci/spec.ts";
import type { Slot } from "../plan/ops.ts";
import { O_DIRECTORY, O_PATH, SIGKILL } from "../sys/constants.ts";
import { errnoText } from "../sys/errno.ts";
import { type Fd, open } from "../sys/fd.ts";
import { kill } from "../sys/process.ts";
import type { Reaper } from "../sys/reaper.ts";
import { spawn } from "../sys/spawn.ts";
import { enterContainer } from "./enter.ts";
import { HookStdio } from "./hook-stdio.ts";
import type { Host, HostOptions } from "./host.ts";
import { InitSpawn } from "./init-process.ts";
import { type ContainerFilter, FilterInstallation } from "./seccomp-install.ts";

/** The longest that a timer takes: 25 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What all hooks of one point have in common. */
interface Point {
  readonly kind: HookKind;
  /** What each reads from stdin. */
  readonly state: string;
  /** Aborted when there is no use in the hooks any more: whichever runs then is killed. */
  readonly signal: AbortSignal;
}

/** What a hook in the runtime's namespaces gets of the runtime. */
export interface RuntimeHookHost extends Pick<HostOptions, "nofile" | "hookEnv"> {
  readonly reaper: Reaper;
}

export interface RuntimeHookPoint extends Point {
  readonly host: RuntimeHookHost;
  /** Where they start, as long as it is there. */
  readonly bundle: string;
}

/** The container that hooks enter. */
export interface ContainerHookPoint extends Point {
  readonly host: Host;
  readonly cgroup: Cgroup;
  readonly init: { readonly pid: Pid; readonly pidfd: Fd };
  /** For hooks whose program is the container's. */
  readonly filter: ContainerFilter | undefined;
  readonly resctrl: Resctrl | undefined;
}

/** A hook that runs. */
interface Running {
  readonly pid: Pid;
  readonly exited: Promise<Exit>;
}

/** Runs hooks in the runtime's namespaces, one after the other; stops at the first that fails, with its sentence. */
export async function runRuntimeHooks(
  point: RuntimeHookPoint,
  hooks: readonly Hook[],
): Promise<void> {
  for (const [index, hook] of hooks.entries()) await runRuntimeHook(point, hook, index);
}

/** Runs one; `index` is its place among those of its kind. */
export async function runRuntimeHook(
  point: RuntimeHookPoint,
  hook: Hook,
  index: number,
): Promise<void> {
  await explained(point, index, async () => {
    using stdio = new HookStdio(point.state);
    const running = startInRuntime(point, hook, stdio);
    stdio.releaseChildFds();
    await ended(running, hook, point.signal, stdio);
  });
}

/** Runs hooks in the container's namespaces, likewise. */
export async function runContainerHooks(
  point: ContainerHookPoint,
  hooks: readonly CompiledHook[],
): Promise<void> {
  for (const [index, compiled] of hooks.entries()) {
    await explained(point, index, async () => {
      using stdio = new HookStdio(point.state);
      const running = await startInContainer(point, compiled, stdio);
      stdio.releaseChildFds();
      await ended(running, compiled.hook, point.signal, stdio);
    });
  }
}

async function explained(
  { kind, signal }: Point,
  index: number,
  run: () => Promise<void>,
): Promise<void> {
  try {
    signal.throwIfAborted();
    await run();
  } catch (error) {
    // The words of the reference runtime, which people look for.
    const text = `error running ${kind} hook #${index}: ${errorText(error)}`;
    throw new Error(text, { cause: error });
  }
}

function startInRuntime({ host, bundle }: RuntimeHookPoint, hook: Hook, stdio: HookStdio): Running {
  const { pid, pidfd } = spawnHook(hook, {
    argv: hook.args,
    env: hook.env ?? host.hookEnv,
    cwd: existsSync(bundle) ? bundle : "/",
    newSession: true,
    nofile: host.nofile,
    fds: [stdio.stdin, stdio.stdout.writer, stdio.stderr.writer].map((fd, as) => ({ fd, as })),
  });
  pidfd.close();
  const exited = host.reaper.claim(pid);
  return { pid, exited };
}

function spawnHook({ path }: Hook, options: Omit<Parameters<typeof spawn>[0], "exe">) {
  try {
    return spawn({ ...options, exe: path });
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    // All that the cause says.
    throw new Error(`fork/exec ${path}: ${errnoText(error.errno)}`);
  }
}

async function startInContainer(
  point: ContainerHookPoint,
  compiled: CompiledHook,
  stdio: HookStdio,
): Promise<Running> {
  const { host, cgroup, resctrl, init, filter } = point;
  const spawned = new InitSpawn(host, cgroup, init.pid);
  try {
    using root = open(`/proc/${init.pid}/root`, O_PATH | O_DIRECTORY);
    // A process like any other of the container, and a listener of its own.
    using seccomp = new FilterInstallation(filter, { status: "created", init: init.pid });
    const fds = new Map<Slot, Fd>([
      [INIT_ROOT, root],
      ["stdin", stdio.stdin],
      ["stdout", stdio.stdout.writer],
      ["stderr", stdio.stderr.writer],
      ...seccomp.fds,
    ]);
    const entered = enterContainer({ host, cgroup, resctrl, init }, { compiled, spawned, fds });
    const process = await seccomp.during(spawned.channel, entered);
    spawned[Symbol.dispose]();
    process.pidfd.close();
    return process;
  } catch (error) {
    await spawned.kill();
    throw error;
  }
}

/** Resolves when the hook has ended as it should. What it has left behind is not waited for. */
async function ended(
  { pid, exited }: Running,
  { timeoutSeconds }: Hook,
  signal: AbortSignal,
  stdio: HookStdio,
): Promise<void> {
  const stopped = Promise.withResolvers<Error>();
  const abort = (): void => stopped.resolve(toError(signal.reason));
  const expire = (seconds: number): void =>
    stopped.resolve(new Error(`hook ran past specified timeout of ${seconds.toFixed(1)}s`));
  const timer =
    timeoutSeconds === undefined
      ? undefined
      : setTimeout(expire, Math.min(timeoutSeconds * 1000, LONGEST_TIMER_MS), timeoutSeconds);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    const end = await Promise.race([exited, stopped.promise]);
    if (end instanceof Error) {
      killGroup(pid);
      await exited;
      throw end;
    }
    if (end.status !== 0) throw new Error(`${exitText(end)}, ${stdio.take()}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

/** The leader has not been reaped: the group is still its own. */
function killGroup(leader: Pid): void {
  try {
    kill(-leader, SIGKILL);
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
