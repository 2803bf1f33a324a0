// SPDX-License-Identifier: Apache-2.0
// A tsrunc-init that never becomes a container: it holds a namespace while this process, which has threads and must stay
// where it is, looks at it or writes to it from outside. It is in no cgroup of a container and never seen in one.

import type { Pid } from "../base/brand.ts";
import { TaskError } from "../base/errors.ts";
import type { Exit } from "../base/exit.ts";
import type { Op, Slot } from "../plan/ops.ts";
import type { Fd } from "../sys/fd.ts";
import { socketPair } from "../sys/socket.ts";
import type { Host } from "./host.ts";
import { InitChannel } from "./init-channel.ts";
import { killQuietly, spawnStage } from "./init-process.ts";

export class HelperProcess implements AsyncDisposable {
  readonly #process: { readonly pid: Pid; readonly pidfd: Fd };
  readonly #exited: Promise<Exit>;
  readonly #channel: InitChannel;

  /** Starts the process; it waits for programs. */
  constructor(host: Host) {
    const [ours, theirs] = socketPair("seqpacket");
    using failed = new DisposableStack();
    failed.use(ours);
    try {
      this.#process = spawnStage(host, undefined, theirs);
    } finally {
      theirs.close();
    }
    const { pid, pidfd } = this.#process;
    failed.use(pidfd);
    failed.defer(() => killQuietly(pidfd));
    this.#exited = host.reaper.claim(pid);
    this.#channel = new InitChannel(ours);
    failed.move();
  }

  get pid(): Pid {
    return this.#process.pid;
  }

  /** Runs a program; the descriptors of its inputs stay the caller's. @throws InitError */
  async run(ops: readonly Op[], fds: ReadonlyMap<Slot, Fd> = new Map()): Promise<void> {
    const end = await this.#channel.run({ inputs: [...fds.keys()], ops }, fds);
    if (end !== "done") throw new TaskError("aborted", "a helper process exited prematurely");
  }

  /** The descriptor that a program has sent with this tag; the caller owns it. */
  takeFd(tag: number): Fd | undefined {
    return this.#channel.takeFd(tag);
  }

  /** Ends the process and waits until it has been reaped. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { pidfd } = this.#process;
    killQuietly(pidfd);
    await this.#exited;
    this.#channel[Symbol.dispose]();
    pidfd.close();
  }
}
