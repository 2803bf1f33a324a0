// SPDX-License-Identifier: Apache-2.0
// A logging binary: a program of the client's that gets the output of a process as descriptors 3 and 4 and says with 5 when
// it is ready. The process writes into its pipes directly. It is the client's program, not ours: whether it hangs, crashes
// or reads slowly, the container and everybody else go on.

import { errorText, isErrno, TaskError } from "../base/errors.ts";
import { type Exit, exitText } from "../base/exit.ts";
import { SIGKILL, SIGTERM } from "../sys/constants.ts";
import { type Fd, pipe, readFd, setNonBlocking } from "../sys/fd.ts";
import { signalPidfd } from "../sys/pidfd.ts";
import { watch } from "../sys/poll.ts";
import type { Reaper } from "../sys/reaper.ts";
import { spawn } from "../sys/spawn.ts";
import type { Host } from "./host.ts";
import type { LoggerTarget } from "./log-uri.ts";
import { Pump } from "./pump.ts";

export type OutputName = "stdout" | "stderr";

/** What a logger is told, and what runs it. */
export interface LoggerContext {
  readonly host: Pick<Host, "null" | "log" | "nofile"> & { readonly reaper: Pick<Reaper, "claim"> };
  /** The container's id for its init, else the exec id. */
  readonly id: string;
  readonly namespace: string;
  /** Its working directory, as in the reference: the bundle. */
  readonly cwd: string;
}

export interface LoggerLimits {
  /** How long it may take to be ready. */
  readonly readyMs: number;
  /** How long it may take to end after SIGTERM; SIGKILL comes then. */
  readonly termMs: number;
}

export const LOGGER_LIMITS: LoggerLimits = { readyMs: 30_000, termMs: 2_000 };

/** How often it is looked for descendants that read on after the program itself has ended. */
const GROUP_PAUSE_MS = 1_000;

const STREAMS = ["stdout", "stderr"] as const;
const FIRST_FD = 3;
const READY_FD = 5;

interface Stream {
  /**
   * A read end that is not read while the logger lives. Without it the end of the logger would be SIGPIPE for the container; a
   * reader of its own does not hold off the end of the stream.
   */
  readonly keeper: Fd;
  readonly writer: Fd;
}

export class Logger {
  /** Resolves when the program has been reaped; never rejects. */
  readonly exited: Promise<Exit>;
  readonly #context: LoggerContext;
  readonly #target: LoggerTarget;
  readonly #limits: LoggerLimits;
  readonly #streams: ReadonlyMap<OutputName, Stream>;
  readonly #group: number;
  readonly #pidfd: Fd;
  readonly #ready: Fd;
  readonly #discards: Pump[] = [];
  #ending = false;
  #closed = false;
  #groupTimer: NodeJS.Timeout | undefined;

  /** Starts the program. @throws SysError of pipe(2) and execve(2) */
  constructor(target: LoggerTarget, context: LoggerContext, limits = LOGGER_LIMITS) {
    this.#target = target;
    this.#context = context;
    this.#limits = limits;
    using failed = new DisposableStack();
    this.#streams = new Map(
      STREAMS.map((name) => {
        const { read, write } = pipe();
        failed.use(read);
        failed.use(write);
        return [name, { keeper: read, writer: write }];
      }),
    );
    const ready = pipe();
    this.#ready = failed.use(ready.read);
    try {
      const { pid, pidfd } = this.#spawn(ready.write);
      this.#pidfd = pidfd;
      this.#group = pid;
      this.exited = context.host.reaper.claim(pid).then((exit) => this.#over(exit));
    } finally {
      ready.write.close();
    }
    failed.move();
  }

  #spawn(ready: Fd): ReturnType<typeof spawn> {
    const { path, args } = this.#target;
    const { host, id, namespace, cwd } = this.#context;
    const streams = [...this.#streams.values()];
    return spawn({
      exe: path,
      argv: [path, ...args],
      env: [`CONTAINER_ID=${id}`, `CONTAINER_NAMESPACE=${namespace}`],
      fds: [
        ...[0, 1, 2].map((as) => ({ fd: host.null, as })),
        ...streams.map(({ keeper }, index) => ({ fd: keeper, as: FIRST_FD + index })),
        { fd: ready, as: READY_FD },
      ],
      cwd,
      newSession: true,
      nofile: host.nofile,
    });
  }

  /** What the process writes into. The logger sees the end of the stream when this and its copies are closed. */
  writer(name: OutputName): Fd {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw new Error(`a logger has no ${name}`);
    return stream.writer;
  }

  /**
   * Resolves when the logger has said that it is ready, or, unless its URI asks for more, when it has closed its end.
   * @throws TaskError; AbortError when `signal` fires
   */
  async waitReady(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const { readyMs } = this.#limits;
    const late = `logging binary "${this.#target.path}" was not ready within ${readyMs / 1000} s`;
    const timer = setTimeout(() => reject(new TaskError("deadline_exceeded", late)), readyMs);
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    setNonBlocking(this.#ready, true);
    const readyWatch = watch(this.#ready, { readable: true }, () => {
      const count = readFd(this.#ready, new Uint8Array(1));
      if (count !== undefined) resolve(count);
    });
    try {
      signal.throwIfAborted();
      const count = await promise;
      if (count > 0 || !this.#target.strict) return;
    } finally {
      readyWatch.close();
      this.#ready.close();
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
    const problem = "logging binary did not call ready (it may have crashed or exited prematurely)";
    throw new TaskError("unknown", problem);
  }

  /** Lets go of our copies of what the process writes into. */
  releaseWriters(): void {
    for (const { writer } of this.#streams.values()) writer.close();
  }

  /**
   * Waits until the logger has read everything and ended by itself; after `graceMs` it is asked to (SIGTERM), and then made to.
   * Never rejects.
   */
  async end(graceMs: number): Promise<void> {
    this.#ending = true;
    if (await this.#endsWithin(graceMs)) return;
    this.#signal(SIGTERM);
    if (await this.#endsWithin(this.#limits.termMs)) return;
    this.#signal(SIGKILL);
    await this.#endsWithin(this.#limits.termMs);
  }

  async #endsWithin(ms: number): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => late.resolve(false), ms);
    try {
      return await Promise.race([this.exited.then(() => true), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #signal(signal: number): void {
    if (this.#pidfd.closed) return;
    try {
      signalPidfd(this.#pidfd, signal);
    } catch (error) {
      if (isErrno(error, "ESRCH")) return;
      this.#warn("cannot end a logging binary", { error: errorText(error) });
    }
  }

  /** Ends it without waiting, with a little time to read to the end. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#groupTimer);
    this.releaseWriters();
    this.#ready.close();
    for (const pump of this.#discards) pump.stop();
    for (const { keeper } of this.#streams.values()) keeper.close();
    if (!this.#pidfd.closed && !this.#ending) void this.end(this.#limits.termMs);
  }

  #over(exit: Exit): Exit {
    this.#pidfd.close();
    if (!this.#ending && exit.status !== 0) {
      this.#warn("a logging binary has failed", { end: exitText(exit) });
    }
    this.#discardUnlessRead();
    return exit;
  }

  /** The container must neither be killed nor stopped by a logger that is gone: what it writes now goes nowhere. */
  #discardUnlessRead(): void {
    if (this.#closed) return;
    // A shell script may have left the reading to processes in the background.
    if (groupExists(this.#group)) {
      this.#groupTimer = setTimeout(() => this.#discardUnlessRead(), GROUP_PAUSE_MS).unref();
      return;
    }
    for (const { keeper } of this.#streams.values()) this.#discard(keeper);
  }

  #discard(keeper: Fd): void {
    setNonBlocking(keeper, true);
    const pump = new Pump({
      source: keeper,
      sink: this.#context.host.null,
      idleErrno: "EIO",
      onEnd: () => undefined,
    });
    this.#discards.push(pump);
    void pump.done.then(() => {
      const bytes = pump.copied;
      if (bytes > 0) this.#warn("output is lost: its logging binary has ended", { bytes });
    });
  }

  #warn(message: string, fields: Readonly<Record<string, string | number>>): void {
    const { host, id } = this.#context;
    host.log.warn(message, { id, path: this.#target.path, ...fields });
  }
}

/** kill(2) with 0: whether there is any process in the group, which keeps its number taken. */
function groupExists(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return !isErrno(error, "ESRCH");
  }
}
