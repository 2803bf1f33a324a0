// SPDX-License-Identifier: Apache-2.0
// Rows: the process.

import type { Chapter } from "./support.ts";

const RLIMITS =
  "CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS LOCKS SIGPENDING MSGQUEUE NICE RTPRIO RTTIME"
    .split(" ")
    .map((name) => `RLIMIT_${name}`);

const SCHEDULER_FLAGS =
  "RESET_ON_FORK RECLAIM DL_OVERRUN KEEP_POLICY KEEP_PARAMS UTIL_CLAMP_MIN UTIL_CLAMP_MAX"
    .split(" ")
    .map((name) => `SCHED_FLAG_${name}`);

export const PROCESS: Chapter = {
  title: "Process",
  rows: [
    {
      fields: ["process.terminal"],
      how: "a pty of the container's devpts, opened by its descriptor; the master goes to the shim",
      tests: [
        "src/runtime/runtime.root.test.ts#a terminal has a size, can be resized, and is the program's controlling terminal",
        "integration/terminal.test.ts#what is typed is echoed and read, and control characters are signals",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["process.consoleSize.height", "process.consoleSize.width"],
      how: "set before the program sees the terminal, if both are set",
      tests: [
        "src/oci/parse.test.ts#a console has a size only if both sides are set",
        "src/runtime/runtime.root.test.ts#a terminal has a size, can be resized, and is the program's controlling terminal",
        "src/runtime/process.root.test.ts#the terminal of an exec has its size before the program looks, if both sides are set",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["process.args"],
      how: "execve(2); a program that is missing fails create. A name is looked for in the container's PATH",
      tests: [
        "src/oci/program.test.ts#a name is looked for in the container's PATH",
        "src/runtime/runtime.root.test.ts#and leaves nothing",
        "integration/exec.test.ts#an exec of a missing program fails at its start, names it, and hurts nothing",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["process.commandLine"],
      how: "ignored: it is for Windows",
      tests: ["src/oci/parse.test.ts#what asks for nothing is accepted"],
      runc: "ignored",
      crun: "ignored",
    },
    {
      fields: ["process.cwd"],
      how: "made where it is missing; verified by getcwd(2) before the program runs",
      tests: [
        "integration/failures.test.ts#a working directory that does not exist is created",
        "integration/harness/ctr-cases.ts#the program starts in the directory that was named, which is made",
        "src/runtime/attacks/descriptors.root.test.ts#no descriptor leads out of a new container as its working directory",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["process.env"],
      how: "of a name that is there twice the last value counts; HOME from the container's passwd where it is missing or empty",
      tests: [
        "src/runtime/process.root.test.ts#of a variable that is there twice a process gets the last one alone",
        "src/runtime/process.root.test.ts#HOME is that of the user in the container's passwd where it is missing or empty, in an exec too",
        "integration/harness/ctr-cases.ts#variables from the command line and from a file are in the environment",
        "src/runtime/passwd.test.ts#homeDirectory reads the passwd below the container's root",
      ],
      runc: "yes",
      crun: "duplicates stay",
    },
    {
      fields: ["process.user.uid", "process.user.gid", "process.user.additionalGids"],
      how: "setgroups(2), setgid(2), setuid(2); 0 to 2^32-2, mapped in the user namespace",
      tests: [
        "src/runtime/runtime.root.test.ts#user, groups, umask, HOME, environment and working directory are the spec's",
        "integration/harness/ctr-cases.ts#a user and group by number",
        "src/oci/user-namespace.test.ts#a user that the namespace does not map is refused, in a container and in an exec",
        "src/oci/mistakes-process.test.ts#process.user.uid must be",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["process.user.umask"],
      how: "umask(2); 0022 without it, an exec without it has the container's",
      tests: [
        "src/runtime/runtime.root.test.ts#user, groups, umask, HOME, environment and working directory are the spec's",
        "src/runtime/process.root.test.ts#an exec has its own umask, else the container's, else 0022",
      ],
      runc: "not an exec's own",
      crun: "an exec without it: 0022",
    },
    {
      fields: ["process.user.username"],
      how: "ignored: it is for Windows",
      tests: ["src/oci/parse.test.ts#what asks for nothing is accepted"],
      runc: "ignored",
      crun: "ignored",
    },
    {
      fields: ["bounding", "permitted", "effective", "inheritable", "ambient"].map(
        (set) => `process.capabilities.${set}`,
      ),
      how: "exactly these sets; unknown ones are left out with a warning; without the object none at all",
      tests: [
        "integration/harness/ctr-cases.ts#a capability that is added can be used",
        "integration/harness/ctr-cases.ts#a capability that is dropped can't",
        "src/runtime/attacks/identity.root.test.ts#capabilities are not inheritable unless the configuration says so",
        "src/runtime/attacks/identity.root.test.ts#a configuration that says nothing of capabilities gives none",
        "src/oci/identity.test.ts#what this kernel does not have is left out with one warning",
        "src/oci/identity.test.ts#only what is permitted and inheritable is raised, the rest is a warning",
      ],
      runc: "without the object: all",
      crun: "an unknown one is an error",
    },
    {
      fields: ["process.rlimits[].type", "process.rlimits[].soft", "process.rlimits[].hard"],
      words: RLIMITS,
      how: "prlimit(2) by the runtime, the last of each type; an exec without any has the container's",
      tests: [
        "src/runtime/runtime.root.test.ts#resource limits are set, also lower than what init itself needs",
        "src/runtime/privileged.root.test.ts#hard limits can be above those of the runtime",
        "integration/limits.test.ts#limits on open files hold",
        "integration/limits.test.ts#a limit that a client appends to the default ones counts",
        "src/oci/mistakes-process.test.ts#wrong rlimit value: RLIMIT_X",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["process.noNewPrivileges"],
      how: "PR_SET_NO_NEW_PRIVS before the change of user",
      tests: [
        "integration/harness/ctr-cases.ts#new privileges are not to be had by default",
        "integration/harness/ctr-cases.ts#new privileges can be allowed",
        "src/oci/plans.test.ts#a filter is installed right before",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["process.oomScoreAdj"],
      how: "/proc/self/oom_score_adj, before anything else",
      tests: [
        "integration/docker.test.ts#limits of resources are in the kernel's hands",
        "src/runtime/privileged.root.test.ts#a process can be made less likely to be killed for want of memory",
        "src/oci/compile.test.ts#an exec takes oom score and umask of the container where it has none of its own",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["process.apparmorProfile"],
      how: "attr/apparmor/exec, or attr/exec, through a verified procfs; refused where the kernel has no AppArmor",
      tests: [
        "src/oci/labels.test.ts#an AppArmor profile is written to the newer file, or to the one that modules share",
        "integration/apparmor.test.ts#a profile by its name confines a container",
        "integration/apparmor.test.ts#an exec is confined as its container is",
        "src/runtime/labels.root.test.ts#a profile confines a container of any user, and its execs unless they bring their own",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["process.selinuxLabel"],
      how: "attr/exec and attr/keycreate; refused where the kernel has no SELinux",
      tests: [
        "src/oci/labels.test.ts#a SELinux label is written for the program and, while they are made, for keys",
        "src/oci/labels.test.ts#a label that the kernel has no use for is refused by its field",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: "policy nice priority flags runtime deadline period"
        .split(" ")
        .map((name) => `process.scheduler.${name}`),
      words: "OTHER FIFO RR BATCH ISO IDLE DEADLINE".split(" ").map((name) => `SCHED_${name}`),
      how: "sched_setattr(2) before the change of user; an exec without it has the container's",
      tests: [
        "src/oci/traits.test.ts#every policy and flag of the specification becomes the kernel's",
        "src/oci/traits.test.ts#a scheduler that makes no sense is refused in the words of runc",
        "native/init/ops-sched.test.ts#a real-time priority is that of the program",
        "src/runtime/traits.root.test.ts#policy and nice value are the container's, and those of its execs unless they have their own",
        "src/runtime/traits.root.test.ts#an exec may have a deadline",
        "integration/process-traits.test.ts#a container and its execs are treated as their configuration says",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["process.scheduler.flags"],
      words: SCHEDULER_FLAGS,
      how: "as in sched_setattr(2); one that the kernel does not take fails create",
      tests: [
        "src/oci/traits.test.ts#every policy and flag of the specification becomes the kernel's",
        "src/oci/traits.test.ts#a startContainer hook is treated as if init had forked it",
        "src/runtime/traits.root.test.ts#reset on fork has children with nice",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["process.ioPriority.class", "process.ioPriority.priority"],
      words: ["IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"],
      how: "ioprio_set(2) of the process group; an exec without it has the container's",
      tests: [
        "src/oci/traits.test.ts#every I/O class becomes the kernel's",
        "src/runtime/traits.root.test.ts#an I/O priority is the container's, and that of its execs unless they have their own",
        "integration/process-traits.test.ts#a container and its execs are treated as their configuration says",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["process.execCPUAffinity.initial", "process.execCPUAffinity.final"],
      how: "sched_setaffinity(2) before and after the cgroup is joined; an exec without it has the container's",
      tests: [
        "src/oci/traits.test.ts#an exec's CPUs are set around the moment in which it joins the cgroup",
        "src/runtime/traits.root.test.ts#an exec runs on the CPUs that it or the container's configuration names",
        "src/runtime/traits.root.test.ts#initial CPUs need not be the cgroup's, final ones must",
        "integration/process-traits.test.ts#a container and its execs are treated as their configuration says",
      ],
      runc: "yes",
      crun: "yes",
    },
  ],
};
