// SPDX-License-Identifier: Apache-2.0
// The client's ends of stdio: FIFOs that containerd's client made, or plain files. Opening never blocks a thread, and a FIFO
// is held open on both sides by exactly those descriptors that keep output safe while containerd restarts.

import { fstatSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isErrno } from "../base/errors.ts";
import { O_APPEND, O_CREAT, O_NOCTTY, O_NONBLOCK, O_RDONLY, O_WRONLY } from "../sys/constants.ts";
import { bytesReadable, type Fd, open } from "../sys/fd.ts";

/** How long a client may take to open its end of an output FIFO (the reference's limit). */
const RENDEZVOUS_MS = 30_000;
/** First and longest pause between two looks for the reader. Clients open their end before they call. */
const RENDEZVOUS_FIRST_PAUSE_MS = 2;
const RENDEZVOUS_LONGEST_PAUSE_MS = 50;

/** The write side of an output. `keeper` is a read end that is never read: with it a client that goes away stops nobody. */
export interface OutputEnd extends Disposable {
  /** Non-blocking. */
  readonly writer: Fd;
  /** Undefined for a plain file. */
  readonly keeper: Fd | undefined;
  /** Errors of writing that cost what was to be written and nothing else. */
  readonly dropOn?: (error: unknown) => boolean;
}

/** The read side of an input. `keeper` is a write end: while it is open a client that disconnects is no end of input. */
export interface InputEnd extends Disposable {
  /** Non-blocking. */
  readonly reader: Fd;
  /** Undefined for a plain file. */
  readonly keeper: Fd | undefined;
}

/**
 * Opens an output for writing; for a FIFO, waits until its reader is there.
 * @throws SysError of open(2); ENXIO when no reader came in time; AbortError when `signal` fires.
 */
export async function openOutput(path: string, signal: AbortSignal): Promise<OutputEnd> {
  const writer = await openWriter(path, signal);
  try {
    const keeper = isFifo(writer) ? open(path, O_RDONLY | O_NONBLOCK) : undefined;
    return { writer, keeper, [Symbol.dispose]: () => closeAll(writer, keeper) };
  } catch (error) {
    writer.close();
    throw error;
  }
}

/** What a full or broken disk says. */
const LOG_IS_LOST = ["ENOSPC", "EDQUOT", "EFBIG", "EIO", "EROFS"];

/**
 * Opens a log file for appending; it (0644) and its directories (0755) are made if they are missing. A disk that is full
 * later ends no container: `onLoss` hears of it, once.
 * @throws SysError of open(2), Node's error of mkdir(2)
 */
export function openLogFile(path: string, onLoss: (error: unknown) => void): OutputEnd {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  // What is there may be no plain file: a FIFO without a reader must not block.
  const flags = O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK;
  const writer = open(path, flags, 0o644);
  let told = false;
  const dropOn = (error: unknown): boolean => {
    if (!isErrno(error, ...LOG_IS_LOST)) return false;
    if (!told) onLoss(error);
    told = true;
    return true;
  };
  return { writer, keeper: undefined, dropOn, [Symbol.dispose]: () => writer.close() };
}

async function openWriter(path: string, signal: AbortSignal): Promise<Fd> {
  const deadline = performance.now() + RENDEZVOUS_MS;
  for (
    let pause = RENDEZVOUS_FIRST_PAUSE_MS;
    ;
    pause = Math.min(pause * 2, RENDEZVOUS_LONGEST_PAUSE_MS)
  ) {
    signal.throwIfAborted();
    try {
      return open(path, O_WRONLY | O_NONBLOCK | O_APPEND);
    } catch (error) {
      // fifo(7): ENXIO says that nobody has the FIFO open for reading yet.
      if (!isErrno(error, "ENXIO") || performance.now() > deadline) throw error;
    }
    // The next round tells the reason of an abort.
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

/** Opens an input for reading. The reader comes first: a FIFO can be opened for writing only once it has one. */
export function openInput(path: string): InputEnd {
  const reader = open(path, O_RDONLY | O_NONBLOCK);
  try {
    const keeper = isFifo(reader) ? open(path, O_WRONLY | O_NONBLOCK) : undefined;
    return { reader, keeper, [Symbol.dispose]: () => closeAll(reader, keeper) };
  } catch (error) {
    reader.close();
    throw error;
  }
}

/** How many bytes were written to the FIFO behind `keeper` and have not been read. */
export function unreadBytes(keeper: Fd | undefined): number {
  return keeper === undefined || keeper.closed ? 0 : bytesReadable(keeper);
}

function isFifo(fd: Fd): boolean {
  return fstatSync(fd.raw).isFIFO();
}

function closeAll(...fds: readonly (Fd | undefined)[]): void {
  for (const fd of fds) fd?.close();
}
