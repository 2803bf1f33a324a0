// SPDX-License-Identifier: Apache-2.0
/*
 * A runtime for tests: starts a tsrunc-init, sends it programs with descriptors, and prints what
 * comes back on descriptor 3, one line each. Usage: driver INIT STEP..., where a step is
 *
 *   deny=NAME          before init starts: this system call fails with ENOSYS
 *   kill=NAME          before init starts: this system call kills the process that makes it
 *   close=NUMBER       before init starts: it does not get this descriptor
 *   packet=LENGTH      sends a packet of LENGTH zero bytes instead of 16 with the next program
 *   in=FLAGS:PATH      opens PATH for the next program
 *   run=FILE           sends the program in FILE with what was opened, prints reports up to "done"
 * or the end
 *
 * "driver exchange A B" is an attacker instead: it swaps two names until it is killed.
 *
 * Lines: "report KIND OP ERRNO VALUE LINK" (LINK is what a descriptor refers to, or "-"), "end"
 * (the socket was closed), "console HEX" (what came out of the pty), "exit PID STATUS" for each
 * process that ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	RESULT_FD = 3,
	INIT_SOCKET = 3,
	MAX_FDS = 253, /* SCM_MAX_FD of the kernel */
	TIMEOUT_SECONDS = 60,
};

struct state {
	int socket;
	int console;
	int packet;
	int fds[MAX_FDS];
	size_t count;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "driver: %s: %s\n", what, strerror(errno));
	exit(100);
}

static unsigned int number_of(const char *name)
{
	static const struct {
		const char *name;
		unsigned int number;
	} calls[] = {
		{"openat2", SYS_openat2},	{"mount_setattr", 442},
		{"faccessat2", SYS_faccessat2}, {"keyctl", SYS_keyctl},
		{"prctl", SYS_prctl},		{"sched_setaffinity", SYS_sched_setaffinity},
		{"sendmsg", SYS_sendmsg},	{"close_range", 436},
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	}
	die(name);
}

/*
 * What one system call comes to: ENOSYS, to see what an older kernel would do, or a death at a
 * place of the test's choice.
 */
static void filter(const char *name, uint32_t action)
{
	unsigned int number = number_of(name);
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
		die("seccomp");
}

/* As bad as a parent can leave them. */
static void spoil_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (int signal = SIGHUP; signal <= SIGRTMAX; signal++)
		(void)sigaction(signal, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
}

static void prepare(char **steps)
{
	for (; *steps != NULL; steps++) {
		if (strncmp(*steps, "close=", 6) == 0)
			close((int)strtol(*steps + 6, NULL, 10));
		if (strncmp(*steps, "deny=", 5) == 0)
			filter(*steps + 5, SECCOMP_RET_ERRNO | ENOSYS);
		if (strncmp(*steps, "kill=", 5) == 0)
			filter(*steps + 5, SECCOMP_RET_KILL_PROCESS);
	}
}

static void start_init(const char *path, char **steps, struct state *state)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		die("socketpair");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (dup2(pair[1], INIT_SOCKET) < 0)
			die("dup2");
		spoil_signals();
		prepare(steps);
		execl(path, "tsrunc-init", (char *)NULL);
		die(path);
	}
	close(pair[1]);
	state->socket = pair[0];
	dprintf(RESULT_FD, "init %d\n", pid);
}

static int load_plan(const char *path)
{
	char buffer[65536];
	int from = open(path, O_RDONLY | O_CLOEXEC);
	int plan = memfd_create("plan", MFD_CLOEXEC);
	ssize_t n;

	if (from < 0 || plan < 0)
		die(path);
	while ((n = read(from, buffer, sizeof(buffer))) > 0) {
		if (write(plan, buffer, (size_t)n) != n)
			die("write");
	}
	close(from);
	return plan;
}

static void send_plan(struct state *state, const char *path)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(MAX_FDS * sizeof(int))];
	char header[64] = {0};
	struct iovec io = {header, (size_t)state->packet};
	struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control};
	struct cmsghdr *c = (struct cmsghdr *)(void *)control;
	size_t bytes = (state->count + 1) * sizeof(int);
	int plan = load_plan(path);

	memset(control, 0, sizeof(control));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(bytes);
	message.msg_controllen = CMSG_SPACE(bytes);
	memcpy(CMSG_DATA(c), &plan, sizeof(int));
	memcpy(CMSG_DATA(c) + sizeof(int), state->fds, bytes - sizeof(int));
	if (sendmsg(state->socket, &message, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		die("sendmsg");
	close(plan);
	while (state->count > 0)
		close(state->fds[--state->count]);
}

static void print_report(const uint32_t report[4], int fd)
{
	char path[64];
	char link[512] = "-";
	ssize_t n = -1;

	if (fd >= 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, link, sizeof(link) - 1);
	}
	if (n >= 0)
		link[n] = '\0';
	dprintf(RESULT_FD, "report %u %u %u %u %s\n", report[0], report[1], report[2], report[3],
		link);
}

/* Prints one report; its kind, or 0 at the end. */
static uint32_t receive(struct state *state)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	uint32_t report[4];
	struct iovec io = {report, sizeof(report)};
	struct msghdr message = {.msg_iov = &io,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(state->socket, &message, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	int fd = -1;

	if (n != sizeof(report)) {
		dprintf(RESULT_FD, "end\n");
		return 0;
	}
	if (c != NULL && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(int));
	print_report(report, fd);
	if (report[0] == 5)
		state->console = fd;
	else if (fd >= 0)
		close(fd);
	return report[0];
}

static void run(struct state *state, const char *path)
{
	uint32_t kind;

	send_plan(state, path);
	do {
		kind = receive(state);
	} while (kind != 0 && kind != 2);
}

static void open_input(struct state *state, const char *text)
{
	char *path = NULL;
	int flags = (int)strtol(text, &path, 0);

	if (*path != ':' || state->count == MAX_FDS - 1)
		die(text);
	state->fds[state->count] = open(path + 1, flags | O_CLOEXEC);
	if (state->fds[state->count] < 0)
		die(path + 1);
	state->count++;
}

static void print_console(int console)
{
	unsigned char byte;

	dprintf(RESULT_FD, "console ");
	while (read(console, &byte, 1) == 1)
		dprintf(RESULT_FD, "%02x", byte);
	dprintf(RESULT_FD, "\n");
}

static _Noreturn void exchange(const char *a, const char *b)
{
	alarm(TIMEOUT_SECONDS);
	for (;;) {
		if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) < 0)
			die("renameat2");
	}
}

int main(int argc, char **argv)
{
	struct state state = {.console = -1, .packet = 16};
	int status;
	pid_t pid;

	if (argc < 2)
		return 100;
	if (argc == 4 && strcmp(argv[1], "exchange") == 0)
		exchange(argv[2], argv[3]);
	alarm(TIMEOUT_SECONDS);
	close_range(RESULT_FD, UINT32_MAX, CLOSE_RANGE_CLOEXEC);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	start_init(argv[1], argv + 2, &state);
	for (char **step = argv + 2; *step != NULL; step++) {
		if (strncmp(*step, "in=", 3) == 0)
			open_input(&state, *step + 3);
		else if (strncmp(*step, "packet=", 7) == 0)
			state.packet = (int)strtol(*step + 7, NULL, 10);
		else if (strncmp(*step, "run=", 4) == 0)
			run(&state, *step + 4);
		else if (strncmp(*step, "deny=", 5) != 0 && strncmp(*step, "kill=", 5) != 0 &&
			 strncmp(*step, "close=", 6) != 0)
			die(*step);
	}
	if (state.console >= 0)
		print_console(state.console);
	close(state.socket);
	while ((pid = wait(&status)) > 0)
		dprintf(RESULT_FD, "exit %d %d\n", pid, status);
	return 0;
}
