// SPDX-License-Identifier: Apache-2.0
// Rows: mounts and their options.

import type { Chapter } from "./support.ts";

const idMaps = {
  how: "open_tree(2) and mount_setattr(2) by the runtime; without mappings those of the user namespace",
  tests: [
    "src/runtime/user-namespaces.root.test.ts#an id-mapped mount shows the files of the source as those of the container's root",
    "src/runtime/user-namespaces.root.test.ts#ridmap reaches the mounts below, idmap does not",
    "src/oci/user-namespace.test.ts#an id-mapped mount is a bind that has both mappings",
  ],
  runc: "yes",
  crun: "yes",
};

export const MOUNTS: Chapter = {
  title: "Mounts",
  rows: [
    {
      fields: ["mounts[].destination"],
      how: "resolved by the kernel below the root (openat2), made where it is missing; rules for /proc and /sys",
      tests: [
        "src/runtime/hostile.root.test.ts#mounts and devices stay in a root filesystem whose directories are links out of it",
        "src/oci/mounts.test.ts#over /proc goes a procfs only",
        "src/oci/mounts.test.ts#proc and sysfs go on ordinary directories",
        "src/runtime/mounts.root.test.ts#a mount never lies over the root itself, whatever links the image has",
        "src/oci/parse.test.ts#a relative destination is accepted with a warning",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["mounts[].source"],
      how: "of a bind: relative to the bundle, opened by the runtime in a user namespace; else the filesystem's",
      tests: [
        "src/oci/mounts.test.ts#a relative bind source is in the bundle",
        "src/runtime/user-namespaces.root.test.ts#the source of a bind may be in a directory that the container's root may not enter",
        "src/runtime/runtime.root.test.ts#create fails for a source that does not exist, and names the mount",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["mounts[].type"],
      how: "any filesystem of the kernel; `cgroup` and `cgroup2` show the own cgroups; a tmpfs has the mode of the directory that it covers",
      tests: [
        "integration/harness/mount-cases.ts#a tmpfs has size, owner, mode and number of inodes",
        "integration/harness/mount-cases.ts#a message queue file system is the container's",
        "integration/harness/mount-cases.ts#terminals have the mode and group that were asked for",
        "src/runtime/mounts.root.test.ts#a filesystem of any type is mounted with its options",
        "src/runtime/mounts.root.test.ts#a tmpfs has the mode of the directory that it covers, also of one in another mount",
        "src/oci/cgroup-mount.test.ts#root of a user namespace owns its cgroup if it sees it alone and may write there",
        "integration/cgroup-mounts.test.ts#the same as with runc",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["mounts[].options"],
      how: "the words below; all others are the filesystem's own, through fsconfig(2) or mount(2)",
      tests: [
        "integration/harness/mount-cases.ts#a tmpfs has size, owner, mode and number of inodes",
        "src/oci/mount-options.test.ts#words become attributes, superblock flags and options of the filesystem",
        "src/oci/mounts.test.ts#a value that is too long for the newer mount calls goes through mount(2), up to a page",
        "src/oci/features.test.ts#every mount option that is promised is accepted",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["mounts[].options"],
      words: ["bind", "rbind"],
      how: "open_tree(2) and move_mount(2) to the descriptor of the destination",
      tests: [
        "src/oci/mounts.test.ts#only the words bind and rbind make a bind",
        "integration/harness/mount-cases.ts#a file, a socket and a device are bound",
        "native/init/race.test.ts#nothing leaves the root while someone swaps a directory and a link",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["mounts[].options"],
      words:
        "ro rw nosuid suid nodev dev noexec exec nodiratime diratime nosymfollow symfollow".split(
          " ",
        ),
      how: "attributes of the mount (mount_setattr(2)); what the source of a bind forbids stays in a user namespace",
      tests: [
        "src/oci/mount-options.test.ts#of two words about the same thing the later one counts",
        "src/oci/mount-options.test.ts#a bind without words about attributes keeps those of its source",
        "src/runtime/user-namespaces.root.test.ts#what the host forbids on a mount stays forbidden in a user namespace",
        "src/runtime/mounts.root.test.ts#a tmpfs becomes read-only although somebody has just opened a file of it, and nothing else does",
        "integration/harness/ctr-cases.ts#options of a bind mount are set on the mount",
        "integration/mounts.test.ts#the same as with runc",
      ],
      runc: "yes",
      crun: "no nosymfollow, symfollow",
    },
    {
      fields: ["mounts[].options"],
      words: "relatime norelatime noatime atime strictatime nostrictatime".split(" "),
      how: "access times, as a whole",
      tests: [
        "src/runtime/mounts.root.test.ts#access times and flags of the superblock are those of the options",
        "integration/harness/mount-cases.ts#has the attributes",
        "src/oci/mount-options.test.ts#of the access time modes that are on, the strict one wins, then none",
        "src/oci/mount-options.test.ts#access times of a bind change only by words about them, and then as a whole",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["mounts[].options"],
      words: "sync async dirsync lazytime nolazytime mand nomand iversion noiversion".split(" "),
      how: "flags of the superblock; without effect on a bind, as mount(2) says",
      tests: [
        "src/runtime/mounts.root.test.ts#access times and flags of the superblock are those of the options",
        "src/oci/mount-options.test.ts#superblock flags on a bind have no effect and are no options of a filesystem",
        "src/oci/mount-options.test.ts#i_version is asked of the filesystem",
      ],
      runc: "yes",
      crun: "no lazytime, nolazytime, iversion, noiversion",
    },
    {
      fields: ["mounts[].options"],
      words: "private rprivate slave rslave shared rshared unbindable runbindable".split(" "),
      how: "propagation, each in the order given",
      tests: [
        "src/oci/mount-options.test.ts#propagation is kept in the order given",
        "integration/harness/mount-cases.ts#has the peers",
        "integration/mounts.test.ts#mounts: one that is made in a volume is seen on the other side, where both share it",
        "integration/mounts.test.ts#mounts: a volume that is a slave follows the host and sends nothing back",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["mounts[].options"],
      words: (
        "rro rrw rnosuid rsuid rnodev rdev rnoexec rexec rnodiratime rdiratime rnosymfollow rsymfollow " +
        "rrelatime rnorelatime rnoatime ratime rstrictatime rnostrictatime"
      ).split(" "),
      how: "attributes of every mount of the tree, set before anybody sees it (Linux 5.12)",
      tests: [
        "src/oci/mount-options.test.ts#recursive attributes are those of every mount of the tree",
        "src/oci/mounts.test.ts#recursive attributes are set before anybody sees the tree",
        "src/runtime/mounts.root.test.ts#a volume that is read-only as a whole is so in what is mounted in it",
        "integration/harness/mount-cases.ts#a volume is read-only",
        "integration/harness/mount-cases.ts#has the attributes",
      ],
      runc: "yes",
      crun: "no rnosymfollow, rsymfollow",
    },
    {
      fields: ["mounts[].options"],
      words: ["tmpcopyup"],
      how: "a tmpfs begins with what it covers, copied by descriptors in init",
      tests: [
        "integration/harness/mount-cases.ts#a tmpfs over a directory with its contents has them",
        "src/runtime/mounts.root.test.ts#a tmpfs is filled with nothing from outside, whatever links the image has",
        "native/init/ops-tree.test.ts#copy_tree copies the extended attributes that a tmpfs takes",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["mounts[].options"],
      words: ["remount"],
      how: "changes what is mounted at the destination",
      tests: [
        "integration/harness/mount-cases.ts#what is mounted can be changed by a later entry",
        "src/oci/mounts.test.ts#a remount changes what is mounted at the destination",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["mounts[].options"],
      words: ["defaults", "silent", "loud"],
      how: "no property of a mount: accepted, nothing done",
      tests: [
        "src/oci/mount-options.test.ts#words become attributes, superblock flags and options of the filesystem",
      ],
      runc: "`defaults` is passed to the filesystem",
      crun: "`defaults` only",
    },
    { fields: ["mounts[].options"], words: ["idmap", "ridmap"], ...idMaps },
    {
      fields: [
        "mounts[].*idMappings[].containerID",
        "mounts[].*idMappings[].hostID",
        "mounts[].*idMappings[].size",
      ],
      ...idMaps,
    },
  ],
};
