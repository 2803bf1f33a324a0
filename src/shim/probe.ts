// SPDX-License-Identifier: Apache-2.0
// Whether a socket's shim is alive.

import { isErrno } from "../base/errors.ts";
import { connectUnix } from "../sys/socket.ts";

/** Whether somebody listens. A full backlog counts: that socket is not stale. Throws if it cannot be told. */
export function isServed(path: string): boolean {
  try {
    connectUnix(path).close();
    return true;
  } catch (error) {
    if (isErrno(error, "ECONNREFUSED", "ENOENT", "EPROTOTYPE")) return false;
    if (isErrno(error, "EAGAIN")) return true;
    throw error;
  }
}
