// SPDX-License-Identifier: Apache-2.0
/* Ops on mounts. Source and target are descriptors: no path is looked at twice (CVE-2021-30465). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "init.h"
#include "kernel.h"

enum {
	DEVICE_FILE_MODE = 0666,
	BUSY_RETRIES = 5,
	BUSY_PAUSE_NS = 100000000,
};

int op_set_propagation(struct ctx *ctx, const struct op_set_propagation *op)
{
	return set_propagation(ctx, slot_get(ctx, op->fd), op->propagation, op->recursive != 0);
}

/*
 * Attributes are those of the top mount, as with mount(2); the propagation is that of the whole
 * tree. It comes last because attaching to a shared mount makes the tree shared.
 */
static int place(struct ctx *ctx, int tree, const struct op_attach *op)
{
	int target = slot_get(ctx, op->target);
	struct attrs attrs = {op->set, op->clear};
	int r;

	if ((op->set | op->clear) != 0)
		r = attach_with_attrs(ctx, tree, target, attrs);
	else
		r = attach_mount(tree, target);
	if (r < 0 || op->propagation == 0)
		return r;
	return set_propagation(ctx, tree, op->propagation, op->recursive != 0);
}

/* mount_setattr(2), move_mount(2): 5.2 */
int op_attach(struct ctx *ctx, const struct op_attach *op)
{
	return place(ctx, slot_get(ctx, op->mount), op);
}

/* open_tree(2), then as op_attach */
int op_bind(struct ctx *ctx, const struct op_bind *op)
{
	OWNED int tree = clone_mount(slot_get(ctx, op->source), op->recursive != 0);
	const struct op_attach how = {
		.target = op->target,
		.recursive = op->recursive,
		.set = op->set,
		.clear = op->clear,
		.propagation = op->propagation,
	};

	return tree < 0 ? release(&tree) : place(ctx, tree, &how);
}

/* The mode of a directory as tmpfs and the like take it: in octal digits. */
static int set_fs_mode(int fs, int directory)
{
	char digits[] = "0000";
	struct stat st;

	if (fstat(directory, &st) < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(digits) - 1; i++)
		digits[i] = (char)('0' + (st.st_mode >> (9 - 3 * i) & 7));
	return set_fs_string(fs, "mode", digits);
}

static int new_mount(const struct ctx *ctx, const struct op_make_fs *op, int like)
{
	const char *source = plan_string(&ctx->plan, op->source);
	uint32_t options = plan_list_length(&ctx->plan, op->options);
	OWNED int fs = open_fs(plan_string(&ctx->plan, op->type));
	int r = fs;

	if (r >= 0 && *source != '\0')
		r = set_fs_string(fs, "source", source);
	if (r >= 0 && like >= 0)
		r = set_fs_mode(fs, like);
	for (uint32_t i = 0; r >= 0 && i < options; i++)
		r = set_fs_option(fs, plan_list_item(&ctx->plan, op->options, i));
	return r < 0 ? r : create_mount(fs, op->attributes);
}

/* fsopen(2), fsconfig(2), fsmount(2): 5.2 */
int op_make_fs(struct ctx *ctx, const struct op_make_fs *op)
{
	return slot_put(ctx, op->out, new_mount(ctx, op, EMPTY));
}

/* As op_make_fs, after fstat(2) */
int op_make_fs_like(struct ctx *ctx, const struct op_make_fs_like *op)
{
	const struct op_make_fs how = {
		.type = op->type,
		.source = op->source,
		.options = op->options,
		.attributes = op->attributes,
	};

	return slot_put(ctx, op->out, new_mount(ctx, &how, slot_get(ctx, op->like)));
}

/* As op_make_fs, then move_mount(2): 5.2 */
int op_mount_fs(struct ctx *ctx, const struct op_mount_fs *op)
{
	const struct op_make_fs how = {
		.type = op->type,
		.source = op->source,
		.options = op->options,
		.attributes = op->attributes,
	};
	OWNED int mount = new_mount(ctx, &how, EMPTY);

	return mount < 0 ? release(&mount) : attach_mount(mount, slot_get(ctx, op->target));
}

static bool exists(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * openat(2), fstat(2), then as op_bind. Where mknod(2) is not allowed, as in a user namespace. The
 * host's node is what it is said to be, or its device might be another than the cgroup allows.
 */
int op_bind_device(struct ctx *ctx, const struct op_bind_device *op)
{
	const char *name = plan_string(&ctx->plan, op->name);
	const char *path = plan_string(&ctx->plan, op->source);
	OWNED int source = EMPTY;
	OWNED int target = EMPTY;
	OWNED int mount = EMPTY;
	struct stat st;

	if (!is_name(name))
		return -EINVAL;
	if (op->replace == 0 && exists(slot_get(ctx, op->dir), name))
		return -EEXIST;
	source = result(openat(AT_FDCWD, path, O_PATH | O_CLOEXEC));
	if (source < 0)
		return release(&source);
	if (fstat(source, &st) < 0)
		return -errno;
	if ((st.st_mode & S_IFMT) != (op->mode & S_IFMT) || st.st_rdev != (dev_t)op->device)
		return -ENODEV;
	target = open_mount_point(slot_get(ctx, op->dir), name, DEVICE_FILE_MODE);
	if (target < 0)
		return release(&target);
	mount = clone_mount(source, false);
	return mount < 0 ? release(&mount) : attach_mount(mount, target);
}

/* open_tree(2), 5.2. The copy can get attributes before anybody sees it. */
int op_clone_mount(struct ctx *ctx, const struct op_clone_mount *op)
{
	return slot_put(ctx, op->out, clone_mount(slot_get(ctx, op->source), op->recursive != 0));
}

/* umount2(2). Tolerate EINVAL and EPERM where another mount over it does instead. */
int op_unmount(struct ctx *ctx, const struct op_unmount *op)
{
	return unmount_at(ctx, slot_get(ctx, op->fd));
}

static bool is_same_file(int fd, int other)
{
	struct stat a;
	struct stat b;

	return fstat(fd, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/*
 * openat2(2), 5.6. Where ".." would leave the mount its root is found; the root directory of the
 * process is its own parent.
 */
int op_mount_root(struct ctx *ctx, const struct op_mount_root *op)
{
	OWNED int at = result(fcntl(slot_get(ctx, op->fd), F_DUPFD_CLOEXEC, 0));

	while (at >= 0) {
		int up = open_how(at, "..", O_PATH | O_DIRECTORY, K_RESOLVE_NO_XDEV);
		bool found = up == -EXDEV || (up >= 0 && is_same_file(up, at));

		if (found) {
			close_owned(&up);
			return slot_put(ctx, op->out, release(&at));
		}
		close_owned(&at);
		at = up;
	}
	return release(&at);
}

/* mount(2). fsconfig(2) takes values of up to 255 bytes, this one 4095 bytes of options together.
 */
int op_mount(struct ctx *ctx, const struct op_mount *op)
{
	const struct mount_call call = {
		.source = plan_string(&ctx->plan, op->source),
		.type = plan_string(&ctx->plan, op->type),
		.data = plan_string(&ctx->plan, op->data),
		.flags = (unsigned long)op->flags,
	};

	return mount_on(ctx, slot_get(ctx, op->target), &call);
}

/* fstat(2). A path of the image may lead to a filesystem that nothing may be mounted on. */
int op_check_apart(struct ctx *ctx, const struct op_check_apart *op)
{
	struct stat one;
	struct stat other;

	if (fstat(slot_get(ctx, op->fd), &one) < 0 || fstat(slot_get(ctx, op->other), &other) < 0)
		return -errno;
	return one.st_dev == other.st_dev ? -EXDEV : 0;
}

/* A mount that somebody has just opened a file of for writing can't become read-only yet: EBUSY. */
int op_mount_attr(struct ctx *ctx, const struct op_mount_attr *op)
{
	const struct timespec pause = {.tv_nsec = BUSY_PAUSE_NS};
	struct attrs attrs = {op->set, op->clear};
	int fd = slot_get(ctx, op->fd);
	int r = set_attrs(ctx, fd, attrs, op->recursive != 0);

	for (int i = 0; i < BUSY_RETRIES && r == -EBUSY; i++) {
		nanosleep(&pause, NULL);
		r = set_attrs(ctx, fd, attrs, op->recursive != 0);
	}
	return r;
}

/*
 * pivot_root(2) in place: new and old root are stacked on one directory, and the old one is taken
 * away. As a slave it sends no unmount back to where it came from.
 */
int op_pivot_root(struct ctx *ctx, const struct op_pivot_root *op)
{
	OWNED int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (old < 0 || fchdir(slot_get(ctx, op->root)) < 0)
		return -errno;
	if (syscall(SYS_pivot_root, ".", ".") < 0 || fchdir(old) < 0)
		return -errno;
	if (mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0 || umount2(".", MNT_DETACH) < 0)
		return -errno;
	return result(chdir("/"));
}

/* chroot(2). Who may call it as well gets out again, unless `root` lies over the root mount. */
int op_chroot(struct ctx *ctx, const struct op_chroot *op)
{
	if (fchdir(slot_get(ctx, op->root)) < 0 || chroot(".") < 0)
		return -errno;
	return result(chdir("/"));
}
