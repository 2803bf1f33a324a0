// SPDX-License-Identifier: Apache-2.0
// An open directory of a cgroup tree: the only way in which this folder touches cgroupfs. It was resolved by the kernel
// beneath a mount whose file system type was checked, so neither a symlink nor ".." nor another mount can lead elsewhere.
// Calls are synchronous: the files are a few bytes of kernel memory.

import { fstatSync, lchownSync, mkdirSync, readdirSync, rmdirSync, statfsSync } from "node:fs";
import { toErrno } from "../base/brand.ts";
import { isErrno, SysError } from "../base/errors.ts";
import {
  CGROUP_SUPER_MAGIC,
  CGROUP2_SUPER_MAGIC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from "../sys/constants.ts";
import { errnoNumber, errnoText, sysError } from "../sys/errno.ts";
import { type Fd, open, openAt, openAt2, readFd, writeFd } from "../sys/fd.ts";
import { parentOf } from "./paths.ts";

/** A container's cgroup in one tree. JSON-able. */
export interface Member {
  readonly version: 1 | 2;
  /** Absolute path of the mount. */
  readonly mountPoint: string;
  /** As in `Hierarchy`. */
  readonly controllers: readonly string[];
  /** Below the mount, with a leading "/". */
  readonly path: string;
}

const RESOLVE = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
const DIRECTORY = O_PATH | O_DIRECTORY | O_NOFOLLOW;
/** The group that chown(2) leaves alone. */
const KEEP = -1;
/** Most files fit; longer ones (cgroup.procs of a big container) are read in several steps. */
const READ_BYTES = 16 * 1024;

export class CgroupDirectory implements Disposable {
  /** Absolute path, for messages. */
  readonly path: string;
  readonly fd: Fd;

  private constructor(path: string, fd: Fd) {
    this.path = path;
    this.fd = fd;
  }

  /** The root of a tree. SysError EINVAL if something else than that cgroup version is mounted there. */
  static openRoot({
    mountPoint,
    version,
  }: Pick<Member, "mountPoint" | "version">): CgroupDirectory {
    const fd = open(mountPoint, DIRECTORY);
    const magic = version === 1 ? CGROUP_SUPER_MAGIC : CGROUP2_SUPER_MAGIC;
    if (statfsSync(procPath(fd)).type === magic) return new CgroupDirectory(mountPoint, fd);
    fd.close();
    throw sysError("statfs", errnoNumber("EINVAL"), mountPoint);
  }

  /** SysError ENOENT if there is no such cgroup. */
  static open(member: Member): CgroupDirectory {
    if (member.path === "/") return CgroupDirectory.openRoot(member);
    using root = CgroupDirectory.openRoot(member);
    return root.child(member.path.slice(1));
  }

  /** Like `open`, but undefined if the cgroup is gone. */
  static openIfPresent(member: Member): CgroupDirectory | undefined {
    return unless(() => CgroupDirectory.open(member), "ENOENT", "ENODEV");
  }

  /** A cgroup below this one; `name` may have several parts. */
  child(name: string): CgroupDirectory {
    const fd = openAt2(this.fd, name, { flags: DIRECTORY, resolve: RESOLVE });
    return new CgroupDirectory(`${this.path}/${name}`, fd);
  }

  /** The names of the cgroups directly below. */
  children(): string[] {
    return readdirSync(procPath(this.fd), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  }

  /** Which cgroup this is, as long as the machine runs: a number is not used again. */
  identity(): string {
    const { dev, ino } = fstatSync(this.fd.raw, { bigint: true });
    return `${dev}:${ino}`;
  }

  /**
   * The cgroup above this one, which must be the one of that `identity`: a way back without keeping every descriptor of the way
   * down. cgroupfs has no links and moves no directory to another parent, so ".." can't lead elsewhere. SysError ESTALE if it does.
   */
  parent(identity: string): CgroupDirectory {
    const path = parentOf(this.path);
    const above = new CgroupDirectory(path, openAt(this.fd, "..", DIRECTORY));
    if (above.identity() === identity) return above;
    above.fd.close();
    throw sysError("openat", errnoNumber("ESTALE"), path);
  }

  /** Makes a cgroup directly below. @returns false if it was there. */
  makeChild(name: string): boolean {
    const path = `${procPath(this.fd)}/${name}`;
    try {
      // With `recursive` an existing directory is no exception, which would be the slow and the common case.
      return mkdirSync(path, { recursive: true, mode: 0o755 }) !== undefined;
    } catch (error) {
      throw withSentence(
        error,
        `cannot make cgroup "${this.path}/${name}"`,
        `${this.path}/${name}`,
      );
    }
  }

  /** rmdir(2) of a cgroup directly below: EBUSY while it has processes or children, ENOENT if it is gone. */
  removeChild(name: string): void {
    try {
      rmdirSync(`${procPath(this.fd)}/${name}`);
    } catch (error) {
      const path = `${this.path}/${name}`;
      throw withSentence(error, `cannot remove cgroup "${path}"`, path);
    }
  }

  /** A file of this cgroup, for a caller who closes it. */
  openFile(file: string, flags: typeof O_RDONLY | typeof O_WRONLY): Fd {
    return openAt(this.fd, file, flags | O_NOFOLLOW);
  }

  /** The whole text of a file; undefined if it, the cgroup or the feature behind the file does not exist. */
  read(file: string): string | undefined {
    return unless(() => this.#read(file), "ENOENT", "ENODEV", "EOPNOTSUPP");
  }

  /** Writes `value` in one call. SysError `cannot write "100" to "/sys/fs/cgroup/...": invalid argument`. */
  write(file: string, value: string): void {
    const path = `${this.path}/${file}`;
    try {
      using fd = this.openFile(file, O_WRONLY);
      writeFd(fd, Buffer.from(value));
    } catch (error) {
      throw withSentence(error, `cannot write ${JSON.stringify(value)} to "${path}"`, path);
    }
  }

  /** Gives a file of this cgroup, or "." itself, to `uid`; one that this kernel does not have is nobody's. */
  chown(file: string, uid: number): void {
    unless(() => lchownSync(`${procPath(this.fd)}/${file}`, uid, KEEP), "ENOENT");
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }

  #read(file: string): string {
    using fd = this.openFile(file, O_RDONLY);
    const chunks: Buffer[] = [];
    for (;;) {
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      const count = readFd(fd, buffer) ?? 0;
      if (count === 0) return Buffer.concat(chunks).toString("latin1");
      chunks.push(buffer.subarray(0, count));
    }
  }
}

/** `action`'s result, or undefined if it failed with one of these errnos. */
export function unless<T>(action: () => T, ...codes: readonly string[]): T | undefined {
  try {
    return action();
  } catch (error) {
    if (isErrno(error, ...codes)) return undefined;
    throw error;
  }
}

/** A SysError with a sentence of this folder's own. */
export function refusal(code: string, message: string, path: string): SysError {
  const errno = toErrno(errnoNumber(code));
  return new SysError({ syscall: "cgroup", errno, code, message, path });
}

/** `error` with a sentence that says what was tried on which file. */
function withSentence(error: unknown, sentence: string, path: string): unknown {
  if (!(error instanceof Error && "code" in error && typeof error.code === "string")) return error;
  const errno = errnoNumber(error.code);
  return refusal(error.code, `${sentence}: ${errnoText(errno)}`, path);
}

const procPath = (fd: Fd): string => `/proc/self/fd/${fd.raw}`;
