// SPDX-License-Identifier: Apache-2.0
// When the daemon ends: asked to and without containers, or forgotten. It never ends with a container unless it is told to
// by a signal.

import { existsSync } from "node:fs";
import type { Logger } from "../base/log.ts";
import type { Clock } from "../ttrpc/transport.ts";

/** A shim without containers that nobody talks to is an orphan: its containerd could not connect, and has given up. */
const UNUSED_MS = 60_000;
/** How long the containerd of a `start` that has found us may take to connect. */
const PROBE_GRACE_MS = 5_000;
/** How often it is looked whether one of the two is the case. */
const CHECK_MS = 2_000;
/** For calls that are under way and answers that are not yet with the kernel. */
const SETTLE_MS = 1_000;
/** For events: as long as containerd gives up on one. */
const FLUSH_MS = 5_000;

export interface LifetimeOptions {
  /** The bundle of the container that this shim was started for; absolute. */
  readonly bundle: string;
  readonly endpoint: {
    readonly unusedMs: number;
    readonly expectantMs: number;
    withdraw(): boolean;
    settle(timeoutMs: number): Promise<void>;
    close(): void;
  };
  readonly publisher: { flush(timeoutMs: number): Promise<boolean> };
  /** Whether there is no container and none is being made. */
  readonly isIdle: () => boolean;
  /** Ends the process. */
  readonly exit: (code: number) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Lifetime {
  readonly #options: LifetimeOptions;
  #used = false;
  #ending = false;
  #stopCheck: () => void = () => undefined;

  constructor(options: LifetimeOptions) {
    this.#options = options;
    this.#scheduleCheck();
  }

  /** A container is being created: the bundle that we were started for has done its duty. */
  markUsed(): void {
    this.#used = true;
  }

  /** Somebody asked for the end, and no container is left. To be called before the one who asked has the answer. */
  requestEnd(): void {
    if (this.#ending || !this.#options.isIdle()) return;
    const { endpoint, clock } = this.#options;
    if (endpoint.expectantMs >= PROBE_GRACE_MS && endpoint.withdraw()) {
      this.#end("no containers");
      return;
    }
    clock.after(PROBE_GRACE_MS, () => this.requestEnd());
  }

  /** Ends with or without containers; they go on without us. */
  terminate(reason: string): void {
    if (this.#ending) return;
    this.#options.endpoint.withdraw();
    this.#end(reason);
  }

  #scheduleCheck(): void {
    this.#stopCheck = this.#options.clock.after(CHECK_MS, () => {
      this.#endIfForgotten();
      if (!this.#ending) this.#scheduleCheck();
    });
  }

  #endIfForgotten(): void {
    const { endpoint, bundle, isIdle } = this.#options;
    if (!isIdle()) return;
    const orphaned = !this.#used && !existsSync(bundle);
    if (!orphaned && endpoint.unusedMs < UNUSED_MS) return;
    if (endpoint.withdraw()) this.#end(orphaned ? "the bundle is gone" : "nobody is connected");
  }

  #end(reason: string): void {
    this.#ending = true;
    this.#stopCheck();
    this.#options.log.debug("shim ends", { reason });
    this.#finish().catch(() => this.#options.exit(1));
  }

  /** Answers first; then connections, because a client's Delete waits for their end; then events. */
  async #finish(): Promise<void> {
    const { endpoint, publisher, exit, log } = this.#options;
    await endpoint.settle(SETTLE_MS);
    endpoint.close();
    if (!(await publisher.flush(FLUSH_MS))) log.warn("events are lost: nobody took them in time");
    exit(0);
  }
}
