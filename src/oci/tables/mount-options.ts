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
  | { readonly kind: "propagation"; readonly flag: bigint; readonly recursive: boolean }
  | { readonly kind: "bind"; readonly recursive: boolean }
  /** The mount, or the tree of mounts, is id-mapped. */
  | { readonly kind: "idmap"; readonly recursive: boolean }
  /** Means nothing for a container; the reference implementation accepts it. */
  | { readonly kind: "nothing" }
  | { readonly kind: "unsupported" };

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
const nothing: MountOption = { kind: "nothing" };
const unsupported: MountOption = { kind: "unsupported" };

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
  ["noiversion", nothing],

  ["iversion", unsupported],
  ["remount", unsupported],
  ["tmpcopyup", unsupported],
  ["rro", unsupported],
  ["rrw", unsupported],
  ["rnosuid", unsupported],
  ["rsuid", unsupported],
  ["rnodev", unsupported],
  ["rdev", unsupported],
  ["rnoexec", unsupported],
  ["rexec", unsupported],
  ["rnodiratime", unsupported],
  ["rdiratime", unsupported],
  ["rrelatime", unsupported],
  ["rnorelatime", unsupported],
  ["rnoatime", unsupported],
  ["ratime", unsupported],
  ["rstrictatime", unsupported],
  ["rnostrictatime", unsupported],
  ["rnosymfollow", unsupported],
  ["rsymfollow", unsupported],
] satisfies [string, MountOption][]);
