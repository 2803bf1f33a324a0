// SPDX-License-Identifier: Apache-2.0
// Clones what a container in a user namespace can't reach by itself, and what is to be id-mapped: detached trees of mounts,
// which init attaches.

import { errorText, InitError, isErrno, SysError } from "../base/errors.ts";
import type { DetachedTree } from "../oci/compiled.ts";
import { formatIdMappings, type IdMappings } from "../oci/id-mappings.ts";
import type { Slot } from "../plan/ops.ts";
import {
  AT_EMPTY_PATH,
  AT_RECURSIVE,
  MOUNT_ATTR_IDMAP,
  O_RDONLY,
  OPEN_TREE_CLONE,
} from "../sys/constants.ts";
import { errnoText } from "../sys/errno.ts";
import { type Fd, open } from "../sys/fd.ts";
import { mountSetattr, openTreeAsync } from "../sys/mount.ts";
import { HelperProcess } from "./helper-process.ts";
import type { Host } from "./host.ts";
import { makeUserNamespace } from "./namespaces.ts";

/** Descriptors by the slots of `prepare`. */
export interface OpenTrees extends Disposable {
  readonly fds: ReadonlyMap<Slot, Fd>;
}

/** Clones all of `trees`. `user` is the container's user namespace. @throws Error with the sentence for the client */
export async function openTrees(
  host: Host,
  trees: readonly DetachedTree[],
  user: Fd | undefined,
): Promise<OpenTrees> {
  using stack = new DisposableStack();
  const fds = new Map<Slot, Fd>();
  const namespaces = new IdMapNamespaces(host, user);
  stack.use(namespaces);
  for (const tree of trees) {
    const fd = stack.use(await cloneTree(tree));
    fds.set(tree.slot, fd);
    if (tree.idMap === undefined) continue;
    mapIds(tree, fd, await namespaces.of(tree.idMap.mappings));
  }
  const kept = stack.move();
  return { fds, [Symbol.dispose]: () => kept.dispose() };
}

/** In the thread pool: the source may be on a file system whose server has gone. */
async function cloneTree({ path, recursive, propagation, why }: DetachedTree): Promise<Fd> {
  let tree: Fd;
  try {
    tree = await openTreeAsync(path, OPEN_TREE_CLONE | (recursive ? AT_RECURSIVE : 0));
  } catch (error) {
    throw asInit(error, `${why}: stat ${path}`);
  }
  try {
    mountSetattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, { propagation: Number(propagation) });
  } catch (error) {
    // Before 5.12: init does it, right after it has attached the tree.
    if (isErrno(error, "ENOSYS")) return tree;
    tree.close();
    throw error;
  }
  return tree;
}

/** The sentence that init would have said, had the source been its to open. */
function asInit(error: unknown, sentence: string): unknown {
  if (!(error instanceof SysError)) return error;
  return new InitError(`${sentence}: ${errnoText(error.errno)}`, error.errno, "attach");
}

/** mount_setattr(2), MOUNT_ATTR_IDMAP: 5.12 */
function mapIds({ why, path, idMap }: DetachedTree, tree: Fd, userns: Fd): void {
  const flags = AT_EMPTY_PATH | (idMap?.recursive === true ? AT_RECURSIVE : 0);
  try {
    mountSetattr(tree, "", flags, { set: MOUNT_ATTR_IDMAP, userns });
  } catch (error) {
    const hint = isErrno(error, "EINVAL")
      ? " (the file system, or this kernel for it, does not support id-mapped mounts)"
      : "";
    const problem = `failed to set MOUNT_ATTR_IDMAP on ${path}: ${errorText(error)}${hint}`;
    throw new Error(`${why}: ${problem}`, { cause: error });
  }
}

/** User namespaces that only carry the mappings of mounts, each made once. */
export class IdMapNamespaces implements Disposable {
  readonly #host: Host;
  readonly #own: Fd | undefined;
  readonly #made = new Map<string, Fd>();

  /** `own` is that of the container, which stays the caller's. */
  constructor(host: Host, own: Fd | undefined) {
    this.#host = host;
    this.#own = own;
  }

  /** One with these mappings, which stays ours; undefined: the container's own. */
  async of(mappings: IdMappings | undefined): Promise<Fd> {
    if (mappings === undefined) {
      if (this.#own === undefined) throw new Error("an id-mapped mount without mappings");
      return this.#own;
    }
    const key = `${formatIdMappings(mappings.uids)}/${formatIdMappings(mappings.gids)}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    await using helper = new HelperProcess(this.#host);
    await makeUserNamespace(helper, mappings);
    const made = open(`/proc/${helper.pid}/ns/user`, O_RDONLY);
    this.#made.set(key, made);
    return made;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#made.values()) fd.close();
    this.#made.clear();
  }
}
