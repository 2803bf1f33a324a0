// SPDX-License-Identifier: Apache-2.0
// Which addresses go along with a network device that is moved, and which it gets back if it has to return: a device that
// changes its network namespace loses all of them. Pure.

import { ADDRESS_FLAG, AF_INET6, type LinkAddress, RT_SCOPE_UNIVERSE } from "../sys/rtnetlink.ts";

/** Bytes of a label without the NUL (IFNAMSIZ). */
const MAX_LABEL_BYTES = 15;

/** Where a device has got to. */
interface Place {
  readonly index: number;
  readonly name: string;
}

/**
 * Addresses that somebody has given to the device for good and that mean the same everywhere (runtime-spec, "Network Devices").
 * Others depend on where it was: leases, autoconfiguration, link-local ones.
 */
export function followingAddresses(
  addresses: readonly LinkAddress[],
  oldName: string,
  place: Place,
): readonly LinkAddress[] {
  return inOrder(addresses)
    .filter(
      ({ flags, scope }) => (flags & ADDRESS_FLAG.PERMANENT) !== 0 && scope === RT_SCOPE_UNIVERSE,
    )
    .map((address) => ({
      ...address,
      index: place.index,
      label: address.label === undefined ? undefined : renameLabel(address.label, oldName, place),
    }));
}

/** All that it had; those that the kernel makes up, and replaces, it will make up again. */
export function returningAddresses(
  addresses: readonly LinkAddress[],
  index: number,
): readonly LinkAddress[] {
  return inOrder(addresses)
    .filter(({ family, flags }) => family !== AF_INET6 || (flags & ADDRESS_FLAG.TEMPORARY) === 0)
    .map((address) => ({ ...address, index }));
}

/** As they must be added to be listed as they were: the kernel puts new ones of IPv6 before those that are there. */
function inOrder(addresses: readonly LinkAddress[]): readonly LinkAddress[] {
  const isNewestFirst = ({ family }: LinkAddress): boolean => family === AF_INET6;
  return [
    ...addresses.filter((address) => !isNewestFirst(address)),
    ...addresses.filter(isNewestFirst).reverse(),
  ];
}

/**
 * Labels begin with the name of their device, as those do that the kernel itself renames ("eth0:web" becomes "net1:web"). What
 * would be too long loses the end of the name, not the part that tells two labels apart.
 */
function renameLabel(label: string, oldName: string, { name }: Place): string {
  if (label === oldName) return name;
  if (!label.startsWith(`${oldName}:`)) return label;
  const suffix = Buffer.from(label.slice(oldName.length));
  const room = MAX_LABEL_BYTES - suffix.byteLength;
  return Buffer.concat([Buffer.from(name).subarray(0, room), suffix]).toString();
}
