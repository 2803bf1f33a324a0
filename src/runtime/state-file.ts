// SPDX-License-Identifier: Apache-2.0
// What must be cleaned up if everything else is lost: `<stateRoot>/<namespace>/<id>/state.json`. Written before the things
// that it names exist, replaced by renaming, removed last. The directory also holds exec.fifo.

import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { isErrno, SpecError } from "../base/errors.ts";
import type { CgroupState } from "../cgroup/cgroup.ts";
import type { ResctrlState } from "../cgroup/resctrl.ts";
import type { Hook } from "../oci/spec.ts";

/** The format; a newer one is not read (an upgrade keeps the old reader). */
const VERSION = 1;

export interface ContainerState {
  readonly id: string;
  readonly namespace: string;
  /** Absolute paths. */
  readonly bundle: string;
  readonly rootfs: string;
  /** True if `<bundle>/rootfs` is our mount and must be unmounted. */
  readonly rootfsMounted: boolean;
  readonly cgroup: CgroupState | undefined;
  /** Where the cgroup is being made: until that is done, what has processes there is somebody else's. */
  readonly cgroupToBe?: CgroupState | undefined;
  /** Groups of resctrl, once they may have been made. Absent: it has none. */
  readonly resctrl?: ResctrlState | undefined;
  /** The container's init; undefined before it exists. */
  readonly init: { readonly pid: number; readonly startTime: string } | undefined;
  /** Nanoseconds since the epoch, decimal. */
  readonly createdAtNs: string;
  /** The container whose shim serves this one, and with whose `delete` it is removed. Absent: it has a `delete` of its own. */
  readonly dependsOn?: string | undefined;
  /** Absent: no such hooks. */
  readonly poststop?: DuePoststop | undefined;
}

/** poststop hooks, and what they are told. */
export interface DuePoststop {
  readonly ociVersion: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Those that nobody has begun yet, each with its place among all of them. */
  readonly hooks: readonly DueHook[];
}

/** A hook as JSON keeps it: what is undefined is not there. */
export interface DueHook extends Pick<Hook, "path" | "args"> {
  readonly index: number;
  readonly env?: readonly string[] | undefined;
  readonly timeoutSeconds?: number | undefined;
}

/** Where a container's state is. */
export function stateDirectory(stateRoot: string, namespace: string, id: string): string {
  return join(stateRoot, namespace, id);
}

/**
 * Makes the state directory.
 * @returns false if it exists: a container with this id does.
 */
export function createStateDirectory(directory: string): boolean {
  for (;;) {
    // Everybody may write to exec.fifo in it, for init opens that as the container's user; but init has a descriptor of it and
    // goes by no path. Nobody else on the host is to reach it.
    mkdirSync(join(directory, ".."), { recursive: true, mode: 0o700 });
    try {
      mkdirSync(directory, { mode: 0o700 });
      return true;
    } catch (error) {
      if (isErrno(error, "EEXIST")) return false;
      // ENOENT: another shim removed its last container, and with it the namespace's directory, just now.
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }
}

/** Replaces the state file whole. */
export function saveState(directory: string, state: ContainerState): void {
  const path = join(directory, "state.json");
  const temporary = `${path}.new`;
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  try {
    writeSync(fd, JSON.stringify({ version: VERSION, ...state }));
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
}

/**
 * What it names is killed and unmounted, and its hooks are run as root: who may write to a root that somebody has configured
 * must not choose that.
 * @returns undefined if there is no such container, or a state file was never written.
 * @throws SpecError for a file that is somebody else's or another version's
 */
export function readState(directory: string): ContainerState | undefined {
  const path = join(directory, "state.json");
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let fd: number;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
  let text: string;
  try {
    if (!isPrivate(fd)) throw new SpecError(path, "not a state file of this user alone");
    text = readFileSync(fd, "utf8");
  } finally {
    closeSync(fd);
  }
  const state: unknown = JSON.parse(text);
  if (!isState(state)) throw new SpecError(path, "not a state file of this version");
  return state;
}

/** A file that was written by this user, and by nobody else since. */
function isPrivate(fd: number): boolean {
  const status = fstatSync(fd);
  return status.isFile() && status.uid === process.geteuid?.() && (status.mode & 0o022) === 0;
}

/** The file is ours: the version is what must be checked. */
function isState(value: unknown): value is ContainerState {
  return (
    typeof value === "object" && value !== null && "version" in value && value.version === VERSION
  );
}

/** Removes the state of a container, and the namespace's directory after the last one. */
export function removeStateDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  try {
    // Fails while another container is in it: that is the check.
    rmdirSync(join(directory, ".."));
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTEMPTY", "EEXIST", "EBUSY")) throw error;
  }
}
