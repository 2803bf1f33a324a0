// SPDX-License-Identifier: Apache-2.0
// Rows: `linux` but for resources and seccomp.

import type { Chapter } from "./support.ts";

const USER_NAMESPACES = "src/runtime/user-namespaces.root.test.ts";
const BETWEEN =
  "integration/two-phase.test.ts#between Create and Start its namespaces and cgroup exist and are its own";
const JOINS = [
  "integration/joined-namespaces.test.ts#a second container joins the",
  "integration/ctr-flags.test.ts#namespace of another container",
];

const namespace = (type: string, how: string, ...tests: readonly string[]) => ({
  fields: ["linux.namespaces[].type"],
  words: [type],
  how,
  tests,
  runc: "yes",
  crun: "yes",
});

const NAMESPACES: Chapter["rows"] = [
  {
    ...namespace(
      "mount",
      "new or joined; without one the container is refused: its mounts would be the host's",
      BETWEEN,
      "src/runtime/joined-namespace.test.ts#a container can't have the runtime's own mount namespace",
    ),
    runc: "without one: chroot(2)",
    crun: "without one: chroot(2)",
  },
  namespace(
    "pid",
    "new or joined, with every combination of user namespaces",
    "integration/joined-namespaces.test.ts#a container that joins a pid namespace sees its processes and outlives none of its own",
    `${USER_NAMESPACES}#processes, ids, exec`,
  ),
  namespace(
    "network",
    "new, with `lo` up, or joined",
    ...JOINS,
    "integration/ctr-flags.test.ts#ctr run: CNI finds the network namespace between create and start",
  ),
  namespace("ipc", "new or joined", BETWEEN, ...JOINS),
  namespace("uts", "new or joined", BETWEEN, ...JOINS),
  namespace(
    "user",
    "new or joined, held by a helper process until init has joined it",
    "integration/user-namespaces.test.ts#root of a user namespace is root inside and another user on the host",
    "integration/user-namespaces.test.ts#two containers share a user namespace and a pid namespace",
    `${USER_NAMESPACES}#processes, ids, exec`,
  ),
  namespace("cgroup", "new, in the container's cgroup, or joined", BETWEEN, JOINS[1] ?? ""),
  namespace(
    "time",
    "new or joined",
    "integration/time-namespaces.test.ts#offsets are seen by a container and its execs, and the wall clock has none",
    "integration/time-namespaces.test.ts#a container joins the time namespace of another",
  ),
];

export const LINUX: Chapter = {
  title: "Linux",
  rows: [
    ...NAMESPACES,
    {
      fields: ["linux.namespaces[].path"],
      how: "opened before anything is made, checked for its type",
      tests: [
        "integration/joined-namespaces.test.ts#a second container joins the",
        "integration/joined-namespaces.test.ts#a namespace that does not exist fails the create",
        "src/runtime/joined-namespace.test.ts#a path that leads to nothing is told with its type",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["containerID", "hostID", "size"].map((name) => `linux.*idMappings[].${name}`),
      how: "written by the runtime; beside a path they must be those of the namespace",
      tests: [
        "src/oci/user-namespace.test.ts#a mapping that no kernel takes is refused by its field",
        "src/oci/user-namespace.test.ts#mappings beside a path must be those of the namespace",
        "integration/user-namespaces.test.ts#ctr run with id maps in several pieces",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["linux.timeOffsets.*.secs", "linux.timeOffsets.*.nanosecs"],
      how: "timens_offsets of the new time namespace",
      tests: [
        "integration/time-namespaces.test.ts#offsets are seen by a container and its execs, and the wall clock has none",
        "src/runtime/user-namespaces.root.test.ts#offsets that the kernel does not take name the field",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: "type path major minor fileMode uid gid"
        .split(" ")
        .map((name) => `linux.devices[].${name}`),
      words: ["c", "u", "b", "p"],
      how: "mknodat(2) below the root, verified, then mode and owner; the host's node bound in a user namespace, or on EPERM",
      tests: [
        "integration/harness/mount-cases.ts#devices of every type are made with their modes and owners",
        "native/init/ops-detached.test.ts#a device that may not be made is bound instead, and what is there stays",
        "src/oci/devices.test.ts#types, modes and numbers are those of the kernel",
        "src/runtime/user-namespaces.root.test.ts#a new user namespace without privilege over the host still has its devices",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["linux.netDevices.*.name"],
      how: "moved by rtnetlink, with its permanent global addresses, renamed on the way; given back as it was when Create fails",
      tests: [
        "src/oci/net-devices.test.ts#a device keeps its name unless it is given another",
        "src/runtime/net-devices.root.test.ts#a device moves with its addresses",
        "src/runtime/net-devices.root.test.ts#a device comes back as it was when a hook fails",
        "integration/net-devices.test.ts#a device of the host is the container's until that ends",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["linux.cgroupsPath"],
      how: "a path, absolute or below the runtime's own, or `slice:prefix:name` for a unit of systemd",
      tests: [
        "src/cgroup/paths.test.ts#the root cgroup and unprintable names are refused",
        "src/cgroup/systemd-path.test.ts#slice, prefix and name make a scope; without them it is named by the id",
        "integration/systemd-inside.ts#a path slice:prefix:name is a scope in that slice, with every process of the container",
        "integration/ctr-flags.test.ts#ctr run: the cgroup is the one that was named",
      ],
      runc: "by a flag",
      crun: "by a flag",
    },
    {
      fields: ["linux.sysctl.*"],
      how: "written through a verified procfs; only what belongs to a namespace of the container's own",
      tests: [
        "integration/sysctl.test.ts#a container reads the sysctls that it was given, also behind a read-only /proc/sys",
        "src/oci/sysctl.test.ts#a sysctl needs a namespace of the container's own",
        "src/runtime/sysctl.root.test.ts#what Docker and CRI always set is set inside and not outside",
        "integration/sysctl.test.ts#what belongs to no namespace can't be changed",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["linux.rootfsPropagation"],
      words: ["private", "shared", "slave", "unbindable"],
      how: "of `/` in the container; the r-forms, too. `slave` without it",
      tests: [
        "integration/harness/mount-cases.ts#has the peers",
        "src/oci/compile.test.ts#mounts follow the host and send nothing back unless the root is to be shared",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["linux.maskedPaths"],
      how: "the container's /dev/null, verified, or one empty read-only tmpfs for all directories, on a descriptor",
      tests: [
        "src/runtime/mounts.root.test.ts#what masks directories is one empty filesystem for all, and a path is masked once",
        "integration/harness/mount-cases.ts#a read-only root has masked and read-only paths",
        "src/oci/parse.test.ts#masked and read-only paths count once",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["linux.readonlyPaths"],
      how: "bound on themselves, read-only, with the other attributes that they have",
      tests: [
        "integration/harness/mount-cases.ts#a read-only root has masked and read-only paths",
        "src/oci/parse.test.ts#masked and read-only paths count once",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["linux.mountLabel"],
      how: "`context=` of new filesystems but for those that take none",
      tests: [
        "src/oci/labels.test.ts#new filesystems have the label of mounts, but those that can't; a bind keeps its own",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["linux.personality.domain", "linux.personality.flags"],
      words: ["LINUX", "LINUX32"],
      how: "personality(2), of execs too; flags are ignored with a warning: the specification knows none",
      tests: [
        "src/oci/traits.test.ts#a personality is LINUX or LINUX32; flags are ignored with a warning, as in runc",
        "src/runtime/traits.root.test.ts#a personality is that of the container and its execs, whatever its seccomp filter says of it",
        "integration/process-traits.test.ts#a container and its execs are treated as their configuration says",
      ],
      runc: "no flags",
      crun: "no flags",
    },
    {
      fields: ["nodes", "flags"].map((name) => `linux.memoryPolicy.${name}`),
      words: "NUMA_BALANCING RELATIVE_NODES STATIC_NODES"
        .split(" ")
        .map((name) => `MPOL_F_${name}`),
      how: "set_mempolicy(2), of execs too",
      tests: [
        "src/oci/traits.test.ts#a memory policy that makes no sense is refused in the words of runc",
        "src/runtime/traits.root.test.ts#a memory policy is that of the container and its execs",
        "integration/process-traits.test.ts#a container and its execs are treated as their configuration says",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["linux.memoryPolicy.mode"],
      words: "DEFAULT BIND INTERLEAVE WEIGHTED_INTERLEAVE PREFERRED PREFERRED_MANY LOCAL"
        .split(" ")
        .map((name) => `MPOL_${name}`),
      how: "as in set_mempolicy(2); one that the kernel does not have fails create",
      tests: [
        "src/oci/traits.test.ts#every mode and flag of a memory policy becomes the kernel's",
        "src/runtime/traits.root.test.ts#a node that the machine does not have fails create",
        "native/init/ops-sched.test.ts#a memory policy is that of the program",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: "closID schemata l3CacheSchema memBwSchema enableMonitoring"
        .split(" ")
        .map((name) => `linux.intelRdt.${name}`),
      how: "a class of resctrl, its own or a named one, and a group in it that counts; execs join; what is its own ends with it",
      tests: [
        "src/oci/intel-rdt.test.ts#a class of service has a name right below the root",
        "src/cgroup/resctrl.test.ts#a container without a named class gets one of its own, which ends with it",
        "src/cgroup/resctrl.test.ts#a class that was named is made if it is to have shares, and stays",
        "src/cgroup/resctrl.test.ts#shares are written once: the cache, then the bandwidth",
        "src/cgroup/resctrl.test.ts#processes of an exec join the class and the group that counts",
        "src/cgroup/resctrl.test.ts#a group that counts is the container's own",
        "src/runtime/remove.test.ts#groups of resctrl go with a container whose shim is gone",
        "src/runtime/plan-limits.test.ts#a class of resctrl has the container's name, or its own, and the lines of its share",
      ],
      runc: "yes",
      crun: "yes",
    },
  ],
};
