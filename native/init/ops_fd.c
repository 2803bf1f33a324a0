// SPDX-License-Identifier: Apache-2.0
/* Ops on descriptors and on names in directories. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "init.h"
#include "kernel.h"

/* openat(2) */
int op_open(struct ctx *ctx, const struct op_open *op)
{
	int flags = (int)op->flags | O_CLOEXEC;
	const char *path = plan_string(&ctx->plan, op->path);

	return slot_put(ctx, op->out,
			result(openat(slot_get(ctx, op->dir), path, flags, op->mode)));
}

/* openat2(2), 5.6. Tolerate ENOENT: what is missing is made then. */
int op_resolve(struct ctx *ctx, const struct op_resolve *op)
{
	const char *path = plan_string(&ctx->plan, op->path);
	int root = slot_get(ctx, op->root);

	return slot_put(ctx, op->out, open_how(root, path, open_flags(op->flags), op->resolve));
}

/* openat(2) of a magic link, proc_pid_fd(5) */
int op_reopen(struct ctx *ctx, const struct op_reopen *op)
{
	int proc = slot_get(ctx, op->proc);

	return slot_put(ctx, op->out, reopen(proc, slot_get(ctx, op->fd), open_flags(op->flags)));
}

/* write(2). Files of cgroupfs and procfs take a value in one call or not at all. */
int op_write(struct ctx *ctx, const struct op_write *op)
{
	const char *data = plan_bytes(&ctx->plan, op->data);
	ssize_t n = write(slot_get(ctx, op->fd), data, op->data.length);

	if (n < 0)
		return -errno;
	return (size_t)n == op->data.length ? 0 : -EIO;
}

/* close(2); its errors say nothing about the descriptor, which is gone */
int op_close(struct ctx *ctx, const struct op_close *op)
{
	if (op->fd.number < PLAN_SLOTS) {
		close_owned(&ctx->slots[op->fd.number]);
		ctx->slots[op->fd.number] = EMPTY;
	}
	return 0;
}

/* sendmsg(2), unix(7) */
int op_send_fd(struct ctx *ctx, const struct op_send_fd *op)
{
	return channel_send_fd(ctx, REPORT_FD, op->tag, slot_get(ctx, op->fd));
}

/* dup3(2). Only stdio: any other number may be a slot's or the socket's. */
int op_dup2(struct ctx *ctx, const struct op_dup2 *op)
{
	if (op->target > STDERR_FILENO)
		return -EINVAL;
	return result(dup3(slot_get(ctx, op->fd), (int)op->target, 0)) < 0 ? -errno : 0;
}

/* Whatever has the number moves to a higher one; what was there is left for dup3(2) to replace. */
static int vacate(struct ctx *ctx, int number)
{
	int *user = ctx->socket == number ? &ctx->socket : NULL;
	int moved;

	for (size_t i = 0; user == NULL && i < PLAN_SLOTS; i++) {
		if (ctx->slots[i] == number)
			user = &ctx->slots[i];
	}
	if (user == NULL)
		return 0;
	moved = result(fcntl(number, F_DUPFD_CLOEXEC, number + 1));
	if (moved < 0)
		return moved;
	*user = moved;
	return 0;
}

/* dup3(2). Above stdio: there the numbers are those of slots and of the socket. */
int op_inherit(struct ctx *ctx, const struct op_inherit *op)
{
	int target = (int)op->target;
	int r;

	if (target <= STDERR_FILENO)
		return -EINVAL;
	r = vacate(ctx, target);
	if (r < 0)
		return r;
	return result(dup3(slot_get(ctx, op->fd), target, 0)) < 0 ? -errno : 0;
}

/* What init has opened itself: all there is but for mistakes, for which it is close-on-exec. */
static int close_slots(const struct ctx *ctx, unsigned int first)
{
	for (size_t i = 0; i < PLAN_SLOTS; i++) {
		if (ctx->slots[i] >= (int64_t)first)
			close(ctx->slots[i]);
	}
	return 0;
}

static int close_between(unsigned int first, unsigned int last)
{
	return first > last ? 0 : result(syscall(NR_CLOSE_RANGE, first, last, 0));
}

/* All but the socket. A seccomp filter that is in force may not know close_range(2). */
static int close_all(const struct ctx *ctx, unsigned int first)
{
	unsigned int socket = (unsigned int)ctx->socket;
	int r = close_between(first, socket - 1);

	if (r == 0)
		r = close_between(first > socket ? first : socket + 1, UINT32_MAX);
	return r == -ENOSYS || r == -EPERM ? close_slots(ctx, first) : r;
}

/* close_range(2), 5.9 */
int op_close_from(struct ctx *ctx, const struct op_close_from *op)
{
	int r = close_all(ctx, op->first);

	for (size_t i = 0; r == 0 && i < PLAN_SLOTS; i++) {
		if (ctx->slots[i] >= (int64_t)op->first)
			ctx->slots[i] = EMPTY;
	}
	return r;
}

int op_mkdir_all(struct ctx *ctx, const struct op_mkdir_all *op)
{
	const char *path = plan_string(&ctx->plan, op->path);

	return slot_put(ctx, op->out, make_dir_in_root(slot_get(ctx, op->root), path, op->mode));
}

int op_make_file(struct ctx *ctx, const struct op_make_file *op)
{
	const char *path = plan_string(&ctx->plan, op->path);

	return slot_put(ctx, op->out, make_file_in_root(slot_get(ctx, op->root), path, op->mode));
}

static int make_special(int dir, const char *name, const struct op_mknod *op)
{
	mode_t mask = umask(0);
	int r = result(mknodat(dir, name, op->mode, (dev_t)op->device));

	umask(mask);
	return r;
}

/*
 * mknod(2), openat(2), fstat(2), fchownat(2). What was made is looked at again before it gets an
 * owner: the directory may be shared with a running container. Tolerate EEXIST, and EPERM where a
 * bind of the host's node does instead.
 */
int op_mknod(struct ctx *ctx, const struct op_mknod *op)
{
	int dir = slot_get(ctx, op->dir);
	const char *name = plan_string(&ctx->plan, op->name);
	bool is_device = S_ISCHR(op->mode) || S_ISBLK(op->mode);
	OWNED int node = EMPTY;
	struct stat st;
	int r;

	if (!is_name(name) || (!is_device && !S_ISFIFO(op->mode)))
		return -EINVAL;
	r = make_special(dir, name, op);
	if (r < 0)
		return r;
	node = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (node < 0 || fstat(node, &st) < 0)
		return -errno;
	if ((st.st_mode & S_IFMT) != (op->mode & S_IFMT) ||
	    (is_device && st.st_rdev != (dev_t)op->device))
		return -ESTALE;
	return result(fchownat(node, "", op->uid, op->gid, K_AT_EMPTY_PATH));
}

/* symlink(2). Tolerate EEXIST. */
int op_symlink(struct ctx *ctx, const struct op_symlink *op)
{
	const char *name = plan_string(&ctx->plan, op->name);

	if (!is_name(name))
		return -EINVAL;
	return result(symlinkat(plan_string(&ctx->plan, op->target), slot_get(ctx, op->dir), name));
}

/* unlink(2). Tolerate ENOENT. */
int op_unlink(struct ctx *ctx, const struct op_unlink *op)
{
	const char *name = plan_string(&ctx->plan, op->name);

	return is_name(name) ? result(unlinkat(slot_get(ctx, op->dir), name, 0)) : -EINVAL;
}

/* fsetxattr(2), which takes no O_PATH descriptor */
int op_set_xattr(struct ctx *ctx, const struct op_set_xattr *op)
{
	OWNED int fd = reopen_fd(ctx, slot_get(ctx, op->fd), O_RDONLY | O_DIRECTORY);
	const char *name = plan_string(&ctx->plan, op->name);

	if (fd < 0)
		return release(&fd);
	return result(fsetxattr(fd, name, plan_bytes(&ctx->plan, op->value), op->value.length, 0));
}

/*
 * The null device and nothing else: an image may have a link or another file there
 * (CVE-2025-31133). It is looked at before it is opened for real, because opening a device can have
 * effects.
 */
int op_open_null(struct ctx *ctx, const struct op_open_null *op)
{
	OWNED int fd = open_in_root(slot_get(ctx, op->root), "dev/null", O_PATH | O_NOFOLLOW);

	if (fd < 0)
		return release(&fd);
	if (!is_null_device(fd))
		return -ENODEV;
	return slot_put(ctx, op->out, reopen_fd(ctx, fd, O_RDWR));
}
