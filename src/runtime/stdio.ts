// SPDX-License-Identifier: Apache-2.0
// The stdio of one process: what the process gets as 0, 1 and 2, and how it reaches the client's FIFOs, a log file or a
// logging binary. Two ways: *direct* (the process writes into the FIFO or the logger's pipe itself; nothing passes through
// here) and *pumped* (a pipe or a pty, copied, and so cuttable). docs/architecture.md tells when each is safe.

import { setTimeout as sleep } from "node:timers/promises";
import { errorText, SpecError } from "../base/errors.ts";
import { O_RDONLY, O_WRONLY } from "../sys/constants.ts";
import { dup, type Fd, fchown, open, pipe, setNonBlocking } from "../sys/fd.ts";
import { setWindowSize } from "../sys/pty.ts";
import { type OutputEnd, openLogFile, openOutput, unreadBytes } from "./fifo.ts";
import { type LoggerTarget, type LogTarget, outputTargets, stdioPath } from "./log-uri.ts";
import { Logger, type LoggerContext, type OutputName } from "./logger.ts";
import { ProcessInput } from "./process-input.ts";
import { Pump } from "./pump.ts";
import type { LiveStdio, StdioConfig } from "./types.ts";

/** Pauses between two looks whether a client has read everything. */
const DRAIN_FIRST_PAUSE_MS = 1;
const DRAIN_LONGEST_PAUSE_MS = 50;

/** What a pty master says while no slave is open; a pipe never does. */
const IDLE_PTY = "EIO";

export type StdioName = "stdin" | OutputName;

export interface StdioOptions {
  /** The process may have the client's FIFOs themselves: its end closes every descriptor that could hold them open. */
  readonly direct: boolean;
  /** Owner (host ids) of what the process gets, so that it may open /dev/stdout again. */
  readonly uid: number;
  readonly gid: number;
  /** Ends waiting for a client, or for its logging binary. */
  readonly signal: AbortSignal;
  /** For `binary://`. */
  readonly logger: LoggerContext;
}

/** Which of 0, 1 and 2 are the container's /dev/null: streams that the client does not want. None with a terminal. */
export function nullStreams(config: StdioConfig): readonly (0 | 1 | 2)[] {
  if (config.terminal) return [];
  const { stdout, stderr } = outputTargets(config);
  const wanted = [config.stdin !== "", stdout !== undefined, stderr !== undefined] as const;
  return ([0, 1, 2] as const).filter((stream) => !wanted[stream]);
}

/** The process and the client must agree on whether there is a terminal. @throws SpecError */
export function checkTerminal(wanted: boolean, config: StdioConfig): void {
  if (wanted === config.terminal) return;
  const problem = wanted
    ? "cannot allocate tty if runc will detach without setting console socket"
    : "cannot use console socket if runc will not detach or allocate tty";
  throw new SpecError("process.terminal", problem);
}

/** Opens the client's ends and makes what the process gets. Everything is closed again when it throws. */
export async function openStdio(config: StdioConfig, options: StdioOptions): Promise<ProcessStdio> {
  const stdio = new ProcessStdio();
  try {
    if (config.terminal) await stdio.openTerminal(config, options);
    else await stdio.openStreams(config, options);
    return stdio;
  } catch (error) {
    await stdio.abort();
    throw error;
  }
}

export class ProcessStdio implements LiveStdio {
  readonly #childFds = new Map<StdioName, Fd>();
  readonly #outputs: OutputEnd[] = [];
  readonly #outputPumps: Pump[] = [];
  readonly #loggers: Logger[] = [];
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
    const { stdout, stderr } = outputTargets(config);
    if (stdout !== undefined) await this.#openOutput("stdout", stdout, options);
    if (stderr === undefined) return;
    if (stderr === stdout) this.#shareOutput(options);
    else await this.#openOutput("stderr", stderr, options);
  }

  async openTerminal(config: StdioConfig, options: StdioOptions): Promise<void> {
    if (config.stdin !== "") this.#input = new ProcessInput(stdioPath(config.stdin));
    const { stdout } = outputTargets(config);
    if (stdout !== undefined) this.#outputs.push(await this.#terminalOutput(stdout, options));
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

  async #openOutput(name: OutputName, target: LogTarget, options: StdioOptions): Promise<void> {
    if (target.kind === "logger") {
      const logger = await this.#startLogger(target, options);
      this.#giveOutput(name, logger.writer(name), options);
      return;
    }
    const output = await openPath(target, options);
    this.#outputs.push(output);
    // A file stays ours: who has its descriptor can truncate it, and own it.
    if (options.direct && output.keeper !== undefined) {
      setNonBlocking(output.writer, false);
      this.#giveOutput(name, output.writer, options);
      return;
    }
    const { read, write } = pipe();
    this.#giveOutput(name, write, options);
    setNonBlocking(read, true);
    this.#pumpOutput(read, output);
  }

  #giveOutput(name: OutputName, fd: Fd, { uid, gid }: StdioOptions): void {
    this.#childFds.set(name, fd);
    fchown(fd, uid, gid);
  }

  /** stderr goes where stdout does: to a file in the order of writing, to a logger apart. */
  #shareOutput(options: StdioOptions): void {
    const [logger] = this.#loggers;
    const stdout = this.#childFds.get("stdout");
    if (logger !== undefined) this.#giveOutput("stderr", logger.writer("stderr"), options);
    else if (stdout !== undefined) this.#childFds.set("stderr", dup(stdout));
  }

  async #startLogger(target: LoggerTarget, options: StdioOptions): Promise<Logger> {
    const logger = new Logger(target, options.logger);
    this.#loggers.push(logger);
    await logger.waitReady(options.signal);
    return logger;
  }

  async #terminalOutput(target: LogTarget, options: StdioOptions): Promise<OutputEnd> {
    if (target.kind !== "logger") return await openPath(target, options);
    const writer = (await this.#startLogger(target, options)).writer("stdout");
    setNonBlocking(writer, true);
    return { writer, keeper: undefined, [Symbol.dispose]: () => writer.close() };
  }

  #pumpOutput(source: Fd, output: OutputEnd): void {
    const onEnd = (): void => {
      if (source === this.#master) this.#input?.stop();
      source.close();
      output.writer.close();
    };
    const { writer: sink, dropOn } = output;
    this.#outputPumps.push(new Pump({ source, sink, idleErrno: IDLE_PTY, onEnd, dropOn }));
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
    // What no process ever wrote into: a logger reads both of its streams to the end.
    void Promise.all(this.#outputPumps.map((pump) => pump.done)).then(() => {
      for (const logger of this.#loggers) logger.releaseWriters();
    });
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
    await this.#drainOutputs(deadline, stalledMs);
    // A logger is done when it has ended: what it has read need not be written yet.
    const graceMs = Math.max(0, deadline - performance.now());
    await Promise.all(this.#loggers.map((logger) => logger.end(graceMs)));
  }

  async #drainOutputs(deadline: number, stalledMs: number): Promise<void> {
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
    for (const logger of this.#loggers) logger.close();
  }

  /** Cuts everything of a process that will never run, and resolves when its loggers have ended. */
  async abort(): Promise<void> {
    this.close();
    await Promise.all(this.#loggers.map((logger) => logger.end(0)));
  }
}

async function openPath(
  target: Exclude<LogTarget, LoggerTarget>,
  { signal, logger }: StdioOptions,
): Promise<OutputEnd> {
  if (target.kind === "path") return await openOutput(target.path, signal);
  const { log } = logger.host;
  return openLogFile(target.path, (error) => {
    log.warn("output is lost", { id: logger.id, path: target.path, error: errorText(error) });
  });
}

/** A terminal that nobody watches is read all the same, or its programs would stop when it is full. */
function nowhere(): OutputEnd {
  const writer = open("/dev/null", O_WRONLY);
  return { writer, keeper: undefined, [Symbol.dispose]: () => writer.close() };
}
