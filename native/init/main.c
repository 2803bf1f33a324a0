// SPDX-License-Identifier: Apache-2.0
/*
 * tsrunc-init: what runs between the runtime's spawn and the user's execve. It receives programs
 * over descriptor 3, checks and executes them, and reports. It ends when a program fails, replaces
 * it, or the runtime is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "init.h"
#include "kernel.h"

#ifndef TSRUNC_VERSION
#define TSRUNC_VERSION "unreleased"
#endif
#ifdef __GLIBC__
#define LIBC "glibc"
#else
#define LIBC "musl"
#endif

enum {
	KERNEL_SIGNALS = 64,
};

static int print_version(void)
{
	static const char text[] = "tsrunc-init " TSRUNC_VERSION " (" LIBC ")\n";

	return write(STDOUT_FILENO, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1 ? 0 : 1;
}

/*
 * By system call: a libc keeps some signals for itself. An ignored signal would stay ignored in the
 * user's program.
 */
static void reset_signals(void)
{
	static const uint64_t
		by_default[4]; /* struct sigaction of the kernel: handler, flags, restorer, mask */
	static const uint64_t none;

	for (int signal = 1; signal <= KERNEL_SIGNALS; signal++)
		syscall(SYS_rt_sigaction, signal, by_default, NULL, sizeof(none));
	syscall(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, &none, NULL, sizeof(none));
}

/* A descriptor that a program opens must never become 0, 1 or 2 by chance. */
static int occupy_stdio(void)
{
	int fd;

	do {
		fd = fcntl(SOCKET_FD, F_DUPFD_CLOEXEC, 0);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -errno;
	close(fd);
	return fcntl(SOCKET_FD, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

/*
 * A seccomp filter may forbid exit_group(2) as well, and a libc's _exit() would try again for ever.
 * Nobody can forbid a fault, and by it even process 1 of a pid namespace ends.
 */
static _Noreturn void end(void)
{
	syscall(SYS_exit_group, 1);
	__builtin_trap();
}

static _Noreturn void fail(const struct ctx *ctx, uint32_t op, int error, int value)
{
	channel_report(ctx, REPORT_FAILED, op, (uint32_t)error, (uint32_t)value);
	end();
}

static bool tolerated(const struct plan_record *record, int error)
{
	for (size_t i = 0; i < PLAN_TOLERATE; i++) {
		if (record->tolerate[i] != 0 && record->tolerate[i] == error)
			return true;
	}
	return false;
}

static void take_inputs(struct ctx *ctx, const int *fds, size_t count)
{
	const struct plan_header *header = ctx->plan.header;

	if (count != header->inputs)
		fail(ctx, PLAN_WHOLE, EPROTO, CHECK_INPUTS);
	for (size_t i = 0; i < count; i++)
		slot_put(ctx, (struct arg_slot){header->input_slots[i]}, fds[i]);
}

/* Number `index` of the program; its alternative counts from the end of the ops. */
static void run_op(struct ctx *ctx, uint32_t index)
{
	const struct plan_record *record = &ctx->plan.records[index];
	int r = run_record(ctx, record);

	if (r >= 0)
		return;
	if (!tolerated(record, -r))
		fail(ctx, index, -r, 0);
	if ((record->flags & PLAN_HAS_OTHERWISE) != 0) {
		index = ctx->plan.header->ops + record->otherwise;
		record = &ctx->plan.records[index];
		r = run_record(ctx, record);
		if (r < 0 && !tolerated(record, -r))
			fail(ctx, index, -r, 0);
	}
}

static void serve(struct ctx *ctx)
{
	for (;;) {
		int fds[PLAN_SLOTS];
		size_t length = 0;
		size_t count = 0;
		int r = channel_receive(ctx, &length, fds, &count);

		if (r == 0)
			end();
		if (r < 0)
			fail(ctx, PLAN_WHOLE, -r, CHECK_PACKET);
		r = plan_check(&ctx->plan, ctx->buffer, length);
		if (r != 0)
			fail(ctx, PLAN_WHOLE, EPROTO, r);
		take_inputs(ctx, fds, count);
		for (uint32_t i = 0; i < ctx->plan.header->ops; i++)
			run_op(ctx, i);
		if (channel_report(ctx, REPORT_DONE, 0, 0, 0) < 0)
			end();
	}
}

int main(int argc, char **argv)
{
	static struct ctx ctx;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return print_version();
	reset_signals();
	if (occupy_stdio() < 0)
		return 1;
	ctx.socket = SOCKET_FD;
	for (size_t i = 0; i < PLAN_SLOTS; i++)
		ctx.slots[i] = EMPTY;
	serve(&ctx);
}
