// SPDX-License-Identifier: Apache-2.0
/* The last ops: find the program, wait to be released, become it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init.h"
#include "kernel.h"

/*
 * faccessat2(2), 5.8; the older call looks at the real ids, which are the same by now. EPERM is the
 * answer of a seccomp filter that does not know the newer one.
 */
static int may_execute(const char *path)
{
	int r = result(syscall(NR_FACCESSAT2, AT_FDCWD, path, X_OK, K_AT_EACCESS));

	if (r == -ENOSYS || r == -EPERM)
		r = result(syscall(SYS_faccessat, AT_FDCWD, path, X_OK));
	return r;
}

static int try_candidate(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? may_execute(path) : -EACCES;
}

/* The next program overwrites this one, strings and all. stat(2) takes no path that is longer. */
static int remember(struct ctx *ctx, const char *path)
{
	size_t size = strlen(path) + 1;

	if (size > sizeof(ctx->exec_path))
		return -ENAMETOOLONG;
	memcpy(ctx->exec_path, path, size);
	return 0;
}

/*
 * stat(2), faccessat2(2). Of several candidates one that can't be executed says more than those
 * that are not there.
 */
int op_find_exec(struct ctx *ctx, const struct op_find_exec *op)
{
	uint32_t count = plan_list_length(&ctx->plan, op->candidates);
	int failure = -ENOENT;

	for (uint32_t i = 0; i < count; i++) {
		const char *path = plan_list_item(&ctx->plan, op->candidates, i);
		int r = try_candidate(path);

		if (r == 0)
			return remember(ctx, path);
		if (count == 1 || r == -EACCES)
			failure = r;
	}
	return failure;
}

/* write(2) */
int op_ready(struct ctx *ctx)
{
	return channel_report(ctx, REPORT_READY, 0, 0, 0);
}

/* fifo(7). The reader may go away between open and write; as an error, not as a signal. */
int op_fifo_wait(struct ctx *ctx, const struct op_fifo_wait *op)
{
	OWNED int fifo = reopen(slot_get(ctx, op->proc), slot_get(ctx, op->fifo), O_WRONLY);
	int r = fifo;

	if (r >= 0) {
		(void)signal(SIGPIPE, SIG_IGN);
		r = write(fifo, "0", 1) == 1 ? 0 : -errno;
		(void)signal(SIGPIPE, SIG_DFL);
	}
	if (r == 0)
		r = op_close(ctx, &(struct op_close){op->fifo});
	return r;
}

static void fill_vector(const struct plan *plan, struct arg_strs list, const char **vector)
{
	uint32_t count = plan_list_length(plan, list);

	for (uint32_t i = 0; i < count; i++)
		vector[i] = plan_list_item(plan, list, i);
	vector[count] = NULL;
}

/* execve(2). It does not write to the strings, whatever its prototype says: hence the union. */
int op_exec(struct ctx *ctx, const struct op_exec *op)
{
	union {
		const char **given;
		char *const *wanted;
	} argv = {ctx->argv}, env = {ctx->env};

	if (ctx->exec_path[0] == '\0' || plan_list_length(&ctx->plan, op->argv) == 0)
		return -EINVAL;
	fill_vector(&ctx->plan, op->argv, argv.given);
	fill_vector(&ctx->plan, op->env, env.given);
	return result(execve(ctx->exec_path, argv.wanted, env.wanted));
}
