// SPDX-License-Identifier: Apache-2.0
/* Ops on namespaces and on the process itself. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init.h"
#include "kernel.h"

enum {
	UNSHARE_TRIES = 5,
};

/*
 * PR_SET_DUMPABLE. 0 before any namespace is joined: processes inside must not look into this one
 * (CVE-2016-9962).
 */
int op_set_dumpable(struct ctx *ctx, const struct op_set_dumpable *op)
{
	(void)ctx;
	return result(prctl(PR_SET_DUMPABLE, (unsigned long)op->value, 0UL, 0UL, 0UL));
}

/* setns(2); with a pidfd 5.8 */
int op_setns(struct ctx *ctx, const struct op_setns *op)
{
	return result(setns(slot_get(ctx, op->fd), (int)op->nstype));
}

/*
 * unshare(2). EINVAL comes and goes on some kernels when namespaces are made fast after each other.
 */
int op_unshare(struct ctx *ctx, const struct op_unshare *op)
{
	int r = -EINVAL;

	(void)ctx;
	for (int i = 0; i < UNSHARE_TRIES && r == -EINVAL; i++)
		r = result(unshare((int)op->flags));
	return r;
}

static _Noreturn void report_child(const struct ctx *ctx, pid_t pid, int pidfd, int gate)
{
	if (channel_send_fd(ctx, REPORT_PID, (uint32_t)pid, pidfd) < 0 || write(gate, "", 1) != 1) {
		kill(pid, SIGKILL);
		_exit(1);
	}
	_exit(0);
}

/* An end without a byte: the parent died before it reported this process, so nobody owns it. */
static void await_report(int gate)
{
	char byte;
	ssize_t n;

	do {
		n = read(gate, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(1);
}

/*
 * clone3(2), 5.3. The child is a sibling (CLONE_PARENT), so that the runtime can wait for it;
 * exit_signal must be 0 then and is this process's own. The pipe holds the child back until its pid
 * has been reported.
 */
int op_clone(struct ctx *ctx, const struct op_clone *op)
{
	int pidfd = EMPTY;
	int ends[2];
	struct k_clone_args args = {
		.flags = op->flags | K_CLONE_PARENT | K_CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
	};
	long pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = syscall(NR_CLONE3, &args, sizeof(args));
	if (pid > 0)
		report_child(ctx, (pid_t)pid, pidfd, ends[1]);
	pid = result(pid);
	close(ends[1]);
	if (pid == 0)
		await_report(ends[0]);
	close(ends[0]);
	return (int)pid;
}

/* setsid(2) */
int op_setsid(struct ctx *ctx)
{
	(void)ctx;
	return result(setsid()) < 0 ? -errno : 0;
}

/* The permission mask in keyctl_describe(3)'s "type;uid;gid;mask;description". */
static int parse_permissions(const char *text, uint32_t *permissions)
{
	uint32_t value = 0;

	for (int field = 0; field < 3; field++) {
		text = strchr(text, ';');
		if (text == NULL)
			return -EPROTO;
		text++;
	}
	for (; *text != ';'; text++) {
		const char *digits = "0123456789abcdef";
		const char *digit = *text == '\0' ? NULL : strchr(digits, *text);

		if (digit == NULL)
			return -EPROTO;
		value = value << 4 | (uint32_t)(digit - digits);
	}
	*permissions = value;
	return 0;
}

/* keyctl(2). Tolerate ENOSYS: no keyrings in the kernel, or a filter that hides them. */
int op_session_keyring(struct ctx *ctx, const struct op_session_keyring *op)
{
	const char *name = plan_string(&ctx->plan, op->name);
	char description[512];
	uint32_t permissions = 0;
	int key = result(syscall(SYS_keyctl, K_KEYCTL_JOIN_SESSION_KEYRING, name, 0, 0, 0));
	int r;

	if (key < 0 || op->permissions == 0)
		return key < 0 ? key : 0;
	r = result(
		syscall(SYS_keyctl, K_KEYCTL_DESCRIBE, key, description, sizeof(description), 0));
	if (r < 0)
		return r;
	description[sizeof(description) - 1] = '\0';
	r = parse_permissions(description, &permissions);
	if (r < 0)
		return r;
	permissions |= op->permissions;
	return result(syscall(SYS_keyctl, K_KEYCTL_SETPERM, key, permissions, 0, 0));
}

/* netdevice(7) */
int op_loopback_up(struct ctx *ctx)
{
	struct ifreq request = {.ifr_name = "lo"};
	OWNED int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)ctx;
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return -errno;
	request.ifr_flags |= IFF_UP;
	return result(ioctl(fd, SIOCSIFFLAGS, &request));
}

/* socket(2) */
int op_socket(struct ctx *ctx, const struct op_socket *op)
{
	int type = (int)op->type | SOCK_CLOEXEC;

	return slot_put(ctx, op->out, result(socket((int)op->domain, type, (int)op->protocol)));
}
