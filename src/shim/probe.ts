// SPDX-License-Identifier: Apache-2.0
// Whether a socket's shim is alive.

import { isErrno } from "../base/errors.ts";
import { connectUnix } from "../sys/socket.ts";

/** Whether somebody listens. A full backlog counts: that socket is not stale. */
export function isServed(path: string): boolean {
  try {
    connectUnix(path).close();
    return true;
  } catch (error) {
    return isErrno(error, "EAGAIN");
  }
}
