// SPDX-License-Identifier: Apache-2.0
// Accepts connections on a listening socket, from our own user only.

import { errorText, isErrno } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { Fd } from "../sys/fd.ts";
import { type Watch, watch } from "../sys/poll.ts";
import { accept, peerCredentials } from "../sys/socket.ts";

/** After a lack of descriptors or memory: the socket stays readable, so trying at once would be a busy loop. */
const PAUSE_MS = 100;

export interface ListenerOptions {
  /** Listening, non-blocking. The listener owns it. */
  readonly socket: Fd;
  /** Takes ownership of a connected socket. */
  readonly onConnection: (socket: Fd) => void;
  readonly log: Logger;
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #watch: Watch;
  #pause: NodeJS.Timeout | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#watch = watch(options.socket, { readable: true }, () => this.acceptAll());
  }

  /** Takes every connection that waits now. @returns how many were given to `onConnection` */
  acceptAll(): number {
    const { socket, onConnection } = this.#options;
    let accepted = 0;
    while (!socket.closed) {
      const connection = this.#accept();
      if (connection === undefined) break;
      if (!this.#isOurs(connection)) continue;
      accepted++;
      onConnection(connection);
    }
    return accepted;
  }

  /** Accepts no more; idempotent. */
  close(): void {
    clearTimeout(this.#pause);
    this.#watch.close();
    this.#options.socket.close();
  }

  #accept(): Fd | undefined {
    for (;;) {
      try {
        return accept(this.#options.socket);
      } catch (error) {
        // The peer has gone before it was accepted: the next one, please.
        if (isErrno(error, "ECONNABORTED", "EINTR", "EPROTO")) continue;
        this.#options.log.error("cannot accept a connection", { error: errorText(error) });
        this.#rest();
        return undefined;
      }
    }
  }

  #rest(): void {
    this.#watch.update({});
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#watch.update({ readable: true }), PAUSE_MS).unref();
  }

  /** As containerd's own servers do: whoever is not our user gets nothing, whatever the file's mode is. */
  #isOurs(connection: Fd): boolean {
    try {
      const { pid, uid, gid } = peerCredentials(connection);
      if (uid === process.geteuid?.() && gid === process.getegid?.()) return true;
      this.#options.log.warn("refused a connection of another user", { pid, uid, gid });
    } catch (error) {
      this.#options.log.warn("refused a connection", { error: errorText(error) });
    }
    connection.close();
    return false;
  }
}
