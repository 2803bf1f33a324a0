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

const ACTIONS = "KILL KILL_PROCESS KILL_THREAD TRAP ERRNO TRACE ALLOW LOG NOTIFY"
  .split(" ")
  .map((name) => `SCMP_ACT_${name}`);

/** The mount options are those of the runtime itself: what it knows has a row, too. */
export const WORDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["mounts[].options", [...MOUNT_OPTIONS.keys()]],
  ["linux.namespaces[].type", "pid network mount ipc uts user cgroup time".split(" ")],
  ["linux.rootfsPropagation", "private shared slave unbindable".split(" ")],
  ["linux.seccomp.syscalls[].action", ACTIONS],
  [
    "linux.seccomp.flags",
    "TSYNC LOG SPEC_ALLOW WAIT_KILLABLE_RECV"
      .split(" ")
      .map((name) => `SECCOMP_FILTER_FLAG_${name}`),
  ],
  [
    "process.scheduler.policy",
    "OTHER FIFO RR BATCH ISO IDLE DEADLINE".split(" ").map((name) => `SCHED_${name}`),
  ],
  ["process.ioPriority.class", "RT BE IDLE".split(" ").map((name) => `IOPRIO_CLASS_${name}`)],
  [
    "linux.memoryPolicy.mode",
    "DEFAULT BIND INTERLEAVE WEIGHTED_INTERLEAVE PREFERRED PREFERRED_MANY LOCAL"
      .split(" ")
      .map((name) => `MPOL_${name}`),
  ],
  ["linux.personality.domain", ["LINUX", "LINUX32"]],
]);
