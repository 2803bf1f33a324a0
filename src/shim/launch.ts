// SPDX-License-Identifier: Apache-2.0
// What `start` and the daemon agree on, and native/launcher with both of them.

/** The name by which containerd finds this shim; also the argument that makes the program a shim. */
export const SHIM_NAME = "containerd-shim-tsrunc-v1";

/** Descriptors of the daemon: the listening socket, and the bytes that `start` had on stdin. */
export const LISTEN_FD = 3;
export const STDIN_COPY_FD = 4;

/**
 * Node's options: a young generation of 1 MiB (a shim makes little garbage), nothing on stderr that is not ours, and no
 * debugger on SIGUSR1.
 */
export const NODE_FLAGS: readonly string[] = [
  "--max-semi-space-size=1",
  "--no-warnings",
  "--disable-sigusr1",
];
