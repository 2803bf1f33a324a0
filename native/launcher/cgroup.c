// SPDX-License-Identifier: Apache-2.0
/*
 * The shim_cgroup option: the daemon's process joins a cgroup that exists. With version 1 (or
 * hybrid) hierarchies, in each one that has it; else in the unified one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher.h"

static bool leaves_root(const char *path)
{
	for (; *path != '\0'; path += *path == '/') {
		size_t length = strcspn(path, "/");

		if (length == 2 && memcmp(path, "..", 2) == 0)
			return true;
		path += length;
	}
	return false;
}

/* Writes "0", this process, into a file of the cgroup: 1 done, 0 no such cgroup, -1 failed. */
static int join_hierarchy(const char *mount_point, const char *cgroup, const char *file,
			  struct failure *why)
{
	CLEANUP_FREE char *path = NULL;

	if (asprintf(&path, "%s/%s/%s", mount_point, cgroup, file) < 0)
		return fail(why, "out of memory");
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0 || write_all(fd, "0", 1) < 0)
		return fail(why, "failed to load cgroup: \"%s\": %s", path, strerror(errno));
	return 1;
}

/* Whether a line of mountinfo is about a file system of this type: the first field after the dash.
 */
static bool has_type(const char *line, const char *type)
{
	const char *dash = strstr(line, " - ");
	size_t length = strlen(type);

	return dash != NULL && strncmp(dash + 3, type, length) == 0 && dash[3 + length] == ' ';
}

/* Joins in each hierarchy of file system `type`: how many, or -1. */
static int join_all(const char *type, const char *cgroup, const char *file, struct failure *why)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t capacity = 0;
	int joined = 0;

	if (mounts == NULL)
		return fail(why, "/proc/self/mountinfo: %s", strerror(errno));
	while (joined >= 0 && getline(&line, &capacity, mounts) >= 0) {
		const char *point = has_type(line, type) ? take_mount_point(line) : NULL;
		int done = point == NULL ? 0 : join_hierarchy(point, cgroup, file, why);

		joined = done < 0 ? -1 : joined + done;
	}
	free(line);
	(void)fclose(mounts);
	return joined;
}

/*
 * To be called in a process with one thread: `tasks` then takes all of it, without the global lock
 * that makes a write to cgroup.procs of version 1 slow.
 */
int join_shim_cgroup(const char *path, struct failure *why)
{
	if (leaves_root(path))
		return fail(why, "failed to load cgroup: \"%s\" contains \"..\"", path);
	int joined = join_all("cgroup", path, "tasks", why);
	if (joined == 0)
		joined = join_all("cgroup2", path, "cgroup.procs", why);
	if (joined == 0)
		return fail(why, "failed to load cgroup: there is no cgroup \"%s\"", path);
	return joined < 0 ? -1 : 0;
}
