// SPDX-License-Identifier: Apache-2.0
// What the daemon gets from `start`: the listening socket and the bytes of its stdin. Without a start (by hand, with
// -socket) it makes its own socket.

import { readFileSync, rmSync } from "node:fs";
import { TaskError } from "../base/errors.ts";
import { Fd } from "../sys/fd.ts";
import { listenUnix } from "../sys/socket.ts";
import { type Bootstrap, parseBootstrap } from "./bootstrap.ts";
import { LISTEN_VARIABLE } from "./environment.ts";
import type { ShimFlags } from "./flags.ts";
import { LISTEN_FD, STDIN_COPY_FD } from "./launch.ts";

/** Go's shims allow one byte less than the kernel. */
const MAX_SOCKET_PATH_BYTES = 106;

export interface Inheritance {
  /** Listening, non-blocking; the caller's. */
  readonly socket: Fd;
  /** Where it is in the file system; absolute. */
  readonly path: string;
  readonly bootstrap: Bootstrap;
  /** Removes the socket's file: there will be no daemon. */
  abandon(): void;
}

/** Takes what was handed over, or opens -socket. Throws TaskError invalid_argument where there is neither. */
export function takeInheritance(flags: ShimFlags): Inheritance {
  const path = process.env[LISTEN_VARIABLE];
  if (path !== undefined) {
    using copy = new Fd(STDIN_COPY_FD);
    const bootstrap = parseBootstrap(readFileSync(copy.raw), flags);
    return inherit(new Fd(LISTEN_FD), path, bootstrap);
  }
  if (!flags.socket.startsWith("/")) {
    throw new TaskError("invalid_argument", 'no action: "start", "delete", or -socket with a path');
  }
  if (Buffer.byteLength(flags.socket) > MAX_SOCKET_PATH_BYTES) {
    const problem = `unix socket path too long (> ${MAX_SOCKET_PATH_BYTES})`;
    throw new TaskError("invalid_argument", `"${flags.socket}": ${problem}`);
  }
  const bootstrap = parseBootstrap(new Uint8Array(), flags);
  return inherit(listenUnix(flags.socket, 0o600), flags.socket, bootstrap);
}

function inherit(socket: Fd, path: string, bootstrap: Bootstrap): Inheritance {
  return { socket, path, bootstrap, abandon: () => rmSync(path, { force: true }) };
}
