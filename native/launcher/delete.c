// SPDX-License-Identifier: Apache-2.0
/*
 * `delete`: containerd runs it after every removal and its client waits. Where nothing is left to
 * clean, this answers; else Node cleans up. Reference: src/shim/delete.ts.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "launcher.h"

#define STATUS_KILLED 137

/* The bundle without symbolic links, on the heap: -bundle, or <id> beside the working directory. */
static char *find_bundle(const struct flags *flags, struct failure *why)
{
	CLEANUP_FREE char *cwd = NULL;
	CLEANUP_FREE char *path = NULL;

	if (flags->bundle[0] == '/') {
		path = strdup(flags->bundle);
	} else {
		cwd = getcwd(NULL, 0);
		if (cwd == NULL) {
			(void)fail(why, "working directory: %s", strerror(errno));
			return NULL;
		}
		path = join_path(cwd, "..", flags->id);
	}
	if (path == NULL) {
		(void)fail(why, "out of memory");
		return NULL;
	}
	char *resolved = realpath(path, NULL);
	if (resolved != NULL || errno != ENOENT) {
		if (resolved == NULL)
			(void)fail(why, "bundle \"%s\": %s", path, strerror(errno));
		return resolved;
	}
	/* A bundle that is gone has no links in it. */
	return strdup(path);
}

/* Reads a file of the bundle into `text`; false if there is none like that. */
static bool read_bundle_file(const char *bundle, const char *name, char *text, size_t size)
{
	CLEANUP_FREE char *path = join_path(bundle, name, "");

	return path != NULL && read_small_file(path, text, size) == 0;
}

/* Whether the runtime still keeps state of this id. */
static int has_state(const struct flags *flags, const char *bundle, struct failure *why)
{
	char root[PATH_MAX];
	struct stat status;

	if (!read_bundle_file(bundle, "tsrunc-root", root, sizeof(root)) || root[0] != '/')
		(void)snprintf(root, sizeof(root), "%s", DEFAULT_STATE_ROOT);
	CLEANUP_FREE char *path = join_path(root, flags->namespace, flags->id);
	if (path == NULL)
		return fail(why, "out of memory");
	if (lstat(path, &status) == 0)
		return 1;
	/* Not readable is for Node to say. */
	return errno == ENOENT ? 0 : 1;
}

static int has_leftovers(const struct flags *flags, const char *bundle, struct failure *why)
{
	CLEANUP_FREE char *rootfs = join_path(bundle, "rootfs", "");
	int state = has_state(flags, bundle, why);

	if (rootfs == NULL)
		return fail(why, "out of memory");
	return state != 0 ? state : mounted_at_or_below(rootfs, why);
}

/* A shim that was killed leaves its socket; one that ended itself has removed it. */
static void remove_socket(const char *bundle)
{
	static const char scheme[] = "unix://";
	char address[PATH_MAX];

	if (read_bundle_file(bundle, "address", address, sizeof(address)) &&
	    strncmp(address, scheme, sizeof(scheme) - 1) == 0)
		remove_stale_socket(address + sizeof(scheme) - 1);
}

static uint32_t read_pid(const char *bundle)
{
	char text[32];
	char *end;

	if (!read_bundle_file(bundle, "init.pid", text, sizeof(text)))
		return 0;
	unsigned long pid = strtoul(text, &end, 10);
	return *end != '\0' || pid > INT_MAX ? 0 : (uint32_t)pid;
}

static size_t put_field(uint8_t *out, uint32_t number, uint64_t value)
{
	if (value == 0)
		return 0;
	out[0] = (uint8_t)(number << 3);
	return 1 + put_varint(out + 1, value);
}

/* DeleteResponse: 1 pid, 2 exit_status, 3 exited_at. */
static size_t encode_answer(uint8_t out[64], uint32_t pid, const struct timespec *now)
{
	uint8_t time[24];
	size_t time_size = put_field(time, 1, (uint64_t)now->tv_sec);
	size_t size = put_field(out, 1, pid);

	time_size += put_field(time + time_size, 2, (uint64_t)now->tv_nsec);
	size += put_field(out + size, 2, STATUS_KILLED);
	out[size++] = 3 << 3 | 2;
	out[size++] = (uint8_t)time_size;
	memcpy(out + size, time, time_size);
	return size + time_size;
}

int run_delete(const struct flags *flags, int argc, char **argv, struct failure *why)
{
	CLEANUP_FREE char *bundle = find_bundle(flags, why);
	uint8_t response[64];
	struct timespec now;

	if (bundle == NULL)
		return -1;
	int leftovers = has_leftovers(flags, bundle, why);
	if (leftovers < 0)
		return -1;
	remove_socket(bundle);
	if (leftovers > 0) {
		struct environment env;

		scrub_environment(&env, false);
		return exec_node(SHIM_NAME, argc, argv, &env, why);
	}
	(void)clock_gettime(CLOCK_REALTIME, &now);
	size_t size = encode_answer(response, read_pid(bundle), &now);
	if (write_all(STDOUT_FILENO, response, size) < 0)
		return fail(why, "stdout: %s", strerror(errno));
	return 0;
}
