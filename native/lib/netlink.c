// SPDX-License-Identifier: Apache-2.0
// Netlink sockets: messages to the kernel and from it. What they say is not looked at here.

#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib.h"
#include "result.h"

/* In the network namespace of this process. */
N_EXPORT int n_netlink_socket(int protocol)
{
	return result(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
}

/* Answers that say in words what was wrong (4.12), and do not repeat the question. */
N_EXPORT int n_netlink_set_options(int fd)
{
	int on = 1;

	if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)) < 0)
		return -errno;
	return 0;
}

/*
 * From here on the kernel takes messages to it from nobody but itself: others, who have
 * CAP_NET_ADMIN in the socket's network namespace, could fill it until there is no room for an
 * answer.
 */
N_EXPORT int n_netlink_connect(int fd)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	return result(connect(fd, (struct sockaddr *)&kernel, sizeof(kernel)));
}

/* To the kernel, which has dealt with it when this returns. */
N_EXPORT int n_netlink_send(int fd, const void *bytes, size_t length)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t sent;

	do
		sent = sendto(fd, bytes, length, MSG_NOSIGNAL, (struct sockaddr *)&kernel,
			      sizeof(kernel));
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return (size_t)sent == length ? 0 : -EMSGSIZE;
}

/*
 * One datagram, without waiting; its length. -EMSGSIZE if it did not fit, -EPERM if it is not the
 * kernel's: whoever has CAP_NET_ADMIN in the socket's network namespace can send to it until it is
 * connected.
 */
N_EXPORT int n_netlink_receive(int fd, void *buffer, size_t length)
{
	struct sockaddr_nl sender = {.nl_family = AF_NETLINK};
	struct iovec part = {.iov_base = buffer, .iov_len = length};
	struct msghdr message = {
		.msg_name = &sender,
		.msg_namelen = sizeof(sender),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	ssize_t got;

	do
		got = recvmsg(fd, &message, MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	if (message.msg_namelen != sizeof(sender) || sender.nl_pid != 0)
		return -EPERM;
	return (message.msg_flags & MSG_TRUNC) != 0 ? -EMSGSIZE : (int)got;
}
