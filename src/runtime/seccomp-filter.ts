// SPDX-License-Identifier: Apache-2.0
// From a seccomp profile to the BPF program that the kernel runs: libseccomp makes it, the stub for unknown calls goes first.

import { SpecError, SysError } from "../base/errors.ts";
import type { SeccompProfile } from "../oci/seccomp.ts";
import type { FilterRule, Libseccomp } from "../sys/libseccomp.ts";
import { enosysStub, type KnownSyscalls, type SyscallRange } from "./enosys-stub.ts";

/** BPF_MAXINSNS, of 8 bytes. */
export const MAX_FILTER_BYTES = 4096 * 8;

/** libseccomp's name of x32, and the bit that its numbers have (`__X32_SYSCALL_BIT`). */
const X32 = "x32";
const X32_BIT = 0x4000_0000;
const X86_64 = "x86_64";
/** Of AUDIT_ARCH_* (linux/audit.h). */
const AUDIT_ARCH_LE = 0x4000_0000;
/** Calls of 32-bit ARM that are the kernel's own (`__ARM_NR_BASE`), far above the others. */
const ARM = "arm";
const ARM_PRIVATE = 0x000f_0000;

/** Actions that make the stub pointless: the call is made anyway, or is told to be missing. */
const ALLOW = 0x7fff_0000;
const LOG = 0x7ffc_0000;
const TRACE = 0x7ff0_0000;
const ERRNO_ENOSYS = 0x0005_0026;
const ACTION_MASK = 0xffff_0000;

interface Architecture {
  /** libseccomp's. */
  readonly name: string;
  readonly token: number;
}

export interface MadeFilter {
  /** Instructions of eight bytes. */
  readonly filter: Uint8Array;
  /** System calls of the profile that libseccomp does not know on any architecture: the filter says nothing of them. */
  readonly unknown: readonly string[];
}

/** The filter of a profile. @throws SpecError for what libseccomp does not know or refuses */
export function makeFilter(library: Libseccomp, profile: SeccompProfile): MadeFilter {
  const architectures = findArchitectures(library, profile);
  const stub = needsStub(profile)
    ? enosysStub(knownSyscalls(library, profile, architectures))
    : new Uint8Array();
  const unknown = new Set<string>();
  const compiled = compile(library, profile, { architectures, unknown });
  const bytes = Buffer.concat([stub, compiled]);
  if (bytes.byteLength > MAX_FILTER_BYTES) {
    const count = bytes.byteLength / 8;
    throw new SpecError(
      "linux.seccomp",
      `linux.seccomp: the filter has ${count} instructions, more than the kernel takes (4096)`,
    );
  }
  return { filter: bytes, unknown: [...unknown] };
}

/** Whether an action lets a call happen. */
export function allows(action: number): boolean {
  return [ALLOW, LOG, TRACE].includes((action & ACTION_MASK) >>> 0);
}

/** libseccomp's name of an architecture of the specification. */
export function libseccompName(word: string): string {
  return word.slice("SCMP_ARCH_".length).toLowerCase();
}

function findArchitectures(library: Libseccomp, profile: SeccompProfile): readonly Architecture[] {
  return profile.architectures.map((word, index) => {
    const name = libseccompName(word);
    const token = library.architecture(name);
    const isLike = token !== undefined && isLittleEndian(token) === isLittleEndian(library.native);
    if (isLike) return { name, token };
    const path = `linux.seccomp.architectures[${index}]`;
    const problem =
      token === undefined
        ? `libseccomp ${library.version} of this host does not know "${word}"`
        : `"${word}" has another byte order than this host`;
    throw new SpecError(path, `${path}: ${problem}`);
  });
}

/** libseccomp makes no filter for both orders, and no kernel runs programs of both. */
function isLittleEndian(token: number): boolean {
  return (token & AUDIT_ARCH_LE) !== 0;
}

function needsStub({ defaultAction }: SeccompProfile): boolean {
  return !allows(defaultAction) && defaultAction !== ERRNO_ENOSYS;
}

function compile(
  library: Libseccomp,
  profile: SeccompProfile,
  {
    architectures,
    unknown,
  }: { readonly architectures: readonly Architecture[]; readonly unknown: Set<string> },
): Uint8Array {
  let current = "";
  function* rules(): Generator<FilterRule> {
    for (const rule of profile.rules) {
      // libseccomp refuses a rule that changes nothing.
      if (rule.action === profile.defaultAction) continue;
      for (const name of rule.names) {
        current = name;
        const syscall = library.syscallNumber(library.native, name);
        // A name of a newer kernel, or none at all: nothing that a program can call.
        if (syscall === undefined) {
          unknown.add(name);
          continue;
        }
        yield { action: rule.action, syscall, comparisons: rule.conditions };
      }
    }
  }
  const { defaultAction } = profile;
  const tokens = architectures.map(({ token }) => token);
  try {
    return library.makeFilter({ defaultAction, architectures: tokens, rules: rules() });
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    const place =
      error.syscall === "seccomp_rule_add" ? `the rule for "${current}"` : "the profile";
    const problem = `libseccomp ${library.version} refuses ${place}: ${error.message}`;
    throw new SpecError("linux.seccomp", `linux.seccomp: ${problem}`);
  }
}

/** For each architecture the calls that the profile speaks of, whatever it says of them. */
function knownSyscalls(
  library: Libseccomp,
  { rules }: SeccompProfile,
  architectures: readonly Architecture[],
): readonly KnownSyscalls[] {
  const names = [...new Set(rules.flatMap((rule) => rule.names))];
  const own = { name: library.nativeName, token: library.native };
  const others = architectures.filter(({ token }) => token !== own.token);
  const all = [own, ...others];
  return all
    .filter(({ name }) => name !== X32)
    .map((architecture) => ({
      auditArch: architecture.token,
      ranges: numberSpaces(architecture, all).flatMap(({ token, end }): readonly SyscallRange[] => {
        const numbers = names.map((name) => library.syscallNumber(token, name) ?? -1);
        const highest = Math.max(-1, ...numbers.filter((number) => number < (end ?? Infinity)));
        return highest < 0 ? [] : [{ end, highest }];
      }),
    }));
}

/** The ranges in which an architecture counts its system calls, and for which of libseccomp's architectures each is. */
function numberSpaces(
  { name, token }: Architecture,
  all: readonly Architecture[],
): readonly { readonly token: number; readonly end: number | undefined }[] {
  if (name === ARM) return [{ token, end: ARM_PRIVATE }];
  if (name !== X86_64) return [{ token, end: undefined }];
  const x32 = all.find((other) => other.name === X32);
  const beyond = x32 === undefined ? [] : [{ token: x32.token, end: undefined }];
  return [{ token, end: X32_BIT }, ...beyond];
}
