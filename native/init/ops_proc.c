// SPDX-License-Identifier: Apache-2.0
/*
 * Ops on procfs. What is written there can change the whole host, and a path into it can be made to
 * lead elsewhere by whoever may mount (CVE-2019-16884, CVE-2025-52881): handles are of mounts that
 * are nowhere in the tree, and what is opened beneath one is looked at before it is written.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "init.h"
#include "kernel.h"

static const uint64_t BENEATH =
	K_RESOLVE_BENEATH | K_RESOLVE_NO_XDEV | K_RESOLVE_NO_SYMLINKS | K_RESOLVE_NO_MAGICLINKS;

static int mount_procfs(int fs)
{
	return create_mount(fs, K_ATTR_NOSUID | K_ATTR_NODEV | K_ATTR_NOEXEC);
}

/*
 * fsopen(2), fsmount(2): 5.2; subset=pid 5.8. The host's procfs leads to the host's files
 * (/proc/1/root), so a process that others inside may come to trace must not hold it
 * (CVE-2016-9962).
 */
int op_procfs(struct ctx *ctx, const struct op_procfs *op)
{
	OWNED int fs = open_fs("proc");
	int r = fs;

	if (r >= 0)
		r = set_fs_option(fs, "subset=pid");
	if (r < 0)
		return r;
	return slot_put(ctx, op->out, mount_procfs(fs));
}

/*
 * fsopen(2), fsmount(2). What is in /proc/sys depends on the namespaces of who looks. Tolerate
 * EPERM.
 */
int op_procfs_full(struct ctx *ctx, const struct op_procfs_full *op)
{
	OWNED int fs = open_fs("proc");

	return fs < 0 ? fs : slot_put(ctx, op->out, mount_procfs(fs));
}

/* statfs(2); 0 if `fd` is in a procfs. */
static int check_procfs(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return -errno;
	return fs.f_type == K_PROC_MAGIC ? 0 : -EXDEV;
}

/* proc_pid(5). The link is read, not followed: what it says has to be one name of digits. */
int op_proc_self(struct ctx *ctx, const struct op_proc_self *op)
{
	int proc = slot_get(ctx, op->proc);
	int r = check_procfs(proc);
	char pid[16];
	struct stat st;
	ssize_t n;

	if (r < 0)
		return r;
	if (fstat(proc, &st) < 0)
		return -errno;
	if (st.st_ino != K_PROC_ROOT_INODE)
		return -EXDEV;
	n = readlinkat(proc, "self", pid, sizeof(pid) - 1);
	if (n < 0)
		return -errno;
	pid[n] = '\0';
	if (n == 0 || strspn(pid, "0123456789") != (size_t)n)
		return -EXDEV;
	return slot_put(ctx, op->out, open_how(proc, pid, O_PATH | O_DIRECTORY, BENEATH));
}

/*
 * openat2(2), statfs(2), write(2). Only files that were opened by their writer take what is
 * written to them in procfs, and in one call.
 */
int op_write_proc(struct ctx *ctx, const struct op_write_proc *op)
{
	const char *path = plan_string(&ctx->plan, op->path);
	OWNED int fd = open_how(slot_get(ctx, op->dir), path, O_WRONLY | O_NOFOLLOW, BENEATH);
	struct stat st;
	ssize_t n;
	int r;

	if (fd < 0)
		return release(&fd);
	r = check_procfs(fd);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EXDEV;
	n = write(fd, plan_bytes(&ctx->plan, op->data), op->data.length);
	if (n < 0)
		return -errno;
	return (size_t)n == op->data.length ? 0 : -EIO;
}
