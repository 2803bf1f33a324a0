// SPDX-License-Identifier: Apache-2.0
// Tells of kills by the OOM killer, from the cgroup's counter. It is looked at when the kernel gives notice, and whenever a
// process of the container has ended: a kill is told before the exit that it caused, even if the notice is late or missing.

import { errorText } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { LiveContainer } from "../runtime/types.ts";

export interface OomWatchParts {
  readonly live: LiveContainer;
  /** Called once for every look at which the counter had grown. */
  readonly tell: () => void;
  readonly log: Logger;
}

export class OomWatch {
  readonly #parts: OomWatchParts;
  #seen: bigint;
  #notices: Disposable | undefined;

  constructor(parts: OomWatchParts) {
    this.#parts = parts;
    this.#seen = this.#read() ?? 0n;
    this.#notices = this.#arm();
  }

  /** Looks at the counter; never throws. */
  look(): void {
    const kills = this.#read();
    if (kills === undefined || kills <= this.#seen) return;
    this.#seen = kills;
    this.#parts.tell();
  }

  /** Takes no more notices, and looks a last time; never throws. */
  stop(): void {
    this.#notices?.[Symbol.dispose]();
    this.#notices = undefined;
    this.look();
  }

  #arm(): Disposable | undefined {
    const { live, log } = this.#parts;
    try {
      return live.watchOom(() => this.look());
    } catch (error) {
      // No reason to lose a container: what kills one of its own processes is still told with the exit.
      log.warn("cannot watch for OOM kills", { pid: live.pid, error: errorText(error) });
      return undefined;
    }
  }

  #read(): bigint | undefined {
    try {
      return this.#parts.live.oomKills();
    } catch {
      // No memory controller, or the cgroup is gone: nothing to tell, and an exit must not be lost over it.
      return undefined;
    }
  }
}
