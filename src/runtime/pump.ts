// SPDX-License-Identifier: Apache-2.0
// Copies one descriptor to another without blocking and without dropping a byte: a slow sink stops the reading.

import { isErrno } from "../base/errors.ts";
import { type Fd, readFd, writeFd } from "../sys/fd.ts";
import { type Watch, watch } from "../sys/poll.ts";

/** As much as a pipe holds by default: one read can empty it. */
const BUFFER_BYTES = 64 * 1024;
/** Rounds per event, so that one busy stream does not keep the loop from others. */
const ROUNDS_PER_EVENT = 8;

export interface PumpOptions {
  /** Non-blocking; not closed by the pump. */
  readonly source: Fd;
  /** Non-blocking; not closed by the pump. */
  readonly sink: Fd;
  /** Errnos of reading that mean "no writer now", not the end (EIO of a pty master while no slave is open). */
  readonly idleErrno: string;
  /** Called once, when the pump has ended for whatever reason: the place to close source and sink. */
  readonly onEnd: () => void;
  /** Told of an error of writing: true drops what can't be written and goes on. Without it any error is the end. */
  readonly dropOn?: ((error: unknown) => boolean) | undefined;
}

/** Ends when the source is at its end, the sink has no reader any more, or `stop` was called. */
export class Pump {
  readonly #source: Fd;
  readonly #sink: Fd;
  readonly #idleErrno: string;
  readonly #onEnd: () => void;
  readonly #dropOn: (error: unknown) => boolean;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  /** What was read and is not written yet: buffer[start, end). */
  #start = 0;
  #end = 0;
  #sourceWatch: Watch | undefined;
  #sinkWatch: Watch | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #copied = 0;
  #lastCall = false;
  #stopped = false;
  readonly #done = Promise.withResolvers<void>();

  constructor(options: PumpOptions) {
    this.#source = options.source;
    this.#sink = options.sink;
    this.#idleErrno = options.idleErrno;
    this.#onEnd = options.onEnd;
    this.#dropOn = options.dropOn ?? (() => false);
    this.#resume();
  }

  /** Bytes that were written to the sink so far. */
  get copied(): number {
    return this.#copied;
  }

  /** Resolves when nothing more will be copied; never rejects. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** The process behind the source has ended: from now on "no writer now" means the end. */
  finish(): void {
    this.#lastCall = true;
    if (this.#idleTimer !== undefined) this.#resume();
  }

  /** Ends at once; idempotent. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#unwatch();
    this.#onEnd();
    this.#done.resolve();
  }

  #unwatch(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    this.#sourceWatch?.close();
    this.#sourceWatch = undefined;
    this.#sinkWatch?.close();
    this.#sinkWatch = undefined;
  }

  /** Watches whichever side the next step needs. */
  #resume(): void {
    this.#unwatch();
    if (this.#stopped) return;
    if (this.#start < this.#end) {
      this.#sinkWatch = watch(this.#sink, { writable: true }, () => this.#turn());
    } else {
      this.#sourceWatch = watch(this.#source, { readable: true }, () => this.#turn());
    }
  }

  /** Whole chunks only, so that a sink is waited for only when it is full: some, such as files, can't be waited for. */
  #turn(): void {
    for (let round = 0; round < ROUNDS_PER_EVENT && !this.#stopped; round++) {
      while (this.#start < this.#end) {
        if (!this.#write()) return;
      }
      if (!this.#read()) return;
    }
    while (this.#start < this.#end) {
      if (!this.#write()) return;
    }
    this.#watchOther();
  }

  /** Keeps the present watch if it is already the right one: re-arming costs system calls per chunk. */
  #watchOther(): void {
    const needSink = this.#start < this.#end;
    const haveSink = this.#sinkWatch !== undefined;
    if (needSink !== haveSink || (!needSink && this.#sourceWatch === undefined)) this.#resume();
  }

  /** @returns whether to go on in this turn. */
  #read(): boolean {
    let count: number | undefined;
    try {
      count = readFd(this.#source, this.#buffer);
    } catch (error) {
      if (isErrno(error, this.#idleErrno)) this.#idle();
      else this.stop();
      return false;
    }
    if (count === undefined) {
      this.#watchOther();
      return false;
    }
    if (count === 0) {
      this.stop();
      return false;
    }
    this.#start = 0;
    this.#end = count;
    return true;
  }

  #write(): boolean {
    let count: number | undefined;
    try {
      count = writeFd(this.#sink, this.#buffer.subarray(this.#start, this.#end));
    } catch (error) {
      if (this.#dropOn(error)) {
        this.#start = this.#end;
        return true;
      }
      // EPIPE: the reader of the sink is gone for good (a keeper would have prevented it otherwise).
      this.stop();
      return false;
    }
    if (count === undefined) {
      this.#watchOther();
      return false;
    }
    this.#start += count;
    this.#copied += count;
    return true;
  }

  /** The source has no writer for now: look again later, or end if none can come. */
  #idle(): void {
    if (this.#lastCall) {
      this.stop();
      return;
    }
    this.#unwatch();
    // A hung-up pty master is readable for ever: without the pause the loop would spin.
    const idlePauseMs = 50;
    this.#idleTimer = setTimeout(() => this.#resume(), idlePauseMs);
  }
}
