// SPDX-License-Identifier: Apache-2.0
// The filters of this process's containers, each made once: from memory, else from disk, else by libseccomp.

import { SpecError, TaskError } from "../base/errors.ts";
import { type Logger, silentLogger } from "../base/log.ts";
import { profileText, type Seccomp, type SeccompProfile } from "../oci/seccomp.ts";
import { NEW_LISTENER, SECCOMP_FLAGS } from "../oci/tables/seccomp.ts";
import { Libseccomp } from "../sys/libseccomp.ts";
import { kernelKnowsSeccompFlags, kernelSeccompActions } from "../sys/seccomp.ts";
import { STUB_FORMAT } from "./enosys-stub.ts";
import { readCachedFilter, writeCachedFilter } from "./seccomp-cache.ts";
import { allows, makeFilter } from "./seccomp-filter.ts";
import { sha256 } from "./sha256.ts";

/** Profiles of a node are few: the client's default, and some of its own. A filter has 10 KiB. */
const MAX_FILTERS = 16;

export class SeccompFilters {
  /** The one that was asked for last is the last. */
  readonly #filters = new Map<string, Uint8Array>();
  readonly #checkedFlags = new Set<number>();
  readonly #log: Logger;
  #library: Libseccomp | undefined;

  constructor(log: Logger = silentLogger) {
    this.#log = log;
  }

  /**
   * The filter of a profile, which the caller may keep but not change. `stateRoot` is where daemons share them.
   * @throws SpecError, TaskError if the host cannot do it
   */
  filter({ profile, flags }: Pick<Seccomp, "profile" | "flags">, stateRoot: string): Uint8Array {
    this.#checkKernel(flags);
    this.#library ??= new Libseccomp();
    const key = filterKey(this.#library, profile);
    const filter =
      this.#filters.get(key) ?? this.#findOrMake(this.#library, profile, { stateRoot, key });
    this.#remember(key, filter);
    return filter;
  }

  /** A kernel does not change: once for each combination of flags. */
  #checkKernel(flags: number): void {
    if (this.#checkedFlags.has(flags)) return;
    checkKernel(flags);
    this.#checkedFlags.add(flags);
  }

  #findOrMake(
    library: Libseccomp,
    profile: SeccompProfile,
    { stateRoot, key }: { readonly stateRoot: string; readonly key: string },
  ): Uint8Array {
    const cached = readCachedFilter(stateRoot, key);
    if (cached !== undefined) return cached;
    const { filter, unknown } = makeFilter(library, profile);
    if (unknown.length > 0) this.#tellUnknown(library, profile, unknown);
    writeCachedFilter(stateRoot, key, filter);
    return filter;
  }

  /** Once for a filter, when it is made. Where the default is to allow, what is left out is allowed: that is worth a warning. */
  #tellUnknown(
    library: Libseccomp,
    { defaultAction }: SeccompProfile,
    names: readonly string[],
  ): void {
    const text = `unknown seccomp syscalls ignored: ${names.map((name) => JSON.stringify(name)).join(", ")}`;
    const fields = { libseccomp: library.version };
    if (allows(defaultAction)) this.#log.warn(text, fields);
    else this.#log.debug(text, fields);
  }

  #remember(key: string, filter: Uint8Array): void {
    this.#filters.delete(key);
    this.#filters.set(key, filter);
    if (this.#filters.size <= MAX_FILTERS) return;
    const [oldest] = this.#filters.keys();
    if (oldest !== undefined) this.#filters.delete(oldest);
  }
}

/** Whatever the instructions depend on. Another libseccomp may know more system calls. */
function filterKey(library: Libseccomp, profile: SeccompProfile): string {
  const maker = [STUB_FORMAT, library.version, library.nativeName].join(" ");
  return sha256()
    .update(`${maker}\n${profileText(profile)}`)
    .digest("hex");
}

/** @throws SpecError, TaskError for what the kernel of this host does not have */
function checkKernel(flags: number): void {
  const actions = kernelSeccompActions();
  if (actions.length === 0) {
    const text = "linux.seccomp: the kernel of this host has no seccomp filters";
    throw new TaskError("failed_precondition", text);
  }
  const listens = (flags & NEW_LISTENER) !== 0;
  if (listens && !(actions.includes("user_notif") && kernelKnowsSeccompFlags(NEW_LISTENER))) {
    const text =
      "linux.seccomp: seccomp notify unsupported: the kernel of this host has no listeners";
    throw new TaskError("failed_precondition", text);
  }
  if (kernelKnowsSeccompFlags(flags)) return;
  const [word] = [...SECCOMP_FLAGS].find(
    ([, flag]) => (flags & flag) !== 0 && !kernelKnowsSeccompFlags(flag | (flags & NEW_LISTENER)),
  ) ?? ["SECCOMP_FILTER_FLAG_*"];
  const path = "linux.seccomp.flags";
  throw new SpecError(path, `${path}: the kernel of this host does not support "${word}"`);
}
