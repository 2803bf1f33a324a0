// SPDX-License-Identifier: Apache-2.0
// Anonymous files that nobody can change any more: plans, and the program that starts containers.
// What runs in a container reaches the latter through /proc/<pid>/exe, so it must never be the
// host's file (CVE-2019-5736).

import { readFileSync } from "node:fs";
import { isErrno } from "../base/errors.ts";
import {
  AT_EMPTY_PATH,
  F_SEAL_EXEC,
  F_SEAL_GROW,
  F_SEAL_SEAL,
  F_SEAL_SHRINK,
  F_SEAL_WRITE,
  MFD_ALLOW_SEALING,
  MFD_CLOEXEC,
  MFD_EXEC,
  MFD_NOEXEC_SEAL,
  MOUNT_ATTR_RDONLY,
  OPEN_TREE_CLONE,
} from "./constants.ts";
import { check, errnoNumber } from "./errno.ts";
import { Fd, writeFd } from "./fd.ts";
import { bind } from "./ffi.ts";
import { mountSetattr, openTree } from "./mount.ts";

const nMemfdCreate = bind<[name: string, flags: number]>(
  "int n_memfd_create(const char *name, uint32_t flags)",
);
const nAddSeals = bind<[fd: number, seals: number]>("int n_add_seals(int fd, int seals)");

const EINVAL = errnoNumber("EINVAL");
const CONTENT_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

/**
 * An empty memfd that can be sealed. Says explicitly whether it is executable (Linux 6.3); kernels
 * that do not know the flag make it executable. EACCES: vm.memfd_noexec=2 forbids executable ones.
 */
export function memfd(name: string, options?: { readonly executable?: boolean }): Fd {
  const base = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const explicit = options?.executable === true ? MFD_EXEC : MFD_NOEXEC_SEAL;
  const result = nMemfdCreate(name, base | explicit);
  const raw = result === -EINVAL ? nMemfdCreate(name, base) : result;
  return new Fd(check(raw, "memfd_create", name));
}

/**
 * Freezes content, size, the execute bits (where the kernel can, Linux 6.3) and the set of seals.
 */
export function seal(fd: Fd): void {
  const result = nAddSeals(fd.raw, CONTENT_SEALS | F_SEAL_EXEC);
  check(result === -EINVAL ? nAddSeals(fd.raw, CONTENT_SEALS) : result, "fcntl");
}

/** A memfd with these bytes that nobody can change any more; its offset is at the end. */
export function sealedMemfd(name: string, bytes: Uint8Array): Fd {
  return fillAndSeal(memfd(name), bytes);
}

/**
 * An immutable copy of the program at `path`, for `spawn`. Where executable memfds are forbidden,
 * an O_PATH descriptor of the file itself on a read-only mount of its own, which nothing can reach
 * to make writable.
 */
export function sealedExecutable(path: string): Fd {
  // Before there is anything to be closed again.
  const program = readFileSync(path);
  const copy = createExecutable();
  return copy === undefined ? readOnlyClone(path) : fillAndSeal(copy, program);
}

/** Closes `file` if it can't. */
function fillAndSeal(file: Fd, bytes: Uint8Array): Fd {
  try {
    writeAll(file, bytes);
    seal(file);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

function createExecutable(): Fd | undefined {
  try {
    return memfd("tsrunc-init", { executable: true });
  } catch (error) {
    if (isErrno(error, "EACCES")) return undefined;
    throw error;
  }
}

/** The file or directory at `path` on a detached read-only mount of its own (Linux 5.12). */
export function readOnlyClone(path: string): Fd {
  const clone = openTree(undefined, path, OPEN_TREE_CLONE);
  try {
    mountSetattr(clone, "", AT_EMPTY_PATH, { set: MOUNT_ATTR_RDONLY });
    return clone;
  } catch (error) {
    clone.close();
    throw error;
  }
}

/** Writes all of `bytes` to a descriptor that takes everything at once: a memfd, a file. */
export function writeAll(fd: Fd, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; ) at += writeFd(fd, bytes.subarray(at)) ?? 0;
}
