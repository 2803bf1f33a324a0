// SPDX-License-Identifier: Apache-2.0
// Unix sockets, and descriptors sent over them.

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib.h"
#include "result.h"

/* Enough for N_MAX_FDS descriptors; aligned as the kernel wants its headers. */
union control {
	char bytes[CMSG_SPACE(N_MAX_FDS * sizeof(int))];
	struct cmsghdr align;
};

static int fill_address(struct sockaddr_un *address, const char *path)
{
	size_t length = strlen(path);

	if (length == 0)
		return -EINVAL;
	if (length >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, length);
	return 0;
}

static int close_with(int fd, int error)
{
	close(fd);
	return error;
}

/* The first end is non-blocking (ours), the second is blocking (a child's). */
N_EXPORT int n_socketpair(int type, int32_t ends[2])
{
	int r = result(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends));

	if (r < 0)
		return r;
	r = n_set_nonblocking(ends[0], 1);
	if (r < 0) {
		close(ends[0]);
		close(ends[1]);
	}
	return r;
}

/* fchmod before bind: the socket file never exists with wider permissions; chmod after: the umask
 * has no say. */
N_EXPORT int n_listen_unix(const char *path, uint32_t mode, int backlog)
{
	struct sockaddr_un address;
	int r = fill_address(&address, path);
	int fd;

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, (mode_t)mode) < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return close_with(fd, -errno);
	if (chmod(path, (mode_t)mode) < 0 || listen(fd, backlog) < 0) {
		r = -errno;
		unlink(path);
		return close_with(fd, r);
	}
	return fd;
}

N_EXPORT int n_accept(int fd)
{
	int r;

	do
		r = result(accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
	while (r == -EINTR || r == -ECONNABORTED);
	return r;
}

/* An abstract name, unix(7), is written with '@' for its first byte, 0, and has no byte 0 at its
 * end. */
static socklen_t address_length(struct sockaddr_un *address)
{
	size_t length = strlen(address->sun_path);

	if (address->sun_path[0] != '@')
		return sizeof(*address);
	address->sun_path[0] = 0;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

/* Never waits: a listener with a full backlog is -EAGAIN. */
N_EXPORT int n_connect_unix(const char *path)
{
	struct sockaddr_un address;
	int r = fill_address(&address, path);
	int fd;

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, address_length(&address)) < 0)
		return close_with(fd, -errno);
	return fd;
}

/* How much may be on its way; beyond net.core.wmem_max for those who may. */
N_EXPORT int n_set_send_buffer(int socket, int bytes)
{
	int r = result(setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)));

	if (r == -EPERM)
		r = result(setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)));
	return r;
}

/* All of it or an error: -EMSGSIZE if a stream socket took only a part. */
N_EXPORT int n_send_fds(int socket, const void *bytes, size_t length, const int32_t *fds,
			uint32_t count)
{
	union control control;
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = length};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t sent;

	if (count > N_MAX_FDS)
		return -E2BIG;
	if (count > 0) {
		struct cmsghdr *header;

		memset(&control, 0, sizeof(control));
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	}
	do
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return (size_t)sent == length ? 0 : -EMSGSIZE;
}

/* Copies the descriptors of a message to `fds`, closes what is over `max`; how many there were. */
static uint32_t take_fds(struct msghdr *message, int32_t *fds, uint32_t max)
{
	uint32_t count = 0;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		const unsigned char *data = CMSG_DATA(header);

		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = CMSG_LEN(0); at + sizeof(int) <= header->cmsg_len;
		     at += sizeof(int), count++) {
			int fd;

			memcpy(&fd, data + (at - CMSG_LEN(0)), sizeof(fd));
			if (count < max)
				fds[count] = fd;
			else
				close(fd);
		}
	}
	return count;
}

/*
 * One message: its bytes (0 is end of file) and its descriptors. `*count` is the room in `fds`,
 * then the number received. A message that was cut is an error and its descriptors are closed:
 * -EMSGSIZE for bytes, -ENOBUFS for descriptors.
 */
N_EXPORT int n_recv_fds(int socket, void *buffer, size_t length, int32_t *fds, uint32_t *count)
{
	union control control;
	struct iovec part = {.iov_base = buffer, .iov_len = length};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	uint32_t max = *count;
	uint32_t total;
	ssize_t got;

	*count = 0;
	do
		got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	total = take_fds(&message, fds, max);
	if (total > max || (message.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) != 0) {
		for (uint32_t i = 0; i < total && i < max; i++)
			close(fds[i]);
		return (message.msg_flags & MSG_TRUNC) != 0 ? -EMSGSIZE : -ENOBUFS;
	}
	*count = total;
	return (int)got;
}

N_EXPORT int n_peer_credentials(int fd, uint32_t out[3])
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return -errno;
	out[0] = (uint32_t)peer.pid;
	out[1] = peer.uid;
	out[2] = peer.gid;
	return 0;
}
