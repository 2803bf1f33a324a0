// SPDX-License-Identifier: Apache-2.0
// A netlink socket and the real kernel. Nothing of the host's network is changed.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { test } from "node:test";
import { SysError } from "../base/errors.ts";
import { Fd } from "./fd.ts";
import { hostLibrary } from "./ffi.ts";
import { RouteSocket } from "./netlink.ts";
import { encodeRequest } from "./netlink-codec.ts";
import { changeLink } from "./rtnetlink.ts";
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

const libc = hostLibrary("libc.so.6");
const openSocket = (): Fd => new Fd(libc.call("int socket(int, int, int)", 16, 3, 0) as number);

/** struct sockaddr_nl */
function netlinkAddress(port: number): Uint8Array {
  const address = new Uint8Array(12);
  const view = new DataView(address.buffer);
  view.setUint16(0, 16, true);
  view.setUint32(4, port, true);
  return address;
}

/** As anybody in the network namespace can read it. */
function portOf(socket: Fd): number {
  const inode = /\[(\d+)\]/.exec(readlinkSync(`/proc/self/fd/${socket.raw}`))?.[1];
  const line = readFileSync("/proc/net/netlink", "utf8")
    .split("\n")
    .find((each) => each.trim().endsWith(` ${inode}`));
  const port = Number(line?.trim().split(/\s+/)[2]);
  assert.ok(port > 0);
  return port;
}

/** Sends `port` what would be the answer to its first question. @returns whether it was taken */
function forgeAnswer(port: number): boolean {
  const forged = encodeRequest({ ...changeLink(66, { name: "forged" }), flags: 0 }, 1);
  using other = openSocket();
  const sendto = "int64_t sendto(int, const void *, size_t, int, const void *, uint32_t)";
  const address = netlinkAddress(port);
  return Number(libc.call(sendto, other.raw, forged, forged.byteLength, 0, address, 12)) > 0;
}

test("who is not the kernel is not heard, be it root and be it first", async () => {
  const fd = openSocket();
  // With an address, but nothing else of what makes it the runtime's.
  const bind = "int bind(int, const void *, uint32_t)";
  assert.equal(libc.call(bind, fd.raw, netlinkAddress(0), 12), 0);
  assert.ok(forgeAnswer(portOf(fd)));
  using socket = new RouteSocket(fd);
  assert.equal((await socket.link({ index: 1 }))?.name, "lo");
});

test("nobody but the kernel can send to it: it can't be filled until no answer fits", async () => {
  const fd = openSocket();
  using socket = new RouteSocket(fd);
  assert.ok(!forgeAnswer(portOf(fd)));
  assert.equal((await socket.link({ index: 1 }))?.name, "lo");
});
