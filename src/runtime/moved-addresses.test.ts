// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { ADDRESS_FLAG, AF_INET, AF_INET6, type LinkAddress } from "../sys/rtnetlink.ts";
import { followingAddresses, returningAddresses } from "./moved-addresses.ts";

const RT_SCOPE_LINK = 253;
const { PERMANENT, TEMPORARY } = ADDRESS_FLAG;

function address(last: number, more: Partial<LinkAddress> = {}): LinkAddress {
  return {
    family: AF_INET,
    index: 7,
    prefixLength: 24,
    flags: PERMANENT,
    scope: 0,
    local: Uint8Array.of(192, 0, 2, last),
    address: Uint8Array.of(192, 0, 2, last),
    broadcast: undefined,
    label: undefined,
    lifetimes: undefined,
    metric: undefined,
    ...more,
  };
}

const PLACE = { index: 3, name: "net1" };
const numbers = (addresses: readonly LinkAddress[]): readonly (number | undefined)[] =>
  addresses.map(({ local }) => local?.[3]);

test("what is permanent and global follows, to the device's new index", () => {
  const addresses = [
    address(1),
    address(2, { flags: 0 }),
    address(3, { scope: RT_SCOPE_LINK }),
    address(4, { flags: PERMANENT | TEMPORARY }),
  ];
  const following = followingAddresses(addresses, "eth0", PLACE);
  // In IPv4 the bit of temporary addresses is that of secondary ones.
  assert.deepEqual(numbers(following), [1, 4]);
  assert.deepEqual(new Set(following.map(({ index }) => index)), new Set([3]));
});

test("everything returns but what the kernel has made up", () => {
  const addresses = [
    address(1, { flags: 0 }),
    address(2, { scope: RT_SCOPE_LINK }),
    address(3, { family: AF_INET6, flags: TEMPORARY }),
  ];
  assert.deepEqual(numbers(returningAddresses(addresses, 9)), [1, 2]);
});

test("addresses of IPv6 are added last first, for so the kernel lists them", () => {
  const v6 = (last: number): LinkAddress => address(last, { family: AF_INET6 });
  const addresses = [address(1), address(2), v6(3), v6(4)];
  assert.deepEqual(numbers(followingAddresses(addresses, "eth0", PLACE)), [1, 2, 4, 3]);
});

for (const [label, name, expected] of [
  ["eth0", "net1", "net1"],
  ["eth0:web", "net1", "net1:web"],
  ["other", "net1", "other"],
  ["eth0x", "net1", "eth0x"],
  ["eth0:1234567890", "container_eth0", "cont:1234567890"],
] as const) {
  test(`label "${label}" of eth0 becomes "${expected}" with the device's name`, () => {
    const [moved] = followingAddresses([address(1, { label })], "eth0", { index: 3, name });
    assert.equal(moved?.label, expected);
  });
}
