// SPDX-License-Identifier: Apache-2.0
// The shim's socket in the file system and everybody who is connected to it. The file goes before the shim stops to
// accept, and comes back if somebody connected in between: whoever found the file finds a shim behind it.

import { linkSync, renameSync, statSync, unlinkSync } from "node:fs";
import { errorText } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { Fd } from "../sys/fd.ts";
import { Server } from "../ttrpc/server.ts";
import type { Services } from "../ttrpc/service.ts";
import { Listener } from "./listener.ts";
import { SocketTransport } from "./socket-transport.ts";

export interface EndpointOptions {
  /** Listening, at `path`. The endpoint owns it, and the file. */
  readonly socket: Fd;
  /** Absolute path. */
  readonly path: string;
  readonly services: Services;
  readonly log: Logger;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #server: Server;
  readonly #listener: Listener;
  /** Identifies the file as ours; undefined if it is not there. */
  readonly #identity: string | undefined;
  #lastActivityMs: number;
  /** How many have looked whether this shim is alive, and their containerd has not spoken since. */
  #probes = 0;
  #lastProbeMs = 0;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#server = new Server(options.services);
    this.#identity = identityOf(options.path);
    this.#lastActivityMs = options.now();
    this.#listener = new Listener({
      socket: options.socket,
      onConnection: (socket) => this.#serve(socket),
      log: options.log,
    });
  }

  /** How many peers are connected. */
  get connections(): number {
    return this.#server.connections;
  }

  /** For how long nobody has been connected, in milliseconds; 0 while somebody is. */
  get unusedMs(): number {
    return this.connections > 0 ? 0 : this.#options.now() - this.#lastActivityMs;
  }

  /**
   * For how long somebody is expected, in milliseconds; Infinity if nobody is. A `start` of the same group connects without
   * saying a word, to see whether this shim is alive: its containerd is then on the way.
   */
  get expectantMs(): number {
    if (this.#probes === 0) return Number.POSITIVE_INFINITY;
    return this.#options.now() - this.#lastProbeMs;
  }

  /**
   * Takes the file away.
   * @returns false if somebody connected before that and has not been heard yet: then the file is back
   */
  withdraw(): boolean {
    const { path } = this.#options;
    if (this.#identity === undefined || identityOf(path) !== this.#identity) return true;
    const aside = `${path}.closing`;
    renameSync(path, aside);
    const arrived = this.#listener.acceptAll() > 0;
    if (arrived) this.#restore(aside);
    unlinkSync(aside);
    return !arrived;
  }

  /** Accepts no more. Resolves when all answers are with the kernel and no call is unanswered, or after `timeoutMs`. */
  async settle(timeoutMs: number): Promise<void> {
    this.#listener.close();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    await Promise.race([this.#server.idle(), promise]);
    clearTimeout(timer);
  }

  /** Ends all connections. */
  close(): void {
    this.#listener.close();
    this.#server.close();
  }

  #serve(socket: Fd): void {
    this.#lastActivityMs = this.#options.now();
    const transport = new SocketTransport(socket, (receivedBytes) => {
      this.#lastActivityMs = this.#options.now();
      if (receivedBytes > 0) return;
      this.#probes++;
      this.#lastProbeMs = this.#lastActivityMs;
    });
    const connection = this.#server.accept(transport);
    let isNew = true;
    transport.attach({
      receive: (chunk) => {
        if (isNew) this.#probes = Math.max(0, this.#probes - 1);
        isNew = false;
        connection.receive(chunk);
      },
      drained: () => connection.drained(),
      closed: () => connection.closed(),
      get congested() {
        return connection.congested;
      },
    });
  }

  /** Not over a newer shim's file: that one then serves the newcomers, and this one whom it has. */
  #restore(aside: string): void {
    try {
      linkSync(aside, this.#options.path);
    } catch (error) {
      this.#options.log.warn("cannot restore the socket", { error: errorText(error) });
    }
  }
}

/** The number of an inode is soon used again on some file systems, hence its time of birth. */
function identityOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}:${stat.birthtimeNs}`;
}
