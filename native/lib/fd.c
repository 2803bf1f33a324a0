// SPDX-License-Identifier: Apache-2.0
// Descriptors: open, read, write, duplicate, memfds, window size.

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib.h"
#include "result.h"

N_EXPORT int n_openat(int dir, const char *path, int flags, uint32_t mode)
{
	return result(openat(dir, path, flags | O_CLOEXEC, (mode_t)mode));
}

/* openat2(2), Linux 5.6. EAGAIN (a rename raced with a scoped lookup) is for the caller to repeat.
 */
N_EXPORT int n_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.mode = mode,
		.resolve = resolve,
	};

	return result(syscall(SYS_openat2, dir, path, &how, sizeof(how)));
}

/* EINTR counts as closed: Linux frees the number before anything that can be interrupted. */
N_EXPORT int n_close(int fd)
{
	int r = result(close(fd));

	return r == -EINTR ? 0 : r;
}

N_EXPORT int64_t n_read(int fd, void *buffer, size_t length)
{
	ssize_t n;

	do
		n = read(fd, buffer, length);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* The process that loads this library ignores SIGPIPE (Node does): a closed peer is -EPIPE. */
N_EXPORT int64_t n_write(int fd, const void *bytes, size_t length)
{
	ssize_t n;

	do
		n = write(fd, bytes, length);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

N_EXPORT int n_pipe(int32_t ends[2], int nonblock)
{
	return result(pipe2(ends, O_CLOEXEC | (nonblock ? O_NONBLOCK : 0)));
}

N_EXPORT int n_eventfd(void)
{
	return result(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

N_EXPORT int n_dup(int fd)
{
	return result(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

N_EXPORT int n_set_nonblocking(int fd, int on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	return result(fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

N_EXPORT int n_fchown(int fd, uint32_t uid, uint32_t gid)
{
	return result(fchown(fd, uid, gid));
}

N_EXPORT int n_bytes_readable(int fd)
{
	int count = 0;

	if (ioctl(fd, FIONREAD, &count) < 0)
		return -errno;
	return count;
}

N_EXPORT int n_memfd_create(const char *name, uint32_t flags)
{
	return result(memfd_create(name, flags));
}

N_EXPORT int n_add_seals(int fd, int seals)
{
	return result(fcntl(fd, F_ADD_SEALS, seals));
}

N_EXPORT int n_set_window_size(int fd, uint32_t columns, uint32_t rows)
{
	struct winsize size = {
		.ws_col = (unsigned short)columns,
		.ws_row = (unsigned short)rows,
	};

	return result(ioctl(fd, TIOCSWINSZ, &size));
}

N_EXPORT int n_mkfifo(const char *path, uint32_t mode)
{
	return result(mkfifo(path, (mode_t)mode));
}
