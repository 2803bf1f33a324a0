// SPDX-License-Identifier: Apache-2.0
/*
 * The daemon's process: forked, put where it belongs, then Node. Everything that may fail before
 * execve is told through a pipe that execve closes.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"

/* Above every number that the daemon expects something at. */
#define FIRST_SAFE_FD 10
#define KERNEL_SIGNALS 64
#define MAX_OOM_SCORE_ADJ 1000
#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE 62
#define PR_SCHED_CORE_CREATE 1
#endif
#define PR_SCHED_CORE_PROCESS_GROUP 2

/*
 * One above containerd's, so that the kernel takes a shim before the daemon. An unprivileged user
 * may not, and where it cannot be read there is nothing to be above.
 */
static int raise_oom_score(pid_t containerd, struct failure *why)
{
	char path[64];
	char text[16];

	(void)snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", containerd);
	if (read_small_file(path, text, sizeof(text)) < 0)
		return 0;
	long score = strtol(text, NULL, 10) + 1;
	if (score > MAX_OOM_SCORE_ADJ)
		score = MAX_OOM_SCORE_ADJ;
	int length = snprintf(text, sizeof(text), "%ld", score);
	CLEANUP_CLOSE int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write_all(fd, text, (size_t)length) == 0)
		return 0;
	return errno == EPERM || errno == EACCES ? 0
						 : fail(why, "oom_score_adj: %s", strerror(errno));
}

/*
 * containerd holds the other end of the fifo `log` in the bundle. Non-blocking: a reader that is
 * gone or stuck costs lines, never the shim.
 */
static int open_log(void)
{
	int fd = open("log", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	struct stat status;

	if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISFIFO(status.st_mode))) {
		(void)close(fd);
		fd = -1;
	}
	return fd >= 0 ? fd : open("/dev/null", O_WRONLY | O_CLOEXEC);
}

/* By system call: libc keeps two signals to itself, and whoever started us may ignore those too. */
static void default_signals(void)
{
	/* struct sigaction of the kernel: handler, flags, restorer, mask */
	static const uint64_t by_default[4];
	static const uint64_t none;

	for (int number = 1; number <= KERNEL_SIGNALS; number++)
		(void)syscall(SYS_rt_sigaction, number, by_default, NULL, sizeof(none));
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

/* Puts the descriptors where the daemon expects them. All sources are at FIRST_SAFE_FD or above. */
static int place_descriptors(int listen_fd, int stdin_fd, struct failure *why)
{
	CLEANUP_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	CLEANUP_CLOSE int log = open_log();

	if (null < 0 || log < 0)
		return fail(why, "/dev/null: %s", strerror(errno));
	int null_copy = fcntl(null, F_DUPFD_CLOEXEC, FIRST_SAFE_FD);
	int log_copy = fcntl(log, F_DUPFD_CLOEXEC, FIRST_SAFE_FD);
	if (null_copy < 0 || log_copy < 0 || dup2(null_copy, 0) < 0 || dup2(null_copy, 1) < 0 ||
	    dup2(log_copy, 2) < 0)
		return fail(why, "dup: %s", strerror(errno));
	if (dup2(listen_fd, LISTEN_FD) < 0 || dup2(stdin_fd, STDIN_COPY_FD) < 0)
		return fail(why, "dup: %s", strerror(errno));
	return 0;
}

static int prepare(const struct daemon *daemon, pid_t containerd, struct failure *why)
{
	/* A group of its own, but no session: its leader could get a container's terminal as its
	 * own. */
	if (setpgid(0, 0) < 0)
		return fail(why, "setpgid: %s", strerror(errno));
	if (daemon->shim_cgroup[0] != '\0' && join_shim_cgroup(daemon->shim_cgroup, why) < 0)
		return -1;
	if (daemon->sched_core &&
	    prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, PR_SCHED_CORE_PROCESS_GROUP, 0) < 0)
		return fail(why, "enable sched core support: %s", strerror(errno));
	return raise_oom_score(containerd, why);
}

/* The child: becomes Node or says why not. `error_pipe` is its last descriptor to close. */
static _Noreturn void run_child(const struct daemon *daemon, pid_t containerd, int error_pipe)
{
	struct failure why = {""};
	int listen_fd = fcntl(daemon->listen_fd, F_DUPFD_CLOEXEC, FIRST_SAFE_FD);
	int stdin_fd = fcntl(daemon->stdin_fd, F_DUPFD_CLOEXEC, FIRST_SAFE_FD);

	if (listen_fd < 0 || stdin_fd < 0)
		(void)fail(&why, "dup: %s", strerror(errno));
	else if (prepare(daemon, containerd, &why) == 0 &&
		 place_descriptors(listen_fd, stdin_fd, &why) == 0) {
		default_signals();
		(void)execve(daemon->argv[0], daemon->argv, daemon->env);
		(void)fail(&why, "execute \"%s\": %s", daemon->argv[0], strerror(errno));
	}
	(void)write_all(error_pipe, why.text, strlen(why.text));
	_exit(127);
}

/* Waits for the end of the pipe: empty when execve succeeded, else the child's sentence. */
static int await_exec(pid_t child, int error_pipe, struct failure *why)
{
	struct buffer text;
	int result = read_all(error_pipe, sizeof(why->text), &text, why);

	if (result == 0 && text.size > 0)
		result = fail(why, "%s", (const char *)text.data);
	free(text.data);
	if (result < 0) {
		(void)kill(child, SIGKILL);
		(void)waitpid(child, NULL, 0);
	}
	return result;
}

/* The pid of the daemon, which runs Node by now; -1 and nothing is left otherwise. */
pid_t spawn_daemon(const struct daemon *daemon, struct failure *why)
{
	pid_t containerd = getppid();
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return fail(why, "pipe: %s", strerror(errno));
	CLEANUP_CLOSE int read_end = pair[0];
	int write_end = fcntl(pair[1], F_DUPFD_CLOEXEC, FIRST_SAFE_FD);
	(void)close(pair[1]);
	if (write_end < 0)
		return fail(why, "dup: %s", strerror(errno));
	pid_t child = fork();
	if (child == 0)
		run_child(daemon, containerd, write_end);
	(void)close(write_end);
	if (child < 0)
		return fail(why, "fork: %s", strerror(errno));
	return await_exec(child, read_end, why) < 0 ? -1 : child;
}
