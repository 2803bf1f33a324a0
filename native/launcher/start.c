// SPDX-License-Identifier: Apache-2.0
/*
 * `start`: one socket, one daemon behind it, one answer on stdout. It does not wait for Node: the
 * first request does, in the socket. Reference: src/shim/start.ts.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher.h"

#define MAX_SERVE_ARGUMENTS 10

/* Everything that a start has in hand. */
struct start {
	const struct flags *flags;
	struct buffer input;
	struct bootstrap bootstrap;
	char *socket_dir;
	char *grpc_address;
	char *shim_cgroup;
	char *socket;  /* path */
	char *address; /* "unix://" path */
	int listen_fd;
	int stdin_fd;
};

static int read_input(struct start *start, struct failure *why)
{
	const struct bootstrap *bootstrap = &start->bootstrap;

	if (read_all(STDIN_FILENO, MAX_STDIN_BYTES, &start->input, why) < 0) {
		struct failure inner = *why;

		return fail(why, "stdin: %.400s", inner.text);
	}
	struct span input = {start->input.data, start->input.size};
	if (parse_bootstrap(input, start->flags, &start->bootstrap, why) < 0)
		return -1;
	start->socket_dir = bootstrap->socket_dir.size == 0 ? strdup(DEFAULT_SOCKET_DIR)
							    : copy_text(bootstrap->socket_dir);
	start->grpc_address = bootstrap->grpc_address.size == 0
				      ? strdup(start->flags->address)
				      : copy_text(bootstrap->grpc_address);
	start->shim_cgroup = copy_text(bootstrap->shim_cgroup);
	if (start->socket_dir == NULL || start->grpc_address == NULL || start->shim_cgroup == NULL)
		return fail(why, "out of memory");
	return 0;
}

static int derive_address(struct start *start, struct failure *why)
{
	const struct flags *flags = start->flags;
	CLEANUP_FREE char *group = read_grouping_key("config.json", flags->id, why);

	if (group == NULL)
		return -1;
	start->socket =
		socket_path(start->socket_dir, start->grpc_address, flags->namespace, group);
	if (start->socket == NULL || asprintf(&start->address, "unix://%s", start->socket) < 0)
		return fail(why, "out of memory");
	return 0;
}

static int write_file(const char *path, const char *text)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	CLEANUP_CLOSE int fd = open(path, flags, 0644);

	return fd < 0 || write_all(fd, text, strlen(text)) < 0 ? -1 : fchmod(fd, 0644);
}

/* containerd 1.6 and 1.7 find the shim again by this file. Whole or not at all. */
static int write_address_file(const char *address, struct failure *why)
{
	char temporary[32];

	(void)snprintf(temporary, sizeof(temporary), ".address.%d", getpid());
	if (write_file(temporary, address) == 0 && rename(temporary, "address") == 0)
		return 0;
	(void)fail(why, "write \"address\": %s", strerror(errno));
	(void)unlink(temporary);
	return -1;
}

/* Which form this containerd understands: shim-contract.md 1.6. On the heap. */
static char *answer(const struct start *start)
{
	const char *max_version = getenv("MAX_SHIM_VERSION");

	/* 1.6 sets no such variable, and takes nothing but an address. */
	if (!start->bootstrap.is_params && (max_version == NULL || max_version[0] == '\0'))
		return strdup(start->address);
	/* 2.3 and later send parameters. 1.7 refuses version 3, and 2.0 to 2.2 look the same
	 * as 1.7. */
	json_t *document = json_pack("{s:i,s:s,s:s}", "version", start->bootstrap.is_params ? 3 : 2,
				     "address", start->address, "protocol", "ttrpc");
	char *text = document == NULL ? NULL : json_dumps(document, JSON_COMPACT);
	json_decref(document);
	return text;
}

static void add_flag(char **argv, size_t *count, const char *name, const char *value)
{
	union {
		const char *in;
		char *out;
	} text = {name};

	argv[(*count)++] = text.out;
	if (value != NULL) {
		text.in = value;
		argv[(*count)++] = text.out;
	}
}

static pid_t spawn(const struct start *start, struct failure *why)
{
	char *argv[NODE_ARGUMENTS + MAX_SERVE_ARGUMENTS] = {NULL};
	CLEANUP_FREE char *ttrpc_address = copy_text(start->bootstrap.ttrpc_address);
	size_t count = NODE_ARGUMENTS;
	struct environment env;
	struct node node;
	const char *sched_core = getenv("SCHED_CORE");

	if (find_node(&node, why) < 0)
		return -1;
	scrub_environment(&env, false);
	if (ttrpc_address != NULL && ttrpc_address[0] != '\0')
		add_variable(&env, "TTRPC_ADDRESS", ttrpc_address);
	add_variable(&env, "TSRUNC_LISTEN", start->socket);
	node_arguments(&node, SHIM_NAME, argv);
	add_flag(argv, &count, "-namespace", start->flags->namespace);
	add_flag(argv, &count, "-id", start->flags->id);
	add_flag(argv, &count, "-address", start->grpc_address);
	if (start->flags->debug || start->bootstrap.debug)
		add_flag(argv, &count, "-debug", NULL);
	const struct daemon daemon = {
		.argv = argv,
		.env = env.entries,
		.listen_fd = start->listen_fd,
		.stdin_fd = start->stdin_fd,
		.shim_cgroup = start->shim_cgroup,
		.sched_core = sched_core != NULL && sched_core[0] != '\0',
	};
	pid_t child = spawn_daemon(&daemon, why);
	free_environment(&env);
	return child;
}

static int print_answer(const struct start *start, struct failure *why)
{
	CLEANUP_FREE char *text = answer(start);

	if (text == NULL)
		return fail(why, "the address \"%s\" is not UTF-8", start->address);
	if (write_all(STDOUT_FILENO, text, strlen(text)) < 0)
		return fail(why, "stdout: %s", strerror(errno));
	return 0;
}

/* From a bound socket to a printed answer; the caller removes the socket if this fails. */
static int serve_socket(struct start *start, struct failure *why)
{
	start->stdin_fd = copy_to_memory(&start->input, why);
	if (start->stdin_fd < 0 || write_address_file(start->address, why) < 0)
		return -1;
	pid_t child = spawn(start, why);
	if (child < 0)
		return -1;
	if (print_answer(start, why) < 0) {
		(void)kill(child, SIGKILL);
		(void)waitpid(child, NULL, 0);
		return -1;
	}
	return 0;
}

static int start_or_reuse(struct start *start, struct failure *why)
{
	if (read_input(start, why) < 0 || derive_address(start, why) < 0 ||
	    listen_or_reuse(start->socket_dir, start->socket, &start->listen_fd, why) < 0)
		return -1;
	if (start->listen_fd < 0)
		return write_address_file(start->address, why) < 0 ? -1 : print_answer(start, why);
	if (serve_socket(start, why) == 0)
		return 0;
	(void)unlink(start->socket);
	(void)unlink("address");
	return -1;
}

int run_start(const struct flags *flags, struct failure *why)
{
	struct start start = {.flags = flags, .listen_fd = -1, .stdin_fd = -1};
	int result = start_or_reuse(&start, why);

	cleanup_close(&start.listen_fd);
	cleanup_close(&start.stdin_fd);
	free(start.input.data);
	free(start.socket_dir);
	free(start.grpc_address);
	free(start.shim_cgroup);
	free(start.socket);
	free(start.address);
	return result;
}
