// SPDX-License-Identifier: Apache-2.0
// The way to a seccomp agent: who answers for the system calls of a container that its profile asks about. It gets one message
// for each filter that is installed: the state of the process, and the filter's listener.

import { setTimeout as sleep } from "node:timers/promises";
import { errorText, isErrno } from "../base/errors.ts";
import type { SeccompListener } from "../oci/seccomp-listener.ts";
import type { Fd } from "../sys/fd.ts";
import { connectUnix, sendWithFds, setSendBuffer } from "../sys/socket.ts";

/** Milliseconds: docs/security.md tells them. */
const BUSY_MS = 10_000;
const RETRY_MS = 20;
/** What every socket takes at once. */
const SMALL_BYTES = 32 * 1024;

/** Sends it; resolves when it is in the agent's socket. Whether anybody reads it there is the agent's affair. */
export async function sendToAgent(
  { path }: Pick<SeccompListener, "path">,
  message: string,
  options: {
    readonly listener: Fd;
    readonly signal: AbortSignal;
    /** How long the agent may leave connections waiting to be accepted. */
    readonly busyMs?: number;
  },
): Promise<void> {
  using socket = await connect(path, options.signal, options.busyMs ?? BUSY_MS);
  try {
    const bytes = Buffer.from(message);
    // Annotations can be long, and it is to be one message.
    if (bytes.byteLength > SMALL_BYTES) setSendBuffer(socket, 2 * bytes.byteLength);
    sendWithFds(socket, bytes, [options.listener]);
  } catch (error) {
    const text = `cannot send seccomp fd to ${JSON.stringify(path)}: ${errorText(error)}`;
    throw new Error(text, { cause: error });
  }
}

async function connect(path: string, signal: AbortSignal, busyMs: number): Promise<Fd> {
  try {
    return await connectWhenFree(path, signal, busyMs);
  } catch (error) {
    // The words of the reference runtime, which people look for.
    const text = "failed to connect with seccomp agent specified in the seccomp profile";
    throw new Error(`${text}: ${errorText(error)}`, { cause: error });
  }
}

/** An agent that is busy has a full backlog for a while. */
async function connectWhenFree(path: string, signal: AbortSignal, busyMs: number): Promise<Fd> {
  for (let waited = 0; ; waited += RETRY_MS) {
    try {
      return connectUnix(path);
    } catch (error) {
      if (!isErrno(error, "EAGAIN") || waited >= busyMs) throw error;
    }
    await sleep(RETRY_MS, undefined, { signal });
  }
}
