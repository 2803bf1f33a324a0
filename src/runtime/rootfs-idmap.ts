// SPDX-License-Identifier: Apache-2.0
// Root filesystems of user namespaces that a snapshotter did not copy: their mounts carry `uidmap=` and `gidmap=`, and are
// id-mapped here. An overlay takes its lower layers through an id-mapped mount; anything else is mapped where it is mounted.

import { mkdirSync, rmdirSync } from "node:fs";
import { SpecError } from "../base/errors.ts";
import type { IdMapping, IdMappings } from "../oci/id-mappings.ts";
import {
  AT_EMPTY_PATH,
  MNT_DETACH,
  MOUNT_ATTR_IDMAP,
  MOUNT_ATTR_RDONLY,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_EMPTY_PATH,
  MS_PRIVATE,
  O_DIRECTORY,
  O_PATH,
  OPEN_TREE_CLONE,
} from "../sys/constants.ts";
import { type Fd, open } from "../sys/fd.ts";
import { mountSetattr, moveMount, openTree, openTreeAsync, unmountSync } from "../sys/mount.ts";
import { commonDirectory, LOWERDIR, withLayers } from "./overlay-layers.ts";

const OPTION = /^(uid|gid)map=(.*)$/;

/** Takes `uidmap=` and `gidmap=` out of the option words of a mount; of two of a kind the later one counts. @throws SpecError */
export function takeIdMaps(
  options: readonly string[],
  path: string,
): { readonly options: readonly string[]; readonly idMap: IdMappings | undefined } {
  const found = new Map<string, readonly IdMapping[]>();
  const rest = options.filter((option) => {
    const [, kind, text = ""] = OPTION.exec(option) ?? [];
    if (kind === undefined) return true;
    found.set(
      kind,
      text.split(",").map((entry) => parseEntry(entry, option, path)),
    );
    return false;
  });
  const uids = found.get("uid");
  const gids = found.get("gid");
  if (uids === undefined && gids === undefined) return { options, idMap: undefined };
  if (uids === undefined || gids === undefined) {
    throw new SpecError(`${path}.options`, "uidmap and gidmap must be given together");
  }
  return { options: rest, idMap: { uids, gids } };
}

function parseEntry(entry: string, option: string, path: string): IdMapping {
  const [, containerId, hostId, size] = /^(\d{1,10}):(\d{1,10}):(\d{1,10})$/.exec(entry) ?? [];
  if (containerId === undefined || hostId === undefined || size === undefined) {
    const problem = `mount option "${option}" is not of the form container-id:host-id:size`;
    throw new SpecError(`${path}.options`, problem);
  }
  return { containerId: Number(containerId), hostId: Number(hostId), size: Number(size) };
}

/**
 * Lays an id-mapped copy of the mount at `place` over it. That becomes private: where / is shared, a bind is a peer of the mount
 * that it comes from, and what is laid over its root would lie over its source on the host as well.
 */
export function mapMount(place: Fd, userns: Fd): void {
  mountSetattr(place, "", AT_EMPTY_PATH, { propagation: MS_PRIVATE });
  using copy = openTree(place, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
  mountSetattr(copy, "", AT_EMPTY_PATH, { set: MOUNT_ATTR_IDMAP, userns });
  attach(copy, place);
}

/** The options of an overlay, with its layers below an id-mapped mount, which is needed until the overlay is mounted. */
export interface MappedLayers extends Disposable {
  readonly options: readonly string[];
}

/** Where the lower layers of `rootfs` are shown while it is being mounted: `delete` looks there, too. */
export function layersDirectory(rootfs: string): string {
  return `${rootfs}.layers`;
}

/**
 * Shows the directory that all lower layers are in through an id-mapped mount on `directory`, which is made and removed again.
 * It is read-only: nothing that cleans up directories can ever reach an image through it.
 * @throws SpecError if the layers have no directory in common
 */
export async function mapLowerLayers(
  options: readonly string[],
  {
    path,
    userns,
    directory,
  }: { readonly path: string; readonly userns: Fd; readonly directory: string },
): Promise<MappedLayers> {
  const layers = options.find((option) => option.startsWith(LOWERDIR))?.slice(LOWERDIR.length);
  const paths = layers?.split(":") ?? [];
  const common = commonDirectory(paths);
  if (common === "") {
    const problem = "lower layers that are to be id-mapped have no directory in common";
    throw new SpecError(`${path}.options`, problem);
  }
  using stack = new DisposableStack();
  mkdirSync(directory, { mode: 0o700 });
  stack.defer(() => rmdirSync(directory));
  {
    using copy = await openTreeAsync(common, OPEN_TREE_CLONE);
    const set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_RDONLY;
    mountSetattr(copy, "", AT_EMPTY_PATH, { set, propagation: MS_PRIVATE, userns });
    using place = open(directory, O_PATH | O_DIRECTORY);
    attach(copy, place);
    stack.defer(() => unmountSync(directory, MNT_DETACH));
  }
  const mapped = withLayers(
    options,
    paths.map((one) => directory + one.slice(common.length)),
  );
  const kept = stack.move();
  return { options: mapped, [Symbol.dispose]: () => kept.dispose() };
}

function attach(mount: Fd, place: Fd): void {
  moveMount(
    { fd: mount, path: "" },
    { fd: place, path: "" },
    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH,
  );
}
