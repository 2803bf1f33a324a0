// SPDX-License-Identifier: Apache-2.0
/*
 * Where the socket of a shim is: tests and tools of containerd derive the same name. Reference:
 * src/shim/address.ts.
 */
#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launcher.h"

/* Drops the last component of path[floor..size), if there is one. */
static size_t drop_component(const char *path, size_t floor, size_t size)
{
	while (size > floor && path[--size] != '/')
		;
	return size;
}

/* Makes `path` the shortest equal one without looking at the file system, in place, as Go's
 * path.Clean does. */
static void clean_path(char *path)
{
	bool rooted = path[0] == '/';
	size_t start = rooted ? 1 : 0;
	size_t floor = start; /* ".." does not reach below it */
	size_t out = start;

	for (size_t in = start; path[in] != '\0';) {
		size_t length = strcspn(path + in, "/");
		bool parent = length == 2 && memcmp(path + in, "..", 2) == 0;

		if (parent && out > floor) {
			out = drop_component(path, floor, out);
		} else if (length > 0 && !(length == 1 && path[in] == '.') && !(parent && rooted)) {
			if (out > start)
				path[out++] = '/';
			memmove(path + out, path + in, length);
			out += length;
			if (parent)
				floor = out;
		}
		in += length + (path[in + length] == '/');
	}
	if (out == 0)
		path[out++] = '.';
	path[out] = '\0';
}

/* The non-empty elements joined and cleaned, as Go's filepath.Join does; on the heap. */
char *join_path(const char *first, const char *second, const char *third)
{
	const char *const elements[] = {first, second, third};
	size_t size = strlen(first) + strlen(second) + strlen(third) + 4;
	char *path = malloc(size);
	size_t used = 0;

	if (path == NULL)
		return NULL;
	path[0] = '\0';
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
		if (elements[i][0] == '\0')
			continue;
		used += (size_t)snprintf(path + used, size - used, "%s%s", used > 0 ? "/" : "",
					 elements[i]);
	}
	if (used > 0)
		clean_path(path);
	return path;
}

/* The path of the socket, on the heap; NULL when out of memory. */
char *socket_path(const char *dir, const char *grpc_address, const char *namespace,
		  const char *group)
{
	CLEANUP_FREE char *key = join_path(grpc_address, namespace, group);
	char digest[SHA256_DIGEST_STRING_LENGTH];
	char *path = NULL;

	if (key == NULL)
		return NULL;
	(void)SHA256Data((const uint8_t *)key, strlen(key), digest);
	return asprintf(&path, "%s/%s", dir, digest) < 0 ? NULL : path;
}
