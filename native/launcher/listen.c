// SPDX-License-Identifier: Apache-2.0
/*
 * The bind protocol: a socket that somebody serves is reused (a shim of the same group), one that
 * nobody serves is replaced. The directory is locked meanwhile, so that two starts of one group do
 * not take each other's socket, bound but not yet listening, for a stale one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "launcher.h"

/* What Go's shims allow: one byte less than the kernel. */
#define MAX_SOCKET_PATH 106
/* The kernel caps it at net.core.somaxconn. */
#define BACKLOG 4096
/* A full backlog is given this long: 10 times 10 ms. */
#define PROBES 10

/* mkdir -p with 0700. */
static int make_directories(const char *dir)
{
	CLEANUP_FREE char *path = strdup(dir);

	if (path == NULL)
		return -1;
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

/* The socket directory, made where it is missing and locked until it is closed. */
static int open_directory(const char *dir, struct failure *why)
{
	struct stat status;

	if (dir[0] != '/')
		return fail(why, "socket directory \"%s\" is not absolute", dir);
	if (make_directories(dir) < 0)
		return fail(why, "mkdir \"%s\": %s", dir, strerror(errno));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(why, "open \"%s\": %s", dir, strerror(errno));
	if (fstat(fd, &status) < 0 || status.st_uid != geteuid() || (status.st_mode & 022) != 0) {
		(void)close(fd);
		return fail(why,
			    "socket directory \"%s\" belongs to others or is writable for them",
			    dir);
	}
	while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
		;
	return fd;
}

static int to_address(const char *path, struct sockaddr_un *address)
{
	size_t length = strlen(path);

	if (length > MAX_SOCKET_PATH)
		return -1;
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->sun_path, path, length);
	return 0;
}

static int new_socket(int type)
{
	return socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int connect_to(const struct sockaddr_un *address, int type)
{
	CLEANUP_CLOSE int fd = new_socket(type);

	if (fd < 0)
		return -1;
	return connect(fd, (const struct sockaddr *)address, sizeof(*address));
}

/*
 * Whether somebody listens: 1 or 0, -1 with errno if that cannot be told. A backlog that stays full
 * counts: that socket is not stale.
 */
static int is_served(const struct sockaddr_un *address)
{
	const struct timespec pause = {0, 10000000L};

	for (int probe = 0; probe < PROBES; probe++) {
		if (connect_to(address, SOCK_STREAM) == 0)
			return 1;
		/* Nobody; gone meanwhile; not a stream socket. */
		if (errno == ECONNREFUSED || errno == ENOENT || errno == EPROTOTYPE)
			return 0;
		if (errno != EAGAIN)
			return -1;
		(void)nanosleep(&pause, NULL);
	}
	return 1;
}

/* Binds and listens; the file is 0600 from the first moment. */
static int bind_and_listen(const struct sockaddr_un *address)
{
	int fd = new_socket(SOCK_STREAM);

	if (fd < 0)
		return -1;
	mode_t mask = umask(0177);
	int bound = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	int error = errno;
	(void)umask(mask);
	if (bound == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	if (bound == 0) {
		error = errno;
		(void)unlink(address->sun_path);
	}
	(void)close(fd);
	errno = error;
	return -1;
}

/* Sets *listen_fd to a listening socket at `path`, or to -1 where another shim serves it already.
 */
int listen_or_reuse(const char *dir, const char *path, int *listen_fd, struct failure *why)
{
	struct sockaddr_un address;

	if (to_address(path, &address) < 0)
		return fail(why, "\"%s\": unix socket path too long (> %d)", path, MAX_SOCKET_PATH);
	CLEANUP_CLOSE int lock = open_directory(dir, why);
	if (lock < 0)
		return -1;
	*listen_fd = bind_and_listen(&address);
	if (*listen_fd >= 0)
		return 0;
	if (errno != EADDRINUSE)
		return fail(why, "listen on \"%s\": %s", path, strerror(errno));
	int served = is_served(&address);
	if (served < 0)
		return fail(why, "connect to \"%s\": %s", path, strerror(errno));
	if (served > 0)
		return 0;
	if (unlink(path) < 0 && errno != ENOENT)
		return fail(why, "remove stale socket \"%s\": %s", path, strerror(errno));
	*listen_fd = bind_and_listen(&address);
	if (*listen_fd < 0)
		return fail(why, "listen on \"%s\": %s", path, strerror(errno));
	return 0;
}

/* Removes a socket whose shim died without doing so. Best effort: what is served, or no socket,
 * stays. */
void remove_stale_socket(const char *path)
{
	struct sockaddr_un address;
	struct failure ignored;
	struct stat status;
	CLEANUP_FREE char *dir = strdup(path);
	char *slash = dir == NULL ? NULL : strrchr(dir, '/');

	if (slash == NULL || slash == dir || to_address(path, &address) < 0 ||
	    lstat(path, &status) < 0 || !S_ISSOCK(status.st_mode))
		return;
	*slash = '\0';
	CLEANUP_CLOSE int lock = open_directory(dir, &ignored);
	if (lock >= 0 && connect_to(&address, SOCK_DGRAM) < 0 && errno == ECONNREFUSED)
		(void)unlink(path);
}
