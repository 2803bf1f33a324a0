// SPDX-License-Identifier: Apache-2.0
// A netlink socket and the real kernel. Nothing of the host's network is changed.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { SysError } from "../base/errors.ts";
import { RouteSocket } from "./netlink.ts";
import { openDescriptors } from "./testing/descriptors.ts";

interface Shown {
  readonly ifname: string;
  readonly ifindex: number;
  readonly addr_info: readonly { readonly local: string }[];
}

test("links and addresses are those that ip shows", async () => {
  const before = openDescriptors();
  {
    using socket = RouteSocket.open();
    const shown = JSON.parse(execFileSync("ip", ["-json", "address"], { encoding: "utf8" }));
    const links = await socket.links();
    for (const { ifname, ifindex, addr_info: addresses } of shown as readonly Shown[]) {
      if (!["lo", "eth0"].includes(ifname)) continue;
      assert.ok(links.some(({ name, index }) => name === ifname && index === ifindex));
      assert.equal((await socket.link({ name: ifname }))?.index, ifindex);
      assert.equal((await socket.addresses(ifindex)).length, addresses.length);
    }
    const loopback = await socket.link({ name: "lo" });
    assert.deepEqual([loopback?.index, loopback?.name, loopback?.up], [1, "lo", true]);
  }
  assert.equal(openDescriptors(), before);
});

test("a link that is not there is none, and a change of it an error", async () => {
  using socket = RouteSocket.open();
  assert.equal(await socket.link({ name: "no-such-link" }), undefined);
  assert.equal(await socket.link({ index: 0x7fff_fff0 }), undefined);
  await assert.rejects(
    socket.change(0x7fff_fff0, { up: true }),
    (error) => error instanceof SysError && error.code === "ENODEV",
  );
  // The socket goes on after a refusal.
  assert.equal((await socket.link({ index: 1 }))?.name, "lo");
});
