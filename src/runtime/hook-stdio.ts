// SPDX-License-Identifier: Apache-2.0
// The stdio of a hook: the container's state to read, and what it writes kept for the sentence of a failure.

import { O_RDONLY } from "../sys/constants.ts";
import { bytesReadable, type Fd, open, pipe, readFd, setNonBlocking } from "../sys/fd.ts";
import { sealedMemfd } from "../sys/memfd.ts";
import { type Watch, watch } from "../sys/poll.ts";

/** Of each stream the end is kept, where programs say why they give up. */
const KEPT_BYTES = 8 * 1024;
/** As much as a pipe holds by default: one read can empty it. */
const BUFFER_BYTES = 64 * 1024;

/** The program's descriptors are for it alone: `releaseChildFds` once it has them. */
export class HookStdio implements Disposable {
  readonly stdin: Fd;
  readonly stdout: Capture;
  readonly stderr: Capture;

  /**
   * `state` is what the hook reads. It is in a file of memory: a hook that reads nothing holds up nobody, however long it is.
   */
  constructor(state: string) {
    using failed = new DisposableStack();
    this.stdout = failed.use(new Capture());
    this.stderr = failed.use(new Capture());
    using copy = sealedMemfd("tsrunc-state", Buffer.from(state));
    // Opened again, for reading only, and from the start.
    this.stdin = open(`/proc/self/fd/${copy.raw}`, O_RDONLY);
    failed.move();
  }

  /** Closes what is the program's. */
  releaseChildFds(): void {
    this.stdin.close();
    this.stdout.writer.close();
    this.stderr.writer.close();
  }

  /** What the program has written, as a part of a sentence; a process that it left behind may still write, and is not heard. */
  take(): string {
    return `stdout: ${this.stdout.take()}, stderr: ${this.stderr.take()}`.replace(/\n+$/, "");
  }

  [Symbol.dispose](): void {
    this.releaseChildFds();
    this.stdout[Symbol.dispose]();
    this.stderr[Symbol.dispose]();
  }
}

/** One stream: read all the time, so that the program never waits, and the last bytes of it kept. */
class Capture implements Disposable {
  readonly writer: Fd;
  readonly #reader: Fd;
  readonly #watch: Watch;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  #kept = Buffer.alloc(0);
  #cut = false;

  constructor() {
    const { read, write } = pipe();
    setNonBlocking(read, true);
    this.#reader = read;
    this.writer = write;
    this.#watch = watch(read, { readable: true }, () => {
      if (this.#read() === 0) this.#watch.close();
    });
  }

  /** Everything that has been written until now, or its end. */
  take(): string {
    // Not up to the end of file: whoever was left behind by the program may have it open for ever, and write for ever.
    for (let left = bytesReadable(this.#reader); left > 0; ) {
      const count = this.#read() ?? 0;
      if (count === 0) break;
      left -= count;
    }
    // A byte that is no UTF-8 would become three, and nine in a header of gRPC: too much for clients when there are many.
    const text = this.#kept.toString().replaceAll("\uFFFD", "?");
    return `${this.#cut ? "..." : ""}${text}`;
  }

  /** @returns 0 at the end, undefined when there is nothing now. */
  #read(): number | undefined {
    const count = readFd(this.#reader, this.#buffer);
    if (count === undefined) return undefined;
    const all = Buffer.concat([this.#kept, this.#buffer.subarray(0, count)]);
    this.#cut ||= all.byteLength > KEPT_BYTES;
    this.#kept = all.subarray(-KEPT_BYTES);
    return count;
  }

  [Symbol.dispose](): void {
    this.#watch.close();
    this.#reader.close();
    this.writer.close();
  }
}
