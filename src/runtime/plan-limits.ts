// SPDX-License-Identifier: Apache-2.0
// What `tsrunc plan` says of a container's share of the machine: the files of its cgroup and of resctrl, as the runtime would write
// them into ones that are new.

import { toWritesV1, toWritesV2 } from "../cgroup/resources.ts";
import type { IntelRdt } from "../oci/intel-rdt.ts";
import type { LinuxResources } from "../oci/spec.ts";

/**
 * A line for each file of the cgroup that is written, in order. Device rules are not among them. Throws SpecError as create does.
 */
export function formatLimits(version: 1 | 2, resources: LinuxResources): readonly string[] {
  // A file that is not known to be there is not taken to be: weights are those of the kernel's own scheduler.
  const writes = (version === 1 ? toWritesV1 : toWritesV2)(resources, () => undefined);
  const unified = [...resources.unified].map(([file, value]) => ({ file, value }));
  return [...writes, ...unified].map(
    ({ file, value }) => `limit file=${JSON.stringify(file)} value=${JSON.stringify(value)}\n`,
  );
}

/** The class of resctrl that a container called `id` is in, if it asks for one. */
export function formatIntelRdt(rdt: IntelRdt | undefined, id: string): readonly string[] {
  if (rdt === undefined) return [];
  const { closId = id, l3CacheSchema, memBwSchema, schemata, enableMonitoring } = rdt;
  const lines = [l3CacheSchema, memBwSchema, ...schemata].filter((line) => line !== undefined);
  const parts = [
    `name=${JSON.stringify(closId)}`,
    `schemata=${JSON.stringify(lines)}`,
    `monitoring=${enableMonitoring}`,
  ];
  return [`class ${parts.join(" ")}\n`];
}
