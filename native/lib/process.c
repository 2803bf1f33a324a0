// SPDX-License-Identifier: Apache-2.0
// Processes: waiting, signalling, limits, attributes of our own.

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib.h"
#include "result.h"

/* out: pid (0: WNOHANG and no child has ended), si_code (CLD_*), exit code or signal. */
N_EXPORT int n_waitid(int idtype, uint32_t id, int options, int32_t out[3])
{
	siginfo_t info = {.si_pid = 0};
	int r;

	do
		r = result(waitid((idtype_t)idtype, (id_t)id, &info, options));
	while (r == -EINTR);
	if (r < 0)
		return r;
	out[0] = info.si_pid;
	out[1] = info.si_code;
	out[2] = info.si_status;
	return 0;
}

/* pidfd_open(2), Linux 5.3. */
N_EXPORT int n_pidfd_open(int pid)
{
	return result(syscall(SYS_pidfd_open, pid, 0));
}

/* pidfd_send_signal(2), Linux 5.1. */
N_EXPORT int n_pidfd_send_signal(int pidfd, int signal)
{
	return result(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

/* pidfd_getfd(2), Linux 5.6: a copy of a descriptor of another process. */
N_EXPORT int n_pidfd_getfd(int pidfd, int fd)
{
	return result(syscall(SYS_pidfd_getfd, pidfd, fd, 0));
}

/*
 * Whether the kernel knows all of `flags` for seccomp(2) with SECCOMP_SET_MODE_FILTER. It looks at
 * them before it looks for a filter, which is not there: nothing is installed.
 */
N_EXPORT int n_seccomp_knows(uint32_t flags)
{
	return result(syscall(SYS_seccomp, 1 /* SECCOMP_SET_MODE_FILTER */, flags, NULL)) !=
	       -EINVAL;
}

N_EXPORT int n_kill(int pid, int signal)
{
	return result(kill(pid, signal));
}

N_EXPORT int n_set_child_subreaper(void)
{
	return result(prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L));
}

/* The calling thread's name: on the main thread what ps and containerd's tools show. */
N_EXPORT int n_set_name(const char *name)
{
	return result(prctl(PR_SET_NAME, name, 0L, 0L, 0L));
}

/* For the calling thread: Node blocks the signal that --disable-sigusr1 is about, for its handlers
 * too. */
N_EXPORT int n_unblock_signal(int signal)
{
	sigset_t set;

	(void)sigemptyset(&set);
	if (sigaddset(&set, signal) < 0)
		return result(-1);
	return -pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* `set` and `old`: soft, hard; ~0 is unlimited. `set` may be NULL. */
N_EXPORT int n_prlimit(int pid, int resource, const uint64_t *set, uint64_t old[2])
{
	struct rlimit64 limits;
	struct rlimit64 previous;
	int r;

	if (set) {
		limits.rlim_cur = set[0];
		limits.rlim_max = set[1];
	}
	r = result(syscall(SYS_prlimit64, pid, resource, set ? &limits : NULL, &previous));
	if (r < 0)
		return r;
	old[0] = previous.rlim_cur;
	old[1] = previous.rlim_max;
	return 0;
}

N_EXPORT int64_t n_now_ns(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return -errno;
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
