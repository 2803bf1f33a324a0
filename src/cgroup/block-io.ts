// SPDX-License-Identifier: Apache-2.0
// linux.resources.blockIO as writes. Weights need a scheduler that knows them: BFQ has files of its own in both versions. Pure
// but for `current`, which says what files there are.

import type { BlockIoResources, ThrottleDevice } from "../oci/spec.ts";
import { toIoWeight } from "./conversions.ts";
import type { CgroupWrite, ReadCurrent } from "./write.ts";

/** In the order in which they are written: the field, v1's file and v2's key in io.max. */
const THROTTLES = [
  ["throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps"],
  ["throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps"],
  ["throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops"],
  ["throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops"],
] as const;

const deviceName = ({ major, minor }: Pick<ThrottleDevice, "major" | "minor">): string =>
  `${major}:${minor}`;

/** v1: whichever weight file this kernel has. */
export function blockIoWritesV1(
  blockIO: BlockIoResources | undefined,
  current: ReadCurrent,
): CgroupWrite[] {
  if (blockIO === undefined) return [];
  const controller = "blkio";
  const isBfq =
    current(controller, "blkio.weight") === undefined &&
    current(controller, "blkio.bfq.weight") !== undefined;
  const weightFile = isBfq ? "blkio.bfq.weight" : "blkio.weight";
  const writes: CgroupWrite[] = [];
  const push = (name: string, file: string, weight: number | undefined, device = ""): void => {
    const field = `blockIO.${name}`;
    if (weight) writes.push({ field, controller, file, value: `${device}${weight}` });
  };
  push("weight", weightFile, blockIO.weight);
  push("leafWeight", "blkio.leaf_weight", blockIO.leafWeight);
  blockIO.weightDevice.forEach((device, index) => {
    const [field, prefix] = [`weightDevice[${index}]`, `${deviceName(device)} `];
    push(`${field}.weight`, `${weightFile}_device`, device.weight, prefix);
    push(`${field}.leafWeight`, "blkio.leaf_weight_device", device.leafWeight, prefix);
  });
  for (const [name, file] of THROTTLES) {
    blockIO[name].forEach((device, index) => {
      // 0 takes a limit away.
      const value = `${deviceName(device)} ${device.rate}`;
      writes.push({ field: `blockIO.${name}[${index}]`, controller, file, value });
    });
  }
  return writes;
}

/** v2: BFQ takes the weight as it is, and alone knows weights per device; leaf weights are gone. */
export function blockIoWritesV2(
  blockIO: BlockIoResources | undefined,
  current: ReadCurrent,
): CgroupWrite[] {
  if (blockIO === undefined) return [];
  const controller = "io";
  const isBfq = current(controller, "io.bfq.weight") !== undefined;
  const writes = isBfq ? bfqWrites(blockIO) : [];
  if (!isBfq && blockIO.weight) {
    const value = toIoWeight(blockIO.weight).toString();
    writes.push({ field: "blockIO.weight", controller, file: "io.weight", value });
  }
  for (const [name, , key] of THROTTLES) {
    blockIO[name].forEach((device, index) => {
      const rate = device.rate === 0n ? "max" : device.rate.toString();
      const value = `${deviceName(device)} ${key}=${rate}`;
      writes.push({ field: `blockIO.${name}[${index}]`, controller, file: "io.max", value });
    });
  }
  return writes;
}

function bfqWrites({ weight, weightDevice }: BlockIoResources): CgroupWrite[] {
  const file = { controller: "io", file: "io.bfq.weight" } as const;
  const writes: CgroupWrite[] = [];
  if (weight) writes.push({ field: "blockIO.weight", ...file, value: weight.toString() });
  weightDevice.forEach((device, index) => {
    if (!device.weight) return;
    const value = `${deviceName(device)} ${device.weight}`;
    writes.push({ field: `blockIO.weightDevice[${index}].weight`, ...file, value });
  });
  return writes;
}
