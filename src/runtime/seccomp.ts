// SPDX-License-Identifier: Apache-2.0
// The filters of this process's containers, each made once: from memory, else from disk, else by libseccomp.

import { TaskError } from "../base/errors.ts";
import { FILTER_SLOT, profileText, type SeccompProfile } from "../oci/seccomp.ts";
import type { Slot } from "../plan/ops.ts";
import type { Fd } from "../sys/fd.ts";
import { Libseccomp } from "../sys/libseccomp.ts";
import { sealedMemfd } from "../sys/memfd.ts";
import { STUB_FORMAT } from "./enosys-stub.ts";
import { readCachedFilter, writeCachedFilter } from "./seccomp-cache.ts";
import { hasSeccompFilters, makeFilter } from "./seccomp-filter.ts";
import { sha256 } from "./sha256.ts";

/** Profiles of a node are few: the client's default, and some of its own. A filter has 10 KiB. */
const MAX_FILTERS = 16;

export class SeccompFilters {
  /** The one that was asked for last is the last. */
  readonly #filters = new Map<string, Uint8Array>();
  #library: Libseccomp | undefined;

  /**
   * The filter of a profile, which the caller may keep but not change. `stateRoot` is where daemons share them.
   * @throws SpecError, TaskError if the host cannot do it
   */
  filter(profile: SeccompProfile, stateRoot: string): Uint8Array {
    if (!hasSeccompFilters()) {
      const text = "linux.seccomp: the kernel of this host has no seccomp filters";
      throw new TaskError("failed_precondition", text);
    }
    this.#library ??= new Libseccomp();
    const key = filterKey(this.#library, profile);
    const filter = this.#filters.get(key) ?? findOrMake(this.#library, { profile, stateRoot, key });
    this.#remember(key, filter);
    return filter;
  }

  #remember(key: string, filter: Uint8Array): void {
    this.#filters.delete(key);
    this.#filters.set(key, filter);
    if (this.#filters.size <= MAX_FILTERS) return;
    const [oldest] = this.#filters.keys();
    if (oldest !== undefined) this.#filters.delete(oldest);
  }
}

/** The input of a program for a filter, if there is one: a sealed file. */
export function filterSlot(
  filter: Uint8Array | undefined,
): { readonly fds: readonly (readonly [Slot, Fd])[] } & Disposable {
  if (filter === undefined) return { fds: [], [Symbol.dispose]: () => undefined };
  const file = sealedMemfd("tsrunc-seccomp", filter);
  return { fds: [[FILTER_SLOT, file]], [Symbol.dispose]: () => file.close() };
}

/** Whatever the instructions depend on. Another libseccomp may know more system calls. */
function filterKey(library: Libseccomp, profile: SeccompProfile): string {
  const maker = [STUB_FORMAT, library.version, library.nativeName].join(" ");
  return sha256()
    .update(`${maker}\n${profileText(profile)}`)
    .digest("hex");
}

function findOrMake(
  library: Libseccomp,
  wanted: { readonly profile: SeccompProfile; readonly stateRoot: string; readonly key: string },
): Uint8Array {
  const { profile, stateRoot, key } = wanted;
  const cached = readCachedFilter(stateRoot, key);
  if (cached !== undefined) return cached;
  const filter = makeFilter(library, profile);
  writeCachedFilter(stateRoot, key, filter);
  return filter;
}
