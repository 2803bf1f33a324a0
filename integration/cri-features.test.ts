// SPDX-License-Identifier: Apache-2.0
// The promise: what a pod can ask for besides an identity works: sysctls, a seccomp profile, a user namespace.
// What runc of the same machine can't do is not compared with it.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "./harness/command.ts";
import { onEachCri } from "./harness/cri.ts";
import { HANDLER, KNOWN_HANDLER } from "./harness/cri-settings.ts";
import { namespaceOf } from "./harness/processes.ts";

await onEachCri(({ edition, test }) => {
  test("sysctls of a pod hold for its containers, and the machine's stay", async (scope) => {
    const pod = await scope.pod({
      sysctls: { "net.ipv4.tcp_syncookies": "0", "kernel.shm_rmid_forced": "1" },
    });
    const container = await pod.run("c", ["sleep", "1000"]);
    const files = ["/proc/sys/net/ipv4/tcp_syncookies", "/proc/sys/kernel/shm_rmid_forced"];
    assert.equal(await container.outputOf(["cat", ...files]), "0\n1\n");
    assert.equal(readFileSync("/proc/sys/kernel/shm_rmid_forced", "utf8"), "0\n");
  });

  test("a seccomp profile of the node's own is used", async (scope) => {
    const profile = scope.path("profile.json");
    const denied = { names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 30 };
    writeFileSync(profile, JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [denied] }));
    const pod = await scope.pod();
    const container = await pod.run("c", ["sleep", "1000"], {
      security: { seccomp: { profileType: "Localhost", localhostRef: profile } },
    });
    const { exitCode, stderr } = await container.exec(["mkdir", "/tmp/x"]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /Read-only file system/);
  });

  const handlers = edition.major >= 2 ? [HANDLER, KNOWN_HANDLER] : [];
  for (const handler of handlers) {
    test(`a pod with a user namespace is root for itself alone, with ${handler}`, async (scope) => {
      const ids = [{ hostId: 1_000_000, containerId: 0, length: 65_536 }];
      const usernsOptions = { mode: "POD", uids: ids, gids: ids } as const;
      const pod = await scope.pod({ security: { namespaceOptions: { usernsOptions } } }, handler);
      const volume = scope.path("volume");
      mkdirSync(volume);
      const mounts = [
        { containerPath: "/volume", hostPath: volume, uidMappings: ids, gidMappings: ids },
      ];
      const first = await pod.run("first", ["sleep", "1000"], { mounts });
      const second = await pod.run("second", ["sleep", "1000"], {
        security: { runAsUser: { value: 1000 } },
      });
      const pids = [await pod.pid(), await first.pid(), await second.pid()];
      const [namespace, ...same] = pids.map((pid) => namespaceOf(pid, "user"));
      assert.deepEqual(same, [namespace, namespace]);
      assert.notEqual(namespace, namespaceOf("self", "user"));
      assert.match(readFileSync(`/proc/${pids[1]}/status`, "utf8"), /^Uid:\t1000000\t/m);
      assert.match(readFileSync(`/proc/${pids[2]}/status`, "utf8"), /^Uid:\t1001000\t/m);
      assert.equal(await first.outputOf(["id", "-u"]), "0\n");
      assert.equal(await second.outputOf(["id", "-u"]), "1000\n");
      // The volume is id-mapped: what root of the pod makes there is root's on the node.
      await first.outputOf(["touch", "/volume/file"]);
      assert.equal(await check(["stat", "-c", "%u", join(volume, "file")]), "0\n");
      assert.equal(await first.outputOf(["stat", "-c", "%u", "/bin/busybox"]), "0\n");
      await first.outputOf(["sh", "-c", "echo x > /etc/file && cat /etc/hosts /etc/resolv.conf"]);
    });
  }
});
