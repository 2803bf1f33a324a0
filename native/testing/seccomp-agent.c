// SPDX-License-Identifier: Apache-2.0
/*
 * A seccomp agent for tests: SOCKET LOG [NR=ANSWER]... Listens at SOCKET, takes messages with
 * listeners, answers for the system calls that come from them, and writes to LOG what it sees:
 *
 *   ready                        it listens
 *   process DESCRIPTORS MESSAGE  all that came over a connection
 *   call NR PID                  a notification; before it is answered
 *   gone                         a listener whose processes have ended
 *
 * ANSWER for system call NR is continue (as for all others), errno:N, value:N, mkdir (makes the
 * directory in the caller's root, with "-" and the metadata of the message after its name), hang
 * (no answer) or die (ends the agent). With
 * "backlog=N" it listens for no more than N, and accepts none before it gets SIGUSR1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	MAX_LISTENERS = 64,
	MAX_MESSAGE = 1 << 18,
	MAX_FDS = 8,
};

struct listener {
	int fd;
	char metadata[64];
};

static struct listener listeners[MAX_LISTENERS];
static size_t count;
static int log_fd;
static char **rules;

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	static char line[MAX_MESSAGE + 64];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (write(log_fd, line, (size_t)n) != n)
		exit(3);
}

static const char *rule_for(const char *name)
{
	size_t length = strlen(name);

	for (char **rule = rules; *rule != NULL; rule++) {
		if (strncmp(*rule, name, length) == 0 && (*rule)[length] == '=')
			return *rule + length + 1;
	}
	return NULL;
}

static void find_metadata(const char *message, char *metadata, size_t size)
{
	static const char key[] = "\"metadata\":\"";
	const char *start = strstr(message, key);
	size_t length = 0;

	if (start != NULL) {
		start += sizeof(key) - 1;
		length = strcspn(start, "\"");
	}
	snprintf(metadata, size, "%.*s", (int)length, start == NULL ? "" : start);
}

/* A receive ends after the part that came with descriptors: what does not fit into a page or so is
 * behind it. */
static ssize_t read_rest(int connection, char *message, ssize_t length, size_t room)
{
	ssize_t n;

	while ((n = read(connection, message + length, room - (size_t)length)) > 0)
		length += n;
	return length;
}

/* Everything up to the end, with the descriptors of its beginning. */
static void take_process(int connection)
{
	static char message[MAX_MESSAGE];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(MAX_FDS * sizeof(int))];
	struct iovec io = {message, sizeof(message) - 1};
	struct msghdr header = {.msg_iov = &io,
				.msg_iovlen = 1,
				.msg_control = control,
				.msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(connection, &header, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = CMSG_FIRSTHDR(&header);
	size_t fds = 0;

	if (n <= 0)
		return;
	n = read_rest(connection, message, n, sizeof(message) - 1);
	message[n] = '\0';
	if (c != NULL && c->cmsg_type == SCM_RIGHTS)
		fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	if (fds == 1 && count < MAX_LISTENERS) {
		memcpy(&listeners[count].fd, CMSG_DATA(c), sizeof(int));
		find_metadata(message, listeners[count].metadata,
			      sizeof(listeners[count].metadata));
		count++;
	}
	tell("process %zu %s\n", fds, message);
}

/* The path is the first argument, as for mkdir(2). */
static int make_directory(const struct seccomp_notif *call, const char *metadata)
{
	char path[256];
	char name[1024];
	ssize_t n;
	int fd;

	snprintf(name, sizeof(name), "/proc/%u/mem", call->pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : pread(fd, path, sizeof(path) - 1, (off_t)call->data.args[0]);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return -EFAULT;
	path[n] = '\0';
	snprintf(name, sizeof(name), "/proc/%u/root/%s-%s", call->pid, path, metadata);
	return mkdir(name, 0755) < 0 ? -errno : 0;
}

static void answer(const struct listener *listener, const struct seccomp_notif *call)
{
	struct seccomp_notif_resp reply = {.id = call->id};
	char number[16];
	const char *rule;

	snprintf(number, sizeof(number), "%d", call->data.nr);
	rule = rule_for(number);
	if (rule == NULL || strcmp(rule, "continue") == 0)
		reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (strncmp(rule, "errno:", 6) == 0)
		reply.error = -atoi(rule + 6);
	else if (strncmp(rule, "value:", 6) == 0)
		reply.val = atoi(rule + 6);
	else if (strcmp(rule, "mkdir") == 0)
		reply.error = make_directory(call, listener->metadata);
	else if (strcmp(rule, "die") == 0)
		exit(0);
	else
		return;
	/* ENOENT: the caller has been killed. */
	ioctl(listener->fd, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

/* Whether the listener has callers left. */
static bool serve(const struct listener *listener, short events)
{
	struct seccomp_notif call = {0};

	if ((events & POLLIN) == 0)
		return false;
	if (ioctl(listener->fd, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return errno == ENOENT || errno == EINTR;
	tell("call %d %u\n", call.data.nr, call.pid);
	answer(listener, &call);
	return true;
}

static void serve_all(int server)
{
	struct pollfd polls[MAX_LISTENERS + 1] = {{.fd = server, .events = POLLIN}};
	size_t known = count;

	for (size_t i = 0; i < known; i++)
		polls[i + 1] = (struct pollfd){.fd = listeners[i].fd, .events = POLLIN};
	if (poll(polls, known + 1, -1) < 0)
		return;
	for (size_t i = known; i-- > 0;) {
		if (polls[i + 1].revents == 0 || serve(&listeners[i], polls[i + 1].revents))
			continue;
		tell("gone\n");
		close(listeners[i].fd);
		listeners[i] = listeners[--count];
	}
	if (polls[0].revents != 0) {
		int connection = accept4(server, NULL, NULL, SOCK_CLOEXEC);

		take_process(connection);
		close(connection);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t length = sizeof(address);
	const char *backlog;
	sigset_t signals;
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc < 3)
		return 2;
	rules = argv + 3;
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	backlog = rule_for("backlog");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	if (argv[1][0] == '@') {
		length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(argv[1]));
		address.sun_path[0] = '\0';
	}
	log_fd = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (server < 0 || log_fd < 0 ||
	    bind(server, (const struct sockaddr *)&address, length) < 0 ||
	    listen(server, backlog == NULL ? 16 : atoi(backlog)) < 0)
		return 1;
	tell("ready\n");
	if (backlog != NULL)
		sigwaitinfo(&signals, NULL);
	for (;;)
		serve_all(server);
}
