// SPDX-License-Identifier: Apache-2.0
// Events on their way to containerd: one at a time, in order, kept while it is away. An event leaves the queue when it was
// accepted, when it never will be, or when the queue is full of later ones.

import { errorText, TaskError } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { EVENTS_METHOD, EVENTS_SERVICE, type OutgoingEvent } from "../task/events.ts";
import type { Client } from "../ttrpc/client.ts";
import { type Clock, systemClock } from "../ttrpc/transport.ts";

const NAMESPACE_KEY = "containerd-namespace-ttrpc";
/** What the reference gives a call. */
const CALL_TIMEOUT_MS = 5_000;
/** Events that wait; the reference keeps as many. */
const MAX_QUEUED = 2_048;
/** Between attempts while containerd is away. */
const FIRST_DELAY_MS = 20;
const LAST_DELAY_MS = 1_000;
/** Answers that are neither acceptance nor a clear refusal: this often, then the event is given up for those behind it. */
const MAX_REFUSALS = 5;

export interface PublisherOptions {
  readonly namespace: string;
  /** Connects to containerd, or throws. */
  readonly connect: () => Client;
  readonly log: Logger;
  readonly clock?: Clock;
}

interface Queued {
  readonly event: OutgoingEvent;
  refusals: number;
}

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #clock: Clock;
  readonly #queue: Queued[] = [];
  #client: Client | undefined;
  #running: Promise<void> | undefined;
  #delayMs = 0;
  #away = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** How many events have not been accepted yet. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Queues an event; never throws, never blocks. */
  publish(event: OutgoingEvent): void {
    if (this.#queue.length >= MAX_QUEUED) {
      // The first may be on its way: the oldest one that surely is not goes.
      const [dropped] = this.#queue.splice(1, 1);
      this.#options.log.error("event dropped: too many wait", { topic: dropped?.event.topic });
    }
    this.#queue.push({ event, refusals: 0 });
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves with true once all events have left the queue, or with false after `timeoutMs`. */
  async flush(timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = this.#clock.after(timeoutMs, resolve);
    await Promise.race([this.#running, promise]);
    stop();
    return this.#queue.length === 0;
  }

  async #run(): Promise<void> {
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      if (await this.#forward(head)) {
        this.#queue.shift();
        this.#delayMs = 0;
        continue;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#clock.after(this.#delayMs, resolve);
      await promise;
      this.#delayMs = Math.min(Math.max(this.#delayMs * 2, FIRST_DELAY_MS), LAST_DELAY_MS);
    }
  }

  /** Whether this event is done with: accepted, or hopeless. */
  async #forward(queued: Queued): Promise<boolean> {
    const client = this.#connected();
    if (client === undefined) return false;
    try {
      await client.call({
        service: EVENTS_SERVICE,
        method: EVENTS_METHOD,
        payload: queued.event.forwardRequest,
        metadata: new Map([[NAMESPACE_KEY, [this.#options.namespace]]]),
        timeoutMs: CALL_TIMEOUT_MS,
      });
      return true;
    } catch (error) {
      return this.#isHopeless(queued, client, error);
    }
  }

  /** The live connection, or a new one; undefined while containerd is away. */
  #connected(): Client | undefined {
    if (this.#client?.isClosed === false) return this.#client;
    try {
      this.#client = this.#options.connect();
      this.#away = false;
      return this.#client;
    } catch (error) {
      // Once for each time that it is away, not once for each attempt.
      if (!this.#away) {
        this.#options.log.warn("cannot reach containerd, events wait", { error: errorText(error) });
      }
      this.#away = true;
      return undefined;
    }
  }

  #isHopeless(queued: Queued, client: Client, error: unknown): boolean {
    if (client.isClosed) return false;
    const code = error instanceof TaskError ? error.code : "unknown";
    if (code === "deadline_exceeded") {
      // A connection that does not answer is not to be trusted with the next one.
      client.close();
      return false;
    }
    queued.refusals++;
    if (code !== "invalid_argument" && queued.refusals < MAX_REFUSALS) return false;
    const fields = { topic: queued.event.topic, error: errorText(error) };
    this.#options.log.error("event dropped: containerd refuses it", fields);
    return true;
  }
}
