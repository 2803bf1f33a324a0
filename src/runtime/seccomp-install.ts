// SPDX-License-Identifier: Apache-2.0
// How a filter gets to a process, and its listener, if it has one, from there to its agent. The process makes no system call in
// between but write(2): whatever else its filter asks about would wait for an answer that nobody could give (docs/security.md).

import { readlinkSync } from "node:fs";
import { resolve } from "node:path";
import type { HookStatus, HookSubject } from "../oci/hooks.ts";
import { FILTER_SLOT, GATE_SLOT, type Seccomp } from "../oci/seccomp.ts";
import { agentMessage, type SeccompListener } from "../oci/seccomp-listener.ts";
import type { Slot } from "../plan/ops.ts";
import { type Fd, pipe, readFd, setNonBlocking, writeFd } from "../sys/fd.ts";
import { sealedMemfd } from "../sys/memfd.ts";
import { copyFdOf } from "../sys/pidfd.ts";
import type { ClonedProcess, InitChannel } from "./init-channel.ts";
import { sendToAgent } from "./seccomp-agent.ts";

/** The filter of a container's processes. */
export interface ContainerFilter {
  /** Instructions of eight bytes. */
  readonly program: Uint8Array;
  /** Who answers, and what it is told of the container; undefined: the filter asks nobody. */
  readonly agent: (SeccompListener & { readonly subject: HookSubject }) | undefined;
}

/** Of the container, when the filter of one of its processes is installed. */
export interface Moment {
  readonly status: HookStatus;
  /** The container's init; undefined: the process itself. */
  readonly init?: number;
}

/** What the kernel calls a listener in /proc/<pid>/fd. */
const LISTENER_LINK = "anon_inode:seccomp notify";
const PAGE = 4096;

/** `program` together with what `seccomp` says of its agent. */
export function containerFilter(
  program: Uint8Array,
  { listener }: Pick<Seccomp, "listener">,
  subject: HookSubject,
): ContainerFilter {
  if (listener === undefined) return { program, agent: undefined };
  const isPath = !listener.path.startsWith("@");
  const path = isPath ? resolve(subject.bundle, listener.path) : listener.path;
  return { program, agent: { ...listener, path, subject } };
}

/** The inputs of one process for its filter; disposed of when it has become its program, or waits for its start. */
export class FilterInstallation implements Disposable {
  /** For the slots of the program that installs the filter. */
  readonly fds: readonly (readonly [Slot, Fd])[];
  readonly #filter: ContainerFilter | undefined;
  readonly #moment: Moment;
  readonly #gate: { readonly read: Fd; readonly write: Fd } | undefined;
  readonly #aborted = new AbortController();

  /** Undefined: no filter, no inputs. */
  constructor(filter: ContainerFilter | undefined, moment: Moment) {
    this.#filter = filter;
    this.#moment = moment;
    if (filter === undefined) {
      this.fds = [];
      return;
    }
    using stack = new DisposableStack();
    const file = stack.use(sealedMemfd("tsrunc-seccomp", filter.program));
    this.#gate = filter.agent === undefined ? undefined : closedGate();
    const gate: readonly (readonly [Slot, Fd])[] =
      this.#gate === undefined ? [] : [[GATE_SLOT, this.#gate.write]];
    this.fds = [[FILTER_SLOT, file], ...gate];
    stack.move();
  }

  /**
   * What `milestone` comes to, which the process reaches only after its listener is with the agent. Rejects first if that can't
   * be: then the process stands at the gate until it is killed.
   */
  during<T>(channel: InitChannel, milestone: Promise<T>): Promise<T> {
    if (this.#gate === undefined) return milestone;
    const { promise: failed, reject } = Promise.withResolvers<never>();
    this.#handOver(channel).catch(reject);
    return Promise.race([milestone, failed]);
  }

  [Symbol.dispose](): void {
    this.#aborted.abort();
    this.#gate?.read.close();
    for (const [, fd] of this.fds) fd.close();
  }

  async #handOver(channel: InitChannel): Promise<void> {
    const [number, process] = await Promise.all([channel.listener(), channel.cloned()]);
    const agent = this.#filter?.agent;
    if (agent === undefined || this.#aborted.signal.aborted) return;
    using listener = takeListener(process, number);
    const { pid } = process;
    const { status, init = pid } = this.#moment;
    const message = agentMessage(agent, { pid, init, status, subject: agent.subject });
    await sendToAgent(agent, message, { listener, signal: this.#aborted.signal });
    this.#openGate();
  }

  /** The reading end stays: without it, who writes would be killed. */
  #openGate(): void {
    if (this.#gate === undefined || this.#gate.read.closed) return;
    const buffer = new Uint8Array(PAGE);
    while ((readFd(this.#gate.read, buffer) ?? 0) > 0);
  }
}

/** A pipe that is full: who writes to it waits. */
function closedGate(): { readonly read: Fd; readonly write: Fd } {
  const gate = pipe({ nonBlock: true });
  const page = new Uint8Array(PAGE);
  while (writeFd(gate.write, page) !== undefined);
  setNonBlocking(gate.write, false);
  return gate;
}

/** What is sent to an agent is a listener and nothing else, whatever became of the process that named it. */
function takeListener({ pidfd }: ClonedProcess, number: number): Fd {
  const fd = copyFdOf(pidfd, number);
  if (readlinkSync(`/proc/self/fd/${fd.raw}`) === LISTENER_LINK) return fd;
  fd.close();
  throw new Error("what init has reported is no listener of a seccomp filter");
}
