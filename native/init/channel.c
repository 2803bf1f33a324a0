// SPDX-License-Identifier: Apache-2.0
/* The socket to the runtime: programs come in as memfds, reports of 16 bytes go out. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init.h"
#include "kernel.h"

enum {
	MAX_FDS = PLAN_SLOTS + 1, /* the plan and its inputs */
};

struct packet {
	uint32_t reserved[4];
};

struct report {
	uint32_t kind;
	uint32_t op;
	uint32_t error;
	uint32_t value;
};

/* Copied, not mapped: what was checked can't change afterwards. pread(2): whoever passed the
 * descriptor has its offset. */
int read_copy(int fd, void *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, (char *)to + done, size - done, (off_t)done);

		if (n == 0)
			return -EIO;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

static int read_plan(struct ctx *ctx, int fd, size_t *length)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < 0 || (uint64_t)st.st_size > PLAN_MAX_BYTES)
		return -EFBIG;
	*length = (size_t)st.st_size;
	return read_copy(fd, ctx->buffer, *length);
}

/* All descriptors of a message are in one control message, the only kind that comes. */
static size_t take_fds(const struct msghdr *message, int fds[MAX_FDS])
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(message);
	size_t bytes;

	if (c == NULL || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return 0;
	bytes = c->cmsg_len - CMSG_LEN(0);
	if (bytes > MAX_FDS * sizeof(int))
		return 0;
	memcpy(fds, CMSG_DATA(c), bytes);
	return bytes / sizeof(int);
}

/*
 * Waits for a program and copies it to ctx->buffer. `fds` has room for PLAN_SLOTS inputs. Returns
 * 1, or 0 when the runtime is gone. Whatever is wrong with a packet ends init, so its descriptors
 * need not be closed then.
 */
int channel_receive(struct ctx *ctx, size_t *length, int *fds, size_t *count)
{
	/* CMSG_SPACE would have room for one more: it is rounded up. */
	_Alignas(struct cmsghdr) char control[CMSG_LEN(MAX_FDS * sizeof(int))];
	int all[MAX_FDS];
	struct packet packet = {{0}};
	struct iovec io = {&packet, sizeof(packet)};
	struct msghdr message = {.msg_iov = &io,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	static const struct packet expected;
	ssize_t n;
	int r;

	do {
		n = recvmsg(ctx->socket, &message, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n == 0 ? 0 : -errno;
	*count = take_fds(&message, all);
	if (n != sizeof(packet) || memcmp(&packet, &expected, sizeof(packet)) != 0 ||
	    (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || *count == 0)
		return -EPROTO;
	*count -= 1;
	memcpy(fds, all + 1, *count * sizeof(int));
	r = read_plan(ctx, all[0], length);
	close(all[0]);
	return r < 0 ? r : 1;
}

static int send_report(int socket, const struct report *report, int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	struct report copy = *report;
	struct iovec io = {&copy, sizeof(copy)};
	struct msghdr message = {.msg_iov = &io,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *c = (struct cmsghdr *)(void *)control;

	c->cmsg_len = CMSG_LEN(sizeof(int));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/*
 * By write(2), which every seccomp filter allows that is in force by now. It is a signal that tells
 * that the runtime is gone, and the end then, as it is anyway.
 */
int channel_report(const struct ctx *ctx, enum report_kind kind, uint32_t op, uint32_t error,
		   uint32_t value)
{
	struct report report = {kind, op, error, value};

	return write(ctx->socket, &report, sizeof(report)) < 0 ? -errno : 0;
}

int channel_send_fd(const struct ctx *ctx, enum report_kind kind, uint32_t value, int fd)
{
	return send_report(ctx->socket, &(struct report){kind, 0, 0, value}, fd);
}
