// SPDX-License-Identifier: Apache-2.0
// Mount options that are not options of one filesystem, and what each becomes. Data only. Options that are not in here are
// passed to the filesystem.

import { MOUNT_ATTR, MS } from "./kernel.ts";

export type MountOption =
  /** An attribute of the mount, set or cleared. */
  | { readonly kind: "attribute"; readonly attribute: bigint; readonly on: boolean }
  /** Access times: of the modes that are on, strictatime wins over noatime, and that over relatime. */
  | {
      readonly kind: "atime";
      readonly mode: "relatime" | "noatime" | "strictatime";
      readonly on: boolean;
    }
  /** A flag of the superblock, by the kernel's word for it. Without effect on a bind mount (mount(2)). */
  | { readonly kind: "superblock"; readonly word: string; readonly on: boolean }
  /** An attribute of the mount and of all that come with it. */
  | { readonly kind: "recursive"; readonly attribute: bigint; readonly on: boolean }
  | {
      readonly kind: "recursive-atime";
      readonly mode: "relatime" | "noatime" | "strictatime";
      readonly on: boolean;
    }
  | { readonly kind: "propagation"; readonly flag: bigint; readonly recursive: boolean }
  | { readonly kind: "bind"; readonly recursive: boolean }
  /** The mount, or the tree of mounts, is id-mapped. */
  | { readonly kind: "idmap"; readonly recursive: boolean }
  /** Changes what is mounted at the destination. */
  | { readonly kind: "remount" }
  /** A tmpfs begins with what it covers. */
  | { readonly kind: "copy-up" }
  /** Means nothing for a container; the reference implementation accepts it. */
  | { readonly kind: "nothing" };

const attribute = (bit: bigint, on: boolean): MountOption => ({
  kind: "attribute",
  attribute: bit,
  on,
});
const atime = (mode: "relatime" | "noatime" | "strictatime", on: boolean): MountOption => ({
  kind: "atime",
  mode,
  on,
});
const superblock = (word: string, on: boolean): MountOption => ({ kind: "superblock", word, on });
const propagation = (flag: bigint, recursive: boolean): MountOption => ({
  kind: "propagation",
  flag,
  recursive,
});
const recursive = (bit: bigint, on: boolean): MountOption => ({
  kind: "recursive",
  attribute: bit,
  on,
});
const recursiveAtime = (
  mode: "relatime" | "noatime" | "strictatime",
  on: boolean,
): MountOption => ({
  kind: "recursive-atime",
  mode,
  on,
});
const nothing: MountOption = { kind: "nothing" };

export const MOUNT_OPTIONS: ReadonlyMap<string, MountOption> = new Map([
  ["bind", { kind: "bind", recursive: false }],
  ["rbind", { kind: "bind", recursive: true }],

  ["ro", attribute(MOUNT_ATTR.RDONLY, true)],
  ["rw", attribute(MOUNT_ATTR.RDONLY, false)],
  ["nosuid", attribute(MOUNT_ATTR.NOSUID, true)],
  ["suid", attribute(MOUNT_ATTR.NOSUID, false)],
  ["nodev", attribute(MOUNT_ATTR.NODEV, true)],
  ["dev", attribute(MOUNT_ATTR.NODEV, false)],
  ["noexec", attribute(MOUNT_ATTR.NOEXEC, true)],
  ["exec", attribute(MOUNT_ATTR.NOEXEC, false)],
  ["nodiratime", attribute(MOUNT_ATTR.NODIRATIME, true)],
  ["diratime", attribute(MOUNT_ATTR.NODIRATIME, false)],
  ["nosymfollow", attribute(MOUNT_ATTR.NOSYMFOLLOW, true)],
  ["symfollow", attribute(MOUNT_ATTR.NOSYMFOLLOW, false)],

  ["relatime", atime("relatime", true)],
  ["norelatime", atime("relatime", false)],
  ["noatime", atime("noatime", true)],
  ["atime", atime("noatime", false)],
  ["strictatime", atime("strictatime", true)],
  ["nostrictatime", atime("strictatime", false)],

  ["sync", superblock("sync", true)],
  ["async", superblock("sync", false)],
  ["dirsync", superblock("dirsync", true)],
  ["lazytime", superblock("lazytime", true)],
  ["nolazytime", superblock("lazytime", false)],
  ["mand", superblock("mand", true)],
  ["nomand", superblock("mand", false)],
  ["iversion", superblock("iversion", true)],
  ["noiversion", superblock("iversion", false)],

  ["private", propagation(MS.PRIVATE, false)],
  ["rprivate", propagation(MS.PRIVATE, true)],
  ["slave", propagation(MS.SLAVE, false)],
  ["rslave", propagation(MS.SLAVE, true)],
  ["shared", propagation(MS.SHARED, false)],
  ["rshared", propagation(MS.SHARED, true)],
  ["unbindable", propagation(MS.UNBINDABLE, false)],
  ["runbindable", propagation(MS.UNBINDABLE, true)],

  ["idmap", { kind: "idmap", recursive: false }],
  ["ridmap", { kind: "idmap", recursive: true }],

  ["defaults", nothing],
  // What the kernel logs about a mount is no property of it.
  ["silent", nothing],
  ["loud", nothing],

  ["remount", { kind: "remount" }],
  ["tmpcopyup", { kind: "copy-up" }],

  ["rro", recursive(MOUNT_ATTR.RDONLY, true)],
  ["rrw", recursive(MOUNT_ATTR.RDONLY, false)],
  ["rnosuid", recursive(MOUNT_ATTR.NOSUID, true)],
  ["rsuid", recursive(MOUNT_ATTR.NOSUID, false)],
  ["rnodev", recursive(MOUNT_ATTR.NODEV, true)],
  ["rdev", recursive(MOUNT_ATTR.NODEV, false)],
  ["rnoexec", recursive(MOUNT_ATTR.NOEXEC, true)],
  ["rexec", recursive(MOUNT_ATTR.NOEXEC, false)],
  ["rnodiratime", recursive(MOUNT_ATTR.NODIRATIME, true)],
  ["rdiratime", recursive(MOUNT_ATTR.NODIRATIME, false)],
  ["rnosymfollow", recursive(MOUNT_ATTR.NOSYMFOLLOW, true)],
  ["rsymfollow", recursive(MOUNT_ATTR.NOSYMFOLLOW, false)],

  ["rrelatime", recursiveAtime("relatime", true)],
  ["rnorelatime", recursiveAtime("relatime", false)],
  ["rnoatime", recursiveAtime("noatime", true)],
  ["ratime", recursiveAtime("noatime", false)],
  ["rstrictatime", recursiveAtime("strictatime", true)],
  ["rnostrictatime", recursiveAtime("strictatime", false)],
] satisfies [string, MountOption][]);
