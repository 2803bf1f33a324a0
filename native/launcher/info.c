// SPDX-License-Identifier: Apache-2.0
/*
 * `-info`: containerd 2.2 and later asks before the first container. The answer changes with the
 * kernel and with what is installed, so it is cached by both; Node makes it and writes the cache.
 * Reference: src/shim/info.ts.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "launcher.h"

#define MAX_ANSWER_BYTES ((size_t)1 << 20)

static int describe_file(const char *path, char *text, size_t size)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return -1;
	(void)snprintf(text, size, "%ju:%ju:%jd:%jd.%09ld", (uintmax_t)status.st_dev,
		       (uintmax_t)status.st_ino, (intmax_t)status.st_size,
		       (intmax_t)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
	return 0;
}

/* The path of the cached answer, on the heap; NULL if there can be none. */
static char *cache_path(void)
{
	char boot[64];
	char program[128];
	char script[128];
	char digest[SHA256_DIGEST_STRING_LENGTH];
	CLEANUP_FREE char *key = NULL;
	struct utsname system;
	struct failure ignored;
	struct node node;
	char *path = NULL;

	if (find_node(&node, &ignored) < 0)
		return NULL;
	int described = describe_file(node.script, script, sizeof(script));
	if (described < 0 || describe_file("/proc/self/exe", program, sizeof(program)) < 0 ||
	    read_small_file("/proc/sys/kernel/random/boot_id", boot, sizeof(boot)) < 0 ||
	    uname(&system) < 0)
		return NULL;
	if (asprintf(&key, "%s\n%s %s\n%s\n%s", boot, system.release, system.version, program,
		     script) < 0)
		return NULL;
	(void)SHA256Data((const uint8_t *)key, strlen(key), digest);
	return asprintf(&path, "%s/%s", INFO_CACHE_DIR, digest) < 0 ? NULL : path;
}

static bool is_private(const struct stat *status, mode_t type)
{
	return (status->st_mode & S_IFMT) == type && status->st_uid == geteuid() &&
	       (status->st_mode & 077) == 0;
}

/* Makes sure that only we can have written what is in the cache. */
static bool secure_cache(void)
{
	struct stat status;

	if ((mkdir(INFO_CACHE_PARENT, 0700) < 0 && errno != EEXIST) ||
	    (mkdir(INFO_CACHE_DIR, 0700) < 0 && errno != EEXIST))
		return false;
	return lstat(INFO_CACHE_PARENT, &status) == 0 && S_ISDIR(status.st_mode) &&
	       status.st_uid == geteuid() && (status.st_mode & 022) == 0 &&
	       lstat(INFO_CACHE_DIR, &status) == 0 && is_private(&status, S_IFDIR);
}

/* 1: answered; 0: no answer is cached. */
static int answer_from_cache(const char *path, struct failure *why)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct failure ignored;
	struct buffer answer;
	struct stat status;
	int result = 0;

	if (fd < 0 || fstat(fd, &status) < 0 || !is_private(&status, S_IFREG))
		return 0;
	if (read_all(fd, MAX_ANSWER_BYTES, &answer, &ignored) == 0 && answer.size > 0)
		result = write_all(STDOUT_FILENO, answer.data, answer.size) < 0
				 ? fail(why, "stdout: %s", strerror(errno))
				 : 1;
	free(answer.data);
	return result;
}

/* The caller's stdin as a file of memory for Node, in place of what was read; its size, or -1. */
static ssize_t keep_stdin(struct failure *why)
{
	struct buffer input;
	int result = read_all(STDIN_FILENO, MAX_STDIN_BYTES, &input, why);
	ssize_t size = (ssize_t)input.size;

	if (result == 0 && size > 0) {
		CLEANUP_CLOSE int fd = copy_to_memory(&input, why);

		result = fd < 0 ? -1 : 0;
		if (fd >= 0 && dup2(fd, STDIN_FILENO) < 0)
			result = fail(why, "stdin: %s", strerror(errno));
	}
	free(input.data);
	return result < 0 ? -1 : size;
}

int run_info(int argc, char **argv, struct failure *why)
{
	CLEANUP_FREE char *path = NULL;
	ssize_t input = keep_stdin(why);
	struct environment env;

	if (input < 0)
		return -1;
	/* The answer repeats options, so only the one to empty options is kept. */
	if (input == 0 && secure_cache())
		path = cache_path();
	int answered = path == NULL ? 0 : answer_from_cache(path, why);
	if (answered != 0)
		return answered < 0 ? -1 : 0;
	scrub_environment(&env, false);
	if (path != NULL)
		add_variable(&env, "TSRUNC_INFO_CACHE", path);
	return exec_node(SHIM_NAME, argc, argv, &env, why);
}
