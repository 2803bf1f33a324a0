// SPDX-License-Identifier: Apache-2.0
// The connections of a server, taken together.

import { ServerConnection, type ServerOptions } from "./connection.ts";
import type { Services } from "./service.ts";
import type { Transport } from "./transport.ts";

export class Server {
  readonly #services: Services;
  readonly #options: ServerOptions;
  readonly #connections = new Set<ServerConnection>();
  #isClosed = false;

  constructor(services: Services, options: ServerOptions = {}) {
    this.#services = services;
    this.#options = options;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /** How many calls are owed an answer, on all connections. */
  get activeCalls(): number {
    let count = 0;
    for (const connection of this.#connections) count += connection.activeCalls;
    return count;
  }

  /** Serves a peer that has connected. The caller feeds the connection: see `Transport`. */
  accept(transport: Transport): ServerConnection {
    const connection = new ServerConnection({
      ...this.#options,
      services: this.#services,
      transport,
      onEnd: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    if (this.#isClosed) connection.close();
    return connection;
  }

  /** Resolves when all answers given so far are with the kernel, on every connection that is open now. */
  async flushed(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.flushed()));
  }

  /**
   * Resolves when each connection that is open now has been idle: no call unanswered, no answer unsent. A peer can hold
   * that up (by a call that waits, by not reading), so that a caller that wants to end bounds it with a timer.
   */
  async idle(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.idle()));
  }

  /** Ends all connections at once, and those that are still to come. */
  close(): void {
    this.#isClosed = true;
    for (const connection of [...this.#connections]) connection.close();
  }
}
