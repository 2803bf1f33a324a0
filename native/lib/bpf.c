// SPDX-License-Identifier: Apache-2.0
// BPF programs of type CGROUP_DEVICE: load, attach, detach, query (bpf(2)).

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib.h"
#include "result.h"

/* A thread that gets a signal in every one of them has other troubles. */
#define LOAD_ATTEMPTS 100

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return result(syscall(SYS_bpf, command, attr, sizeof(*attr)));
}

static uint64_t address(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

/* `count` instructions of eight bytes. The verifier's words go to `log` if it is not NULL. */
N_EXPORT int n_bpf_load_device(const void *instructions, uint32_t count, char *log,
			       uint32_t log_size)
{
	static const char license[] = "Apache-2.0";
	union bpf_attr attr;
	int attempt, r = -EAGAIN;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = address(instructions);
	attr.insn_cnt = count;
	attr.license = address(license);
	if (log) {
		attr.log_level = 1;
		attr.log_buf = address(log);
		attr.log_size = log_size;
	}
	/* The verifier stops with EAGAIN for a signal, as other calls do with EINTR: a child has
	 * ended. */
	for (attempt = 0; attempt < LOAD_ATTEMPTS && r == -EAGAIN; attempt++)
		r = bpf(BPF_PROG_LOAD, &attr);
	return r;
}

/* `flags`: BPF_F_... of linux/bpf.h. `replaced`: with BPF_F_REPLACE, a program that is attached and
 * whose place the new one takes atomically (Linux 5.6), else -1. */
N_EXPORT int n_bpf_attach_device(int cgroup, int program, uint32_t flags, int replaced)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = flags;
	if (replaced >= 0)
		attr.replace_bpf_fd = (uint32_t)replaced;
	return bpf(BPF_PROG_ATTACH, &attr);
}

N_EXPORT int n_bpf_detach_device(int cgroup, int program)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	return bpf(BPF_PROG_DETACH, &attr);
}

/* The ids of the programs attached to this very cgroup, and the flags of all of them; how many.
 * -ENOSPC when there are more than `max`. */
N_EXPORT int n_bpf_query_device(int cgroup, uint32_t *ids, uint32_t max, uint32_t *flags)
{
	union bpf_attr attr;
	int r;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)cgroup;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = address(ids);
	attr.query.prog_cnt = max;
	r = bpf(BPF_PROG_QUERY, &attr);
	*flags = attr.query.attach_flags;
	return r < 0 ? r : (int)attr.query.prog_cnt;
}

N_EXPORT int n_bpf_open_program(uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}
