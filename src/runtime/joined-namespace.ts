// SPDX-License-Identifier: Apache-2.0
// Opens the namespaces that a container joins, and refuses the one that would be turned upside down by it.

import { fstatSync, statSync } from "node:fs";
import { SpecError } from "../base/errors.ts";
import type { JoinedNamespace } from "../oci/compiled.ts";
import { CLONE_NEWNS, O_NONBLOCK, O_RDONLY } from "../sys/constants.ts";
import { type Fd, open } from "../sys/fd.ts";

/**
 * The namespace file of `join`, which is the caller's to close.
 * @throws SpecError for this process's own mount namespace: the root filesystem of the container would become the host's.
 */
export function openJoinedNamespace(join: JoinedNamespace): Fd {
  // Non-blocking: a path that is no namespace may be anything, and a FIFO would stop this thread.
  const fd = open(join.path, O_RDONLY | O_NONBLOCK);
  if (join.nstype !== CLONE_NEWNS || !isOwnMountNamespace(fd)) return fd;
  fd.close();
  const problem = `mount namespace "${join.path}" is the runtime's own`;
  throw new SpecError("linux.namespaces", problem);
}

/** Namespaces are inodes of one kernel filesystem (namespaces(7)). */
function isOwnMountNamespace(fd: Fd): boolean {
  const own = statSync("/proc/self/ns/mnt", { bigint: true });
  const joined = fstatSync(fd.raw, { bigint: true });
  return joined.ino === own.ino && joined.dev === own.dev;
}
