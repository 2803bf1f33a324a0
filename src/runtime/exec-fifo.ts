// SPDX-License-Identifier: Apache-2.0
// The gate between create and start: init opens `exec.fifo` for writing and so blocks until start opens it for reading; one
// byte through it says that init is awake. The FIFO exists exactly as long as the container is "created".

import { chmodSync, chownSync, rmSync } from "node:fs";
import { join } from "node:path";
import { O_NONBLOCK, O_PATH, O_RDONLY } from "../sys/constants.ts";
import { type Fd, open, readFd } from "../sys/fd.ts";
import { type Watch, watch } from "../sys/poll.ts";
import { mkfifo } from "../sys/proc.ts";

/** init opens it with the credentials of the container's user, whoever that is: everybody may write. */
const FIFO_MODE = 0o622;

function fifoPath(directory: string): string {
  return join(directory, "exec.fifo");
}

/** Makes the FIFO; the caller owns the returned O_PATH descriptor, which is all that init ever gets of the host. */
export function createExecFifo(directory: string): Fd {
  const path = fifoPath(directory);
  mkfifo(path, FIFO_MODE);
  // mkfifo(2) subtracts the umask.
  chmodSync(path, FIFO_MODE);
  chownSync(path, 0, 0);
  return open(path, O_PATH);
}

/**
 * Opens the FIFO for reading, which releases init, waits for its byte and removes the FIFO.
 * @param gone resolves when init has ended instead.
 * @returns whether init woke up.
 */
export async function releaseExecFifo(directory: string, gone: Promise<unknown>): Promise<boolean> {
  const path = fifoPath(directory);
  using fifo = open(path, O_RDONLY | O_NONBLOCK);
  const awake = Promise.withResolvers<boolean>();
  let fifoWatch: Watch | undefined;
  try {
    const hasByte = (): boolean => !fifo.closed && readFd(fifo, new Uint8Array(1)) === 1;
    fifoWatch = watch(fifo, { readable: true }, () => {
      if (hasByte()) awake.resolve(true);
    });
    // Both can be the case at once, in either order: an init that ended soon after it woke up.
    const ended = gone.then(() => hasByte());
    return await Promise.race([awake.promise, ended]);
  } finally {
    fifoWatch?.close();
    rmSync(path, { force: true });
  }
}
