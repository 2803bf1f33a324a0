// SPDX-License-Identifier: Apache-2.0
/*
 * Ops that take a path away from the container or make it read-only. Tolerate ENOENT: there is
 * nothing to protect.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "init.h"
#include "kernel.h"

/*
 * Neither blocks nor inodes beyond what the root directory needs; read-only as filesystem and as
 * mount.
 */
static int empty_tmpfs(const struct plan *plan, struct arg_strs options, const char *inodes)
{
	uint32_t count = plan_list_length(plan, options);
	OWNED int fs = open_fs("tmpfs");
	int r = fs;

	if (r >= 0)
		r = set_fs_string(fs, "source", "tmpfs");
	if (r >= 0)
		r = set_fs_option(fs, "nr_blocks=1");
	if (r >= 0)
		r = set_fs_option(fs, inodes);
	if (r >= 0)
		r = set_fs_option(fs, "ro");
	for (uint32_t i = 0; r >= 0 && i < count; i++)
		r = set_fs_option(fs, plan_list_item(plan, options, i));
	return r < 0 ? r : create_mount(fs, K_ATTR_RDONLY);
}

/* Some kernels want two inodes. */
static int smallest_tmpfs(const struct plan *plan, struct arg_strs options)
{
	int mount = empty_tmpfs(plan, options, "nr_inodes=1");

	return mount == -EINVAL ? empty_tmpfs(plan, options, "nr_inodes=2") : mount;
}

/*
 * The first directory gets the tmpfs itself, all later ones a bind of it: one superblock for all of
 * them. Where that can't be bound each has its own.
 */
static int mask_directory(struct ctx *ctx, int target, const struct op_mask_path *op)
{
	int first = slot_get(ctx, op->tmpfs);
	OWNED int mount = first == EMPTY ? EMPTY : clone_mount(first, false);
	int r;

	if (mount < 0)
		mount = smallest_tmpfs(&ctx->plan, op->options);
	r = mount < 0 ? mount : attach_mount(mount, target);
	if (r < 0)
		return r;
	return first == EMPTY ? slot_put(ctx, op->tmpfs, release(&mount)) : 0;
}

int op_mask_path(struct ctx *ctx, const struct op_mask_path *op)
{
	const char *path = plan_string(&ctx->plan, op->path);
	OWNED int target = open_in_root(slot_get(ctx, op->root), path, O_PATH);
	int null = slot_get(ctx, op->null);
	OWNED int mount = EMPTY;
	struct stat st;

	if (target < 0)
		return release(&target);
	if (fstat(target, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return mask_directory(ctx, target, op);
	if (!is_null_device(null))
		return -ENODEV;
	mount = clone_mount(null, false);
	return mount < 0 ? mount : attach_mount(mount, target);
}

int op_readonly_path(struct ctx *ctx, const struct op_readonly_path *op)
{
	const char *path = plan_string(&ctx->plan, op->path);
	OWNED int target = open_in_root(slot_get(ctx, op->root), path, O_PATH);
	OWNED int tree = EMPTY;

	if (target < 0)
		return release(&target);
	tree = clone_mount(target, true);
	if (tree < 0)
		return release(&tree);
	return attach_with_attrs(ctx, tree, target, (struct attrs){K_ATTR_RDONLY, 0});
}
