// SPDX-License-Identifier: Apache-2.0
// Owns what is held of one running process: its pidfd (so that a signal never reaches a recycled pid) and its stdio.

import type { Pid } from "../base/brand.ts";
import type { Exit } from "../base/exit.ts";
import { errnoNumber, sysError } from "../sys/errno.ts";
import type { Fd } from "../sys/fd.ts";
import { signalPidfd } from "../sys/pidfd.ts";
import type { InitProcess } from "./init-process.ts";
import type { ProcessStdio } from "./stdio.ts";
import type { LiveProcess } from "./types.ts";

export class ProcessOwner implements LiveProcess {
  readonly pid: Pid;
  readonly exited: Promise<Exit>;
  readonly stdio: ProcessStdio;
  readonly #pidfd: Fd;

  /** Takes ownership of the process's pidfd and of `stdio`; the pidfd is closed when the process has been reaped. */
  constructor(process: InitProcess, stdio: ProcessStdio) {
    this.pid = process.pid;
    this.#pidfd = process.pidfd;
    this.stdio = stdio;
    this.exited = process.exited.then((exit) => {
      this.#pidfd.close();
      stdio.processExited();
      return exit;
    });
  }

  /** @throws SysError ESRCH once the process has been reaped. */
  get pidfd(): Fd {
    if (this.#pidfd.closed) throw sysError("pidfd_send_signal", errnoNumber("ESRCH"));
    return this.#pidfd;
  }

  signal(signal: number): void {
    signalPidfd(this.pidfd, signal);
  }
}
