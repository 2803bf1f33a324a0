// SPDX-License-Identifier: Apache-2.0
// The promise: a container in a user namespace works like any other, and its root is nobody on the host.

import assert from "node:assert/strict";
import { chownSync, existsSync, readFileSync } from "node:fs";
import type { Mount } from "./harness/api.ts";
import type { Container, OciSpec } from "./harness/container.ts";
import { namespaceOf } from "./harness/processes.ts";
import type { Scope } from "./harness/scope.ts";
import { onEachContainerd } from "./harness/suite.ts";

const BASE = 100_000;
const IDS = [{ containerID: 0, hostID: BASE, size: 65_536 }];

/** As a snapshotter has it that leaves the mapping of ids to the runtime: the image shared, the layer on top the container's. */
function mapRootfs(mounts: readonly Mount[]): readonly Mount[] {
  const maps = [`uidmap=0:${BASE}:65536`, `gidmap=0:${BASE}:65536`];
  return mounts.map((mount) => {
    const upper = mount.options.find((option) => option.startsWith("upperdir="));
    if (upper !== undefined) chownSync(upper.slice("upperdir=".length), BASE, BASE);
    return { ...mount, options: [...mount.options, ...maps] };
  });
}

function userContainer(
  scope: Scope,
  id: string,
  command: readonly string[],
  change: (spec: OciSpec) => void = () => undefined,
): Promise<Container> {
  return scope.container(id, command, inUserNamespace(change), mapRootfs);
}

/** A new user namespace, as ctr writes it. */
function inUserNamespace(change: (spec: OciSpec) => void = () => undefined) {
  return (spec: OciSpec): void => {
    spec.linux.namespaces.push({ type: "user" });
    spec.linux["uidMappings"] = IDS;
    spec.linux["gidMappings"] = IDS;
    change(spec);
  };
}

function asUser(uid: number, gid: number): (spec: OciSpec) => void {
  return (spec) => {
    spec.process.user = { uid, gid };
  };
}

function replaceNamespace(spec: OciSpec, type: string, path: string): void {
  const others = spec.linux.namespaces.filter((namespace) => namespace.type !== type);
  spec.linux.namespaces = [...others, { type, path }];
}

function hostUid(pid: number): string | undefined {
  return /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
}

/** What a container's shell says on its standard output. */
async function outputOf(
  scope: Scope,
  id: string,
  script: string,
  change: (spec: OciSpec) => void,
): Promise<string> {
  const output = await scope.output(id);
  const container = await userContainer(scope, id, ["sh", "-c", script], change);
  await container.run(output.streams);
  await container.wait();
  assert.equal(await output.stderr.done, "");
  return await output.stdout.done;
}

await onEachContainerd(({ edition, test }) => {
  if (existsSync("/sys/fs/cgroup/cgroup.controllers")) {
    test("on cgroup v2 its root may make cgroups where it can write, and not change its limits", async (scope) => {
      const script =
        "cd /sys/fs/cgroup; mkdir sub && echo 0 > sub/cgroup.procs && cat /proc/self/cgroup; " +
        "echo 1 > cgroup.max.depth || echo kept; echo 0 > cgroup.procs && echo back";
      const withCgroups = (access: string) => (spec: OciSpec) => {
        const others = spec.linux.namespaces.filter(({ type }) => type !== "cgroup");
        spec.linux.namespaces = [...others, { type: "cgroup" }];
        const options = ["nosuid", "noexec", "nodev", access];
        const mount = { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options };
        spec.mounts = [...(spec.mounts ?? []), mount];
      };
      const quiet = `exec 2> /dev/null; ${script}`;
      const output = await outputOf(scope, "c", quiet, withCgroups("rw"));
      assert.match(output, /^0::\/sub$(.|\n)*^kept\nback$/m);
      assert.equal(await outputOf(scope, "d", quiet, withCgroups("ro")), "kept\n");
    });
  }

  test("root of a user namespace is root inside and another user on the host", async (scope) => {
    const output = await scope.output("c");
    const script = "id -u; id -g; cat /proc/self/uid_map; echo > /dev/null; sleep 1000; true";
    const container = await userContainer(scope, "c", ["sh", "-c", script]);
    const pid = await container.run(output.streams);
    assert.equal(hostUid(pid), String(BASE));
    assert.notEqual(namespaceOf(pid, "user"), namespaceOf(process.pid, "user"));
    const exec = await scope.output("exec");
    const other = await container.exec("e", ["sh", "-c", "id -u; cat /proc/1/comm"], exec.streams);
    assert.equal(await other.run(), 0);
    assert.equal(await exec.stdout.done, "0\nsh\n");
    await container.kill();
    assert.equal((await container.wait()).exitStatus, 137);
    await container.delete();
    assert.match(await output.stdout.done, /^0\n0\n\s+0\s+100000\s+65536\n$/);
    assert.equal(await output.stderr.done, "");
  });

  test("a user who is not root opens its output again, in a container and in an exec", async (scope) => {
    const script = "echo again > /dev/stdout; echo and again > /proc/self/fd/1; id -u; id -g";
    const shown = await outputOf(scope, "c", script, asUser(1000, 1001));
    assert.equal(shown, "again\nand again\n1000\n1001\n");
    const sleeper = await userContainer(scope, "s", ["sleep", "1000"], asUser(1000, 1001));
    const pid = await sleeper.run();
    assert.equal(hostUid(pid), String(BASE + 1000));
    const output = await scope.output("exec");
    const exec = await sleeper.exec("e", ["sh", "-c", script], output.streams);
    assert.equal(await exec.run(), 0);
    assert.equal(await output.stdout.done, "again\nand again\n1000\n1001\n");
  });

  test("a terminal works in a user namespace, for root and for another user", async (scope) => {
    for (const [id, uid] of [
      ["root", 0],
      ["user", 1000],
    ] as const) {
      const stdout = scope.reader(await scope.fifo(`${id}.tty`));
      const container = await userContainer(
        scope,
        id,
        ["sh", "-c", "tty; stat -c %u $(tty); echo x > /dev/tty; test -t 0 && echo terminal"],
        (spec) => {
          spec.process.terminal = true;
          asUser(uid, uid)(spec);
        },
      );
      await container.run({ stdout: stdout.path, terminal: true });
      assert.equal((await container.wait()).exitStatus, 0);
      await container.delete();
      assert.equal((await stdout.done).replaceAll("\r", ""), `/dev/pts/0\n${uid}\nx\nterminal\n`);
    }
  });

  test("two containers share a user namespace and a pid namespace", async (scope) => {
    const first = await userContainer(scope, "first", ["sleep", "1000"]);
    const pid = await first.run();
    const output = await scope.output("second");
    const second = await userContainer(
      scope,
      "second",
      ["sh", "-c", "id -u; cat /proc/1/comm; sleep 1000"],
      (spec) => {
        // With the mappings beside the path, as Docker has it.
        replaceNamespace(spec, "user", `/proc/${pid}/ns/user`);
        replaceNamespace(spec, "pid", `/proc/${pid}/ns/pid`);
      },
    );
    const joined = await second.run(output.streams);
    for (const type of ["user", "pid"]) {
      assert.equal(namespaceOf(joined, type), namespaceOf(pid, type));
    }
    assert.notEqual(namespaceOf(joined, "mnt"), namespaceOf(pid, "mnt"));
    const exec = await scope.output("exec");
    const other = await second.exec("e", ["sh", "-c", "id -u; cat /proc/1/comm"], exec.streams);
    assert.equal(await other.run(), 0);
    assert.equal(await exec.stdout.done, "0\nsleep\n");
    await second.kill();
    await second.wait();
    await second.delete();
    assert.equal(await output.stdout.done, "0\nsleep\n");
    assert.equal((await first.state()).status, 2);
  });

  test("a container with a user namespace may use the network and the processes of the host", async (scope) => {
    const shown = await outputOf(
      scope,
      "c",
      "id -u; ls /sys/class/net > /dev/null && cat /proc/1/comm",
      (spec) => {
        const shared = ["network", "pid"];
        spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => !shared.includes(type));
      },
    );
    assert.equal(shown, `0\n${readFileSync("/proc/1/comm", "utf8")}`);
  });

  test("wrong mappings and unmapped users fail the create by name, and leave nothing", async (scope) => {
    const rejects = async (id: string, change: (spec: OciSpec) => void, text: RegExp) => {
      const container = await scope.container(id, ["true"], change);
      await assert.rejects(container.create(), text);
    };
    await rejects(
      "none",
      (spec) => {
        spec.linux.namespaces.push({ type: "user" });
      },
      /no namespace path to join nor mappings to apply specified/,
    );
    await rejects(
      "overlap",
      inUserNamespace((spec) => {
        spec.linux["uidMappings"] = [...IDS, { containerID: 5, hostID: 1, size: 1 }];
      }),
      /linux\.uidMappings\[1\] overlaps an earlier mapping/,
    );
    await rejects(
      "unmapped",
      inUserNamespace(asUser(70_000, 0)),
      /cannot setuid to unmapped uid 70000 in user namespace/,
    );
    const first = await userContainer(scope, "first", ["sleep", "1000"]);
    const path = `/proc/${await first.run()}/ns/user`;
    await rejects(
      "other",
      inUserNamespace((spec) => {
        replaceNamespace(spec, "user", path);
        spec.linux["gidMappings"] = [{ containerID: 0, hostID: 7, size: 1 }];
      }),
      /both namespace path and non-matching mapping specified/,
    );
  });

  // The snapshotter of 1.6 knows no labels for that, and its ctr one piece.
  if (edition.major >= 2 || edition.minor >= 7) {
    test("ctr run with id maps that the snapshotter leaves to the runtime", async (scope) => {
      const script = "id -u; stat -c %u /bin /bin/busybox; touch /made && stat -c %u /made";
      const maps = ["--remap-labels", "--uidmap", "0:100000:65536", "--gidmap", "0:100000:65536"];
      const result = await scope.ctrRun(["--rm", ...maps], "c", ["sh", "-c", script]);
      assert.equal(result.stderr, "");
      assert.equal(result.stdout, "0\n0\n0\n0\n");
    });
  }

  if (edition.major >= 2) {
    test("ctr run with id maps in several pieces", async (scope) => {
      const pieces = ["0:100000:1000", "1000:300000:1000"];
      const maps = pieces.flatMap((piece) => ["--uidmap", piece, "--gidmap", piece]);
      const script = "cat /proc/self/uid_map; touch /tmp/made; stat -c %u /bin/busybox /tmp/made";
      for (const labels of [[], ["--remap-labels"]]) {
        const flags = ["--rm", ...labels, "--user", "1005:1005", ...maps];
        const result = await scope.ctrRun(flags, `c${labels.length}`, ["sh", "-c", script]);
        assert.equal(result.stderr, "");
        assert.match(result.stdout, /^\s+0\s+100000\s+1000\n\s+1000\s+300000\s+1000\n0\n1005\n$/);
      }
    });
  }

  test("ctr run with id maps: the image is copied for the container's root", async (scope) => {
    const flags = ["--rm", "--uidmap", "0:100000:65536", "--gidmap", "0:100000:65536"];
    const script = "id -u; stat -c %u /bin /bin/busybox; touch /made && stat -c %u /made";
    const result = await scope.ctrRun(flags, "c", ["sh", "-c", script]);
    assert.equal(result.stderr, "");
    assert.equal(result.stdout, "0\n0\n0\n0\n");
  });
});
