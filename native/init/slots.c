// SPDX-License-Identifier: Apache-2.0
/* Descriptors by slot number, and how one is opened a second time. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "init.h"
#include "kernel.h"

void close_owned(const int *fd)
{
	int error = errno;

	if (*fd >= 0)
		close(*fd);
	errno = error;
}

/* The descriptor of a slot; EMPTY if there is none. */
int slot_get(const struct ctx *ctx, struct arg_slot slot)
{
	if (slot.number == PLAN_CWD)
		return AT_FDCWD;
	return slot.number < PLAN_SLOTS ? ctx->slots[slot.number] : EMPTY;
}

/* Gives a descriptor to a slot, or passes on the -errno that came instead of one. */
int slot_put(struct ctx *ctx, struct arg_slot slot, int fd)
{
	if (fd < 0)
		return fd;
	close_owned(&ctx->slots[slot.number]);
	ctx->slots[slot.number] = fd;
	return 0;
}

void fd_path(char path[FD_PATH_SIZE], int fd)
{
	char digits[12];
	size_t at = sizeof(digits);
	unsigned int rest = (unsigned int)fd;

	digits[--at] = '\0';
	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest != 0);
	memcpy(path, "self/fd/", 8);
	memcpy(path + 8, digits + at, sizeof(digits) - at);
}

/* Opens what `fd` refers to with other flags, through the procfs handle `proc`. */
int reopen(int proc, int fd, int flags)
{
	char path[FD_PATH_SIZE];

	if (proc < 0 || fd < 0)
		return -EBADF;
	fd_path(path, fd);
	return result(openat(proc, path, flags | O_CLOEXEC));
}

/* The same through slot "proc". */
int reopen_fd(const struct ctx *ctx, int fd, int flags)
{
	return reopen(ctx->slots[PLAN_PROC_SLOT], fd, flags);
}
