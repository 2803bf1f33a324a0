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
  const push = (file: string, prefix: string, value: number | bigint | undefined): void => {
    if (value) writes.push({ controller, file, value: `${prefix}${value}` });
  };
  push(weightFile, "", blockIO.weight);
  push("blkio.leaf_weight", "", blockIO.leafWeight);
  for (const device of blockIO.weightDevice) {
    push(`${weightFile}_device`, `${deviceName(device)} `, device.weight);
    push("blkio.leaf_weight_device", `${deviceName(device)} `, device.leafWeight);
  }
  for (const [field, file] of THROTTLES) {
    for (const device of blockIO[field]) {
      // 0 takes a limit away.
      writes.push({ controller, file, value: `${deviceName(device)} ${device.rate}` });
    }
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
    writes.push({ controller, file: "io.weight", value: toIoWeight(blockIO.weight).toString() });
  }
  for (const [field, , key] of THROTTLES) {
    for (const device of blockIO[field]) {
      const rate = device.rate === 0n ? "max" : device.rate.toString();
      writes.push({ controller, file: "io.max", value: `${deviceName(device)} ${key}=${rate}` });
    }
  }
  return writes;
}

function bfqWrites({ weight, weightDevice }: BlockIoResources): CgroupWrite[] {
  const values = weight ? [weight.toString()] : [];
  for (const device of weightDevice) {
    if (device.weight) values.push(`${deviceName(device)} ${device.weight}`);
  }
  return values.map((value) => ({ controller: "io", file: "io.bfq.weight", value }));
}
