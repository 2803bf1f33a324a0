// SPDX-License-Identifier: Apache-2.0
// Resource limits as ordered writes to the files of a cgroup. Pure but for `current`, through which the order depends on
// what is in force. Device rules are elsewhere: device-policy.ts.

import { SpecError } from "../base/errors.ts";
import type { LinuxResources } from "../oci/spec.ts";
import { blockIoWritesV1, blockIoWritesV2 } from "./block-io.ts";
import { toPidsMax } from "./conversions.ts";
import { cpusetWrites, cpuWritesV1, cpuWritesV2 } from "./cpu-writes.ts";
import { memoryWritesV1, memoryWritesV2 } from "./memory-writes.ts";
import type { CgroupWrite, ReadCurrent } from "./write.ts";

/** The writes for a v1 (or hybrid) cgroup. SpecError for values that the kernel would misunderstand. */
export function toWritesV1(resources: LinuxResources, current: ReadCurrent): CgroupWrite[] {
  if (resources.unified.size > 0) {
    const problem = "invalid configuration: cannot use unified on cgroup v1";
    throw new SpecError("linux.resources.unified", problem);
  }
  return [
    ...cpusetWrites(resources.cpu, current),
    ...memoryWritesV1(resources.memory, current),
    ...cpuWritesV1(resources.cpu),
    ...pidsWrites(resources),
    ...blockIoWritesV1(resources.blockIO, current),
    ...hugetlbWrites(resources, "limit_in_bytes"),
    ...networkWritesV1(resources.network),
    ...rdmaWrites(resources),
  ];
}

/**
 * The writes for a v2 cgroup but those of `unified`, which come after all others. SpecError as above; what v2 does not have
 * (real time, swappiness, network classes, ...) is left out.
 */
export function toWritesV2(resources: LinuxResources, current: ReadCurrent): CgroupWrite[] {
  return [
    ...pidsWrites(resources),
    ...memoryWritesV2(resources.memory, current),
    ...blockIoWritesV2(resources.blockIO, current),
    ...cpuWritesV2(resources.cpu, current),
    ...cpusetWrites(resources.cpu),
    ...hugetlbWrites(resources, "max"),
    ...rdmaWrites(resources),
  ];
}

function pidsWrites({ pids }: LinuxResources): CgroupWrite[] {
  if (pids === undefined) return [];
  const value = toPidsMax(pids.limit);
  return [{ field: "pids.limit", controller: "pids", file: "pids.max", value }];
}

/** The limit of reservations (`rsvd`) is the younger one: Linux 5.7. */
function hugetlbWrites(
  { hugepageLimits }: LinuxResources,
  limitFile: "limit_in_bytes" | "max",
): CgroupWrite[] {
  return hugepageLimits.flatMap(({ pageSize, limit }, index) => {
    const value = limit.toString();
    const common = { field: `hugepageLimits[${index}]`, controller: "hugetlb", value } as const;
    return [
      { ...common, file: `hugetlb.${pageSize}.${limitFile}` },
      { ...common, file: `hugetlb.${pageSize}.rsvd.${limitFile}`, optional: true },
    ];
  });
}

function networkWritesV1(network: LinuxResources["network"]): CgroupWrite[] {
  if (network === undefined) return [];
  const writes: CgroupWrite[] = network.priorities.map(({ name, priority }, index) => ({
    field: `network.priorities[${index}]`,
    controller: "net_prio",
    file: "net_prio.ifpriomap",
    value: `${name} ${priority}`,
  }));
  if (!network.classID) return writes;
  const value = network.classID.toString();
  const file = "net_cls.classid";
  return [{ field: "network.classID", controller: "net_cls", file, value }, ...writes];
}

function rdmaWrites({ rdma }: LinuxResources): CgroupWrite[] {
  return rdma.flatMap(({ device, hcaHandles, hcaObjects }) => {
    const handles = hcaHandles === undefined ? [] : [`hca_handle=${hcaHandles}`];
    const objects = hcaObjects === undefined ? [] : [`hca_object=${hcaObjects}`];
    const value = [device, ...handles, ...objects].join(" ");
    if (value === device) return [];
    const field = `rdma[${JSON.stringify(device)}]`;
    return [{ field, controller: "rdma", file: "rdma.max", value }];
  });
}
