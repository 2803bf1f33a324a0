// SPDX-License-Identifier: Apache-2.0
// Mounts. None of these depends on per-thread state, so src/sys calls them from a thread pool too.

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib.h"
#include "result.h"

#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

/* struct mount_attr of the kernel, as in mount_setattr(2): own name, since libcs differ in where
 * they declare it. */
struct n_mount_attr {
	uint64_t set;
	uint64_t clear;
	uint64_t propagation;
	uint64_t userns_fd;
};

N_EXPORT int n_mount(const char *source, const char *target, const char *type, uint64_t flags,
		     const char *data)
{
	return result(mount(source, target, type, (unsigned long)flags, data));
}

N_EXPORT int n_umount(const char *target, int flags)
{
	return result(umount2(target, flags));
}

/* open_tree(2), Linux 5.2. */
N_EXPORT int n_open_tree(int dir, const char *path, uint32_t flags)
{
	return result(syscall(SYS_open_tree, dir, path, flags | (unsigned int)O_CLOEXEC));
}

/* move_mount(2), Linux 5.2. */
N_EXPORT int n_move_mount(int from, const char *from_path, int to, const char *to_path,
			  uint32_t flags)
{
	return result(syscall(SYS_move_mount, from, from_path, to, to_path, flags));
}

/* mount_setattr(2), Linux 5.12. `attr`: set, clear, propagation, userns_fd. */
N_EXPORT int n_mount_setattr(int dir, const char *path, uint32_t flags, const uint64_t attr[4])
{
	struct n_mount_attr value = {attr[0], attr[1], attr[2], attr[3]};

	return result(syscall(SYS_mount_setattr, dir, path, flags, &value, sizeof(value)));
}
