// SPDX-License-Identifier: Apache-2.0
/*
 * What the files of the launcher share. The launcher is the program that containerd executes: it
 * answers what it can by itself and otherwise starts Node with clean descriptors, a clean
 * environment and a log. It is short-lived and single-threaded: memory is freed where that is
 * simple, and by exit otherwise.
 *
 * A function that can fail takes a `struct failure`, fills it once and returns -1 (or NULL); only
 * main.c prints it.
 */
#ifndef TSRUNC_LAUNCHER_H
#define TSRUNC_LAUNCHER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The Makefile says which. */
#ifndef TSRUNC_VERSION
#define TSRUNC_VERSION "unknown"
#endif
#ifndef TSRUNC_REVISION
#define TSRUNC_REVISION ""
#endif
#define SHIM_NAME "containerd-shim-tsrunc-v1"
#define CLI_NAME "tsrunc"

/* containerd's default directory for sockets of shims, and ours for the state of containers and
 * cached answers. */
#define DEFAULT_SOCKET_DIR "/run/containerd/s"
#define DEFAULT_STATE_ROOT "/run/containerd/tsrunc"
#define INFO_CACHE_PARENT "/run/tsrunc"
#define INFO_CACHE_DIR "/run/tsrunc/.info-cache"

/* Where the daemon finds what `start` hands over. */
#define LISTEN_FD 3
#define STDIN_COPY_FD 4

#define MAX_STDIN_BYTES ((size_t)10 << 20)
#define MAX_CONFIG_BYTES ((size_t)16 << 20)

#define CLEANUP_FREE __attribute__((cleanup(cleanup_free)))
#define CLEANUP_CLOSE __attribute__((cleanup(cleanup_close)))

/* One sentence for a person. */
struct failure {
	char text[512];
};

/* Bytes that somebody else owns. */
struct span {
	const uint8_t *data;
	size_t size;
};

/* Bytes on the heap, always followed by a NUL. */
struct buffer {
	uint8_t *data;
	size_t size;
};

/* The command line of the shim. No pointer is NULL; "" is not given. */
struct flags {
	bool debug, version, info;
	const char *namespace;
	const char *id;
	const char *socket;
	const char *debug_socket;
	const char *bundle;
	const char *address;
	const char *publish_binary;
	const char *action;
};

/* What the launcher needs from the stdin of `start`. The spans point into the bytes that were read.
 */
struct bootstrap {
	bool is_params; /* BootstrapParams (containerd 2.3 and later), not an Any */
	bool debug;
	struct span ttrpc_address;
	struct span grpc_address;
	struct span socket_dir;
	struct span shim_cgroup;
};

/* An environment in the making: owned strings "NAME=value", ended by NULL. */
struct environment {
	char *entries[128];
	size_t count;
};

/* What a daemon is started with. */
struct daemon {
	char *const *argv;
	char *const *env;
	int listen_fd;
	int stdin_fd;
	const char *shim_cgroup; /* "" if none */
	bool sched_core;
};

/* failure.c */
__attribute__((format(printf, 2, 3))) int fail(struct failure *why, const char *format, ...);
void cleanup_free(void *pointer);
void cleanup_close(const int *fd);

/* io.c */
int read_all(int fd, size_t limit, struct buffer *out, struct failure *why);
int read_small_file(const char *path, char *text, size_t size);
int write_all(int fd, const void *data, size_t size);
char *copy_text(struct span text);
int copy_to_memory(const struct buffer *bytes, struct failure *why);

/* flags.c */
int parse_flags(int argc, char **argv, struct flags *flags, struct failure *why);
bool valid_identifier(const char *text);

/* environment.c */
void scrub_environment(struct environment *env, bool command_line);
void add_variable(struct environment *env, const char *name, const char *value);
void free_environment(struct environment *env);

/* protobuf.c */
struct field {
	uint32_t number;
	uint32_t wire; /* 0 varint, 1 fixed64, 2 bytes, 3 group (skipped), 5 fixed32 */
	uint64_t value;
	struct span bytes;
};
int next_field(struct span *rest, struct field *field);
size_t put_varint(uint8_t *out, uint64_t value);

/* bootstrap.c */
int parse_bootstrap(struct span input, const struct flags *flags, struct bootstrap *out,
		    struct failure *why);

/* group.c */
char *read_grouping_key(const char *config_path, const char *id, struct failure *why);

/* address.c */
char *join_path(const char *first, const char *second, const char *third);
char *socket_path(const char *dir, const char *grpc_address, const char *namespace,
		  const char *group);

/* listen.c */
int listen_or_reuse(const char *dir, const char *path, int *listen_fd, struct failure *why);
void remove_stale_socket(const char *path);

/* cgroup.c */
int join_shim_cgroup(const char *path, struct failure *why);

/* daemon.c */
pid_t spawn_daemon(const struct daemon *daemon, struct failure *why);

/* node.c */
#define NODE_ARGUMENTS 6
struct node {
	char program[PATH_MAX];
	char script[PATH_MAX];
};
int find_node(struct node *node, struct failure *why);
void node_arguments(struct node *node, const char *name, char *argv[NODE_ARGUMENTS]);
int exec_node(const char *name, int argc, char **argv, struct environment *env,
	      struct failure *why);

/* mountinfo.c */
char *take_mount_point(char *line);
int mounted_at_or_below(const char *path, struct failure *why);

/* The commands: an exit code, or -1 with a failure. */
int run_start(const struct flags *flags, struct failure *why);
int run_delete(const struct flags *flags, int argc, char **argv, struct failure *why);
int run_info(int argc, char **argv, struct failure *why);

#endif
