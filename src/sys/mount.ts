// SPDX-License-Identifier: Apache-2.0
// mount(2) and its newer relatives. mount and unmount can take long (a snapshotter's overlay, a
// busy filesystem), so their plain forms run in koffi's thread pool; they depend on nothing that
// threads have of their own.

import { AT_FDCWD } from "./constants.ts";
import { check } from "./errno.ts";
import { Fd } from "./fd.ts";
import { bind, bindAsync } from "./ffi.ts";

const MOUNT = "int n_mount(str source, str target, str type, uint64_t flags, str data)";
const UMOUNT = "int n_umount(const char *target, int flags)";

type MountArgs = [
  source: string | null,
  target: string,
  type: string | null,
  flags: number,
  data: string | null,
];

const nMountAsync = bindAsync<MountArgs>(MOUNT);
const nUmount = bind<[target: string, flags: number]>(UMOUNT);
const nUmountAsync = bindAsync<[target: string, flags: number]>(UMOUNT);
const OPEN_TREE = "int n_open_tree(int dir, const char *path, uint32_t flags)";

type OpenTreeArgs = [dir: number, path: string, flags: number];

const nOpenTree = bind<OpenTreeArgs>(OPEN_TREE);
const nOpenTreeAsync = bindAsync<OpenTreeArgs>(OPEN_TREE);
const nMoveMount = bind<
  [from: number, fromPath: string, to: number, toPath: string, flags: number]
>("int n_move_mount(int from, const char *from_path, int to, const char *to_path, uint32_t flags)");
const nMountSetattr = bind<[dir: number, path: string, flags: number, attr: BigUint64Array]>(
  "int n_mount_setattr(int dir, const char *path, uint32_t flags, const uint64_t *attr)",
);

/** The arguments of mount(2); what is left out is NULL. */
export interface MountCall {
  readonly source?: string | undefined;
  readonly target: string;
  readonly type?: string | undefined;
  /** MS_* */
  readonly flags: number;
  /** At most a page, as the kernel takes it. */
  readonly data?: string | undefined;
}

/** mount(2) in the thread pool. The error's path is the target. */
export async function mount(call: MountCall): Promise<void> {
  check(await nMountAsync(...mountArgs(call)), "mount", call.target);
}

function mountArgs(call: MountCall): MountArgs {
  const { source = null, target, type = null, flags, data = null } = call;
  return [source, target, type, flags, data];
}

/**
 * umount2(2) in the thread pool; `flags` are MNT_* and UMOUNT_NOFOLLOW. EINVAL: not a mount point.
 */
export async function unmount(target: string, flags: number): Promise<void> {
  check(await nUmountAsync(target, flags), "umount", target);
}

/** umount2(2) on this thread. */
export function unmountSync(target: string, flags: number): void {
  check(nUmount(target, flags), "umount", target);
}

/**
 * open_tree(2), Linux 5.2, with OPEN_TREE_CLOEXEC; without `dir`, relative to the working
 * directory.
 */
export function openTree(dir: Fd | undefined, path: string, flags: number): Fd {
  return new Fd(check(nOpenTree(dir?.raw ?? AT_FDCWD, path, flags), "open_tree", path));
}

/** open_tree(2) of a path in the thread pool. */
export async function openTreeAsync(path: string, flags: number): Promise<Fd> {
  return new Fd(check(await nOpenTreeAsync(AT_FDCWD, path, flags), "open_tree", path));
}

/** move_mount(2), Linux 5.2; a missing descriptor is the working directory. */
export function moveMount(
  from: { readonly fd?: Fd; readonly path: string },
  to: { readonly fd?: Fd; readonly path: string },
  flags: number,
): void {
  const fromDir = from.fd?.raw ?? AT_FDCWD;
  const toDir = to.fd?.raw ?? AT_FDCWD;
  check(nMoveMount(fromDir, from.path, toDir, to.path, flags), "move_mount", to.path);
}

/**
 * mount_setattr(2), Linux 5.12. `set` and `clear` are MOUNT_ATTR_*, `propagation` is MS_*, `flags`
 * are AT_*.
 */
export function mountSetattr(
  dir: Fd | undefined,
  path: string,
  flags: number,
  attr: {
    readonly set?: number;
    readonly clear?: number;
    readonly propagation?: number;
    readonly userns?: Fd;
  },
): void {
  const { set = 0, clear = 0, propagation = 0, userns } = attr;
  const packed = BigUint64Array.from([set, clear, propagation, userns?.raw ?? 0], BigInt);
  check(nMountSetattr(dir?.raw ?? AT_FDCWD, path, flags, packed), "mount_setattr", path);
}
