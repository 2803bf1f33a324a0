// SPDX-License-Identifier: Apache-2.0
// libseccomp, 2.5 or later: rules in, a BPF program out. Loaded by whoever needs a filter and by nobody else: a host without
// such containers needs no libseccomp.

import { readFileSync } from "node:fs";
import { errorText, TaskError } from "../base/errors.ts";
import { check, errnoNumber, sysError } from "./errno.ts";
import { HostLibrary } from "./ffi.ts";
import { memfd } from "./memfd.ts";

const LIBRARY = "libseccomp.so.2";
/** The first that knows how to order a filter as a tree. */
const MIN_VERSION = [2, 5] as const;

/** __NR_SCMP_ERROR: no such system call on any architecture. */
const NO_SYSCALL = -1;
/** enum scmp_filter_attr: SCMP_FLTATR_CTL_OPTIMIZE, and its value for a binary tree. */
const OPTIMIZE = 8;
const AS_TREE = 2;
/** struct scmp_arg_cmp: unsigned int arg, enum scmp_compare op, two times uint64_t. */
const COMPARISON_BYTES = 24;

/** struct scmp_arg_cmp. */
export interface Comparison {
  readonly index: number;
  /** enum scmp_compare. */
  readonly operator: number;
  readonly value: bigint;
  readonly valueTwo: bigint;
}

/** What one system call comes to. */
export interface FilterRule {
  /** SECCOMP_RET_*. */
  readonly action: number;
  /** As `syscallNumber` gave it for the native architecture. */
  readonly syscall: number;
  /** All must hold; one for each argument at most. */
  readonly comparisons: readonly Comparison[];
}

/** A filter that is being made. */
export interface FilterParts {
  /** SECCOMP_RET_* of what no rule speaks of. */
  readonly defaultAction: number;
  /** As `architecture` gave them; the native one is always added. */
  readonly architectures: readonly number[];
  readonly rules: Iterable<FilterRule>;
}

/** The library. */
export class Libseccomp {
  /** For example "2.5.4". */
  readonly version: string;
  /** The architecture of this process, and its name. */
  readonly native: number;
  readonly nativeName: string;
  readonly #library: HostLibrary;

  /** Loads it. @throws TaskError failed_precondition if there is none, or one that is too old */
  constructor(name: string = LIBRARY) {
    this.#library = openLibrary(name);
    this.version = this.#readVersion();
    this.native = this.#number("uint32_t seccomp_arch_native()");
    this.nativeName = process.arch === "x64" ? "x86_64" : "aarch64";
  }

  /** An architecture by libseccomp's name ("x86_64"): AUDIT_ARCH_* but for x32. Undefined if this version has none such. */
  architecture(name: string): number | undefined {
    return this.#number("uint32_t seccomp_arch_resolve_name(const char *name)", name) || undefined;
  }

  /**
   * The number of a system call on an architecture; a negative one, which only libseccomp understands, if the call is on
   * others. Undefined if this version does not know the name.
   */
  syscallNumber(architecture: number, name: string): number | undefined {
    const prototype = "int seccomp_syscall_resolve_name_arch(uint32_t arch, const char *name)";
    const number = this.#number(prototype, architecture, name);
    return number === NO_SYSCALL ? undefined : number;
  }

  /** Makes a filter: instructions of eight bytes. @throws SysError with the call of libseccomp that refused */
  makeFilter({ defaultAction, architectures, rules }: FilterParts): Uint8Array {
    const context = this.#library.call("void *seccomp_init(uint32_t action)", defaultAction);
    if (typeof context !== "bigint") throw sysError("seccomp_init", errnoNumber("EINVAL"));
    try {
      // A tree takes fewer steps than a list; it is not what makes the filter right, so a refusal is nobody's concern.
      this.#number(
        "int seccomp_attr_set(void *context, int attribute, uint32_t value)",
        context,
        OPTIMIZE,
        AS_TREE,
      );
      for (const architecture of architectures) this.#addArchitecture(context, architecture);
      for (const rule of rules) this.#addRule(context, rule);
      return this.#export(context);
    } finally {
      this.#library.call("void seccomp_release(void *context)", context);
    }
  }

  #addArchitecture(context: bigint, architecture: number): void {
    const result = this.#number(
      "int seccomp_arch_add(void *context, uint32_t arch)",
      context,
      architecture,
    );
    if (result !== -errnoNumber("EEXIST")) check(result, "seccomp_arch_add");
  }

  #addRule(context: bigint, { action, syscall, comparisons }: FilterRule): void {
    const result = this.#number(
      "int seccomp_rule_add_array(void *c, uint32_t action, int nr, unsigned int n, const void *a)",
      context,
      action,
      syscall,
      comparisons.length,
      encodeComparisons(comparisons),
    );
    check(result, "seccomp_rule_add");
  }

  #export(context: bigint): Uint8Array {
    using file = memfd("seccomp");
    const result = this.#number("int seccomp_export_bpf(void *context, int fd)", context, file.raw);
    check(result, "seccomp_export_bpf");
    return readFileSync(`/proc/self/fd/${file.raw}`);
  }

  #readVersion(): string {
    const pointer = this.#library.call("const void *seccomp_version()");
    const numbers = this.#library.readUnsigned(pointer, 3);
    const [major = 0, minor = 0] = numbers;
    const version = numbers.join(".");
    const [minMajor, minMinor] = MIN_VERSION;
    if (major < minMajor || (major === minMajor && minor < minMinor)) {
      throw unusable(`version ${version} is too old`);
    }
    return version;
  }

  #number(prototype: string, ...args: (bigint | number | string | Uint8Array)[]): number {
    return Number(this.#library.call(prototype, ...args));
  }
}

function openLibrary(name: string): HostLibrary {
  try {
    return new HostLibrary(name);
  } catch (error) {
    throw unusable(errorText(error));
  }
}

function unusable(problem: string): TaskError {
  const text = `linux.seccomp needs ${LIBRARY} of libseccomp ${MIN_VERSION.join(".")} or later on the host`;
  return new TaskError("failed_precondition", `${text}: ${problem}`);
}

function encodeComparisons(comparisons: readonly Comparison[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(COMPARISON_BYTES * comparisons.length));
  for (const [number, { index, operator, value, valueTwo }] of comparisons.entries()) {
    const at = COMPARISON_BYTES * number;
    view.setUint32(at, index, true);
    view.setUint32(at + 4, operator, true);
    view.setBigUint64(at + 8, value, true);
    view.setBigUint64(at + 16, valueTwo, true);
  }
  return new Uint8Array(view.buffer);
}
