// SPDX-License-Identifier: Apache-2.0
/*
 * Paths below a root that someone else may be changing meanwhile. The kernel resolves each in the
 * root (openat2), and what is missing is made as one name in a directory that is held open, so that
 * nothing outside of the root is ever touched (CVE-2021-30465, CVE-2024-45310).
 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "init.h"
#include "kernel.h"

enum {
	EAGAIN_RETRIES = 256,
	MAX_LINKS = 40, /* as the kernel's own limit */
	PARENT_MODE = 0755,
};

/* What is to be made where nothing is. */
struct node {
	bool is_dir;
	mode_t mode;
};

/* Plans have the numbers of x86-64; arm64 has others for these three. */
int open_flags(uint64_t plan_flags)
{
	enum {
		DIRECT = 0x4000,
		DIRECTORY = 0x10000,
		NOFOLLOW = 0x20000,
	};
	int flags = (int)(plan_flags & ~(uint64_t)(DIRECT | DIRECTORY | NOFOLLOW));

	flags |= (plan_flags & DIRECT) != 0 ? O_DIRECT : 0;
	flags |= (plan_flags & DIRECTORY) != 0 ? O_DIRECTORY : 0;
	flags |= (plan_flags & NOFOLLOW) != 0 ? O_NOFOLLOW : 0;
	return flags | O_CLOEXEC;
}

/* openat2(2), 5.6. EAGAIN: a rename somewhere on the system raced with a resolution in the root. */
int open_how(int root, const char *path, int flags, uint64_t resolve)
{
	struct k_open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = resolve};
	int r = -EAGAIN;

	for (int i = 0; i < EAGAIN_RETRIES && r == -EAGAIN; i++)
		r = result(syscall(NR_OPENAT2, root, path, &how, sizeof(how)));
	return r;
}

int open_in_root(int root, const char *path, int flags)
{
	return open_how(root, path, flags, K_RESOLVE_IN_ROOT | K_RESOLVE_NO_MAGICLINKS);
}

static int make_node(int parent, const char *name, const struct node *node)
{
	mode_t mask = umask(0);
	int r;

	if (node->is_dir) {
		r = result(mkdirat(parent, name, node->mode));
	} else {
		int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

		r = result(openat(parent, name, flags, node->mode));
		if (r >= 0) {
			close(r);
			r = 0;
		}
	}
	umask(mask);
	return r;
}

/*
 * Opens `path`, whose last name is `name` in `parent`, or makes it. EEXIST: there is something that
 * leads nowhere.
 */
static int open_or_make(int root, int parent, const char *path, const struct node *node)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	int flags = O_PATH | (node->is_dir ? O_DIRECTORY : 0);
	int r = open_in_root(root, path, flags);

	if (r != -ENOENT)
		return r;
	r = make_node(parent, name, node);
	return r < 0 ? r : result(openat(parent, name, flags | O_NOFOLLOW | O_CLOEXEC));
}

/*
 * Puts the target of the dangling link `name` (which starts in `path`) in its place: images have
 * /var/run -> /run without /run. If it is no link, someone has made the name meanwhile, and the
 * path stays as it is.
 */
static int follow_link(int parent, char path[PATH_MAX], char *name, size_t length)
{
	char target[PATH_MAX];
	size_t rest = strlen(name + length) + 1;
	char end = name[length];
	size_t kept;
	ssize_t n;

	name[length] = '\0';
	n = readlinkat(parent, name, target, sizeof(target));
	name[length] = end;
	if (n < 0)
		return errno == EINVAL ? 0 : -errno;
	kept = target[0] == '/' ? 0 : (size_t)(name - path);
	if (kept + (size_t)n + rest > PATH_MAX)
		return -ENAMETOOLONG;
	memmove(path + kept + n, name + length, rest);
	memcpy(path + kept, target, (size_t)n);
	return 0;
}

/* One walk from the root. -EEXIST: `path` was rewritten, walk again. */
static int walk(int root, char path[PATH_MAX], const struct node *node)
{
	static const struct node directory = {true, PARENT_MODE};
	OWNED int parent = open_in_root(root, "/", O_PATH | O_DIRECTORY);
	char *name = path + strspn(path, "/");

	while (parent >= 0 && *name != '\0') {
		size_t length = strcspn(name, "/");
		char *next = name + length + strspn(name + length, "/");
		const struct node *wanted = *next != '\0' && !node->is_dir ? &directory : node;
		char end = name[length];
		int fd;

		name[length] = '\0';
		fd = open_or_make(root, parent, path, wanted);
		name[length] = end;
		if (fd == -EEXIST) {
			int r = follow_link(parent, path, name, length);

			return r < 0 ? r : -EEXIST;
		}
		close_owned(&parent);
		parent = fd;
		name = next;
	}
	return release(&parent);
}

static int make_in_root(int root, const char *path, const struct node *node)
{
	char buffer[PATH_MAX];
	size_t size = strlen(path) + 1;
	int r = -EEXIST;

	if (size > sizeof(buffer))
		return -ENAMETOOLONG;
	memcpy(buffer, path, size);
	for (int i = 0; i <= MAX_LINKS && r == -EEXIST; i++)
		r = walk(root, buffer, node);
	return r == -EEXIST ? -ELOOP : r;
}

/* statx(2), of which a libc may not know the mount: 5.8. Zero if the kernel does not say. */
static uint64_t mount_id(int fd)
{
	struct k_statx st = {0};
	long r = syscall(SYS_statx, fd, "", K_AT_EMPTY_PATH, K_STATX_MNT_ID, &st);

	return r == 0 && (st.mask & K_STATX_MNT_ID) != 0 ? st.mount_id : 0;
}

static bool is_same_place(int fd, int other)
{
	struct stat a;
	struct stat b;

	return fstat(fd, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino && mount_id(fd) == mount_id(other);
}

/*
 * The directory as O_PATH descriptor. Missing parents get the same mode. -EBUSY: a link has led to
 * `root` itself.
 */
int make_dir_in_root(int root, const char *path, mode_t mode)
{
	OWNED int fd = make_in_root(root, path, &(struct node){true, mode});

	if (fd >= 0 && path[strspn(path, "/")] != '\0' && is_same_place(fd, root))
		return -EBUSY;
	return release(&fd);
}

/* The file, or whatever is there but no directory, as O_PATH descriptor. */
int make_file_in_root(int root, const char *path, mode_t mode)
{
	OWNED int fd = make_in_root(root, path, &(struct node){false, mode});
	struct stat st;

	if (fd < 0)
		return release(&fd);
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? -EISDIR : release(&fd);
}

/* One name in a directory, so that no link on the way is followed. */
bool is_name(const char *name)
{
	return *name != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

/* A place for a mount in `dir`; made as an empty file if it is missing, refused if it is a link. */
int open_mount_point(int dir, const char *name, mode_t mode)
{
	OWNED int fd = result(openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	struct stat st;

	if (fd == -ENOENT)
		fd = make_file_in_root(dir, name, mode);
	if (fd < 0)
		return release(&fd);
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISLNK(st.st_mode) ? -ELOOP : release(&fd);
}

/* By what it is, never by its path. */
bool is_null_device(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}
