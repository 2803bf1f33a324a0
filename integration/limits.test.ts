// SPDX-License-Identifier: Apache-2.0
// The promise: limits are in the kernel's hands and bite.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readLimit } from "./harness/processes.ts";
import { onEachContainerd } from "./harness/suite.ts";

const MIB = 1024 * 1024;

await onEachContainerd(({ test }) => {
  test("a program over its memory limit is killed", async (scope) => {
    const container = await scope.container(
      "c",
      ["dd", "if=/dev/zero", "of=/dev/null", "bs=256M", "count=1"],
      (spec) => {
        spec.linux.resources["memory"] = { limit: 32 * MIB };
      },
    );
    const pid = await container.create();
    const limit = readLimit(pid, "memory", { v1: "memory.limit_in_bytes", v2: "memory.max" });
    assert.equal(limit, String(32 * MIB));
    await container.start();
    assert.equal((await container.wait()).exitStatus, 137);
  });

  test("an exec over the memory limit is killed, and the container goes on", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"], (spec) => {
      spec.linux.resources["memory"] = { limit: 32 * MIB };
    });
    await container.run();
    const exec = await container.exec("e1", [
      "dd",
      "if=/dev/zero",
      "of=/dev/null",
      "bs=256M",
      "count=1",
    ]);
    assert.equal(await exec.run(), 137);
    assert.equal((await container.state()).status, 2);
  });

  test("no more processes than the pids limit can be there", async (scope) => {
    const output = await scope.output("c");
    const script = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 1000 & done; echo all";
    const container = await scope.container("c", ["sh", "-c", script], (spec) => {
      spec.linux.resources["pids"] = { limit: 8 };
    });
    const pid = await container.run(output.streams);
    assert.ok(pid > 0);
    await container.wait();
    assert.match(await output.stderr.done, /can't fork: Resource temporarily unavailable/);
    assert.doesNotMatch(await output.stdout.done, /all/);
  });

  test("a share of the processors is what the kernel is told", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"], (spec) => {
      spec.linux.resources["cpu"] = { quota: 50_000, period: 100_000, shares: 512 };
    });
    const pid = await container.run();
    const quota = readLimit(pid, "cpu", { v1: "cpu.cfs_quota_us", v2: "cpu.max" });
    assert.match(quota, /^50000( 100000)?$/);
  });

  test("a device that is not allowed can't be opened, even if its node can be made", async (scope) => {
    const script = "mknod /tmp/d b 7 0 && head -c 1 /tmp/d; head -c 1 /dev/zero | wc -c";
    const result = await scope.ctrRun(["--rm"], "c", ["sh", "-c", script]);
    assert.match(result.stderr, /\/tmp\/d: Operation not permitted/);
    assert.equal(result.stdout, "1\n");
  });

  test("sections of which nothing is asked, as Docker and the kubelet send them, are no obstacle", async (scope) => {
    const container = await scope.container("c", ["true"], (spec) => {
      Object.assign(spec.linux.resources, {
        memory: { disableOOMKiller: false, swap: 0 },
        cpu: { shares: 0, quota: 0, cpus: "", mems: "" },
        pids: { limit: -1 },
        blockIO: { weight: 0, weightDevice: [], throttleReadBpsDevice: null },
        hugepageLimits: [],
        network: { classID: 0 },
        rdma: {},
        unified: null,
      });
    });
    await container.run();
    assert.equal((await container.wait()).exitStatus, 0);
  });

  test("a block device is throttled as the kernel is told", async (scope) => {
    const device = readFileSync(`/sys/block/${readdirSync("/sys/block")[0]}/dev`, "utf8").trim();
    const [major, minor] = device.split(":").map(Number);
    const container = await scope.container("c", ["sleep", "1000"], (spec) => {
      const throttleReadBpsDevice = [{ major, minor, rate: MIB }];
      spec.linux.resources["blockIO"] = { throttleReadBpsDevice };
    });
    const pid = await container.run();
    const names = { v1: "blkio.throttle.read_bps_device", v2: "io.max" };
    assert.match(readLimit(pid, "blkio", names), new RegExp(`^${device} (rbps=)?${MIB}`));
  });

  const v1Test = existsSync("/sys/fs/cgroup/cgroup.controllers") ? () => undefined : test;
  v1Test(
    "files of cgroup v2 by their names are refused on v1, and a container is not made",
    async (scope) => {
      const container = await scope.container("c", ["true"], (spec) => {
        spec.linux.resources["unified"] = { "memory.high": "1048576" };
      });
      await assert.rejects(container.create(), /cannot use unified on cgroup v1/);
    },
  );

  test("limits on open files hold", async (scope) => {
    const container = await scope.container("c", ["sh", "-c", "ulimit -n; ulimit -Hn"], (spec) => {
      spec.process["rlimits"] = [{ type: "RLIMIT_NOFILE", soft: 33, hard: 44 }];
    });
    const output = await scope.output("c");
    await container.run(output.streams);
    assert.equal(await output.stdout.done, "33\n44\n");
  });

  test("a limit that a client appends to the default ones counts", async (scope) => {
    const container = await scope.container("c", ["sh", "-c", "ulimit -n; ulimit -Hn"], (spec) => {
      const given = spec.process["rlimits"] as { type: string }[];
      assert.ok(given.some(({ type }) => type === "RLIMIT_NOFILE"));
      spec.process["rlimits"] = [...given, { type: "RLIMIT_NOFILE", soft: 33, hard: 44 }];
    });
    const output = await scope.output("c");
    await container.run(output.streams);
    assert.equal(await output.stdout.done, "33\n44\n");
  });
});
