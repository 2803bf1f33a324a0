// SPDX-License-Identifier: Apache-2.0
/*
 * Ops on how the kernel treats the process: which CPUs it runs on and when, its I/O, its memory. By
 * system call: not every libc has a function for each.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "init.h"
#include "kernel.h"

enum {
	AFFINITY_BYTES = 1024, /* 8192 CPUs, the most that a kernel is built for */
};

/* sched_setaffinity(2). Tolerate what you like: the CPUs of the cgroup hold in any case. */
int op_reset_affinity(struct ctx *ctx)
{
	unsigned long mask[AFFINITY_BYTES / sizeof(unsigned long)];

	(void)ctx;
	memset(mask, 0xff, sizeof(mask));
	return result(syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask));
}

/* sched_setaffinity(2). CPUs that the kernel has no bit for are not looked at. */
int op_set_affinity(struct ctx *ctx, const struct op_set_affinity *op)
{
	const char *cpus = plan_bytes(&ctx->plan, op->cpus);

	return result(syscall(SYS_sched_setaffinity, 0, (size_t)op->cpus.length, cpus));
}

/* sched_setattr(2). It reads as many bytes as the struct says that it has, in its first field. */
int op_set_scheduler(struct ctx *ctx, const struct op_set_scheduler *op)
{
	struct k_sched_attr attr;

	if (op->attr.length != sizeof(attr))
		return -EINVAL;
	memcpy(&attr, plan_bytes(&ctx->plan, op->attr), sizeof(attr));
	if (attr.size != sizeof(attr))
		return -EINVAL;
	return result(syscall(SYS_sched_setattr, 0, &attr, 0));
}

/* ioprio_set(2) of the own process group */
int op_set_io_priority(struct ctx *ctx, const struct op_set_io_priority *op)
{
	(void)ctx;
	return result(syscall(SYS_ioprio_set, K_IOPRIO_WHO_PGRP, 0, op->value));
}

/* personality(2). 0xffffffff would only ask. */
int op_set_personality(struct ctx *ctx, const struct op_set_personality *op)
{
	(void)ctx;
	if (op->persona == UINT32_MAX)
		return -EINVAL;
	return result(syscall(SYS_personality, (unsigned long)op->persona));
}

/* set_mempolicy(2). It takes one bit less than it is told, and whole words. */
int op_set_memory_policy(struct ctx *ctx, const struct op_set_memory_policy *op)
{
	const char *nodes = plan_bytes(&ctx->plan, op->nodes);
	size_t size = op->nodes.length;

	if (size % sizeof(unsigned long) != 0)
		return -EINVAL;
	if (size == 0)
		return result(syscall(SYS_set_mempolicy, op->mode, NULL, 0UL));
	return result(syscall(SYS_set_mempolicy, op->mode, nodes, 8 * size + 1));
}
