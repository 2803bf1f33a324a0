// SPDX-License-Identifier: Apache-2.0
// The promise: the kernel parameters that clients send are those of the container's own namespaces, and of nobody else's.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { onEachContainerd } from "./harness/suite.ts";

/** What Docker and CRI send with every container that has a network of its own. */
const USUAL = {
  "net.ipv4.ip_unprivileged_port_start": "0",
  "net.ipv4.ping_group_range": "0 2147483647",
};

await onEachContainerd(({ test }) => {
  test("a container reads the sysctls that it was given, also behind a read-only /proc/sys", async (scope) => {
    const output = await scope.output("c");
    const files = ["ip_unprivileged_port_start", "ping_group_range"];
    const command = [
      "sh",
      "-c",
      `cd /proc/sys/net/ipv4; cat ${files.join(" ")}; echo 1 >ip_forward`,
    ];
    const container = await scope.container("c", command, (spec) => {
      spec.linux["sysctl"] = USUAL;
    });
    await container.run(output.streams);
    await container.wait();
    assert.equal(await output.stdout.done, "0\n0\t2147483647\n");
    assert.match(await output.stderr.done, /read-only/i);
    const host = readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8");
    assert.notEqual(host, "0\n");
  });

  test("a user without privileges binds a low port where the sysctl says so", async (scope) => {
    const command = ["sh", "-c", "timeout 1 nc -l -p 80; test $? -gt 1 && exit 9; exit 0"];
    const container = await scope.container("c", command, (spec) => {
      spec.linux["sysctl"] = USUAL;
      spec.process.user = { uid: 65_534, gid: 65_534 };
    });
    await container.run();
    // 143: it was listening until timeout ended it.
    assert.equal((await container.wait()).exitStatus, 9);
  });

  test("the host's network can't be changed", async (scope) => {
    const container = await scope.container("c", ["true"], (spec) => {
      spec.linux["sysctl"] = USUAL;
      spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => type !== "network");
    });
    const message =
      /sysctl "net.ipv4.ip_unprivileged_port_start" not allowed in host network namespace/;
    await assert.rejects(container.create(), message);
  });

  test("what belongs to no namespace can't be changed", async (scope) => {
    const container = await scope.container("c", ["true"], (spec) => {
      spec.linux["sysctl"] = { "kernel.core_pattern": "|/x" };
    });
    const message = /sysctl "kernel.core_pattern" is not in a separate kernel namespace/;
    await assert.rejects(container.create(), message);
  });
});
