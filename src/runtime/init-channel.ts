// SPDX-License-Identifier: Apache-2.0
// The conversation with one tsrunc-init: programs go in, reports come out (native/init/channel.c is the other side).
// The socket closes by itself when the user's program is executed: its end is the news that a process runs.

import { type Pid, toErrno, toPid } from "../base/brand.ts";
import { InitError, isErrno, TaskError } from "../base/errors.ts";
import { Encoder } from "../plan/encode.ts";
import { explainFailure } from "../plan/explain.ts";
import { CHECKS, LIMITS } from "../plan/layout.ts";
import type { Program, Slot } from "../plan/ops.ts";
import { decodeReport, REPORT_BYTES, type Report } from "../plan/report.ts";
import { errnoName, errnoNumber, errnoText } from "../sys/errno.ts";
import type { Fd } from "../sys/fd.ts";
import { sealedMemfd } from "../sys/memfd.ts";
import { type Watch, watch } from "../sys/poll.ts";
import { receiveWithFds, sendWithFds } from "../sys/socket.ts";

/** Magic and version of a program packet; the rest of the 16 bytes is reserved (zero). */
const PACKET_HEADER = new Uint8Array(16);

const EPROTO = toErrno(errnoNumber("EPROTO"));

/** What the parent side of the `clone` op reports: the process that goes on with the program. */
export interface ClonedProcess {
  readonly pid: Pid;
  readonly pidfd: Fd;
}

/**
 * How far a program has come: its op `ready`, after which it goes on, its end, after which init waits for the next one, or
 * the process was replaced (or died).
 */
export type Milestone = "ready" | "done" | "gone";

export class InitChannel implements Disposable {
  readonly #socket: Fd;
  readonly #watch: Watch;
  readonly #encoder = new Encoder();
  readonly #cloned = Promise.withResolvers<ClonedProcess>();
  readonly #listener = Promise.withResolvers<number>();
  #hasCloned = false;
  readonly #taggedFds = new Map<number, Fd>();
  #program: Program | undefined;
  /** Reached, and nobody has asked yet. */
  readonly #milestones: Milestone[] = [];
  #waiter: PromiseWithResolvers<Milestone> | undefined;
  /** The first failure, or the end of the socket; whoever waits later gets it too. */
  #end: { readonly error: Error | undefined } | undefined;
  #console: Fd | undefined;

  /** Takes ownership of `socket`, the non-blocking end of the pair. */
  constructor(socket: Fd) {
    this.#socket = socket;
    this.#watch = watch(socket, { readable: true }, () => this.#receive());
    this.#cloned.promise.catch(() => undefined);
  }

  /**
   * Sends a program with its descriptors and waits for its first milestone. `fds` holds one for each of the program's inputs;
   * they stay the caller's.
   * @throws InitError when an op failed.
   */
  run(program: Program, fds: ReadonlyMap<Slot, Fd>): Promise<Milestone> {
    if (this.#end?.error !== undefined) return Promise.reject(this.#end.error);
    if (this.#end !== undefined) return Promise.resolve("gone");
    this.#program = program;
    const milestone = this.next();
    try {
      this.#send(program, fds);
    } catch (error) {
      // It has ended already; its last report, or the end of the socket, is on its way.
      if (!isErrno(error, "EPIPE", "ECONNRESET")) throw error;
    }
    return milestone;
  }

  /** The next milestone, also if it is behind by now. One caller at a time. @throws InitError when an op failed. */
  next(): Promise<Milestone> {
    const reached = this.#milestones.shift();
    if (reached !== undefined) return Promise.resolve(reached);
    if (this.#end?.error !== undefined) return Promise.reject(this.#end.error);
    if (this.#end !== undefined) return Promise.resolve("gone");
    this.#waiter = Promise.withResolvers<Milestone>();
    // It may fail before anybody waits.
    this.#waiter.promise.catch(() => undefined);
    return this.#waiter.promise;
  }

  /** The process that the program's `clone` made. Rejects like the program when there will be none. */
  cloned(): Promise<ClonedProcess> {
    return this.#cloned.promise;
  }

  /**
   * The number that the listener of a seccomp filter has in the process that installs it. Never settles if none is installed.
   */
  listener(): Promise<number> {
    return this.#listener.promise;
  }

  /** The descriptor sent by `send_fd` with this tag; the caller owns it. */
  takeFd(tag: number): Fd | undefined {
    const fd = this.#taggedFds.get(tag);
    this.#taggedFds.delete(tag);
    return fd;
  }

  /** The pty master that `console` made; the caller owns it. */
  takeConsole(): Fd | undefined {
    const fd = this.#console;
    this.#console = undefined;
    return fd;
  }

  [Symbol.dispose](): void {
    this.#finish(undefined);
    for (const fd of this.#taggedFds.values()) fd.close();
    this.#taggedFds.clear();
    this.#console?.close();
  }

  #send(program: Program, fds: ReadonlyMap<Slot, Fd>): void {
    // Through a memfd: a program with a long environment does not fit into a packet.
    using plan = sealedMemfd("tsrunc-plan", this.#encoder.encode(program));
    const inputs = program.inputs.map((slot) => {
      const fd = fds.get(slot);
      if (fd === undefined) throw new Error(`program input "${slot}" has no descriptor`);
      return fd;
    });
    sendWithFds(this.#socket, PACKET_HEADER, [plan, ...inputs]);
  }

  #receive(): void {
    for (;;) {
      if (this.#end !== undefined) return;
      try {
        if (!this.#receiveOne()) return;
      } catch (error) {
        // What is no report ends the conversation, not the daemon: its sender may be traced by a program of the container.
        this.#finish(error instanceof Error ? error : new Error(String(error)));
        return;
      }
    }
  }

  /** @returns whether there was anything. */
  #receiveOne(): boolean {
    const message = receiveWithFds(this.#socket, REPORT_BYTES, 1);
    if (message === undefined) return false;
    using unasked = new DisposableStack();
    const [fd] = message.fds.map((each) => unasked.use(each));
    if (message.bytes.length === 0) {
      this.#finish(undefined);
      return true;
    }
    const report = decodeReport(message.bytes);
    if (fd === undefined) this.#handle(report);
    else {
      this.#keep(report, fd);
      unasked.move();
    }
    return true;
  }

  /** Each descriptor that is expected once, and nothing else: whatever is kept has to be closed by somebody. */
  #keep({ kind, value }: Report, fd: Fd): void {
    if (kind === "pid" && !this.#hasCloned) {
      this.#hasCloned = true;
      this.#cloned.resolve({ pid: toPid(value), pidfd: fd });
    } else if (kind === "fd" && this.#isTagFree(value)) {
      this.#taggedFds.set(value, fd);
    } else if (kind === "console" && this.#console === undefined) {
      this.#console = fd;
    } else throw new InitError(`init sent a descriptor with "${kind}"`, EPROTO, "report");
  }

  #isTagFree(tag: number): boolean {
    return this.#taggedFds.size < LIMITS.slots && !this.#taggedFds.has(tag);
  }

  #handle(report: Report): void {
    switch (report.kind) {
      case "done":
      case "ready":
        this.#reach(report.kind);
        return;
      case "failed":
        this.#finish(this.#explain(report));
        return;
      case "pid":
      case "fd":
      case "console":
        throw new InitError(`init sent no descriptor with "${report.kind}"`, EPROTO, "report");
      case "listener":
        this.#listener.resolve(report.value);
        return;
      default:
        report.kind satisfies never;
    }
  }

  #explain(report: Report): Error {
    if (this.#program === undefined) return new Error("tsrunc-init failed before it got a program");
    const words = { errnoText, errnoName };
    const failure = explainFailure(this.#program, report.op, report.errno, words);
    const check = report.op === LIMITS.wholePlan ? ` (${CHECKS[report.value - 1]})` : "";
    return new InitError(`${failure.sentence}${check}`, report.errno, failure.op);
  }

  #reach(milestone: Milestone): void {
    if (this.#waiter === undefined) this.#milestones.push(milestone);
    else this.#waiter.resolve(milestone);
    this.#waiter = undefined;
  }

  #finish(error: Error | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#watch.close();
    this.#socket.close();
    this.#cloned.reject(
      error ?? new TaskError("aborted", "tsrunc-init ended before it made the process"),
    );
    if (error === undefined) this.#waiter?.resolve("gone");
    else this.#waiter?.reject(error);
    this.#waiter = undefined;
  }
}
