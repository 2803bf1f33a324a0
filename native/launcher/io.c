// SPDX-License-Identifier: Apache-2.0
/* Whole reads and writes. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "launcher.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* Reads to the end of `fd` into a new buffer; more than `limit` bytes is an error. */
int read_all(int fd, size_t limit, struct buffer *out, struct failure *why)
{
	size_t capacity = 0;

	*out = (struct buffer){NULL, 0};
	for (;;) {
		if (capacity - out->size < 2) {
			size_t larger = capacity == 0 ? 16384 : capacity * 2;
			uint8_t *data = realloc(out->data, larger);

			if (data == NULL)
				return fail(why, "out of memory");
			out->data = data;
			capacity = larger;
		}
		ssize_t n = read(fd, out->data + out->size, capacity - out->size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(why, "read: %s", strerror(errno));
		if (n == 0)
			break;
		out->size += (size_t)n;
		if (out->size > limit)
			return fail(why, "more than %zu bytes", limit);
	}
	out->data[out->size] = '\0';
	return 0;
}

/* Reads a small file as text into `text`, without trailing whitespace. -1 with errno: not readable,
 * or not that small. */
int read_small_file(const char *path, char *text, size_t size)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	size_t used = 0;

	if (fd < 0)
		return -1;
	for (;;) {
		ssize_t n = read(fd, text + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		used += (size_t)n;
		if (used == size) {
			errno = EFBIG;
			return -1;
		}
	}
	while (used > 0 && strchr(" \t\r\n", text[used - 1]) != NULL)
		used--;
	text[used] = '\0';
	return 0;
}

int write_all(int fd, const void *data, size_t size)
{
	const uint8_t *next = data;

	while (size > 0) {
		ssize_t n = write(fd, next, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		next += n;
		size -= (size_t)n;
	}
	return 0;
}

/* A NUL-terminated copy; NULL when out of memory. */
char *copy_text(struct span text)
{
	char *copy = malloc(text.size + 1);

	if (copy == NULL)
		return NULL;
	if (text.size > 0)
		memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	return copy;
}

/* Node reads the bytes from a file of memory: they can be any number, and nobody else sees them. */
int copy_to_memory(const struct buffer *bytes, struct failure *why)
{
	int fd = memfd_create("tsrunc-stdin", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create("tsrunc-stdin", MFD_CLOEXEC);
	if (fd < 0)
		return fail(why, "memfd_create: %s", strerror(errno));
	if (write_all(fd, bytes->data, bytes->size) == 0 && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	(void)close(fd);
	return fail(why, "memfd: %s", strerror(errno));
}
