// SPDX-License-Identifier: Apache-2.0
/*
 * A tree of files, copied. The source may be an image of an attacker's who changes it meanwhile:
 * each entry is opened as one name in a directory that is held open, looked at by that descriptor,
 * and nothing but a regular file is opened for more. The destination is nobody else's yet.
 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "init.h"
#include "kernel.h"

enum {
	MAX_DEPTH = 128, /* each level holds three descriptors */
	LISTING = 4096,
	OWNER_MODE = 0700,  /* until the entry has its own */
	XATTR_SIZE = 65536, /* XATTR_SIZE_MAX and XATTR_LIST_MAX in linux/limits.h */
};

/* getdents64(2) */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* A name in the destination, and what is to be there. */
struct copy {
	const char *name;
	int source; /* O_PATH */
	struct stat st;
};

static int copy_entries(const struct ctx *ctx, int from, int to, unsigned int depth);

/*
 * What the destination does not have, or this process may not give, is left out: "trusted" and
 * "security" want rights over the host's files, "user" a newer tmpfs. Capabilities for another user
 * namespace can't be read (-EOVERFLOW), nor mean anything in here.
 */
static bool is_left_out(int r)
{
	return r == -EPERM || r == -EACCES || r == -EOPNOTSUPP || r == -ENODATA || r == -EOVERFLOW;
}

static int copy_xattr(const char *from, const char *to, const char *name)
{
	char value[XATTR_SIZE];
	ssize_t size = getxattr(from, name, value, sizeof(value));
	int r = size < 0 ? -errno : result(setxattr(to, name, value, (size_t)size, 0));

	return is_left_out(r) ? 0 : r;
}

/* listxattr(2), getxattr(2), setxattr(2). O_PATH descriptors have no calls for these of their own.
 */
static int copy_xattrs(const struct ctx *ctx, int source, int copy)
{
	OWNED int cwd = enter_proc(ctx);
	char from[FD_PATH_SIZE];
	char to[FD_PATH_SIZE];
	char names[XATTR_SIZE];
	ssize_t size;
	int r = 0;

	if (cwd < 0)
		return release(&cwd);
	fd_path(from, source);
	fd_path(to, copy);
	size = listxattr(from, names, sizeof(names));
	if (size < 0 && errno != EOPNOTSUPP)
		r = -errno;
	for (ssize_t at = 0; r == 0 && at < size; at += (ssize_t)strlen(names + at) + 1)
		r = copy_xattr(from, to, names + at);
	return fchdir(cwd) < 0 ? -errno : r;
}

/* `size` bytes from `at` on. */
static int copy_range(int in, int out, off_t at, off_t size)
{
	if (lseek(in, at, SEEK_SET) < 0 || lseek(out, at, SEEK_SET) < 0)
		return -errno;
	while (size > 0) {
		ssize_t n = sendfile(out, in, NULL, (size_t)size);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		size -= n;
	}
	return 0;
}

/*
 * Holes stay holes, or a file of nothing would fill the memory of the host. What the filesystem
 * says of them need not make sense.
 */
static int copy_data(int in, int out, off_t size)
{
	off_t at = 0;

	while (at < size) {
		off_t data = lseek(in, at, SEEK_DATA);
		off_t hole;
		int r;

		if (data < 0 && errno != ENXIO)
			data = at;
		if (data < at || data >= size)
			break;
		hole = lseek(in, data, SEEK_HOLE);
		if (hole <= data || hole > size)
			hole = size;
		r = copy_range(in, out, data, hole - data);
		if (r < 0)
			return r;
		at = hole;
	}
	return result(ftruncate(out, size));
}

/* As long as the file was when it was looked at: a file that grows has no end. */
static int copy_file(const struct ctx *ctx, int to, const struct copy *copy)
{
	OWNED int in = reopen_fd(ctx, copy->source, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	OWNED int out = EMPTY;

	if (in < 0)
		return release(&in);
	out = openat(to, copy->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		     OWNER_MODE);
	if (out < 0)
		return -errno;
	return copy_data(in, out, copy->st.st_size);
}

static int copy_link(int to, const struct copy *copy)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(copy->source, "", target, sizeof(target));

	if (n < 0)
		return -errno;
	if ((size_t)n >= sizeof(target))
		return -ENAMETOOLONG;
	target[n] = '\0';
	return result(symlinkat(target, to, copy->name));
}

static int copy_directory(const struct ctx *ctx, int to, const struct copy *copy,
			  unsigned int depth)
{
	OWNED int made = EMPTY;

	if (mkdirat(to, copy->name, OWNER_MODE) < 0)
		return -errno;
	made = openat(to, copy->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (made < 0)
		return -errno;
	return copy_entries(ctx, copy->source, made, depth);
}

static int copy_contents(const struct ctx *ctx, int to, const struct copy *copy, unsigned int depth)
{
	switch (copy->st.st_mode & S_IFMT) {
	case S_IFDIR:
		return copy_directory(ctx, to, copy, depth);
	case S_IFREG:
		return copy_file(ctx, to, copy);
	case S_IFLNK:
		return copy_link(to, copy);
	default:
		return result(mknodat(to, copy->name, (copy->st.st_mode & S_IFMT) | OWNER_MODE,
				      copy->st.st_rdev));
	}
}

/*
 * The owner first: changing it takes set-id bits and capabilities away. Then the mode, which an
 * access control list says more exactly. Times last: anything else changes them.
 */
static int copy_attributes(const struct ctx *ctx, int to, const struct copy *copy)
{
	OWNED int made = openat(to, copy->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	const struct stat *st = &copy->st;
	const struct timespec times[] = {st->st_atim, st->st_mtim};
	mode_t mode = st->st_mode & 07777;
	int r;

	if (made < 0)
		return -errno;
	if (fchownat(to, copy->name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISLNK(st->st_mode) && fchmodat(to, copy->name, mode, 0) < 0)
		return -errno;
	r = copy_xattrs(ctx, copy->source, made);
	if (r < 0)
		return r;
	return result(utimensat(to, copy->name, times, AT_SYMLINK_NOFOLLOW));
}

static int copy_entry(const struct ctx *ctx, int from, int to, const char *name, unsigned int depth)
{
	OWNED int source = open_how(from, name, O_PATH | O_NOFOLLOW,
				    K_RESOLVE_NO_XDEV | K_RESOLVE_NO_MAGICLINKS);
	struct copy copy = {.name = name, .source = source};
	int r;

	/* Somebody has removed it; another mount lies over it. */
	if (source == -ENOENT || source == -EXDEV)
		return 0;
	if (source < 0)
		return release(&source);
	if (fstat(source, &copy.st) < 0)
		return -errno;
	r = copy_contents(ctx, to, &copy, depth);
	return r < 0 ? r : copy_attributes(ctx, to, &copy);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int copy_entries(const struct ctx *ctx, int from, int to, unsigned int depth)
{
	OWNED int list = EMPTY;
	_Alignas(struct entry) char buffer[LISTING];

	if (depth == MAX_DEPTH)
		return -ELOOP;
	list = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (list < 0)
		return -errno;
	for (;;) {
		int n = result(syscall(SYS_getdents64, list, buffer, sizeof(buffer)));

		if (n <= 0)
			return n;
		for (int at = 0; at < n;) {
			const struct entry *entry = (const void *)(buffer + at);
			int r = is_dots(entry->name)
					? 0
					: copy_entry(ctx, from, to, entry->name, depth + 1);

			if (r < 0)
				return r;
			at += entry->length;
		}
	}
}

/* getdents64(2), openat2(2), lseek(2), sendfile(2), mknodat(2), symlinkat(2), fchownat(2),
 * listxattr(2), setxattr(2), utimensat(2) */
int op_copy_tree(struct ctx *ctx, const struct op_copy_tree *op)
{
	int from = slot_get(ctx, op->from);
	int to = slot_get(ctx, op->to);
	struct stat st;
	int r;

	if (fstat(from, &st) < 0)
		return -errno;
	if (fchownat(to, "", st.st_uid, st.st_gid, K_AT_EMPTY_PATH) < 0)
		return -errno;
	r = copy_xattrs(ctx, from, to);
	if (r < 0)
		return r;
	return copy_entries(ctx, from, to, 0);
}
