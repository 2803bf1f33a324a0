// SPDX-License-Identifier: Apache-2.0
// Rows: `linux.resources`.

import type { Chapter, Support } from "./support.ts";

const TREES = "src/cgroup/limits-on-trees.test.ts";
const V2_LIMITS = "src/cgroup/cgroup-v2-limits.root.test.ts";
/** Each resource with the others, in order: hosts differ in their trees. */
const EACH = [
  `${TREES}#trees: every resource reaches its files, in order`,
  `${TREES}#v2: every resource that it has reaches its file, in order, and unified comes last line by line`,
];
/** Each of them with the kernel of a host that has all controllers on v2. */
const HOLDS = `${V2_LIMITS}#v2 holds `;
const AS_RUNC = "integration/limits-as-runc.test.ts#limits as with runc:";
const V1 = "src/cgroup/cgroup-v1.root.test.ts";

type Peers = Pick<Support, "runc" | "crun">;
const BOTH: Peers = { runc: "yes", crun: "not where v1 and v2 share the controllers" };

export const RESOURCES: Chapter = {
  title: "Resources",
  rows: [
    {
      fields: "allow type major minor access"
        .split(" ")
        .map((name) => `linux.resources.devices[].${name}`),
      how: "v1: the difference to what is there; v2: an eBPF program, replaced in place; the standard devices are always allowed",
      tests: [
        "src/cgroup/device-policy.test.ts#a restricted cgroup is changed by the difference, narrowing first",
        "src/cgroup/device-policy.test.ts#the emulator, its program and the plain words of the kernel agree about any rules",
        "src/cgroup/cgroup-v2.root.test.ts#a filter is replaced a thousand times without a moment in which it is not there",
        "src/cgroup/device-filter.test.ts#an allowing exception must cover every requested bit",
        `${V1}#device rules bite, and the standard devices stay usable`,
        "src/cgroup/cgroup-v2.root.test.ts#everything below, in a cgroup2 view",
      ],
      ...BOTH,
    },
    {
      fields: ["linux.resources.memory.limit", "linux.resources.memory.swap"],
      how: "v1: `memory.limit_in_bytes`, `memory.memsw.limit_in_bytes` in the order that the kernel takes; v2: `memory.max`, `memory.swap.max`",
      tests: [
        `${V1}#memory and swap limits can be raised and lowered together`,
        "src/cgroup/resources.test.ts#memory+swap becomes swap",
        "src/cgroup/conversions.test.ts#memory and swap together split into what was put together",
        HOLDS,
        AS_RUNC,
        "integration/limits.test.ts#a program over its memory limit is killed",
      ],
      ...BOTH,
    },
    {
      fields: ["linux.resources.memory.reservation"],
      how: "v1: `memory.soft_limit_in_bytes`; v2: `memory.low`",
      tests: [...EACH, `${V1}#limits are in force as given`, HOLDS, AS_RUNC],
      ...BOTH,
    },
    {
      fields: ["linux.resources.memory.kernel", "linux.resources.memory.kernelTCP"],
      how: "ignored: the kernel has given them up",
      tests: [...EACH],
      runc: "ignored",
      crun: "v1",
    },
    {
      fields: ["linux.resources.memory.swappiness", "linux.resources.memory.disableOOMKiller"],
      how: "v1 only; v2 has nothing like them: ignored",
      tests: [...EACH, AS_RUNC, "integration/limits-as-runc.test.ts#refused as by runc:"],
      runc: "the same",
      crun: "the same",
    },
    {
      fields: ["linux.resources.memory.useHierarchy"],
      how: "ignored: every hierarchy is one",
      tests: ["src/oci/parse.test.ts#what asks for nothing is accepted"],
      runc: "ignored",
      crun: "ignored",
    },
    {
      fields: ["linux.resources.memory.checkBeforeUpdate"],
      how: "a limit below the usage is refused before it, or any other, is written or told to systemd",
      tests: [
        "src/cgroup/resources.test.ts#checkBeforeUpdate refuses a limit that is already exceeded",
        `${V1}#a memory limit below what is in use is refused with the usage`,
        "integration/systemd-inside.ts#what contradicts itself or is exceeded is refused before systemd has heard of it",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["linux.resources.cpu.shares"],
      how: "v1: `cpu.shares`, read back; v2: `cpu.weight` on the curve of 2025",
      tests: [
        "src/cgroup/resources.test.ts#shares become weights on the curve through the defaults and the limits",
        "src/cgroup/conversions.test.ts#every value of shares has a weight in range that is never less than that of fewer shares",
        `${V1}#what the kernel refuses or clamps is said with its file and value`,
        AS_RUNC,
        "integration/limits.test.ts#a share of the processors is what the kernel is told",
      ],
      ...BOTH,
    },
    {
      fields: ["quota", "period", "burst"].map((name) => `linux.resources.cpu.${name}`),
      how: "v1: `cpu.cfs_*_us`; v2: `cpu.max`, `cpu.max.burst`; in whichever order the kernel takes. With systemd a quota is the next whole percent",
      tests: [
        `${V1}#quota, period and burst can change together in any direction`,
        AS_RUNC,
        "src/cgroup/conversions.test.ts#a quota for systemd is whole percents",
        ...EACH,
      ],
      ...BOTH,
    },
    {
      fields: ["linux.resources.cpu.idle"],
      how: "`cpu.idle`, first; shares are not written to a group that is idle",
      tests: [
        `${V1}#a group that was idle can get shares, and one that is idle is left without`,
        `${TREES}#v2: the weight of an idle group is not touched`,
        "integration/systemd-inside.ts#an idle group is idle for systemd too, so that it stays so",
      ],
      ...BOTH,
    },
    {
      fields: ["linux.resources.cpu.cpus", "linux.resources.cpu.mems"],
      how: "`cpuset.cpus`, `cpuset.mems` (bare names where v1 is mounted noprefix); on v1 what the parents lack is filled in before",
      tests: [
        ...EACH,
        HOLDS,
        AS_RUNC,
        `${TREES}#v1: a new cpuset gets what its parent has, where it is empty, under either name`,
        "integration/harness/ctr-cases.ts#the processors to run on",
      ],
      ...BOTH,
    },
    {
      fields: ["realtimeRuntime", "realtimePeriod"].map((name) => `linux.resources.cpu.${name}`),
      how: "v1: `cpu.rt_*_us`, before the first process comes; v2 has nothing like them: ignored",
      tests: [
        `${V1}#a cgroup has time for real-time threads before the first one comes`,
        `${V1}#what a parent does not have can't be had below it, and nothing is left of the attempt`,
      ],
      ...BOTH,
    },
    {
      fields: ["linux.resources.pids.limit"],
      how: "`pids.max`; 0 lets one process run, a negative number any",
      tests: [
        "src/cgroup/resources.test.ts#a pids limit of 0 lets one process run, a negative one any number",
        AS_RUNC,
        "integration/limits.test.ts#no more processes than the pids limit can be there",
      ],
      ...BOTH,
    },
    {
      fields: [
        ...["weight", "leafWeight"].map((name) => `linux.resources.blockIO.${name}`),
        ...["major", "minor", "weight", "leafWeight"].map(
          (name) => `linux.resources.blockIO.weightDevice[].${name}`,
        ),
      ],
      how: "v1: `blkio.*weight*` or BFQ's; v2: `io.bfq.weight` or `io.weight`, single devices with BFQ only",
      tests: [
        ...EACH,
        `${TREES}#v1: BFQ`,
        `${TREES}#v2: under BFQ weights are as they are, per device too`,
        "src/cgroup/conversions.test.ts#weights of block devices keep their order and reach both ends",
      ],
      ...BOTH,
    },
    {
      fields: ["major", "minor", "rate"].map(
        (name) => `linux.resources.blockIO.throttle*[].${name}`,
      ),
      how: "v1: `blkio.throttle.*_device`; v2: `io.max`",
      tests: [
        `${V1}#block devices are throttled, and what this host has no tree for is refused`,
        AS_RUNC,
        "integration/limits.test.ts#a block device is throttled as the kernel is told",
      ],
      ...BOTH,
    },
    {
      fields: ["pageSize", "limit"].map((name) => `linux.resources.hugepageLimits[].${name}`),
      how: "`hugetlb.<size>` limits of pages and of reservations",
      tests: [
        ...EACH,
        AS_RUNC,
        `${TREES}#v1: kernels without reservations of huge pages, burst or swap accounting get what they have`,
        `${TREES}#v1: a page size that the host does not have is refused by its field and file`,
      ],
      runc: "yes",
      crun: "no reservations",
    },
    {
      fields: ["classID", "priorities[].name", "priorities[].priority"].map(
        (name) => `linux.resources.network.${name}`,
      ),
      how: "v1: `net_cls.classid`, `net_prio.ifpriomap`; v2 has nothing like them: ignored",
      tests: [
        ...EACH,
        "src/cgroup/cgroup-merged.root.test.ts#a merged tree has the limits of both controllers",
      ],
      ...BOTH,
    },
    {
      fields: ["hcaHandles", "hcaObjects"].map((name) => `linux.resources.rdma.*.${name}`),
      how: "`rdma.max`",
      tests: [...EACH],
      runc: "yes",
      crun: "no",
    },
    {
      fields: ["linux.resources.unified.*"],
      how: "v2: each file by its name, last; refused on v1 and for files that are no limits",
      tests: [
        ...EACH,
        `${TREES}#v2: unified that has no controller says so, and other mistakes name the entry`,
        "src/cgroup/cgroup-v2.root.test.ts#unified is written line by line and wins over what else is asked",
        "src/cgroup/resources.test.ts#unified is refused on v1 in runc's words",
        "integration/limits.test.ts#files of cgroup v2 by their names are refused on v1, and a container is not made",
      ],
      runc: "yes",
      crun: "yes",
    },
  ],
};
