// SPDX-License-Identifier: Apache-2.0
// Tells of kills by the OOM killer, from the cgroup's counter, looked at whenever a process of the container has ended.

import type { LiveContainer } from "../runtime/types.ts";

export class OomWatch {
  readonly #live: LiveContainer;
  readonly #tell: () => void;
  #seen: bigint;

  /** `tell` is called once for every look at which the counter had grown. */
  constructor(live: LiveContainer, tell: () => void) {
    this.#live = live;
    this.#tell = tell;
    this.#seen = this.#read() ?? 0n;
  }

  /** Looks at the counter; never throws. */
  look(): void {
    const kills = this.#read();
    if (kills === undefined || kills <= this.#seen) return;
    this.#seen = kills;
    this.#tell();
  }

  #read(): bigint | undefined {
    try {
      return this.#live.oomKills();
    } catch {
      // No memory controller, or the cgroup is gone: nothing to tell, and an exit must not be lost over it.
      return undefined;
    }
  }
}
