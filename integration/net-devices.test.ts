// SPDX-License-Identifier: Apache-2.0
// The promise: network devices of the host become the container's, with their addresses, and nothing is lost when there is no
// container in the end. A new field of the specification: containerd passes it on whatever its own age.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { onEachContainerd } from "./harness/suite.ts";

/** Names of devices are for the whole machine, and short. */
const NAME = `i${process.pid.toString(36)}`;
const PEER = `${NAME}p`;

const ip = (...args: string[]): string => execFileSync("ip", args, { encoding: "utf8" });

function makePair(): Disposable {
  ip("link", "add", NAME, "type", "veth", "peer", "name", PEER);
  ip("address", "add", "192.0.2.1/24", "dev", NAME);
  ip("address", "add", "2001:db8::1/64", "dev", NAME, "nodad");
  ip("link", "set", NAME, "up");
  // The kernel removes it with the container's network namespace, when it has time.
  return { [Symbol.dispose]: () => spawnSync("ip", ["link", "del", PEER]) };
}

const isOnHost = (name: string): boolean => ip("-br", "link").includes(`${name}@`);

await onEachContainerd(({ test }) => {
  test("a device of the host is the container's until that ends", async (scope) => {
    using _pair = makePair();
    const output = await scope.output("c");
    const container = await scope.container("c", ["ip", "address", "show", "net1"], (spec) => {
      Object.assign(spec.linux, { netDevices: { [NAME]: { name: "net1" } } });
    });
    await container.create(output.streams);
    assert.ok(!isOnHost(NAME));
    assert.ok(isOnHost(PEER));
    await container.start();
    assert.equal((await container.wait()).exitStatus, 0);
    const shown = await output.stdout.done;
    assert.match(shown, /net1@.*UP/);
    assert.match(shown, /inet 192\.0\.2\.1\/24 .*net1/);
    assert.match(shown, /inet6 2001:db8::1\/64 scope global/);
  });

  test("a device is back on the host when its container can't be made", async (scope) => {
    using _pair = makePair();
    const before = JSON.parse(ip("-json", "address", "show", NAME));
    const container = await scope.container("c", ["no-such-program"], (spec) => {
      Object.assign(spec.linux, { netDevices: { [NAME]: { name: "net1" } } });
    });
    await assert.rejects(container.create(), /no-such-program/);
    const after = JSON.parse(ip("-json", "address", "show", NAME));
    const essence = ([{ ifindex, address, addr_info: addresses }]: typeof after) => ({
      ifindex,
      address,
      addresses: addresses
        .map(
          ({ local, prefixlen }: { local: string; prefixlen: number }) => `${local}/${prefixlen}`,
        )
        .filter((text: string) => !text.startsWith("fe80")),
    });
    assert.deepEqual(essence(after), essence(before));
    assert.ok(after[0].flags.includes("UP"));
  });
});
