// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLayout, parseOwnCgroups, v1Mounts } from "./layout.ts";

const HYBRID_MOUNTS = `22 1 0:21 / /proc rw,relatime - proc proc rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset,noprefix
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,release_agent=/lib/agent,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
`;
const HYBRID_OWN = `4:memory:/system.slice/containerd.service
3:cpuset:/
2:cpu,cpuacct:/system.slice
1:name=systemd:/system.slice/a:b
0::/system.slice/containerd.service
`;

test("a hybrid host has its v1 trees with merged controllers and the unified tree last", () => {
  const layout = parseLayout(HYBRID_MOUNTS, HYBRID_OWN);
  assert.equal(layout?.kind, "hybrid");
  assert.deepEqual(
    layout?.hierarchies.map((h) => [h.version, h.controllers.join("+"), h.ownPath, h.mountPoint]),
    [
      [1, "cpu+cpuacct", "/system.slice", "/sys/fs/cgroup/cpu,cpuacct"],
      [1, "cpuset", "/", "/sys/fs/cgroup/cpuset"],
      [1, "memory", "/system.slice/containerd.service", "/sys/fs/cgroup/memory"],
      [1, "name=systemd", "/system.slice/a:b", "/sys/fs/cgroup/systemd"],
      [2, "", "/system.slice/containerd.service", "/sys/fs/cgroup/unified"],
    ],
  );
});

test("v1 trees are named by their directory and mounted by their controllers", () => {
  const layout = parseLayout(HYBRID_MOUNTS, HYBRID_OWN);
  assert.ok(layout);
  assert.deepEqual(v1Mounts(layout), [
    { name: "cpu,cpuacct", options: ["cpu", "cpuacct"] },
    { name: "cpuset", options: ["cpuset"] },
    { name: "memory", options: ["memory"] },
    { name: "systemd", options: ["none", "name=systemd"] },
  ]);
});

test("without a cgroup2 tree beside it the layout is v1", () => {
  const mounts = HYBRID_MOUNTS.split("\n").slice(0, 6).join("\n");
  assert.equal(parseLayout(mounts, HYBRID_OWN)?.kind, "v1");
});

test("a cgroup2 file system on /sys/fs/cgroup is v2, also when it covers an older tmpfs", () => {
  const text = `${HYBRID_MOUNTS}50 23 0:40 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n`;
  assert.deepEqual(parseLayout(text, "0::/user.slice/x.scope\n"), {
    kind: "v2",
    hierarchies: [
      { version: 2, mountPoint: "/sys/fs/cgroup", controllers: [], ownPath: "/user.slice/x.scope" },
    ],
  });
});

test("inside a container the own path is relative to the root of the mount", () => {
  const mounts = "35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
  assert.equal(parseLayout(mounts, "4:memory:/docker/abc\n")?.hierarchies[0]?.ownPath, "/");
  assert.equal(parseLayout(mounts, "4:memory:/docker/abc/x\n")?.hierarchies[0]?.ownPath, "/x");
});

test("in a container with the host's cgroup namespace every kind of tree begins at the container's cgroup", () => {
  const merged =
    "32 31 0:29 /pod/abc /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";
  const unified = "41 31 0:38 /pod/abc /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
  const own = "2:cpu,cpuacct:/pod/abc/dind\n0::/pod/abc\n";
  assert.deepEqual(
    parseLayout(merged + unified, own)?.hierarchies.map(({ ownPath }) => ownPath),
    ["/dind", "/"],
  );
  const v2 = "50 23 0:40 /pod/abc /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  assert.equal(parseLayout(v2, "0::/pod/abc/init\n")?.hierarchies[0]?.ownPath, "/init");
  // Names that only begin alike are other cgroups.
  assert.equal(parseLayout(v2, "0::/pod/abcdef\n")?.hierarchies[0]?.ownPath, "/pod/abcdef");
});

test("a tree that is not mounted is none, and one that only has a name is found by it", () => {
  const mounts = HYBRID_MOUNTS.split("\n").filter((line) => !line.includes("memory"));
  const controllers = parseLayout(mounts.join("\n"), HYBRID_OWN)?.hierarchies.flatMap(
    (hierarchy) => hierarchy.controllers,
  );
  assert.deepEqual(controllers, ["cpu", "cpuacct", "cpuset", "name=systemd"]);
});

test("of two mounts of one tree the one at the usual place is used, and escapes are undone", () => {
  const mounts = `30 1 0:32 / /mnt/a\\040b rw - cgroup cgroup rw,memory
35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
36 31 0:33 / /mnt/a\\040b rw - cgroup cgroup rw,pids
`;
  const layout = parseLayout(mounts, "4:memory:/\n5:pids:/\n");
  assert.deepEqual(
    layout?.hierarchies.map((h) => h.mountPoint),
    ["/sys/fs/cgroup/memory", "/mnt/a b"],
  );
});

test("a host without cgroups has no layout", () => {
  assert.equal(parseLayout("22 1 0:21 / /proc rw - proc proc rw\n", "0::/\n"), undefined);
  assert.equal(parseLayout("", ""), undefined);
});

test("own cgroups are keyed by controller; the cgroup2 line has an empty key", () => {
  assert.deepEqual(
    [...parseOwnCgroups("2:cpu,cpuacct:/a\n0::/b:c\nnonsense\n")],
    [
      ["cpu", "/a"],
      ["cpuacct", "/a"],
      ["", "/b:c"],
    ],
  );
});
