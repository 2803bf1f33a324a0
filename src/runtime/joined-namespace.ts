// SPDX-License-Identifier: Apache-2.0
// Opens the namespaces that a container joins, and refuses the one that would be turned upside down by it.

import { fstatSync, statSync } from "node:fs";
import { errorText, isErrno, SpecError } from "../base/errors.ts";
import type { JoinedNamespace } from "../oci/compiled.ts";
import type { NamespaceType } from "../oci/spec.ts";
import type { Slot } from "../plan/ops.ts";
import { O_NONBLOCK, O_RDONLY } from "../sys/constants.ts";
import { type Fd, open } from "../sys/fd.ts";

/** Their names in /proc/self/ns. */
const FILES: Readonly<Record<NamespaceType, string>> = {
  cgroup: "cgroup",
  ipc: "ipc",
  mount: "mnt",
  network: "net",
  pid: "pid",
  time: "time",
  user: "user",
  uts: "uts",
};

/** Types of which a container can't have this process's own. */
const OWN_REFUSED: readonly NamespaceType[] = ["mount", "user"];

/**
 * The namespace file of `join`, which is the caller's to close.
 * @throws SpecError for a path that leads to nothing, for this process's own mount namespace, because the root filesystem
 * of the container would become the host's, and for its user namespace, which nobody can enter who is in it
 * (user_namespaces(7))
 */
export function openJoinedNamespace(join: JoinedNamespace): Fd {
  const fd = openNamespace(join);
  if (!OWN_REFUSED.includes(join.type) || !isOwnNamespace(fd, join.type)) return fd;
  fd.close();
  const problem = `${join.type} namespace "${join.path}" is the runtime's own`;
  throw new SpecError("linux.namespaces", problem);
}

function openNamespace({ type, path }: JoinedNamespace): Fd {
  try {
    // Non-blocking: a path that is no namespace may be anything, and a FIFO would stop this thread.
    return open(path, O_RDONLY | O_NONBLOCK);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", "EACCES", "ELOOP", "ENXIO")) throw error;
    throw new SpecError("linux.namespaces", `${type} namespace: ${errorText(error)}`);
  }
}

/** Types of the namespaces among `fds` (slots `ns:<type>`) that are this process's own: what is set there is set on the host. */
export function sharedNamespaces(
  joins: readonly JoinedNamespace[],
  fds: ReadonlyMap<Slot, Fd>,
): readonly NamespaceType[] {
  return joins
    .map(({ type }) => type)
    .filter((type) => {
      const fd = fds.get(`ns:${type}`);
      return fd !== undefined && isOwnNamespace(fd, type);
    });
}

/** Whether the namespace is the one that this process is in. Namespaces are inodes of one kernel filesystem (namespaces(7)). */
function isOwnNamespace(namespace: Fd, type: NamespaceType): boolean {
  const own = statSync(`/proc/self/ns/${FILES[type]}`, { bigint: true });
  const joined = fstatSync(namespace.raw, { bigint: true });
  return joined.ino === own.ino && joined.dev === own.dev;
}
