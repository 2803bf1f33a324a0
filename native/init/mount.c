// SPDX-License-Identifier: Apache-2.0
/*
 * Mounts by descriptor, as the kernel has them since 5.2. What that way can't do goes by path,
 * which is that of the descriptor in the procfs of slot "proc": changing a mount on kernels
 * before 5.12, which lack mount_setattr, and long options.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "init.h"
#include "kernel.h"

enum {
	KEY_SIZE = 256, /* fsconfig(2) takes no longer keys */
};

/* fsopen(2), 5.2 */
int open_fs(const char *type)
{
	return result(syscall(NR_FSOPEN, type, K_FSOPEN_CLOEXEC));
}

int set_fs_string(int fs, const char *key, const char *value)
{
	return result(syscall(NR_FSCONFIG, fs, K_FSCONFIG_SET_STRING, key, value, 0));
}

/* "key=value" or "key"; "ro" and the like are flags of the superblock. */
int set_fs_option(int fs, const char *option)
{
	char key[KEY_SIZE];
	const char *equals = strchr(option, '=');
	size_t length = equals == NULL ? strlen(option) : (size_t)(equals - option);

	if (length >= sizeof(key))
		return -EINVAL;
	memcpy(key, option, length);
	key[length] = '\0';
	if (equals != NULL)
		return set_fs_string(fs, key, equals + 1);
	return result(syscall(NR_FSCONFIG, fs, K_FSCONFIG_SET_FLAG, key, NULL, 0));
}

/* A filesystem that has got all its options, as a detached mount. fsconfig(2), fsmount(2): 5.2 */
int create_mount(int fs, uint64_t attributes)
{
	int r = result(syscall(NR_FSCONFIG, fs, K_FSCONFIG_CMD_CREATE, NULL, NULL, 0));

	if (r < 0)
		return r;
	return result(syscall(NR_FSMOUNT, fs, K_FSMOUNT_CLOEXEC, (unsigned int)attributes));
}

/* A detached copy of the mount at `fd`, or of the tree of mounts. open_tree(2), 5.2 */
int clone_mount(int fd, bool recursive)
{
	unsigned int flags = K_OPEN_TREE_CLONE | O_CLOEXEC | K_AT_EMPTY_PATH;

	return result(syscall(NR_OPEN_TREE, fd, "", flags | (recursive ? K_AT_RECURSIVE : 0)));
}

static bool is_dir(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

/*
 * move_mount(2), 5.2. `mount` refers to the attached mount afterwards. A directory on a file or the
 * other way round is ENOTDIR, as mount(2) has it; the call itself says EINVAL.
 */
int attach_mount(int mount, int target)
{
	int r = result(syscall(NR_MOVE_MOUNT, mount, "", target, "",
			       K_MOVE_MOUNT_F_EMPTY_PATH | K_MOVE_MOUNT_T_EMPTY_PATH));

	return r == -EINVAL && is_dir(mount) != is_dir(target) ? -ENOTDIR : r;
}

static int set_mount(int fd, const struct k_mount_attr *attr, bool recursive)
{
	unsigned int flags = K_AT_EMPTY_PATH | (recursive ? K_AT_RECURSIVE : 0);

	return result(syscall(NR_MOUNT_SETATTR, fd, "", flags, attr, sizeof(*attr)));
}

/* The working directory for the time of a call that takes a path of fd_path(). */
int enter_proc(const struct ctx *ctx)
{
	OWNED int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (cwd < 0 || fchdir(ctx->slots[PLAN_PROC_SLOT]) < 0)
		return -errno;
	return release(&cwd);
}

/* mount(2) on what `target` refers to */
int mount_on(const struct ctx *ctx, int target, const struct mount_call *call)
{
	OWNED int cwd = enter_proc(ctx);
	char path[FD_PATH_SIZE];
	int r;

	if (cwd < 0)
		return release(&cwd);
	fd_path(path, target);
	r = result(mount(call->source, path, call->type, call->flags, call->data));
	return fchdir(cwd) < 0 ? -errno : r;
}

/* umount2(2) of the mount that `fd` is the root of */
int unmount_at(const struct ctx *ctx, int fd)
{
	OWNED int cwd = enter_proc(ctx);
	char path[FD_PATH_SIZE];
	int r;

	if (cwd < 0)
		return release(&cwd);
	fd_path(path, fd);
	r = result(umount2(path, MNT_DETACH));
	return fchdir(cwd) < 0 ? -errno : r;
}

static uint64_t attrs_of(unsigned long st_flags)
{
	uint64_t attrs = st_flags & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC);

	if ((st_flags & ST_NOATIME) != 0)
		attrs |= K_ATTR_NOATIME;
	else if ((st_flags & K_ST_RELATIME) == 0)
		attrs |= K_ATTR_STRICTATIME;
	if ((st_flags & ST_NODIRATIME) != 0)
		attrs |= K_ATTR_NODIRATIME;
	if ((st_flags & K_ST_NOSYMFOLLOW) != 0)
		attrs |= K_ATTR_NOSYMFOLLOW;
	return attrs;
}

static unsigned long mount_flags_of(uint64_t attrs)
{
	unsigned long flags = attrs & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);

	switch (attrs & K_ATTR_ATIME) {
	case K_ATTR_NOATIME:
		flags |= MS_NOATIME;
		break;
	case K_ATTR_STRICTATIME:
		flags |= MS_STRICTATIME;
		break;
	default:
		flags |= MS_RELATIME;
		break;
	}
	if ((attrs & K_ATTR_NODIRATIME) != 0)
		flags |= MS_NODIRATIME;
	if ((attrs & K_ATTR_NOSYMFOLLOW) != 0)
		flags |= K_MS_NOSYMFOLLOW;
	return flags;
}

/* A remount sets all attributes of one mount, so those that it has are read first. */
static int remount(const struct ctx *ctx, int fd, struct attrs attrs)
{
	struct statvfs st;
	uint64_t wanted;

	if (fstatvfs(fd, &st) < 0)
		return -errno;
	wanted = (attrs_of(st.f_flag) & ~attrs.clear) | attrs.set;
	return mount_on(
		ctx, fd,
		&(struct mount_call){.flags = MS_REMOUNT | MS_BIND | mount_flags_of(wanted)});
}

/* Attributes of an attached mount. mount_setattr(2), 5.12 */
int set_attrs(const struct ctx *ctx, int fd, struct attrs attrs, bool recursive)
{
	struct k_mount_attr attr = {.attr_set = attrs.set, .attr_clr = attrs.clear};
	int r = set_mount(fd, &attr, recursive);

	return r == -ENOSYS && !recursive ? remount(ctx, fd, attrs) : r;
}

/* Sets the attributes before anyone can see the mount; where that can't be, right after. */
int attach_with_attrs(const struct ctx *ctx, int mount, int target, struct attrs attrs)
{
	struct k_mount_attr attr = {.attr_set = attrs.set, .attr_clr = attrs.clear};
	int early = set_mount(mount, &attr, false);
	int r;

	if (early < 0 && early != -ENOSYS)
		return early;
	r = attach_mount(mount, target);
	return r == 0 && early < 0 ? remount(ctx, mount, attrs) : r;
}

/* mount_setattr(2), 5.12; mount_namespaces(7) */
int set_propagation(const struct ctx *ctx, int fd, uint64_t propagation, bool recursive)
{
	struct k_mount_attr attr = {.propagation = propagation};
	int r = set_mount(fd, &attr, recursive);

	if (r != -ENOSYS)
		return r;
	return mount_on(ctx, fd,
			&(struct mount_call){.flags = (unsigned long)propagation |
						      (recursive ? MS_REC : 0)});
}
