// SPDX-License-Identifier: Apache-2.0
// Where the socket of a shim is: tests and tools of containerd derive the same name. native/launcher/address.c does the same.
// Only `start` imports this file: node:crypto costs 5 ms.

import { createHash } from "node:crypto";
import { posix } from "node:path";

/** containerd's default. */
export const DEFAULT_SOCKET_DIR = "/run/containerd/s";

/** The non-empty elements joined and cleaned, as Go's filepath.Join does: unlike Node's, without a trailing slash. */
export function joinPath(...elements: readonly string[]): string {
  const present = elements.filter((element) => element !== "");
  if (present.length === 0) return "";
  const joined = posix.join(...present);
  return joined.length > 1 && joined.endsWith("/") ? joined.slice(0, -1) : joined;
}

/** The path of the socket of the shim that serves `group` (a container id, or what containers share). */
export function socketPath(options: {
  readonly socketDir: string;
  readonly grpcAddress: string;
  readonly namespace: string;
  readonly group: string;
}): string {
  const key = joinPath(options.grpcAddress, options.namespace, options.group);
  return `${options.socketDir}/${createHash("sha256").update(key).digest("hex")}`;
}
