// SPDX-License-Identifier: Apache-2.0
// One tsrunc-init from its spawn to the process that it becomes: stage 1 enters the namespaces and clones the process
// proper, which is this process's child as well (CLONE_PARENT).

import type { Pid } from "../base/brand.ts";
import { isErrno, TaskError } from "../base/errors.ts";
import type { Exit } from "../base/exit.ts";
import type { Cgroup } from "../cgroup/cgroup.ts";
import type { CompiledRlimit } from "../oci/compiled.ts";
import { rlimitName } from "../oci/limits.ts";
import type { Program, Slot } from "../plan/ops.ts";
import { RLIMIT_NOFILE, SIGKILL } from "../sys/constants.ts";
import type { Fd } from "../sys/fd.ts";
import { signalPidfd } from "../sys/pidfd.ts";
import { prlimit } from "../sys/process.ts";
import { socketPair } from "../sys/socket.ts";
import { spawn } from "../sys/spawn.ts";
import type { Host } from "./host.ts";
import { type ClonedProcess, InitChannel, type Milestone } from "./init-channel.ts";

/** The descriptor number on which tsrunc-init expects its socket. */
const CHANNEL_FD = 3;

/** More descriptors than tsrunc-init has open at once when its mounts are done. */
const ROOMY_DESCRIPTORS = 64n;

/** A process made by tsrunc-init, and the way to it while it is still tsrunc-init. */
export interface InitProcess extends ClonedProcess {
  readonly exited: Promise<Exit>;
}

export class InitSpawn implements Disposable {
  readonly channel: InitChannel;
  readonly #host: Host;
  readonly #stage: { readonly pid: Pid; readonly pidfd: Fd };
  readonly #stageExited: Promise<Exit>;
  /** Open until the process proper has been claimed: it may die before its pid is known here. */
  readonly #window: Disposable;
  #process: InitProcess | undefined;

  /**
   * Starts stage 1; it is born in the cgroup2 tree of `cgroup`, where this process is if there is none given; those of v1 its
   * first ops join. `init` is the container's, for an exec: it may have moved further down.
   */
  constructor(host: Host, cgroup: Cgroup | undefined, init?: Pid) {
    this.#host = host;
    this.#window = host.reaper.expect();
    using failed = new DisposableStack();
    failed.use(this.#window);
    const [ours, theirs] = socketPair("seqpacket");
    failed.use(ours);
    try {
      using directory = cgroup?.spawnDirectory(init);
      this.#stage = spawnStage(host, directory, theirs);
    } finally {
      theirs.close();
    }
    const { pid, pidfd } = this.#stage;
    failed.use(pidfd);
    this.#stageExited = host.reaper.claim(pid);
    failed.defer(() => killQuietly(pidfd));
    this.channel = failed.use(new InitChannel(ours));
    failed.move();
  }

  /** The process that waits for its first program. */
  get stagePid(): Pid {
    return this.#stage.pid;
  }

  /**
   * Runs the program that contains `clone`, up to the end that is expected of it: waiting for more ("done"), or being
   * replaced by the user's program ("gone").
   * @throws InitError
   */
  async enter(
    program: Program,
    fds: ReadonlyMap<Slot, Fd>,
    expected: Milestone,
  ): Promise<InitProcess> {
    const end = this.channel.run(program, fds);
    const cloned = this.channel.cloned().then((process) => {
      const exited = this.#host.reaper.claim(process.pid);
      this.#window[Symbol.dispose]();
      this.#process = { ...process, exited };
      return this.#process;
    });
    const [process] = await Promise.all([cloned, end.then((got) => expectEnd(got, expected))]);
    return process;
  }

  /** Runs another program in the process proper. @throws InitError */
  async run(program: Program, fds: ReadonlyMap<Slot, Fd>, expected: Milestone): Promise<void> {
    expectEnd(await this.channel.run(program, fds), expected);
  }

  /**
   * Sets limits from outside, since the process may lack the privilege, and before it changes its user: the limits of another
   * user's process are for those who have CAP_SYS_RESOURCE, which a daemon in a container or a sandbox may not.
   */
  setRlimits(rlimits: readonly CompiledRlimit[]): void {
    this.#prlimit(rlimits.filter((limit) => !isTight(limit)));
  }

  /** A tight limit of descriptors comes last: until it has everything, the process needs more than its program may. */
  setTightLimits(rlimits: readonly CompiledRlimit[]): void {
    this.#prlimit(rlimits.filter(isTight));
  }

  #prlimit(rlimits: readonly CompiledRlimit[]): void {
    const process = this.#process;
    if (process === undefined) throw new Error("rlimits before the process exists");
    for (const rlimit of rlimits) setRlimit(process.pid, rlimit);
  }

  /** Kills whatever this made and waits until it has been reaped. */
  async kill(): Promise<void> {
    killQuietly(this.#stage.pidfd);
    if (this.#process !== undefined) killQuietly(this.#process.pidfd);
    await Promise.all([this.#stageExited, this.#process?.exited]);
    this[Symbol.dispose]();
    this.#process?.pidfd.close();
  }

  /** Ends the conversation; the process goes on. Its pidfd is the caller's. */
  [Symbol.dispose](): void {
    this.channel[Symbol.dispose]();
    this.#window[Symbol.dispose]();
    this.#stage.pidfd.close();
  }
}

/** Starts tsrunc-init, waiting for a program on `socket`; the reaper delivers its end, the pidfd is the caller's. */
export function spawnStage(
  host: Host,
  cgroup: Fd | undefined,
  socket: Fd,
): { pid: Pid; pidfd: Fd } {
  const standard = [0, 1, 2].map((as) => ({ fd: host.null, as }));
  return spawn({
    exe: host.initExe,
    argv: ["tsrunc-init"],
    env: [],
    fds: [...standard, { fd: socket, as: CHANNEL_FD }],
    cgroup,
    // Not what Node made of it.
    nofile: host.nofile,
  });
}

/** Whoever wrote the configuration knows the names of limits, and not who sets them. */
function setRlimit(pid: Pid, { resource, soft, hard }: CompiledRlimit): void {
  try {
    prlimit(pid, resource, { soft, hard });
  } catch (error) {
    const text = `error setting process.rlimits ${rlimitName(resource)} to ${soft}:${hard}`;
    throw new Error(text, { cause: error });
  }
}

/** Whether a limit of descriptors could stop tsrunc-init before it has become the program. */
export function isTight({ resource, soft }: CompiledRlimit): boolean {
  return resource === RLIMIT_NOFILE && soft < ROOMY_DESCRIPTORS;
}

function expectEnd(end: Milestone, expected: Milestone): void {
  if (end !== expected) throw new TaskError("aborted", "container init exited prematurely");
}

/** SIGKILL, to a process that may have ended and whose pidfd may be closed. */
export function killQuietly(pidfd: Fd): void {
  if (pidfd.closed) return;
  try {
    signalPidfd(pidfd, SIGKILL);
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
}
