// SPDX-License-Identifier: Apache-2.0
// The stdio of one process: what the process gets as 0, 1 and 2, and how it reaches the client's FIFOs. Two ways: *direct*
// (the process writes into the FIFO itself; nothing passes through here) and *pumped* (a pipe or a pty, copied, and so
// cuttable). docs/architecture.md tells when each is safe.

import { setTimeout as sleep } from "node:timers/promises";
import { SpecError, TaskError } from "../base/errors.ts";
import { O_RDONLY, O_WRONLY } from "../sys/constants.ts";
import { type Fd, fchown, open, pipe, setNonBlocking } from "../sys/fd.ts";
import { setWindowSize } from "../sys/pty.ts";
import { type OutputEnd, openOutput, unreadBytes } from "./fifo.ts";
import { ProcessInput } from "./process-input.ts";
import { Pump } from "./pump.ts";
import type { LiveStdio, StdioConfig } from "./types.ts";

/** Pauses between two looks whether a client has read everything. */
const DRAIN_FIRST_PAUSE_MS = 1;
const DRAIN_LONGEST_PAUSE_MS = 50;

/** What a pty master says while no slave is open; a pipe never does. */
const IDLE_PTY = "EIO";

export type StdioName = "stdin" | "stdout" | "stderr";

export interface StdioOptions {
  /** The process may have the client's FIFOs themselves: its end closes every descriptor that could hold them open. */
  readonly direct: boolean;
  /** Owner (host ids) of what the process gets, so that it may open /dev/stdout again. */
  readonly uid: number;
  readonly gid: number;
  /** Ends waiting for a client. */
  readonly signal: AbortSignal;
}

/** Which of 0, 1 and 2 are the container's /dev/null: streams that the client does not want. None with a terminal. */
export function nullStreams(config: StdioConfig): readonly (0 | 1 | 2)[] {
  if (config.terminal) return [];
  const wanted = [config.stdin, config.stdout, config.stderr] as const;
  return ([0, 1, 2] as const).filter((stream) => wanted[stream] === "");
}

/** The process and the client must agree on whether there is a terminal. @throws SpecError */
export function checkTerminal(wanted: boolean, config: StdioConfig): void {
  if (wanted === config.terminal) return;
  const problem = wanted
    ? "cannot allocate tty if runc will detach without setting console socket"
    : "cannot use console socket if runc will not detach or allocate tty";
  throw new SpecError("process.terminal", problem);
}

/** Turns `path` or `fifo://path` into a path. @throws TaskError for any other scheme. */
export function stdioPath(uri: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(uri)?.[1];
  if (scheme === undefined) return uri;
  if (scheme === "fifo") return fifoPath(uri);
  if (["file", "binary", "binary-v2"].includes(scheme)) {
    throw new TaskError("unknown", `STDIO scheme ${scheme} of "${uri}" is not supported yet`);
  }
  throw new TaskError("unknown", `unknown STDIO scheme ${scheme}`);
}

/** A NUL may be encoded, too. */
function fifoPath(uri: string): string {
  const path = decodeURIComponent(uri.slice("fifo://".length));
  if (!path.includes("\0")) return path;
  throw new TaskError("invalid_argument", `STDIO path of "${uri}" contains a NUL`);
}

/** Opens the client's ends and makes what the process gets. Everything is closed again when it throws. */
export async function openStdio(config: StdioConfig, options: StdioOptions): Promise<ProcessStdio> {
  const stdio = new ProcessStdio();
  try {
    if (config.terminal) await stdio.openTerminal(config, options);
    else await stdio.openStreams(config, options);
    return stdio;
  } catch (error) {
    stdio.close();
    throw error;
  }
}

export class ProcessStdio implements LiveStdio {
  readonly #childFds = new Map<StdioName, Fd>();
  readonly #outputs: OutputEnd[] = [];
  readonly #outputPumps: Pump[] = [];
  #input: ProcessInput | undefined;
  #master: Fd | undefined;
  #closed = false;

  /** What the process gets; `releaseChildFds` once it has them. */
  get childFds(): ReadonlyMap<StdioName, Fd> {
    return this.#childFds;
  }

  /** Our copies of the process's ends must not stay: they would hold off the end of the stream. */
  releaseChildFds(): void {
    for (const fd of this.#childFds.values()) fd.close();
    this.#childFds.clear();
  }

  async openStreams(config: StdioConfig, options: StdioOptions): Promise<void> {
    if (config.stdin !== "") this.#prepareInput(stdioPath(config.stdin), options);
    for (const name of ["stdout", "stderr"] as const) {
      if (config[name] !== "") await this.#openOutput(name, stdioPath(config[name]), options);
    }
  }

  /** With a terminal only stdin and stdout count; clients may name a stderr that does not exist. */
  async openTerminal(config: StdioConfig, options: StdioOptions): Promise<void> {
    if (config.stdin !== "") this.#input = new ProcessInput(stdioPath(config.stdin));
    if (config.stdout !== "") {
      this.#outputs.push(await openOutput(stdioPath(config.stdout), options.signal));
    }
  }

  #prepareInput(path: string, options: StdioOptions): void {
    const input = new ProcessInput(path);
    this.#input = input;
    if (input.isPlainFile) {
      this.#childFds.set("stdin", open(path, O_RDONLY));
      return;
    }
    const { read, write } = pipe();
    this.#childFds.set("stdin", read);
    input.connect({ fd: write, idleErrno: IDLE_PTY, onEnd: () => write.close() });
    fchown(read, options.uid, options.gid);
    setNonBlocking(write, true);
  }

  async #openOutput(name: "stdout" | "stderr", path: string, options: StdioOptions): Promise<void> {
    const output = await openOutput(path, options.signal);
    this.#outputs.push(output);
    if (options.direct) {
      setNonBlocking(output.writer, false);
      fchown(output.writer, options.uid, options.gid);
      this.#childFds.set(name, output.writer);
      return;
    }
    const { read, write } = pipe();
    this.#childFds.set(name, write);
    fchown(write, options.uid, options.gid);
    setNonBlocking(read, true);
    this.#pumpOutput(read, output);
  }

  #pumpOutput(source: Fd, output: OutputEnd): void {
    const onEnd = (): void => {
      if (source === this.#master) this.#input?.stop();
      source.close();
      output.writer.close();
    };
    const sink = output.writer;
    this.#outputPumps.push(new Pump({ source, sink, idleErrno: IDLE_PTY, onEnd }));
  }

  /** The process's pty has been made: connects it. Takes ownership of `master`. */
  attachConsole(master: Fd): void {
    this.#master = master;
    setNonBlocking(master, true);
    const output = this.#outputs[0] ?? nowhere();
    this.#pumpOutput(master, output);
    // At the end of input the master stays: closing it would hang up the session and lose its output.
    this.#input?.connect({ fd: master, idleErrno: IDLE_PTY, onEnd: () => undefined });
  }

  /** From now on the process gets the client's input. Nothing happens before its terminal is there, if it is to have one. */
  startInput(): void {
    this.#input?.start();
  }

  /** The process has ended: nobody reads its input any more, and a pty without a slave has reached its end. */
  processExited(): void {
    this.#input?.stop();
    for (const pump of this.#outputPumps) pump.finish();
  }

  resize(columns: number, rows: number): void {
    if (this.#master !== undefined && !this.#master.closed) {
      setWindowSize(this.#master, columns, rows);
    }
  }

  closeStdin(): void {
    this.#input?.closeByClient();
  }

  async drain(timeoutMs: number, stalledMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    let giveUp = performance.now() + stalledMs;
    let pumping = true;
    const pumped = Promise.all(this.#outputPumps.map((pump) => pump.done)).then(() => {
      pumping = false;
    });
    let seen = this.#clientHasRead();
    for (let pause = DRAIN_FIRST_PAUSE_MS; pumping || this.#unread() > 0; ) {
      if (performance.now() >= Math.min(deadline, giveUp)) return;
      await (pumping ? Promise.race([sleep(pause), pumped]) : sleep(pause));
      pause = Math.min(pause * 2, DRAIN_LONGEST_PAUSE_MS);
      const read = this.#clientHasRead();
      if (read > seen) giveUp = performance.now() + stalledMs;
      seen = read;
    }
  }

  #unread(): number {
    return this.#outputs.reduce((sum, { keeper }) => sum + unreadBytes(keeper), 0);
  }

  /** Grows with each byte that the client reads, from whatever number. */
  #clientHasRead(): number {
    return this.#outputPumps.reduce((sum, pump) => sum + pump.copied, 0) - this.#unread();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.releaseChildFds();
    this.#input?.stop();
    for (const pump of this.#outputPumps) pump.stop();
    for (const output of this.#outputs) output[Symbol.dispose]();
    this.#master?.close();
  }
}

/** A terminal that nobody watches is read all the same, or its programs would stop when it is full. */
function nowhere(): OutputEnd {
  const writer = open("/dev/null", O_WRONLY);
  return { writer, keeper: undefined, [Symbol.dispose]: () => writer.close() };
}
