/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libtsrunc.so offers to src/sys. Every function returns a value >= 0 or -errno: errno itself
 * never crosses the FFI. Nothing here keeps state, decides anything or knows what a container is.
 * Descriptors that a function makes are close-on-exec. A change of a signature or of a struct
 * changes N_ABI_VERSION, which src/sys/ffi.ts checks at load.
 */
#ifndef TSRUNC_LIB_H
#define TSRUNC_LIB_H

#include <stddef.h>
#include <stdint.h>

#define N_ABI_VERSION 3

#define N_EXPORT __attribute__((visibility("default")))

/* As many descriptors as one SCM_RIGHTS message can carry (SCM_MAX_FD). */
#define N_MAX_FDS 253

#define N_SPAWN_SESSION 1u
#define N_SPAWN_GROUP 2u
#define N_SPAWN_NOFILE 4u

struct n_fd_pair {
	int32_t here;  /* the number in this process */
	int32_t there; /* the number in the child */
};

struct n_spawn_options {
	const char *exe_path;	 /* execve, resolved after chdir; unused if exe_fd >= 0 */
	const char *const *argv; /* ends with NULL, as env does */
	const char *const *env;
	const char *cwd; /* or NULL */
	const struct n_fd_pair *fds;
	uint32_t fd_count;
	uint32_t flags;	   /* N_SPAWN_* */
	int32_t exe_fd;	   /* execveat(AT_EMPTY_PATH), or -1 */
	int32_t cgroup_fd; /* CLONE_INTO_CGROUP, or -1 */
	/* RLIMIT_NOFILE of the child; with N_SPAWN_NOFILE */
	uint64_t nofile_soft;
	uint64_t nofile_hard;
};

/* abi.c */
uint32_t n_abi_version(void);
uint32_t n_sizeof_spawn_options(void);

/* fd.c */
int n_openat(int dir, const char *path, int flags, uint32_t mode);
int n_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int n_close(int fd);
int64_t n_read(int fd, void *buffer, size_t length);
int64_t n_write(int fd, const void *bytes, size_t length);
int n_pipe(int32_t ends[2], int nonblock);
int n_eventfd(void);
int n_dup(int fd);
int n_set_nonblocking(int fd, int on);
int n_fchown(int fd, uint32_t uid, uint32_t gid);
int n_bytes_readable(int fd);
int n_memfd_create(const char *name, uint32_t flags);
int n_add_seals(int fd, int seals);
int n_set_window_size(int fd, uint32_t columns, uint32_t rows);
int n_mkfifo(const char *path, uint32_t mode);

/* poll.c */
int n_dup_pollable(int fd);
int n_poll(int fd, int events);

/* socket.c */
int n_socketpair(int type, int32_t ends[2]);
int n_listen_unix(const char *path, uint32_t mode, int backlog);
int n_accept(int fd);
int n_connect_unix(const char *path);
int n_set_send_buffer(int socket, int bytes);
int n_send_fds(int socket, const void *bytes, size_t length, const int32_t *fds, uint32_t count);
int n_recv_fds(int socket, void *buffer, size_t length, int32_t *fds, uint32_t *count);
int n_peer_credentials(int fd, uint32_t out[3]);

/* netlink.c */
int n_netlink_socket(int protocol);
int n_netlink_set_options(int fd);
int n_netlink_connect(int fd);
int n_netlink_send(int fd, const void *bytes, size_t length);
int n_netlink_receive(int fd, void *buffer, size_t length);

/* spawn.c */
int n_spawn(const struct n_spawn_options *options, int32_t *pidfd);

/* process.c */
int n_waitid(int idtype, uint32_t id, int options, int32_t out[3]);
int n_pidfd_open(int pid);
int n_pidfd_send_signal(int pidfd, int signal);
int n_pidfd_getfd(int pidfd, int fd);
int n_seccomp_knows(uint32_t flags);
int n_kill(int pid, int signal);
int n_set_child_subreaper(void);
int n_set_name(const char *name);
int n_unblock_signal(int signal);
int n_prlimit(int pid, int resource, const uint64_t *set, uint64_t old[2]);
int64_t n_now_ns(void);

/* mount.c */
int n_mount(const char *source, const char *target, const char *type, uint64_t flags,
	    const char *data);
int n_umount(const char *target, int flags);
int n_open_tree(int dir, const char *path, uint32_t flags);
int n_move_mount(int from, const char *from_path, int to, const char *to_path, uint32_t flags);
int n_mount_setattr(int dir, const char *path, uint32_t flags, const uint64_t attr[4]);

/* bpf.c */
int n_bpf_load_device(const void *instructions, uint32_t count, char *log, uint32_t log_size);
int n_bpf_attach_device(int cgroup, int program, uint32_t flags, int replaced);
int n_bpf_detach_device(int cgroup, int program);
int n_bpf_query_device(int cgroup, uint32_t *ids, uint32_t max, uint32_t *flags);
int n_bpf_open_program(uint32_t id);

#endif
