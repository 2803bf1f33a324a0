// SPDX-License-Identifier: Apache-2.0
// Numbers of the Linux ABI that plans are made of, the same on x86-64 and arm64. Data only.

/** linux/sched.h; the namespace flags and CLONE_PARENT. */
export const CLONE = {
  NEWTIME: 0x80,
  PARENT: 0x8000,
  NEWNS: 0x0002_0000,
  NEWCGROUP: 0x0200_0000,
  NEWUTS: 0x0400_0000,
  NEWIPC: 0x0800_0000,
  NEWUSER: 0x1000_0000,
  NEWPID: 0x2000_0000,
  NEWNET: 0x4000_0000,
} as const;

/** linux/mount.h, struct mount_attr. */
export const MOUNT_ATTR = {
  RDONLY: 0x1n,
  NOSUID: 0x2n,
  NODEV: 0x4n,
  NOEXEC: 0x8n,
  /** The mask of the three access time modes, of which RELATIME is 0. */
  ATIME: 0x70n,
  NOATIME: 0x10n,
  STRICTATIME: 0x20n,
  NODIRATIME: 0x80n,
  NOSYMFOLLOW: 0x20_0000n,
} as const;

/** linux/mount.h, the flags of mount(2) that are options of a filesystem or of its mount. */
export const MOUNT_FLAG = {
  RDONLY: 1n,
  NOSUID: 2n,
  NODEV: 4n,
  NOEXEC: 8n,
  SYNCHRONOUS: 16n,
  REMOUNT: 32n,
  MANDLOCK: 64n,
  DIRSYNC: 128n,
  NOSYMFOLLOW: 256n,
  NOATIME: 1024n,
  NODIRATIME: 2048n,
  I_VERSION: 1n << 23n,
  STRICTATIME: 1n << 24n,
  LAZYTIME: 1n << 25n,
} as const;

/** linux/mount.h, propagation. */
export const MS = {
  UNBINDABLE: 1n << 17n,
  PRIVATE: 1n << 18n,
  SLAVE: 1n << 19n,
  SHARED: 1n << 20n,
} as const;

/** linux/openat2.h. */
export const RESOLVE = {
  NO_MAGICLINKS: 0x2n,
  NO_SYMLINKS: 0x4n,
  IN_ROOT: 0x10n,
} as const;

/**
 * asm-generic/fcntl.h; init adds O_CLOEXEC to whatever it opens. O_DIRECTORY and O_NOFOLLOW differ between architectures and
 * plans do not: a slash at the end of a path demands a directory as well, RESOLVE_NO_SYMLINKS is stricter than O_NOFOLLOW.
 */
export const O = {
  WRONLY: 0o1,
  PATH: 0o10000000,
} as const;

/** linux/stat.h. */
export const S_IF = { FIFO: 0o010000, CHR: 0o020000, BLK: 0o060000 } as const;

/** linux/keyctl.h: the possessor's group may search, as a session keyring that is joined by name needs. */
export const KEY_USR_SEARCH = 0x8_0000;
/** linux/keyctl.h: everybody may search. */
export const KEY_OTH_SEARCH = 0x8;

/** "Leave it" for the ids of fchown(2). */
export const NO_ID = 0xffff_ffff;
