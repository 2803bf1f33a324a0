// SPDX-License-Identifier: Apache-2.0
/*
 * The op that gives the process a terminal. Nothing in it goes by the path of a pty: ptmx is
 * verified to be that of a devpts, the slave comes from the master, and /dev/console is a
 * descriptor (CVE-2025-52565).
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "init.h"
#include "kernel.h"

enum {
	PTMX_INODE = 2,
	CONSOLE_MODE = 0666,
};

/* A new master of the devpts at dev/pts. */
static int open_master(const struct ctx *ctx, int root)
{
	OWNED int ptmx = open_in_root(root, "dev/pts/ptmx", O_PATH | O_NOFOLLOW);
	struct statfs fs;
	struct stat st;

	if (ptmx < 0)
		return release(&ptmx);
	if (fstatfs(ptmx, &fs) < 0 || fstat(ptmx, &st) < 0)
		return -errno;
	if (fs.f_type != K_DEVPTS_MAGIC || st.st_ino != PTMX_INODE || !S_ISCHR(st.st_mode) ||
	    st.st_rdev != makedev(5, 2))
		return -ENODEV;
	return reopen_fd(ctx, ptmx, O_RDWR | O_NOCTTY);
}

/* TIOCGPTPEER, 4.13 */
static int open_slave(int master, const struct op_console *op)
{
	struct winsize size = {.ws_row = (unsigned short)op->rows,
			       .ws_col = (unsigned short)op->columns};
	int unlocked = 0;

	if (op->rows > UINT16_MAX || op->columns > UINT16_MAX)
		return -EINVAL;
	if (ioctl(master, K_TIOCSPTLCK, &unlocked) < 0)
		return -errno;
	if ((op->rows | op->columns) != 0 && ioctl(master, TIOCSWINSZ, &size) < 0)
		return -errno;
	return result(ioctl(master, K_TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
}

static int open_console(int root)
{
	OWNED int dev = open_in_root(root, "dev", O_PATH | O_DIRECTORY);

	return dev < 0 ? release(&dev) : open_mount_point(dev, "console", CONSOLE_MODE);
}

static int mount_console(int root, int slave)
{
	OWNED int target = open_console(root);
	OWNED int mount = EMPTY;

	if (target < 0)
		return release(&target);
	mount = clone_mount(slave, false);
	return mount < 0 ? release(&mount) : attach_mount(mount, target);
}

static int make_stdio(int slave)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (dup3(slave, fd, 0) < 0)
			return -errno;
	}
	return result(ioctl(STDIN_FILENO, TIOCSCTTY, 0));
}

int op_console(struct ctx *ctx, const struct op_console *op)
{
	int root = slot_get(ctx, op->root);
	OWNED int master = open_master(ctx, root);
	OWNED int slave = master < 0 ? master : open_slave(master, op);
	int r = 0;

	if (slave < 0)
		return release(&slave);
	if (op->mount != 0)
		r = mount_console(root, slave);
	if (r == 0)
		r = make_stdio(slave);
	return r < 0 ? r : channel_send_fd(ctx, REPORT_CONSOLE, 0, master);
}
