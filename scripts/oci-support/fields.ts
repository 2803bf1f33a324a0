// SPDX-License-Identifier: Apache-2.0
// Every field that runtime-spec 1.3 knows for a container on Linux (its JSON schema, without the other platforms), and the words
// that a field with a closed list of them takes. `*` stands for a name that is the user's, or for one of several of the same kind.

import { MOUNT_OPTIONS } from "../../src/oci/tables/mount-options.ts";

const of = (path: string, names: string): string[] =>
  names.split(" ").map((name) => `${path}.${name}`);

export const FIELDS: readonly string[] = [
  ...["ociVersion", "hostname", "domainname", "annotations.*"],
  ...of("root", "path readonly"),
  ...of("mounts[]", "source destination type options"),
  ...of("mounts[].*idMappings[]", "containerID hostID size"),
  ...of("hooks", "prestart createRuntime createContainer startContainer poststart poststop"),
  ...of("hooks.*[]", "path args env timeout"),
  ...of("process", "terminal args commandLine cwd env noNewPrivileges oomScoreAdj"),
  ...of("process", "apparmorProfile selinuxLabel"),
  ...of("process.consoleSize", "height width"),
  ...of("process.user", "uid gid umask additionalGids username"),
  ...of("process.capabilities", "bounding permitted effective inheritable ambient"),
  ...of("process.rlimits[]", "type soft hard"),
  ...of("process.scheduler", "policy nice priority flags runtime deadline period"),
  ...of("process.ioPriority", "class priority"),
  ...of("process.execCPUAffinity", "initial final"),
  ...of("linux", "cgroupsPath rootfsPropagation maskedPaths readonlyPaths mountLabel sysctl.*"),
  ...of("linux.namespaces[]", "type path"),
  ...of("linux.*idMappings[]", "containerID hostID size"),
  ...of("linux.timeOffsets.*", "secs nanosecs"),
  ...of("linux.devices[]", "type path major minor fileMode uid gid"),
  "linux.netDevices.*.name",
  ...of("linux.personality", "domain flags"),
  ...of("linux.memoryPolicy", "mode nodes flags"),
  ...of("linux.intelRdt", "closID schemata l3CacheSchema memBwSchema enableMonitoring"),
  ...of("linux.seccomp", "defaultAction defaultErrnoRet flags listenerPath listenerMetadata"),
  ...of("linux.seccomp", "architectures"),
  ...of("linux.seccomp.syscalls[]", "names action errnoRet"),
  ...of("linux.seccomp.syscalls[].args[]", "index value valueTwo op"),
  ...of("linux.resources", "unified.* pids.limit"),
  ...of("linux.resources.devices[]", "allow type major minor access"),
  ...of("linux.resources.memory", "limit reservation swap kernel kernelTCP swappiness"),
  ...of("linux.resources.memory", "disableOOMKiller useHierarchy checkBeforeUpdate"),
  ...of("linux.resources.cpu", "shares quota period burst idle cpus mems"),
  ...of("linux.resources.cpu", "realtimeRuntime realtimePeriod"),
  ...of("linux.resources.blockIO", "weight leafWeight"),
  ...of("linux.resources.blockIO.weightDevice[]", "major minor weight leafWeight"),
  ...of("linux.resources.blockIO.throttle*[]", "major minor rate"),
  ...of("linux.resources.hugepageLimits[]", "pageSize limit"),
  ...of("linux.resources.network", "classID priorities[].name priorities[].priority"),
  ...of("linux.resources.rdma.*", "hcaHandles hcaObjects"),
];

/** Words that begin alike. */
export function prefixed(prefix: string, names: string): readonly string[] {
  return names.split(" ").map((name) => `${prefix}${name}`);
}

const ACTIONS = prefixed(
  "SCMP_ACT_",
  "KILL KILL_PROCESS KILL_THREAD TRAP ERRNO TRACE ALLOW LOG NOTIFY",
);
const ARCHITECTURES =
  "X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390 S390X PARISC PARISC64 " +
  "RISCV64 LOONGARCH64 M68K SH SHEB";
const RLIMITS =
  "AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK";

/** The mount options are those of the runtime itself: what it knows has a row, too. */
export const WORDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["mounts[].options", [...MOUNT_OPTIONS.keys()]],
  ["linux.namespaces[].type", "pid network mount ipc uts user cgroup time".split(" ")],
  ["linux.rootfsPropagation", "private shared slave unbindable".split(" ")],
  ["linux.seccomp.syscalls[].action", ACTIONS],
  [
    "linux.seccomp.flags",
    prefixed("SECCOMP_FILTER_FLAG_", "TSYNC LOG SPEC_ALLOW WAIT_KILLABLE_RECV"),
  ],
  ["linux.devices[].type", ["c", "u", "b", "p"]],
  ["linux.seccomp.architectures", prefixed("SCMP_ARCH_", ARCHITECTURES)],
  ["linux.seccomp.syscalls[].args[].op", prefixed("SCMP_CMP_", "NE LT LE EQ GE GT MASKED_EQ")],
  ["process.rlimits[].type", prefixed("RLIMIT_", RLIMITS)],
  [
    "process.scheduler.flags",
    prefixed(
      "SCHED_FLAG_",
      "RESET_ON_FORK RECLAIM DL_OVERRUN KEEP_POLICY KEEP_PARAMS UTIL_CLAMP_MIN UTIL_CLAMP_MAX",
    ),
  ],
  ["linux.memoryPolicy.flags", prefixed("MPOL_F_", "NUMA_BALANCING RELATIVE_NODES STATIC_NODES")],
  ["process.scheduler.policy", prefixed("SCHED_", "OTHER FIFO RR BATCH ISO IDLE DEADLINE")],
  ["process.ioPriority.class", prefixed("IOPRIO_CLASS_", "RT BE IDLE")],
  [
    "linux.memoryPolicy.mode",
    prefixed("MPOL_", "DEFAULT BIND INTERLEAVE WEIGHTED_INTERLEAVE PREFERRED PREFERRED_MANY LOCAL"),
  ],
  ["linux.personality.domain", ["LINUX", "LINUX32"]],
]);
