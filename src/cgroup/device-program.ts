// SPDX-License-Identifier: Apache-2.0
// Puts a device filter in force in a cgroup of v2 and takes away what was there before, without a moment in which neither or
// only the old one decides about anything on which both agree.

import { isErrno } from "../base/errors.ts";
import {
  attachDeviceProgram,
  BPF_F_ALLOW_MULTI,
  detachDeviceProgram,
  loadDeviceProgram,
  openDeviceProgram,
  queryDevicePrograms,
  replaceDeviceProgram,
} from "../sys/bpf.ts";
import { RLIM_INFINITY, RLIMIT_MEMLOCK } from "../sys/constants.ts";
import type { Fd } from "../sys/fd.ts";
import { prlimit } from "../sys/process.ts";
import { unless } from "./directory.ts";

/**
 * Makes `filter` the only program of `cgroup`, an open directory. Those that others have attached to it, such as systemd, go,
 * but for those that are held by a link of their owner's, which can only forbid more. SysError for what the kernel refuses.
 */
export function installDeviceFilter(cgroup: Fd, filter: Uint8Array): void {
  using program = load(filter);
  const { ids, flags } = queryDevicePrograms(cgroup);
  if (ids.length > 0 && flags !== BPF_F_ALLOW_MULTI) {
    // The kind of which a cgroup can have but one: attaching another of it is replacing it.
    attachDeviceProgram(cgroup, program, flags);
    return;
  }
  const [only, ...others] = ids;
  if (only !== undefined && others.length === 0 && replace(cgroup, program, only)) return;
  // Programs beside each other must all agree: until the old ones are gone, both filters bind.
  attachDeviceProgram(cgroup, program, BPF_F_ALLOW_MULTI);
  for (const id of ids) {
    using old = unless(() => openDeviceProgram(id), "ENOENT");
    if (old !== undefined) unless(() => detachDeviceProgram(cgroup, old), "ENOENT");
  }
}

/** @returns false if it can't be replaced in place: it has gone, is held by a link, or the kernel does not know how. */
function replace(cgroup: Fd, program: Fd, id: number): boolean {
  const done = unless(
    () => {
      using old = openDeviceProgram(id);
      replaceDeviceProgram(cgroup, program, old);
      return true;
    },
    "ENOENT",
    "EINVAL",
  );
  return done === true;
}

/** Before Linux 5.11 programs count as locked memory, of which a service has little. */
function load(filter: Uint8Array): Fd {
  try {
    return loadDeviceProgram(filter);
  } catch (error) {
    if (!isErrno(error, "EPERM")) throw error;
    return withLockedMemory(() => loadDeviceProgram(filter)) ?? rethrow(error);
  }
}

/** Undefined where the limit can't be raised. It is back before anything can be spawned, which would inherit it. */
function withLockedMemory<T>(action: () => T): T | undefined {
  const unlimited = { soft: RLIM_INFINITY, hard: RLIM_INFINITY };
  const before = unless(() => prlimit(0, RLIMIT_MEMLOCK, unlimited), "EPERM");
  if (before === undefined) return undefined;
  try {
    return action();
  } finally {
    prlimit(0, RLIMIT_MEMLOCK, before);
  }
}

function rethrow(error: unknown): never {
  throw error;
}
