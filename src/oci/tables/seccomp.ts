// SPDX-License-Identifier: Apache-2.0
// The words of linux.seccomp and the kernel's numbers for them (linux/seccomp.h), which are libseccomp's too. Data only.

/** Bits of an action that carry its number: an errno, or a message for a tracer. */
export const ACTION_DATA = 0xffff;

interface SeccompAction {
  readonly value: number;
  /** The largest number that it carries; undefined: it carries none. */
  readonly maxData?: number;
}

/** The kernel cuts what is above its MAX_ERRNO, 4095; libseccomp takes what is below. */
const MAX_ERRNO = 4094;

/** SECCOMP_RET_USER_NOTIF (Linux 5.0): whoever holds the filter's listener answers. */
export const ACTION_NOTIFY = 0x7fc0_0000;

/** What becomes of a system call. */
export const SECCOMP_ACTIONS: ReadonlyMap<string, SeccompAction> = new Map<string, SeccompAction>([
  ["SCMP_ACT_KILL", { value: 0 }],
  ["SCMP_ACT_KILL_THREAD", { value: 0 }],
  ["SCMP_ACT_KILL_PROCESS", { value: 0x8000_0000 }],
  ["SCMP_ACT_TRAP", { value: 0x0003_0000 }],
  ["SCMP_ACT_ERRNO", { value: 0x0005_0000, maxData: MAX_ERRNO }],
  ["SCMP_ACT_NOTIFY", { value: ACTION_NOTIFY }],
  ["SCMP_ACT_TRACE", { value: 0x7ff0_0000, maxData: ACTION_DATA }],
  ["SCMP_ACT_LOG", { value: 0x7ffc_0000 }],
  ["SCMP_ACT_ALLOW", { value: 0x7fff_0000 }],
]);

/** Comparisons of an argument, by libseccomp's numbers (enum scmp_compare). */
export const SECCOMP_OPERATORS: ReadonlyMap<string, number> = new Map([
  ["SCMP_CMP_NE", 1],
  ["SCMP_CMP_LT", 2],
  ["SCMP_CMP_LE", 3],
  ["SCMP_CMP_EQ", 4],
  ["SCMP_CMP_GE", 5],
  ["SCMP_CMP_GT", 6],
  ["SCMP_CMP_MASKED_EQ", 7],
]);

/** Architectures of the specification. libseccomp knows them by the part after "SCMP_ARCH_", in lower case. */
export const SECCOMP_ARCHITECTURES: readonly string[] = [
  "SCMP_ARCH_X86",
  "SCMP_ARCH_X86_64",
  "SCMP_ARCH_X32",
  "SCMP_ARCH_ARM",
  "SCMP_ARCH_AARCH64",
  "SCMP_ARCH_MIPS",
  "SCMP_ARCH_MIPS64",
  "SCMP_ARCH_MIPS64N32",
  "SCMP_ARCH_MIPSEL",
  "SCMP_ARCH_MIPSEL64",
  "SCMP_ARCH_MIPSEL64N32",
  "SCMP_ARCH_PPC",
  "SCMP_ARCH_PPC64",
  "SCMP_ARCH_PPC64LE",
  "SCMP_ARCH_S390",
  "SCMP_ARCH_S390X",
  "SCMP_ARCH_PARISC",
  "SCMP_ARCH_PARISC64",
  "SCMP_ARCH_RISCV64",
  "SCMP_ARCH_LOONGARCH64",
  "SCMP_ARCH_M68K",
  "SCMP_ARCH_SH",
  "SCMP_ARCH_SHEB",
];

/** SECCOMP_FILTER_FLAG_SPEC_ALLOW (Linux 4.17), which a profile that says nothing of flags gets. */
export const SPEC_ALLOW = 4;

/** SECCOMP_FILTER_FLAG_NEW_LISTENER (Linux 5.0): seccomp(2) returns a descriptor for whoever answers. */
export const NEW_LISTENER = 8;

/** SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (Linux 5.19). It is about waiting for an answer: the kernel takes it with a listener only. */
export const WAIT_KILLABLE_RECV = 32;

/** Flags of seccomp(2) for a process with one thread: then TSYNC has no other thread to reach. */
export const SECCOMP_FLAGS: ReadonlyMap<string, number> = new Map([
  ["SECCOMP_FILTER_FLAG_TSYNC", 0],
  ["SECCOMP_FILTER_FLAG_LOG", 2],
  ["SECCOMP_FILTER_FLAG_SPEC_ALLOW", SPEC_ALLOW],
  ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", WAIT_KILLABLE_RECV],
]);
