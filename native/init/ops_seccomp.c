// SPDX-License-Identifier: Apache-2.0
/*
 * Ops for a seccomp filter. Reading and installing are apart: what is installed may forbid to read,
 * and descriptors are closed before.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init.h"
#include "kernel.h"

static int filter_size(int fd, size_t *size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    (uint64_t)st.st_size % sizeof(struct k_sock_filter) != 0)
		return -EINVAL;
	*size = (size_t)st.st_size;
	return *size > K_BPF_MAXINSNS * sizeof(struct k_sock_filter) ? -EFBIG : 0;
}

int op_load_filter(struct ctx *ctx, const struct op_load_filter *op)
{
	int fd = slot_get(ctx, op->filter);
	size_t size = 0;
	int r = filter_size(fd, &size);

	if (r < 0)
		return r;
	ctx->filter.length = 0;
	r = read_copy(fd, ctx->instructions, size);
	if (r < 0)
		return r;
	ctx->filter.filter = ctx->instructions;
	ctx->filter.length = (uint16_t)(size / sizeof(struct k_sock_filter));
	return 0;
}

/* seccomp(2). The kernel refuses an empty filter, which is what there is without load_filter. */
int op_seccomp(struct ctx *ctx, const struct op_seccomp *op)
{
	return result(syscall(SYS_seccomp, K_SECCOMP_SET_MODE_FILTER, op->flags, &ctx->filter));
}

/* A gate is open when there is room for a byte. Whoever closes its other end ends the caller. */
static int pass_gate(int gate)
{
	ssize_t n;

	do {
		n = write(gate, "", 1);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/*
 * seccomp(2) with SECCOMP_FILTER_FLAG_NEW_LISTENER. Until the listener is with whoever answers, any
 * call that the filter asks about would wait for ever: of all calls only write(2) is made, of which
 * the plan's maker knows that it is none of them. The runtime takes the listener by its number
 * (pidfd_getfd(2)). It does not stay here: a filter whose only listener is held by those who wait
 * for its answer would never answer ENOSYS.
 */
int op_seccomp_listen(struct ctx *ctx, const struct op_seccomp_listen *op)
{
	int fd = result(syscall(SYS_seccomp, K_SECCOMP_SET_MODE_FILTER, op->flags, &ctx->filter));
	int r;

	if (fd < 0)
		return fd;
	r = channel_report(ctx, REPORT_LISTENER, 0, 0, (uint32_t)fd);
	if (r == 0)
		r = pass_gate(slot_get(ctx, op->gate));
	close(fd);
	return r;
}
