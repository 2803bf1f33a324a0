// SPDX-License-Identifier: Apache-2.0
/* One checked record: its slots are looked at, then its op runs. */
#include <errno.h>

#include "init.h"

static int dispatch(struct ctx *ctx, const struct plan_record *r)
{
	switch ((enum plan_opcode)r->opcode) {
	case OP_OPEN:
		return op_open(ctx, &r->open_);
	case OP_RESOLVE:
		return op_resolve(ctx, &r->resolve_);
	case OP_REOPEN:
		return op_reopen(ctx, &r->reopen_);
	case OP_WRITE:
		return op_write(ctx, &r->write_);
	case OP_CLOSE:
		return op_close(ctx, &r->close_);
	case OP_SEND_FD:
		return op_send_fd(ctx, &r->send_fd_);
	case OP_DUP2:
		return op_dup2(ctx, &r->dup2_);
	case OP_INHERIT:
		return op_inherit(ctx, &r->inherit_);
	case OP_CLOSE_FROM:
		return op_close_from(ctx, &r->close_from_);
	case OP_SET_DUMPABLE:
		return op_set_dumpable(ctx, &r->set_dumpable_);
	case OP_SETNS:
		return op_setns(ctx, &r->setns_);
	case OP_UNSHARE:
		return op_unshare(ctx, &r->unshare_);
	case OP_CLONE:
		return op_clone(ctx, &r->clone_);
	case OP_SETSID:
		return op_setsid(ctx);
	case OP_SESSION_KEYRING:
		return op_session_keyring(ctx, &r->session_keyring_);
	case OP_RESET_AFFINITY:
		return op_reset_affinity(ctx);
	case OP_SET_AFFINITY:
		return op_set_affinity(ctx, &r->set_affinity_);
	case OP_SET_SCHEDULER:
		return op_set_scheduler(ctx, &r->set_scheduler_);
	case OP_SET_IO_PRIORITY:
		return op_set_io_priority(ctx, &r->set_io_priority_);
	case OP_SET_PERSONALITY:
		return op_set_personality(ctx, &r->set_personality_);
	case OP_SET_MEMORY_POLICY:
		return op_set_memory_policy(ctx, &r->set_memory_policy_);
	case OP_LOOPBACK_UP:
		return op_loopback_up(ctx);
	case OP_SOCKET:
		return op_socket(ctx, &r->socket_);
	case OP_SET_PROPAGATION:
		return op_set_propagation(ctx, &r->set_propagation_);
	case OP_BIND:
		return op_bind(ctx, &r->bind_);
	case OP_ATTACH:
		return op_attach(ctx, &r->attach_);
	case OP_MAKE_FS:
		return op_make_fs(ctx, &r->make_fs_);
	case OP_MAKE_FS_LIKE:
		return op_make_fs_like(ctx, &r->make_fs_like_);
	case OP_BIND_DEVICE:
		return op_bind_device(ctx, &r->bind_device_);
	case OP_MOUNT_FS:
		return op_mount_fs(ctx, &r->mount_fs_);
	case OP_MOUNT:
		return op_mount(ctx, &r->mount_);
	case OP_CLONE_MOUNT:
		return op_clone_mount(ctx, &r->clone_mount_);
	case OP_UNMOUNT:
		return op_unmount(ctx, &r->unmount_);
	case OP_MOUNT_ROOT:
		return op_mount_root(ctx, &r->mount_root_);
	case OP_COPY_TREE:
		return op_copy_tree(ctx, &r->copy_tree_);
	case OP_CHECK_APART:
		return op_check_apart(ctx, &r->check_apart_);
	case OP_PROCFS:
		return op_procfs(ctx, &r->procfs_);
	case OP_PROCFS_FULL:
		return op_procfs_full(ctx, &r->procfs_full_);
	case OP_PROC_SELF:
		return op_proc_self(ctx, &r->proc_self_);
	case OP_WRITE_PROC:
		return op_write_proc(ctx, &r->write_proc_);
	case OP_MOUNT_ATTR:
		return op_mount_attr(ctx, &r->mount_attr_);
	case OP_MKDIR_ALL:
		return op_mkdir_all(ctx, &r->mkdir_all_);
	case OP_MAKE_FILE:
		return op_make_file(ctx, &r->make_file_);
	case OP_MKNOD:
		return op_mknod(ctx, &r->mknod_);
	case OP_SYMLINK:
		return op_symlink(ctx, &r->symlink_);
	case OP_UNLINK:
		return op_unlink(ctx, &r->unlink_);
	case OP_SET_XATTR:
		return op_set_xattr(ctx, &r->set_xattr_);
	case OP_PIVOT_ROOT:
		return op_pivot_root(ctx, &r->pivot_root_);
	case OP_CHROOT:
		return op_chroot(ctx, &r->chroot_);
	case OP_OPEN_NULL:
		return op_open_null(ctx, &r->open_null_);
	case OP_MASK_PATH:
		return op_mask_path(ctx, &r->mask_path_);
	case OP_READONLY_PATH:
		return op_readonly_path(ctx, &r->readonly_path_);
	case OP_CONSOLE:
		return op_console(ctx, &r->console_);
	case OP_UMASK:
		return op_umask(ctx, &r->umask_);
	case OP_SETHOSTNAME:
		return op_sethostname(ctx, &r->sethostname_);
	case OP_SETDOMAINNAME:
		return op_setdomainname(ctx, &r->setdomainname_);
	case OP_CHDIR:
		return op_chdir(ctx, &r->chdir_);
	case OP_FCHDIR:
		return op_fchdir(ctx, &r->fchdir_);
	case OP_CHECK_CWD:
		return op_check_cwd(ctx);
	case OP_FCHOWN:
		return op_fchown(ctx, &r->fchown_);
	case OP_DROP_BOUNDING:
		return op_drop_bounding(ctx, &r->drop_bounding_);
	case OP_KEEP_CAPS:
		return op_keep_caps(ctx, &r->keep_caps_);
	case OP_SET_GROUPS:
		return op_set_groups(ctx, &r->set_groups_);
	case OP_SET_GID:
		return op_set_gid(ctx, &r->set_gid_);
	case OP_SET_UID:
		return op_set_uid(ctx, &r->set_uid_);
	case OP_SET_CAPS:
		return op_set_caps(ctx, &r->set_caps_);
	case OP_SET_AMBIENT:
		return op_set_ambient(ctx, &r->set_ambient_);
	case OP_NO_NEW_PRIVS:
		return op_no_new_privs(ctx);
	case OP_LOAD_FILTER:
		return op_load_filter(ctx, &r->load_filter_);
	case OP_SECCOMP:
		return op_seccomp(ctx, &r->seccomp_);
	case OP_SECCOMP_LISTEN:
		return op_seccomp_listen(ctx, &r->seccomp_listen_);
	case OP_FIND_EXEC:
		return op_find_exec(ctx, &r->find_exec_);
	case OP_READY:
		return op_ready(ctx);
	case OP_FIFO_WAIT:
		return op_fifo_wait(ctx, &r->fifo_wait_);
	case OP_EXEC:
		return op_exec(ctx, &r->exec_);
	}
	return -ENOSYS;
}

/*
 * An empty slot must not reach the kernel: openat(2) ignores a bad directory when the path is
 * absolute.
 */
static bool slots_filled(const struct ctx *ctx, const struct plan_record *record)
{
	for (size_t i = 0; i < PLAN_ARGS; i++) {
		struct arg_slot slot = {(uint32_t)record->args[i]};

		if (plan_args[record->opcode][i] == ARG_FD && slot_get(ctx, slot) == EMPTY)
			return false;
	}
	return true;
}

/*
 * A tolerated failure must not leave the descriptor of something else in a slot that was to be
 * filled.
 */
static void empty_outputs(struct ctx *ctx, const struct plan_record *record)
{
	for (size_t i = 0; i < PLAN_ARGS; i++) {
		if (plan_args[record->opcode][i] == ARG_OUT) {
			close_owned(&ctx->slots[record->args[i]]);
			ctx->slots[record->args[i]] = EMPTY;
		}
	}
}

int run_record(struct ctx *ctx, const struct plan_record *record)
{
	int r = slots_filled(ctx, record) ? dispatch(ctx, record) : -EBADF;

	if (r < 0)
		empty_outputs(ctx, record);
	return r;
}
