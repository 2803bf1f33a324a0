// SPDX-License-Identifier: Apache-2.0
// linux.resources.memory as writes. Pure but for `current`, through which the order depends on what is in force.

import { SpecError } from "../base/errors.ts";
import type { MemoryResources } from "../oci/spec.ts";
import { toLimit, toSwap } from "./conversions.ts";
import { type CgroupWrite, isSet, type ReadCurrent } from "./write.ts";

const controller = "memory";

/** v1; `kernel` and `kernelTCP` are nothing that the kernel still limits. */
export function memoryWritesV1(
  memory: MemoryResources | undefined,
  current: ReadCurrent,
): CgroupWrite[] {
  if (memory === undefined) return [];
  refuseBelowUsage(memory, current(controller, "memory.usage_in_bytes"));
  const writes = limitWritesV1(memory, current(controller, "memory.limit_in_bytes"));
  if (isSet(memory.reservation)) {
    const value = memory.reservation.toString();
    const file = "memory.soft_limit_in_bytes";
    writes.push({ field: "memory.reservation", controller, file, value });
  }
  if (memory.disableOOMKiller) {
    const file = "memory.oom_control";
    writes.push({ field: "memory.disableOOMKiller", controller, file, value: "1" });
  }
  if (memory.swappiness !== undefined) {
    const value = checkSwappiness(memory.swappiness);
    writes.push({ field: "memory.swappiness", controller, file: "memory.swappiness", value });
  }
  return writes;
}

/** The kernel demands limit <= memsw at every moment: raising starts with memsw, lowering with the limit. */
function limitWritesV1(memory: MemoryResources, currentLimit: string | undefined): CgroupWrite[] {
  const limitFile = { field: "memory.limit", controller, file: "memory.limit_in_bytes" } as const;
  const limit: CgroupWrite[] = isSet(memory.limit)
    ? [{ ...limitFile, value: memory.limit.toString() }]
    : [];
  const swapFile = {
    field: "memory.swap",
    controller,
    file: "memory.memsw.limit_in_bytes",
  } as const;
  if (!isSet(memory.swap)) {
    // No limit on memory is meant to be none on swap either.
    return memory.limit === -1n ? [{ ...swapFile, value: "-1", optional: true }, ...limit] : limit;
  }
  const swap: CgroupWrite = { ...swapFile, value: memory.swap.toString() };
  const raises = memory.swap === -1n || BigInt(currentLimit?.trim() || 0) < memory.swap;
  return raises ? [swap, ...limit] : [...limit, swap];
}

/** v2; it has neither swappiness nor a way to do without the OOM killer. */
export function memoryWritesV2(
  memory: MemoryResources | undefined,
  current: ReadCurrent,
): CgroupWrite[] {
  if (memory === undefined) return [];
  refuseBelowUsage(memory, current(controller, "memory.current"));
  const writes: CgroupWrite[] = [];
  const swap = toSwap(memory.limit, memory.swap);
  if (swap !== undefined) {
    const value = toLimit(swap);
    // Without swap accounting there is no file, and no swap to limit.
    const optional = value === "max" || value === "0" ? ({ optional: true } as const) : {};
    writes.push({ field: "memory.swap", controller, file: "memory.swap.max", value, ...optional });
  }
  if (isSet(memory.limit)) {
    const value = toLimit(memory.limit);
    writes.push({ field: "memory.limit", controller, file: "memory.max", value });
  }
  if (isSet(memory.reservation)) {
    const value = toLimit(memory.reservation);
    writes.push({ field: "memory.reservation", controller, file: "memory.low", value });
  }
  return writes;
}

/** checkBeforeUpdate: the kernel would rather kill than refuse a limit below what is in use. */
function refuseBelowUsage(memory: MemoryResources, currentUsage: string | undefined): void {
  if (!memory.checkBeforeUpdate || currentUsage === undefined) return;
  const usage = BigInt(currentUsage.trim() || 0);
  const { limit = 0n, swap = 0n } = memory;
  if (swap > 0n && swap <= usage) {
    throw new SpecError(
      "linux.resources.memory.swap",
      `rejecting memory+swap limit ${swap} <= usage ${usage}`,
    );
  }
  if (limit > 0n && limit <= usage) {
    throw new SpecError(
      "linux.resources.memory.limit",
      `rejecting memory limit ${limit} <= usage ${usage}`,
    );
  }
}

function checkSwappiness(swappiness: bigint): string {
  if (swappiness >= 0n && swappiness <= 100n) return swappiness.toString();
  throw new SpecError(
    "linux.resources.memory.swappiness",
    `invalid memory swappiness value: ${swappiness} (valid range is 0-100)`,
  );
}
