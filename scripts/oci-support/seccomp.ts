// SPDX-License-Identifier: Apache-2.0
// Rows: `linux.seccomp`.

import type { Chapter } from "./support.ts";

const FILTER = "src/runtime/seccomp-filter.test.ts";
const PARSE = "src/oci/seccomp.test.ts";
const NOTIFY = "src/runtime/seccomp-notify.root.test.ts";
const ROOT = "src/runtime/seccomp.root.test.ts";
const action = (name: string): string => `SCMP_ACT_${name}`;
const flag = (name: string): string => `SECCOMP_FILTER_FLAG_${name}`;
const ARCHITECTURES = (
  "X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390 S390X PARISC PARISC64 " +
  "RISCV64 LOONGARCH64 M68K SH SHEB"
)
  .split(" ")
  .map((name) => `SCMP_ARCH_${name}`);

export const SECCOMP: Chapter = {
  title: "Seccomp",
  rows: [
    {
      fields: ["linux.seccomp.defaultAction", "linux.seccomp.syscalls[].action"],
      how: "libseccomp makes the filter; it is kept in memory and on disk",
      tests: [
        `${FILTER}#is what the kernel does, for a rule and by default`,
        "integration/seccomp.test.ts#a profile of one's own filters an exec, too",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["linux.seccomp.syscalls[].action"],
      words: "KILL KILL_PROCESS KILL_THREAD TRAP ERRNO TRACE ALLOW LOG".split(" ").map(action),
      how: "as the kernel does them",
      tests: [
        `${ROOT}#ends a program with SIGSYS`,
        `${FILTER}#is what the kernel does, for a rule and by default`,
        "src/runtime/seccomp-actions.root.test.ts#to the call that it is for",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: [
        "linux.seccomp.syscalls[].action",
        "linux.seccomp.listenerPath",
        "linux.seccomp.listenerMetadata",
      ],
      words: [action("NOTIFY")],
      how: "each process has a listener, sent to the agent before any call but write; refused for write and by default",
      tests: [
        `${NOTIFY}#an agent makes a directory for a container, and for an exec in it`,
        `${NOTIFY}#every call may be one that asks, but for write`,
        `${NOTIFY}#without an agent neither create nor exec succeeds, and nothing is left`,
        `${NOTIFY}#when the agent ends its calls do not exist`,
        "integration/seccomp-agent.test.ts#an agent is told of each process and answers for it",
        `${PARSE}#is refused by the name of the field`,
      ],
      runc: "yes; startContainer hooks share the listener of init",
      crun: "yes",
    },
    {
      fields: ["linux.seccomp.defaultErrnoRet", "linux.seccomp.syscalls[].errnoRet"],
      how: "EPERM without it; ignored with a warning for an action that takes none",
      tests: [
        "src/runtime/seccomp-actions.root.test.ts#to the call that it is for",
        `${PARSE}#actions carry the errno that they are given, else EPERM`,
        `${PARSE}#an errno is ignored with a warning where only the action of a default profile was changed`,
        `${ROOT}#an action with an errno is that errno`,
      ],
      runc: "ignored with other actions",
      crun: "yes",
    },
    {
      fields: ["linux.seccomp.flags"],
      words: ["TSYNC", "LOG", "SPEC_ALLOW"].map(flag),
      how: "SPEC_ALLOW without the list, none with an empty one",
      tests: [
        `${PARSE}#without a list of flags there is the default one, with an empty list none`,
        `${ROOT}#flags reach the kernel`,
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["linux.seccomp.flags"],
      words: [flag("WAIT_KILLABLE_RECV")],
      how: "with a listener; without one without effect",
      tests: [
        `${NOTIFY}#flags are for a filter with a listener, too`,
        `${PARSE}#a profile that asks has a listener, and one that does not has none`,
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["linux.seccomp.architectures"],
      words: ARCHITECTURES,
      how: "the host's own always; calls of others are killed; refused if libseccomp does not know it",
      tests: [
        "src/runtime/seccomp-architectures.test.ts#every action and every operator is right for ",
        "src/runtime/seccomp-actions.root.test.ts#calls of 32-bit programs are filtered by their own numbers",
        "src/oci/features.test.ts#every word of seccomp that is promised is accepted",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["linux.seccomp.syscalls[].names"],
      how: "unknown ones are left out and logged; calls newer than the profile do not exist (ENOSYS)",
      tests: [
        "src/runtime/seccomp.test.ts#a call that libseccomp does not know is told once",
        `${FILTER}#names that nobody knows and rules that change nothing are left out`,
        `${FILTER}#a call that is newer than the profile does not exist, one that it leaves out is denied`,
      ],
      runc: "yes",
      crun: "no ENOSYS",
    },
    {
      fields: ["index", "value", "valueTwo", "op"].map(
        (name) => `linux.seccomp.syscalls[].args[].${name}`,
      ),
      words: "NE LT LE EQ GE GT MASKED_EQ".split(" ").map((name) => `SCMP_CMP_${name}`),
      how: "all 64 bits are compared; several conditions on one argument are alternatives",
      tests: [
        `${FILTER}#compares all 64 bits of the argument`,
        `${FILTER}#of several conditions on one argument one is enough, and then of all`,
        "src/runtime/seccomp-actions.root.test.ts#the kernel finds ",
      ],
      runc: "yes",
      crun: "yes",
    },
  ],
};
