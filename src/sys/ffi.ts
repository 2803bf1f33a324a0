// SPDX-License-Identifier: Apache-2.0
// The door to native code: koffi, loaded by path because a bundle has no node_modules, and
// libtsrunc.so. Both are loaded at the first call of a bound function, each function is resolved at
// its own first call: importing costs nothing. Library calls return -errno (see native/lib/lib.h);
// nobody reads errno through koffi.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type * as koffi from "koffi";
import { assetPath, runsFromSource } from "./assets.ts";
import { errnoNumber, sysError } from "./errno.ts";

type Koffi = typeof koffi;

/** What `native/lib/lib.h` says in N_ABI_VERSION. */
const ABI_VERSION = 3;

/**
 * How many calls may run and wait in the thread pool; more would throw. Each costs address space,
 * hardly memory.
 */
const MAX_ASYNC_CALLS = 4096;

interface Native {
  readonly koffi: Koffi;
  readonly library: koffi.LibraryHandle;
  readonly hostLibraries: Map<string, HostLibrary>;
}

/** The memoised handle: the only mutable variable of a module in this project. */
let native: Native | undefined;

function getNative(): Native {
  native ??= loadNative();
  return native;
}

/** koffi itself, for `poll.ts` and what is below. */
export function getKoffi(): Koffi {
  return getNative().koffi;
}

/**
 * An argument as koffi takes it: a typed array is passed as its address, null is NULL, an object is
 * a struct.
 */
export type NativeValue = number | bigint | string | object | null;

type NativeFunction = (...args: NativeValue[]) => number;

/**
 * A function of libtsrunc.so by its C prototype, for example `bind<[fd: number]>("int n_close(int
 * fd)")`. The type argument is taken on trust: it must say what the prototype says. Results are
 * numbers (koffi makes a bigint of an int64_t beyond 2^53); a negative one is -errno.
 */
export function bind<Args extends NativeValue[]>(prototype: string): (...args: Args) => number {
  let resolved: NativeFunction | undefined;
  return (...args) => {
    refuseNul(args, prototype);
    resolved ??= getNative().library.func(prototype) as NativeFunction;
    return resolved(...args);
  };
}

/**
 * Like `bind`, but the call runs in koffi's thread pool. Only for calls that use no per-thread
 * state. Typed arrays are kept alive until it has ended; nobody may change them meanwhile.
 */
export function bindAsync<Args extends NativeValue[]>(
  prototype: string,
): (...args: Args) => Promise<number> {
  let resolved: koffi.KoffiFunc<NativeFunction> | undefined;
  return (...args) => {
    refuseNul(args, prototype);
    resolved ??= getNative().library.func(prototype) as koffi.KoffiFunc<NativeFunction>;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    resolved.async(...args, (error: unknown, result: number) => {
      // Until here this function holds on to them: koffi has no more than the address of a typed array.
      args.length = 0;
      if (error === null || error === undefined) resolve(result);
      else reject(error);
    });
    return promise;
  };
}

/**
 * Throws SysError EINVAL for a string with a NUL in it: C would take it for the part before, which is another path than the
 * one that was checked. `call` is a prototype or a name.
 */
export function refuseNul(values: readonly NativeValue[], call: string): void {
  for (const value of values) {
    if (typeof value !== "string" || !value.includes("\0")) continue;
    const name = /\bn_(\w+)\(/.exec(call)?.[1] ?? call;
    throw sysError(name, errnoNumber("EINVAL"), value);
  }
}

/** A library of the host, for example "libseccomp.so.2". Its functions are resolved at their first call. */
export class HostLibrary {
  readonly #library: koffi.LibraryHandle;
  readonly #functions = new Map<string, (...args: NativeValue[]) => unknown>();

  /** Loads it. @throws Error of the dynamic linker */
  constructor(name: string) {
    this.#library = getKoffi().load(name);
  }

  /** Calls a function by its C prototype. What it gives back is what the prototype says; a pointer is a bigint or null. */
  call(prototype: string, ...args: NativeValue[]): unknown {
    refuseNul(args, prototype);
    let resolved = this.#functions.get(prototype);
    if (resolved === undefined) {
      resolved = this.#library.func(prototype) as (...args: NativeValue[]) => unknown;
      this.#functions.set(prototype, resolved);
    }
    return resolved(...args);
  }

  /** Numbers of type unsigned int at an address that the library gave. */
  readUnsigned(pointer: unknown, count: number): readonly number[] {
    return [...(getKoffi().decode(pointer as bigint, "unsigned int", count) as Uint32Array)];
  }

  /** The string that the pointer at this address leads to; undefined for NULL. */
  readString(pointer: unknown): string | undefined {
    return (getKoffi().decode(pointer as bigint, "const char *") as string | null) ?? undefined;
  }
}

/** The same library at each call: what it has resolved once is kept. @throws Error of the dynamic linker */
export function hostLibrary(name: string): HostLibrary {
  const { hostLibraries } = getNative();
  const library = hostLibraries.get(name) ?? new HostLibrary(name);
  hostLibraries.set(name, library);
  return library;
}

function loadNative(): Native {
  const loaded = loadKoffi();
  loaded.config({ max_async_calls: MAX_ASYNC_CALLS });
  const library = loaded.load(assetPath("libtsrunc.so"));
  defineTypes(loaded);
  const version = library.func("uint32_t n_abi_version()")() as number;
  if (version !== ABI_VERSION) {
    throw new Error(`libtsrunc.so has ABI version ${version}, this program needs ${ABI_VERSION}`);
  }
  const size = library.func("uint32_t n_sizeof_spawn_options()")() as number;
  const expected = loaded.sizeof("n_spawn_options");
  if (size !== expected) {
    throw new Error(`struct n_spawn_options is ${size} bytes in libtsrunc.so, ${expected} here`);
  }
  return { koffi: loaded, library, hostLibraries: new Map() };
}

/** The structs of lib.h, by the names that prototypes use. */
function defineTypes(loaded: Koffi): void {
  loaded.struct("n_spawn_options", {
    exe_path: "const char *",
    argv: "const char **",
    env: "const char **",
    cwd: "const char *",
    fds: "const int32_t *",
    fd_count: "uint32_t",
    flags: "uint32_t",
    exe_fd: "int32_t",
    cgroup_fd: "int32_t",
    nofile_soft: "uint64_t",
    nofile_hard: "uint64_t",
  });
}

function loadKoffi(): Koffi {
  const module: { exports: unknown } = { exports: {} };
  process.dlopen(module, koffiPath());
  return module.exports as Koffi;
}

/** Beside the bundle; in a source tree without a build, the package of this platform. */
function koffiPath(): string {
  const built = assetPath("koffi.node");
  if (!runsFromSource() || existsSync(built)) return built;
  const platform = `linux-${process.arch}`;
  const file = `@koromix/koffi-${platform}/${platform.replace("-", "_")}/koffi.node`;
  return join(import.meta.dirname, "../../node_modules", file);
}
