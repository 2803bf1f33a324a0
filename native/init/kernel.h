/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel defines and a libc may not: musl ships no linux/ headers, and older ones lack the
 * newer calls. All numbers are those of x86-64 and arm64, which agree for system calls from 424 on.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	NR_OPEN_TREE = 428,
	NR_MOVE_MOUNT = 429,
	NR_FSOPEN = 430,
	NR_FSCONFIG = 431,
	NR_FSMOUNT = 432,
	NR_CLONE3 = 435,
	NR_CLOSE_RANGE = 436,
	NR_OPENAT2 = 437,
	NR_FACCESSAT2 = 439,
	NR_MOUNT_SETATTR = 442,
};

enum {
	K_AT_RECURSIVE = 0x8000,
	K_AT_EMPTY_PATH = 0x1000,
	K_AT_EACCESS = 0x200,
};

enum {
	K_RESOLVE_NO_XDEV = 0x01,
	K_RESOLVE_NO_MAGICLINKS = 0x02,
	K_RESOLVE_NO_SYMLINKS = 0x04,
	K_RESOLVE_BENEATH = 0x08,
	K_RESOLVE_IN_ROOT = 0x10,
};

enum {
	K_OPEN_TREE_CLONE = 1,
	K_MOVE_MOUNT_F_EMPTY_PATH = 0x04,
	K_MOVE_MOUNT_T_EMPTY_PATH = 0x40,
	K_FSOPEN_CLOEXEC = 1,
	K_FSMOUNT_CLOEXEC = 1,
	K_FSCONFIG_SET_FLAG = 0,
	K_FSCONFIG_SET_STRING = 1,
	K_FSCONFIG_CMD_CREATE = 6,
};

/* mount_setattr(2); the first four bits are those of mount(2) too. */
enum {
	K_ATTR_RDONLY = 0x1,
	K_ATTR_NOSUID = 0x2,
	K_ATTR_NODEV = 0x4,
	K_ATTR_NOEXEC = 0x8,
	K_ATTR_NOATIME = 0x10,
	K_ATTR_STRICTATIME = 0x20,
	K_ATTR_ATIME = 0x70,
	K_ATTR_NODIRATIME = 0x80,
	K_ATTR_NOSYMFOLLOW = 0x200000,
};

enum {
	K_MS_NOSYMFOLLOW = 0x100,
	K_ST_RELATIME = 0x1000,
	K_ST_NOSYMFOLLOW = 0x2000,
};

enum {
	K_CLONE_PIDFD = 0x1000,
	K_CLONE_PARENT = 0x8000,
};

enum {
	K_KEYCTL_JOIN_SESSION_KEYRING = 1,
	K_KEYCTL_SETPERM = 5,
	K_KEYCTL_DESCRIBE = 6,
};

enum {
	K_IOPRIO_WHO_PGRP = 2,
};

enum {
	K_PROC_MAGIC = 0x9fa0,
	K_PROC_ROOT_INODE = 1,
};

enum {
	K_DEVPTS_MAGIC = 0x1cd1,
	K_TIOCSPTLCK = 0x40045431,
	K_TIOCGPTPEER = 0x5441,
};

/* linux/seccomp.h, linux/filter.h */
enum {
	K_SECCOMP_SET_MODE_FILTER = 1,
	K_BPF_MAXINSNS = 4096,
};

struct k_sock_filter {
	uint16_t code;
	uint8_t jt;
	uint8_t jf;
	uint32_t k;
};

struct k_sock_fprog {
	uint16_t length;
	const struct k_sock_filter *filter;
};

/* linux/sched/types.h, with what Linux 5.3 added: older ones take it as long as that is zero. */
struct k_sched_attr {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime;
	uint64_t deadline;
	uint64_t period;
	uint32_t util_min;
	uint32_t util_max;
};

enum {
	K_STATX_MNT_ID = 0x1000,
};

/* What is read of the 256 bytes of statx(2). */
struct k_statx {
	uint32_t mask;
	uint32_t others[35];
	uint64_t mount_id;
	uint64_t rest[13];
};

struct k_open_how {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};

struct k_mount_attr {
	uint64_t attr_set;
	uint64_t attr_clr;
	uint64_t propagation;
	uint64_t userns_fd;
};

/* The first version of the struct (kernel 5.3), which is all that is needed. */
struct k_clone_args {
	uint64_t flags;
	uint64_t pidfd;
	uint64_t child_tid;
	uint64_t parent_tid;
	uint64_t exit_signal;
	uint64_t stack;
	uint64_t stack_size;
	uint64_t tls;
};

struct k_cap_header {
	uint32_t version;
	int pid;
};

struct k_cap_data {
	uint32_t effective;
	uint32_t permitted;
	uint32_t inheritable;
};

enum {
	K_CAPABILITY_VERSION_3 = 0x20080522,
};

/* The result of a system call as the ops pass it on: >= 0, or -errno. */
static inline int result(long value)
{
	return value < 0 ? -errno : (int)value;
}

#endif
