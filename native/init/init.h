/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tsrunc-init: executes plans and decides nothing. All state is in one `struct ctx`; nothing is
 * allocated. Functions return >= 0 or -errno. Every descriptor is close-on-exec.
 */
#ifndef INIT_H
#define INIT_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "check.h"
#include "kernel.h"
#include "plan_ops.h"

enum {
	SOCKET_FD = 3, /* where the socket is at first */
	EMPTY = -1,
};

struct ctx {
	int socket;	       /* to the runtime; never in a slot */
	int slots[PLAN_SLOTS]; /* descriptors, or EMPTY */
	struct plan plan;      /* the program that runs; points into `buffer` */
	char exec_path[PATH_MAX];
	const char *argv[PLAN_MAX_LIST + 1];
	const char *env[PLAN_MAX_LIST + 1];
	struct k_sock_fprog filter; /* points into `instructions` */
	struct k_sock_filter instructions[K_BPF_MAXINSNS];
	_Alignas(8) unsigned char buffer[PLAN_MAX_BYTES];
};

/* For a local that owns a descriptor: closed at the end of its scope; release() keeps it open. */
#define OWNED __attribute__((cleanup(close_owned)))

void close_owned(const int *fd);

static inline int release(int *fd)
{
	int kept = *fd;

	*fd = EMPTY;
	return kept;
}

/* slots.c */
enum {
	FD_PATH_SIZE = 24,
};

int slot_get(const struct ctx *ctx, struct arg_slot slot);
int slot_put(struct ctx *ctx, struct arg_slot slot, int fd);
void fd_path(char path[FD_PATH_SIZE], int fd);
int reopen(int proc, int fd, int flags);
int reopen_fd(const struct ctx *ctx, int fd, int flags);

/* channel.c */
int read_copy(int fd, void *to, size_t size);
int channel_receive(struct ctx *ctx, size_t *length, int *fds, size_t *count);
int channel_report(const struct ctx *ctx, enum report_kind kind, uint32_t op, uint32_t error,
		   uint32_t value);
int channel_send_fd(const struct ctx *ctx, enum report_kind kind, uint32_t value, int fd);

/* run.c */
int run_record(struct ctx *ctx, const struct plan_record *record);

/* path.c */
int open_flags(uint64_t plan_flags);
int open_how(int root, const char *path, int flags, uint64_t resolve);
int open_in_root(int root, const char *path, int flags);
int make_dir_in_root(int root, const char *path, mode_t mode);
int make_file_in_root(int root, const char *path, mode_t mode);
int open_mount_point(int dir, const char *name, mode_t mode);
bool is_name(const char *name);
bool is_null_device(int fd);

/* mount.c: MOUNT_ATTR_* to set and to clear, in the order of mount_setattr(2) */
struct attrs {
	uint64_t set;
	uint64_t clear;
};

/* The arguments of mount(2) besides the target; what is left out is NULL. */
struct mount_call {
	const char *source;
	const char *type;
	const char *data;
	unsigned long flags;
};

int enter_proc(const struct ctx *ctx);
int mount_on(const struct ctx *ctx, int target, const struct mount_call *call);
int unmount_at(const struct ctx *ctx, int fd);
int open_fs(const char *type);
int set_fs_string(int fs, const char *key, const char *value);
int set_fs_option(int fs, const char *option);
int create_mount(int fs, uint64_t attributes);
int clone_mount(int fd, bool recursive);
int attach_mount(int mount, int target);
int attach_with_attrs(const struct ctx *ctx, int mount, int target, struct attrs attrs);
int set_attrs(const struct ctx *ctx, int fd, struct attrs attrs, bool recursive);
int set_propagation(const struct ctx *ctx, int fd, uint64_t propagation, bool recursive);

#endif
