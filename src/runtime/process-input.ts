// SPDX-License-Identifier: Apache-2.0
// The input of one process: from the client's FIFO, through a pump, to a pipe or a pty. The FIFO is opened only when the
// process starts. A client that sees its input end before its create call has returned has nobody to tell yet, and ctr then
// never calls CloseIO; before a reader is there it can't come to that end.

import { fstatSync } from "node:fs";
import { O_PATH } from "../sys/constants.ts";
import { type Fd, open } from "../sys/fd.ts";
import { type InputEnd, openInput } from "./fifo.ts";
import { Pump } from "./pump.ts";

/**
 * A client may say CloseIO while it is still opening its end, for which it needs our reader: it has this long from there to become
 * a writer, unless it has written already.
 */
const FIRST_WRITER_MS = 250;

export interface InputSink {
  /** Non-blocking. */
  readonly fd: Fd;
  readonly idleErrno: string;
  /** Called once at the end of the input, or when nobody reads it any more. */
  readonly onEnd: () => void;
}

export class ProcessInput {
  /** O_PATH: the FIFO itself, whatever becomes of its name. */
  readonly #fifo: Fd;
  #sink: InputSink | undefined;
  #end: InputEnd | undefined;
  #pump: Pump | undefined;
  #grace: NodeJS.Timeout | undefined;
  #closeRequested = false;
  #over = false;

  /** @throws SysError of open(2) */
  constructor(path: string) {
    this.#fifo = open(path, O_PATH);
  }

  /** A plain file (or anything else that can't be waited for): the process reads it by itself. */
  get isPlainFile(): boolean {
    return !fstatSync(this.#fifo.raw).isFIFO();
  }

  /** Where the input goes; must be known before `start`. */
  connect(sink: InputSink): void {
    this.#sink = sink;
  }

  /** The process runs: opens the FIFO and begins to copy. Once. */
  start(): void {
    const sink = this.#sink;
    if (sink === undefined || this.#over || this.#end !== undefined) return;
    const end = openInput(`/proc/self/fd/${this.#fifo.raw}`);
    this.#end = end;
    this.#pump = new Pump({
      source: end.reader,
      sink: sink.fd,
      idleErrno: sink.idleErrno,
      onEnd: () => this.stop(),
    });
    this.#grace = setTimeout(() => {
      this.#grace = undefined;
      if (this.#closeRequested) end.keeper?.close();
    }, FIRST_WRITER_MS);
  }

  /** CloseIO: the end comes with the client's last writer. Idempotent, and also good before `start`. */
  closeByClient(): void {
    this.#closeRequested = true;
    const hasWritten = (this.#pump?.copied ?? 0) > 0;
    if (this.#grace === undefined || hasWritten) this.#end?.keeper?.close();
  }

  /** Ends at once; idempotent. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#grace);
    this.#pump?.stop();
    this.#end?.[Symbol.dispose]();
    this.#fifo.close();
    this.#sink?.onEnd();
  }
}
