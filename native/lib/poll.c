// SPDX-License-Identifier: Apache-2.0
// What src/sys/poll.ts needs around libuv's poll handles.

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib.h"
#include "result.h"

/*
 * A duplicate of `fd` that can be polled, or an error: -EPERM for regular files and directories,
 * -EBADF. The caller's library aborts the process on either, hence the trial.
 */
N_EXPORT int n_dup_pollable(int fd)
{
	struct epoll_event none = {.events = 0};
	int copy;
	int trial;
	int r;

	trial = epoll_create1(EPOLL_CLOEXEC);
	if (trial < 0)
		return -errno;
	copy = result(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	r = copy < 0 ? copy : result(epoll_ctl(trial, EPOLL_CTL_ADD, copy, &none));
	close(trial);
	if (r < 0 && copy >= 0)
		close(copy);
	return r < 0 ? r : copy;
}

/* poll(2) of one descriptor without waiting: its revents, which include POLLERR and POLLHUP
 * unasked. */
N_EXPORT int n_poll(int fd, int events)
{
	struct pollfd one = {.fd = fd, .events = (short)events};
	int r;

	do
		r = result(poll(&one, 1, 0));
	while (r == -EINTR);
	return r < 0 ? r : one.revents;
}
