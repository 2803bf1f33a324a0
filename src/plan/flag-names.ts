// SPDX-License-Identifier: Apache-2.0
// The kernel's names of the bits that plans use, for people. Data only. Higher bits that contain lower ones come first.

/** Names of bits, in the order in which they are taken out of a value. */
export type FlagNames = readonly (readonly [name: string, bits: bigint])[];

/** open(2). */
export const OPEN_FLAGS: FlagNames = [
  ["O_TMPFILE", 0x410000n],
  ["O_SYNC", 0x101000n],
  ["O_PATH", 0x200000n],
  ["O_CLOEXEC", 0x80000n],
  ["O_NOFOLLOW", 0x20000n],
  ["O_DIRECTORY", 0x10000n],
  ["O_NONBLOCK", 0x800n],
  ["O_APPEND", 0x400n],
  ["O_TRUNC", 0x200n],
  ["O_NOCTTY", 0x100n],
  ["O_EXCL", 0x80n],
  ["O_CREAT", 0x40n],
  ["O_RDWR", 0x2n],
  ["O_WRONLY", 0x1n],
];

/** openat2(2). */
export const RESOLVE_FLAGS: FlagNames = [
  ["NO_XDEV", 0x1n],
  ["NO_MAGICLINKS", 0x2n],
  ["NO_SYMLINKS", 0x4n],
  ["BENEATH", 0x8n],
  ["IN_ROOT", 0x10n],
  ["CACHED", 0x20n],
];

/** clone(2), unshare(2), setns(2). */
export const CLONE_FLAGS: FlagNames = [
  ["CLONE_INTO_CGROUP", 0x2_0000_0000n],
  ["CLONE_NEWNET", 0x4000_0000n],
  ["CLONE_NEWPID", 0x2000_0000n],
  ["CLONE_NEWUSER", 0x1000_0000n],
  ["CLONE_NEWIPC", 0x800_0000n],
  ["CLONE_NEWUTS", 0x400_0000n],
  ["CLONE_NEWCGROUP", 0x200_0000n],
  ["CLONE_NEWNS", 0x2_0000n],
  ["CLONE_PARENT", 0x8000n],
  ["CLONE_VFORK", 0x4000n],
  ["CLONE_PIDFD", 0x1000n],
  ["CLONE_VM", 0x100n],
  ["CLONE_NEWTIME", 0x80n],
];

/** mount_setattr(2), fsmount(2). */
export const MOUNT_ATTRS: FlagNames = [
  ["NOSYMFOLLOW", 0x20_0000n],
  ["IDMAP", 0x10_0000n],
  ["NODIRATIME", 0x80n],
  ["_ATIME", 0x70n],
  ["STRICTATIME", 0x20n],
  ["NOATIME", 0x10n],
  ["NOEXEC", 0x8n],
  ["NODEV", 0x4n],
  ["NOSUID", 0x2n],
  ["RDONLY", 0x1n],
];

/** mount(2). */
export const MOUNT_FLAGS: FlagNames = [
  ["LAZYTIME", 0x200_0000n],
  ["STRICTATIME", 0x100_0000n],
  ["I_VERSION", 0x80_0000n],
  ["NODIRATIME", 0x800n],
  ["NOATIME", 0x400n],
  ["NOSYMFOLLOW", 0x100n],
  ["DIRSYNC", 0x80n],
  ["MANDLOCK", 0x40n],
  ["REMOUNT", 0x20n],
  ["SYNCHRONOUS", 0x10n],
  ["NOEXEC", 0x8n],
  ["NODEV", 0x4n],
  ["NOSUID", 0x2n],
  ["RDONLY", 0x1n],
];

/** Propagation types, as mount_setattr(2) takes them. */
export const PROPAGATION: FlagNames = [
  ["SHARED", 0x10_0000n],
  ["SLAVE", 0x8_0000n],
  ["PRIVATE", 0x4_0000n],
  ["UNBINDABLE", 0x2_0000n],
];

/** seccomp(2). */
export const SECCOMP_FLAGS: FlagNames = [
  ["WAIT_KILLABLE_RECV", 0x20n],
  ["NEW_LISTENER", 0x8n],
  ["SPEC_ALLOW", 0x4n],
  ["LOG", 0x2n],
  ["TSYNC", 0x1n],
];

/** sched_setattr(2): policies by number. */
export const SCHEDULER_POLICIES = ["OTHER", "FIFO", "RR", "BATCH", "ISO", "IDLE", "DEADLINE"];

/** sched_setattr(2). */
export const SCHEDULER_FLAGS: FlagNames = [
  ["RESET_ON_FORK", 0x1n],
  ["RECLAIM", 0x2n],
  ["DL_OVERRUN", 0x4n],
  ["KEEP_POLICY", 0x8n],
  ["KEEP_PARAMS", 0x10n],
  ["UTIL_CLAMP_MIN", 0x20n],
  ["UTIL_CLAMP_MAX", 0x40n],
];

/** ioprio_set(2): classes by number. */
export const IO_PRIORITY_CLASSES = ["NONE", "RT", "BE", "IDLE"];

/** set_mempolicy(2): modes by number. */
export const MEMORY_POLICIES = [
  "DEFAULT",
  "PREFERRED",
  "BIND",
  "INTERLEAVE",
  "LOCAL",
  "PREFERRED_MANY",
  "WEIGHTED_INTERLEAVE",
];

/** set_mempolicy(2): what is in a mode besides its number. */
export const MEMORY_POLICY_FLAGS: FlagNames = [
  ["STATIC_NODES", 0x8000n],
  ["RELATIVE_NODES", 0x4000n],
  ["NUMA_BALANCING", 0x2000n],
];

/** personality(2). */
export const PERSONALITIES: FlagNames = [["LINUX32", 0x8n]];

/** Names of the capabilities by number. */
export const CAPABILITIES: FlagNames = [
  "CHOWN",
  "DAC_OVERRIDE",
  "DAC_READ_SEARCH",
  "FOWNER",
  "FSETID",
  "KILL",
  "SETGID",
  "SETUID",
  "SETPCAP",
  "LINUX_IMMUTABLE",
  "NET_BIND_SERVICE",
  "NET_BROADCAST",
  "NET_ADMIN",
  "NET_RAW",
  "IPC_LOCK",
  "IPC_OWNER",
  "SYS_MODULE",
  "SYS_RAWIO",
  "SYS_CHROOT",
  "SYS_PTRACE",
  "SYS_PACCT",
  "SYS_ADMIN",
  "SYS_BOOT",
  "SYS_NICE",
  "SYS_RESOURCE",
  "SYS_TIME",
  "SYS_TTY_CONFIG",
  "MKNOD",
  "LEASE",
  "AUDIT_WRITE",
  "AUDIT_CONTROL",
  "SETFCAP",
  "MAC_OVERRIDE",
  "MAC_ADMIN",
  "SYSLOG",
  "WAKE_ALARM",
  "BLOCK_SUSPEND",
  "AUDIT_READ",
  "PERFMON",
  "BPF",
  "CHECKPOINT_RESTORE",
].map((name, number) => [name, 1n << BigInt(number)] as const);
