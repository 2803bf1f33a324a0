// SPDX-License-Identifier: Apache-2.0
// n_spawn: clone3 like vfork, then execve. The child shares our memory until it has executed, in a
// process with many threads: child_main and what it calls use only async-signal-safe calls, no
// heap, no locks, and write nothing but their own stack and `error`. This file has no other code.

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib.h"
#include "result.h"

/* The kernel's sets and actions: libc's hide the two signals that it uses itself. */
#define KERNEL_SIGNALS 64
#define KERNEL_SIGSET_SIZE 8

struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

/* Ample: the deepest chain in the child is three small frames. */
#define CHILD_STACK_SIZE 32768

struct child {
	const struct n_spawn_options *options;
	int highest;	      /* the highest descriptor number that the child shall have, or -1 */
	int moved[N_MAX_FDS]; /* where a source was put out of the way */
	int error;	      /* errno of what failed; 0 once the program runs */
};

static void reset_signals(void)
{
	const struct kernel_sigaction action = {.handler = SIG_DFL};

	/* SIGKILL and SIGSTOP say EINVAL. */
	for (int signal = 1; signal <= KERNEL_SIGNALS; signal++)
		syscall(SYS_rt_sigaction, signal, &action, NULL, KERNEL_SIGSET_SIZE);
}

static int set_signal_mask(const uint64_t *mask, uint64_t *old)
{
	return result(syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, old, KERNEL_SIGSET_SIZE));
}

static int close_between(int first, int last)
{
	if (first > last)
		return 0;
	return result(syscall(SYS_close_range, first, last, 0));
}

static int is_target(const struct n_spawn_options *options, int fd)
{
	for (uint32_t i = 0; i < options->fd_count; i++) {
		if (options->fds[i].there == fd)
			return 1;
	}
	return 0;
}

/* Every descriptor up to `highest` that is not wanted, in as few calls as there are gaps. */
static int close_gaps(const struct n_spawn_options *options, int highest)
{
	int first = 0;

	for (int fd = 0; fd <= highest; fd++) {
		int r;

		if (!is_target(options, fd))
			continue;
		r = close_between(first, fd - 1);
		if (r < 0)
			return r;
		first = fd + 1;
	}
	return 0;
}

/*
 * Sources and targets may overlap in any way, so first every source is copied above all targets,
 * leaving one number free for the program's own descriptor, then each copy goes to its target. In
 * the end only targets and the program are open.
 */
static int map_fds(struct child *child, int *exe)
{
	const struct n_spawn_options *options = child->options;
	int spare = child->highest + 1;
	int r;

	for (uint32_t i = 0; i < options->fd_count; i++) {
		r = result(fcntl(options->fds[i].here, F_DUPFD_CLOEXEC, spare + 1));
		if (r < 0)
			return r;
		child->moved[i] = r;
	}
	if (options->exe_fd >= 0) {
		r = options->exe_fd == spare ? result(fcntl(spare, F_SETFD, FD_CLOEXEC))
					     : result(dup3(options->exe_fd, spare, O_CLOEXEC));
		if (r < 0)
			return r;
	}
	for (uint32_t i = 0; i < options->fd_count; i++) {
		r = result(dup3(child->moved[i], options->fds[i].there, 0));
		if (r < 0)
			return r;
	}
	*exe = spare;
	r = close_gaps(options, child->highest);
	if (r < 0)
		return r;
	return result(syscall(SYS_close_range, options->exe_fd >= 0 ? spare + 1 : spare, ~0U, 0));
}

static int run(struct child *child)
{
	static const uint64_t no_signals = 0;
	const struct n_spawn_options *options = child->options;
	char *const *argv = (char *const *)(uintptr_t)options->argv;
	char *const *env = (char *const *)(uintptr_t)options->env;
	int exe = -1;
	int r;

	reset_signals();
	r = map_fds(child, &exe);
	if (r < 0)
		return r;
	if ((options->flags & N_SPAWN_SESSION) != 0 && setsid() < 0)
		return -errno;
	if ((options->flags & N_SPAWN_GROUP) != 0 && setpgid(0, 0) < 0)
		return -errno;
	if (options->cwd && chdir(options->cwd) < 0)
		return -errno;
	/* After the copies above, which need numbers beyond the limit. */
	if ((options->flags & N_SPAWN_NOFILE) != 0) {
		const uint64_t limit[2] = {options->nofile_soft, options->nofile_hard};

		r = result(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, limit, NULL));
		if (r < 0)
			return r;
	}
	r = set_signal_mask(&no_signals, NULL);
	if (r < 0)
		return r;
	if (options->exe_fd < 0)
		return result(execve(options->exe_path, argv, env));
	return result(syscall(SYS_execveat, exe, "", argv, env, AT_EMPTY_PATH));
}

__attribute__((noinline, noreturn)) static void child_main(struct child *child)
{
	child->error = -run(child);
	_exit(127);
}

/*
 * clone3 with a stack of the child's own. The child's way from the system call to child_main is in
 * the assembly, so that no code which the compiler made for this frame runs twice on it. Both
 * registers survive the call.
 */
#if defined(__x86_64__)
static long clone_child(struct clone_args *args, struct child *child)
{
	register void (*entry)(struct child *) __asm__("r8") = child_main;
	register struct child *argument __asm__("r9") = child;
	long r = SYS_clone3;

	__asm__ volatile("syscall\n\t"
			 "testq %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xorl %%ebp, %%ebp\n\t"
			 "movq %%r9, %%rdi\n\t"
			 "callq *%%r8\n\t"
			 "hlt\n"
			 "1:"
			 : "+a"(r)
			 : "D"(args), "S"(sizeof(*args)), "r"(entry), "r"(argument)
			 : "rcx", "r11", "memory", "cc");
	return r;
}
#elif defined(__aarch64__)
static long clone_child(struct clone_args *args, struct child *child)
{
	register long x0 __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = (long)sizeof(*args);
	register void (*entry)(struct child *) __asm__("x2") = child_main;
	register struct child *argument __asm__("x3") = child;
	register long x8 __asm__("x8") = SYS_clone3;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "mov x0, x3\n\t"
			 "blr x2\n\t"
			 "brk #1\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x1), "r"(entry), "r"(argument), "r"(x8)
			 : "memory", "cc");
	return x0;
}
#else
#error "clone_child: this architecture is not supported"
#endif

static int check(const struct n_spawn_options *options, int *highest)
{
	*highest = -1;
	if (options->fd_count > N_MAX_FDS)
		return -E2BIG;
	for (uint32_t i = 0; i < options->fd_count; i++) {
		int target = options->fds[i].there;

		if (target < 0)
			return -EBADF;
		for (uint32_t j = 0; j < i; j++) {
			if (options->fds[j].there == target)
				return -EINVAL;
		}
		if (target > *highest)
			*highest = target;
	}
	return 0;
}

/* A child that did not get to execve is reaped here: the caller's reaper never learns that it was.
 */
static int give_up(int pidfd, int error)
{
	siginfo_t info;

	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0 && errno == EINTR)
		;
	close(pidfd);
	return -error;
}

/*
 * Starts a program: its pid, and in `*pidfd` its pidfd. Only the descriptors of `fds` are open in
 * it; all signals are at their default and unblocked. A failure of any step up to and including
 * execve is returned, and no child is left. All signals are blocked meanwhile: no handler of ours
 * may run in the child, which has our memory.
 */
N_EXPORT int n_spawn(const struct n_spawn_options *options, int32_t *pidfd)
{
	static const uint64_t all_signals = ~(uint64_t)0;
	__attribute__((aligned(16))) char stack[CHILD_STACK_SIZE];
	struct child child = {.options = options};
	struct clone_args args;
	uint64_t mask;
	int fd = -1;
	long pid;
	int r;

	r = check(options, &child.highest);
	if (r < 0)
		return r;
	memset(&args, 0, sizeof(args));
	args.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD;
	args.pidfd = (uint64_t)(uintptr_t)&fd;
	args.exit_signal = SIGCHLD;
	args.stack = (uint64_t)(uintptr_t)stack;
	args.stack_size = sizeof(stack);
	if (options->cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint32_t)options->cgroup_fd;
	}

	r = set_signal_mask(&all_signals, &mask);
	if (r < 0)
		return r;
	pid = clone_child(&args, &child);
	(void)set_signal_mask(&mask, NULL);

	if (pid < 0)
		return (int)pid;
	if (child.error != 0)
		return give_up(fd, child.error);
	*pidfd = fd;
	return (int)pid;
}
