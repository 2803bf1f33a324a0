// SPDX-License-Identifier: Apache-2.0
/*
 * Ops that make the process who it is to be. Ids are set by system call: a libc would do it for all
 * threads of a process that it believes to know, and this one was made by clone3 behind its back.
 */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init.h"
#include "kernel.h"

enum {
	LAST_CAP = 63, /* of a 64-bit set */
};

/* umask(2) */
int op_umask(struct ctx *ctx, const struct op_umask *op)
{
	(void)ctx;
	umask(op->mask);
	return 0;
}

/* sethostname(2) */
int op_sethostname(struct ctx *ctx, const struct op_sethostname *op)
{
	const char *name = plan_string(&ctx->plan, op->name);

	return result(sethostname(name, strlen(name)));
}

/* setdomainname(2) */
int op_setdomainname(struct ctx *ctx, const struct op_setdomainname *op)
{
	const char *name = plan_string(&ctx->plan, op->name);

	return result(setdomainname(name, strlen(name)));
}

/* chdir(2) */
int op_chdir(struct ctx *ctx, const struct op_chdir *op)
{
	return result(chdir(plan_string(&ctx->plan, op->path)));
}

/* fchdir(2) */
int op_fchdir(struct ctx *ctx, const struct op_fchdir *op)
{
	return result(fchdir(slot_get(ctx, op->dir)));
}

/*
 * getcwd(2). By system call, which says "(unreachable)" of a directory that is not below the root
 * (CVE-2024-21626).
 */
int op_check_cwd(struct ctx *ctx)
{
	char path[PATH_MAX];
	int r = result(syscall(SYS_getcwd, path, sizeof(path)));

	(void)ctx;
	if (r < 0)
		return r;
	return path[0] == '/' ? 0 : -ENOENT;
}

/* fchown(2). The null device belongs to everyone. Tolerate EPERM and EROFS. */
int op_fchown(struct ctx *ctx, const struct op_fchown *op)
{
	(void)ctx;
	if (op->fd > STDERR_FILENO)
		return -EINVAL;
	if (is_null_device((int)op->fd))
		return 0;
	return result(fchown((int)op->fd, op->uid, op->gid));
}

/* PR_CAPBSET_DROP. EINVAL is the end of what the kernel knows. */
int op_drop_bounding(struct ctx *ctx, const struct op_drop_bounding *op)
{
	(void)ctx;
	for (unsigned long cap = 0; cap <= LAST_CAP; cap++) {
		int has = result(prctl(PR_CAPBSET_READ, cap, 0UL, 0UL, 0UL));

		if (has == -EINVAL)
			break;
		if (has < 0)
			return has;
		if (has == 0 || (op->keep >> cap & 1) != 0)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0UL, 0UL, 0UL) < 0)
			return -errno;
	}
	return 0;
}

/* PR_SET_KEEPCAPS */
int op_keep_caps(struct ctx *ctx, const struct op_keep_caps *op)
{
	(void)ctx;
	return result(prctl(PR_SET_KEEPCAPS, (unsigned long)op->value, 0UL, 0UL, 0UL));
}

/* setgroups(2) */
int op_set_groups(struct ctx *ctx, const struct op_set_groups *op)
{
	const char *gids = plan_bytes(&ctx->plan, op->gids);
	size_t count = op->gids.length / sizeof(uint32_t);

	if (op->gids.length % sizeof(uint32_t) != 0)
		return -EINVAL;
	return result(syscall(SYS_setgroups, count, gids));
}

/* setresgid(2). -1 would mean "as it is". */
int op_set_gid(struct ctx *ctx, const struct op_set_gid *op)
{
	(void)ctx;
	if (op->gid == UINT32_MAX)
		return -EINVAL;
	return result(syscall(SYS_setresgid, op->gid, op->gid, op->gid));
}

/*
 * setuid(2), which sets all three ids of a process with CAP_SETUID, and of one without whose ids
 * are the same; those of init are. A seccomp filter that is in force by now may not know
 * setresuid(2).
 */
int op_set_uid(struct ctx *ctx, const struct op_set_uid *op)
{
	(void)ctx;
	if (op->uid == UINT32_MAX)
		return -EINVAL;
	return result(syscall(SYS_setuid, op->uid));
}

/* capset(2) */
int op_set_caps(struct ctx *ctx, const struct op_set_caps *op)
{
	struct k_cap_header header = {.version = K_CAPABILITY_VERSION_3};
	struct k_cap_data data[2];

	(void)ctx;
	for (unsigned int half = 0; half < 2; half++) {
		data[half].effective = (uint32_t)(op->effective >> (32 * half));
		data[half].permitted = (uint32_t)(op->permitted >> (32 * half));
		data[half].inheritable = (uint32_t)(op->inheritable >> (32 * half));
	}
	return result(syscall(SYS_capset, &header, data));
}

/* PR_CAP_AMBIENT. All are tried; the first failure is reported. Tolerate EPERM and EINVAL. */
int op_set_ambient(struct ctx *ctx, const struct op_set_ambient *op)
{
	int first = result(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL));

	(void)ctx;
	for (unsigned long cap = 0; cap <= LAST_CAP; cap++) {
		int r = 0;

		if ((op->mask >> cap & 1) != 0)
			r = result(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0UL, 0UL));
		if (first == 0)
			first = r;
	}
	return first;
}

/* PR_SET_NO_NEW_PRIVS */
int op_no_new_privs(struct ctx *ctx)
{
	(void)ctx;
	return result(prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL));
}
