// SPDX-License-Identifier: Apache-2.0
// Mounts the list that a snapshotter describes onto a bundle's rootfs, and takes it down again. The option words are
// containerd's (its core/mount), which are not quite the OCI spec's.

import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { errorText, isErrno, SpecError, TaskError } from "../base/errors.ts";
import type { IdMappings } from "../oci/id-mappings.ts";
import * as c from "../sys/constants.ts";
import { type Fd, open, openAt2 } from "../sys/fd.ts";
import { mount, unmount } from "../sys/mount.ts";
import { readMountInfo } from "../sys/proc.ts";
import { shortenLayers } from "./overlay-layers.ts";
import { layersDirectory, mapLowerLayers, mapMount, takeIdMaps } from "./rootfs-idmap.ts";
import type { RootfsMount } from "./types.ts";

/** Mount data must fit into a page, with room for what the kernel adds. */
const MAX_DATA_BYTES = 4096 - 1;
/** EBUSY of umount2 passes when the last user lets go; the reference's numbers. */
const UNMOUNT_ATTEMPTS = 50;
const UNMOUNT_PAUSE_MS = 50;

type Flag = readonly [clear: boolean, flag: number];

const FLAGS: Readonly<Record<string, Flag>> = {
  async: [true, c.MS_SYNCHRONOUS],
  atime: [true, c.MS_NOATIME],
  bind: [false, c.MS_BIND],
  defaults: [false, 0],
  dev: [true, c.MS_NODEV],
  diratime: [true, c.MS_NODIRATIME],
  dirsync: [false, c.MS_DIRSYNC],
  exec: [true, c.MS_NOEXEC],
  mand: [false, c.MS_MANDLOCK],
  noatime: [false, c.MS_NOATIME],
  nodev: [false, c.MS_NODEV],
  nodiratime: [false, c.MS_NODIRATIME],
  noexec: [false, c.MS_NOEXEC],
  nomand: [true, c.MS_MANDLOCK],
  norelatime: [true, c.MS_RELATIME],
  nostrictatime: [true, c.MS_STRICTATIME],
  nosuid: [false, c.MS_NOSUID],
  rbind: [false, c.MS_BIND | c.MS_REC],
  relatime: [false, c.MS_RELATIME],
  remount: [false, c.MS_REMOUNT],
  ro: [false, c.MS_RDONLY],
  rw: [true, c.MS_RDONLY],
  strictatime: [false, c.MS_STRICTATIME],
  suid: [true, c.MS_NOSUID],
  sync: [false, c.MS_SYNCHRONOUS],
};

/** mount(2) flags and filesystem data of a list of option words. */
export interface MountOptions {
  readonly flags: number;
  readonly data: string;
}

/**
 * Splits option words into flags and data.
 * @throws SpecError for what this version cannot do; `path` names the mount ("rootfs[0]").
 */
export function toMountOptions(options: readonly string[], path: string): MountOptions {
  let flags = 0;
  const data: string[] = [];
  for (const option of options) {
    if (option === "loop") {
      throw new SpecError(`${path}.options`, `mount option "${option}" is not supported yet`);
    }
    if (option.startsWith("X-containerd.")) {
      const problem = `internal mount option "${option}" was not consumed by the mount manager`;
      throw new SpecError(`${path}.options`, problem);
    }
    const flag = Object.hasOwn(FLAGS, option) ? FLAGS[option] : undefined;
    if (flag === undefined) data.push(option);
    else flags = flag[0] ? flags & ~flag[1] : flags | flag[1];
  }
  const joined = data.join(",");
  if (Buffer.byteLength(joined) > MAX_DATA_BYTES) {
    throw new SpecError(`${path}.options`, "mount options is too long");
  }
  return { flags, data: joined };
}

/**
 * Mounts all of `mounts` on `rootfs`, in order. On a failure, what it had mounted is taken down again. `toUserns` gives a
 * user namespace that has these mappings.
 * @throws TaskError unknown, with the whole text for the client
 */
export async function mountRootfs(
  mounts: readonly RootfsMount[],
  rootfs: string,
  toUserns: (mappings: IdMappings) => Promise<Fd>,
): Promise<void> {
  using stack = new DisposableStack();
  const openDirectory = (path: string): string =>
    `/proc/self/fd/${stack.use(open(path, c.O_PATH | c.O_DIRECTORY)).raw}`;
  try {
    // Nothing is mounted before all of it was understood.
    const parsed = mounts.map((one, index) => {
      const path = `rootfs[${index}]`;
      const { options, idMap } = takeIdMaps(one.options, path);
      const fitting = one.type === "overlay" ? shortenLayers(options, openDirectory) : options;
      return { one, path, options, idMap, ...toMountOptions(fitting, path) };
    });
    for (const { one, path, options, idMap, flags, data } of parsed) {
      if (idMap === undefined) await mountOne(one, rootfs, flags, data);
      else await mountMapped({ one, rootfs, path, options, userns: await toUserns(idMap) });
    }
  } catch (error) {
    await unmountRecursive(rootfs);
    const where = error instanceof SpecError ? `${error.path}: ` : "";
    const text = `failed to mount rootfs component: ${where}${errorText(error)}`;
    throw new TaskError("unknown", text, { cause: error });
  }
}

async function mountMapped(mapped: {
  readonly one: RootfsMount;
  readonly rootfs: string;
  readonly path: string;
  readonly options: readonly string[];
  readonly userns: Fd;
}): Promise<void> {
  const { one, rootfs, path, options, userns } = mapped;
  const directory = layersDirectory(rootfs);
  using layers =
    one.type === "overlay" ? await mapLowerLayers(options, { path, userns, directory }) : undefined;
  using opened = new DisposableStack();
  const fitting =
    layers === undefined
      ? options
      : shortenLayers(
          layers.options,
          (layer) => `/proc/self/fd/${opened.use(open(layer, c.O_PATH | c.O_DIRECTORY)).raw}`,
        );
  const { flags, data } = toMountOptions(fitting, path);
  await mountOne(one, rootfs, flags, data);
  if (layers !== undefined) return;
  using root = open(rootfs, c.O_PATH | c.O_DIRECTORY);
  using target = one.target === "" ? undefined : resolveBelow(root, one.target);
  mapMount(target ?? root, userns);
}

async function mountOne(
  one: RootfsMount,
  rootfs: string,
  flags: number,
  data: string,
): Promise<void> {
  using root = open(rootfs, c.O_PATH | c.O_DIRECTORY);
  using target = one.target === "" ? undefined : resolveBelow(root, one.target);
  // A descriptor, not a path: nobody can move the target away between the check and the mount.
  const path = `/proc/self/fd/${(target ?? root).raw}`;
  const { source, type } = one;
  const remountReadOnly = c.MS_BIND | c.MS_RDONLY;
  await mount({
    source,
    target: path,
    type,
    flags: flags & ~(flags & c.MS_BIND ? c.MS_RDONLY : 0),
    data,
  });
  if ((flags & remountReadOnly) !== remountReadOnly) return;
  // mount(2): a bind ignores every other flag; they need a remount, on what is now on top.
  using top = open(rootfs, c.O_PATH | c.O_DIRECTORY);
  using topTarget = one.target === "" ? undefined : resolveBelow(top, one.target);
  const onTop = `/proc/self/fd/${(topTarget ?? top).raw}`;
  await mount({ source, target: onTop, type, flags: (flags & ~c.MS_REC) | c.MS_REMOUNT, data: "" });
}

function resolveBelow(root: Fd, path: string): Fd {
  return openAt2(root, path, { flags: c.O_PATH, resolve: c.RESOLVE_IN_ROOT });
}

/** Where a bundle's mount list is mounted, whatever root.path of its config.json says. */
export function mountedRootfs(bundle: string): string {
  return join(bundle, "rootfs");
}

/** Unmounts everything at and below `path`, topmost first. A path that is no mount point (or is gone) is fine. */
export async function unmountRecursive(path: string): Promise<void> {
  const real = realPath(path);
  if (real === undefined) return;
  const below = `${real}/`;
  const targets = readMountInfo()
    .map((entry) => entry.mountPoint)
    .filter((point) => point === real || point.startsWith(below))
    .reverse();
  for (const target of targets) await unmountOne(target);
}

/** The path without symbolic links, as mountinfo has it: containerd's state directory may be behind one. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

async function unmountOne(target: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await unmount(target, c.UMOUNT_NOFOLLOW);
      return;
    } catch (error) {
      // EINVAL: not a mount point (any more); ENOENT: gone with its parent.
      if (isErrno(error, "EINVAL", "ENOENT")) return;
      if (!isErrno(error, "EBUSY") || attempt >= UNMOUNT_ATTEMPTS) throw error;
    }
    await sleep(UNMOUNT_PAUSE_MS);
  }
}

/** Makes the mount point `<bundle>/rootfs`. */
export function makeRootfsDirectory(rootfs: string): void {
  mkdirSync(rootfs, { recursive: true, mode: 0o711 });
}
