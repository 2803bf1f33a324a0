// SPDX-License-Identifier: Apache-2.0
// Owned descriptors. An `Fd` is closed once, by its owner, at a known moment: garbage collection
// never closes one, and a number that was closed or released can't be used by accident.

import { type RawFd, toRawFd } from "../base/brand.ts";
import { AT_FDCWD } from "./constants.ts";
import { check, errnoNumber, sysError } from "./errno.ts";
import { bind } from "./ffi.ts";

const nOpenat = bind<[dir: number, path: string, flags: number, mode: number]>(
  "int n_openat(int dir, const char *path, int flags, uint32_t mode)",
);
const nOpenat2 = bind<[dir: number, path: string, flags: number, mode: number, resolve: number]>(
  "int n_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)",
);
const nClose = bind<[fd: number]>("int n_close(int fd)");
const nRead = bind<[fd: number, buffer: Uint8Array, length: number]>(
  "int64_t n_read(int fd, void *buffer, size_t length)",
);
const nWrite = bind<[fd: number, bytes: Uint8Array, length: number]>(
  "int64_t n_write(int fd, const void *bytes, size_t length)",
);
const nPipe = bind<[ends: Int32Array, nonblock: number]>("int n_pipe(int32_t *ends, int nonblock)");
const nEventfd = bind<[]>("int n_eventfd()");
const nDup = bind<[fd: number]>("int n_dup(int fd)");
const nSetNonblocking = bind<[fd: number, on: number]>("int n_set_nonblocking(int fd, int on)");
const nFchown = bind<[fd: number, uid: number, gid: number]>(
  "int n_fchown(int fd, uint32_t uid, uint32_t gid)",
);
const nBytesReadable = bind<[fd: number]>("int n_bytes_readable(int fd)");

const EAGAIN = errnoNumber("EAGAIN");

/**
 * How often openat2 is repeated when renames race with it: runc and the kernel's own tests use
 * numbers of this size.
 */
const OPENAT2_ATTEMPTS = 128;

/** The owner of a descriptor. */
export class Fd implements Disposable {
  #raw: RawFd | undefined;

  /** Takes ownership of the open descriptor `raw`. */
  constructor(raw: number) {
    this.#raw = toRawFd(raw);
  }

  /** The number, for one call: never store it. Throws SysError EBADF once closed or released. */
  get raw(): RawFd {
    if (this.#raw === undefined) throw sysError("fd", errnoNumber("EBADF"));
    return this.#raw;
  }

  /** Whether it was closed or released. */
  get closed(): boolean {
    return this.#raw === undefined;
  }

  /**
   * Closes it; does nothing when that has already happened. Errors of close(2) on an open
   * descriptor are thrown.
   */
  close(): void {
    const raw = this.#raw;
    if (raw === undefined) return;
    this.#raw = undefined;
    check(nClose(raw), "close");
  }

  /** Gives up ownership: the number, which is now the caller's to close. */
  release(): RawFd {
    const raw = this.raw;
    this.#raw = undefined;
    return raw;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** open(2) with O_CLOEXEC. `mode` counts with O_CREAT only. */
export function open(path: string, flags: number, mode = 0): Fd {
  return new Fd(check(nOpenat(AT_FDCWD, path, flags, mode), "open", path));
}

/** openat(2) with O_CLOEXEC; without `dir`, relative to the working directory. */
export function openAt(dir: Fd | undefined, path: string, flags: number, mode = 0): Fd {
  return new Fd(check(nOpenat(dir?.raw ?? AT_FDCWD, path, flags, mode), "openat", path));
}

/**
 * openat2(2) with O_CLOEXEC. Lookups that raced with renames (EAGAIN) are repeated, a bounded
 * number of times.
 */
export function openAt2(
  dir: Fd,
  path: string,
  how: { readonly flags: number; readonly mode?: number; readonly resolve: number },
): Fd {
  for (let attempt = 1; ; attempt += 1) {
    const result = nOpenat2(dir.raw, path, how.flags, how.mode ?? 0, how.resolve);
    if (result !== -EAGAIN || attempt === OPENAT2_ATTEMPTS) {
      return new Fd(check(result, "openat2", path));
    }
  }
}

/**
 * Bytes read into `buffer`; 0 at end of file; undefined when a non-blocking descriptor has none
 * yet.
 */
export function readFd(fd: Fd, buffer: Uint8Array): number | undefined {
  const count = nRead(fd.raw, buffer, buffer.byteLength);
  return count === -EAGAIN ? undefined : check(count, "read");
}

/**
 * Bytes written, maybe fewer than given; undefined when a non-blocking descriptor takes none now.
 * EPIPE is thrown.
 */
export function writeFd(fd: Fd, bytes: Uint8Array): number | undefined {
  const count = nWrite(fd.raw, bytes, bytes.byteLength);
  return count === -EAGAIN ? undefined : check(count, "write");
}

/** pipe2(2). */
export function pipe(options?: { readonly nonBlock?: boolean }): { read: Fd; write: Fd } {
  const ends = new Int32Array(2);
  check(nPipe(ends, options?.nonBlock === true ? 1 : 0), "pipe2");
  const [read = -1, write = -1] = ends;
  return { read: new Fd(read), write: new Fd(write) };
}

/** eventfd(2), non-blocking and at 0. Reads and writes are 8 bytes. */
export function eventFd(): Fd {
  return new Fd(check(nEventfd(), "eventfd2"));
}

/** Another descriptor of the same open file description (file offset and O_NONBLOCK are shared). */
export function dup(fd: Fd): Fd {
  return new Fd(check(nDup(fd.raw), "dup"));
}

/** Sets O_NONBLOCK on the open file description, for everyone who shares it. */
export function setNonBlocking(fd: Fd, on: boolean): void {
  check(nSetNonblocking(fd.raw, on ? 1 : 0), "fcntl");
}

/** fchown(2). */
export function fchown(fd: Fd, uid: number, gid: number): void {
  check(nFchown(fd.raw, uid, gid), "fchown");
}

/** How many bytes can be read without waiting (FIONREAD): pipes, FIFOs, sockets, ttys. */
export function bytesReadable(fd: Fd): number {
  return check(nBytesReadable(fd.raw), "ioctl");
}
