// SPDX-License-Identifier: Apache-2.0
// What systemd.test.ts runs where systemd is process 1: containers whose cgroup is a unit. SYSTEMD_KIND says which cgroups there
// are. The memory, cpu and pids controllers are on v1 on the usual test machine, so limits in force are seen in "hybrid".

import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { Cgroup, type CgroupState } from "../src/cgroup/cgroup.ts";
import { setUnitProperties } from "../src/cgroup/systemd-manager.ts";
import { toLimitProperties } from "../src/cgroup/systemd-properties.ts";
import { parseResources } from "../src/oci/resources.ts";
import { check, run } from "./harness/command.ts";
import type { OciSpec } from "./harness/container.ts";
import { eventually } from "./harness/eventually.ts";
import { isAlive, parentOf } from "./harness/processes.ts";
import type { Scope } from "./harness/scope.ts";
import { onEachContainerd } from "./harness/suite.ts";

const IS_HYBRID = process.env["SYSTEMD_KIND"] === "hybrid";
/** Whether limits are in the kernel's hands on this host: in v2, or by v1's trees. */
const HAS_CONTROLLERS =
  IS_HYBRID ||
  ["cpu", "memory", "pids"].every((name) =>
    readFileSync("/sys/fs/cgroup/cgroup.controllers", "utf8").trim().split(" ").includes(name),
  );
const SLICE = "tsrunctest-pods.slice";
const DENY_ALL = [{ allow: false, access: "rwm" }];

const unitOf = (scope: Scope, id: string): string => `tsrunc-${scope.namespace}-${id}.scope`;

/** Asks for a unit, and for nothing that a tree without controllers can't give. */
function inUnit(scope: Scope, id: string, resources: Record<string, unknown> = {}) {
  return (spec: OciSpec): void => {
    spec.linux.cgroupsPath = `${SLICE}:tsrunc:${scope.namespace}-${id}`;
    spec.linux.resources = { devices: DENY_ALL, ...resources };
  };
}

async function show(unit: string): Promise<ReadonlyMap<string, string>> {
  const text = await check(["systemctl", "show", unit]);
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    const name = line.slice(0, equals);
    // A list has a line for each of its elements.
    values.set(name, [values.get(name), line.slice(equals + 1)].filter(Boolean).join(" "));
  }
  return values;
}

/** What the runtime would clean up by after a crash. */
function stateOf(scope: Scope, id: string): { readonly cgroup: CgroupState } {
  const path = `/run/containerd/tsrunc/${scope.namespace}/${id}/state.json`;
  return JSON.parse(readFileSync(path, "utf8"));
}

/** What must be in the files of the cgroup; the quota is the one that systemd can hold, so that reloading it moves nothing. */
const FILES_V1 = {
  "memory/memory.limit_in_bytes": String(64 << 20),
  "cpu/cpu.shares": "512",
  "cpu/cpu.cfs_quota_us": "21000",
  "pids/pids.max": "77",
  "cpuset/cpuset.cpus": "0",
};
const FILES_V2 = {
  ...{ "memory.max": String(64 << 20), "memory.low": String(32 << 20), "cpu.weight": "59" },
  ...{ "cpu.max": "21000 100000", "pids.max": "77", "cpuset.cpus": "0" },
};

/** What these files of a unit say, below the tree of their controller on v1. */
function inForce(unit: string, files: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.keys(files).map((path) => {
    const [tree, name] = path.includes("/") ? path.split("/") : ["", path];
    const directory = `/sys/fs/cgroup/${tree}/tsrunctest.slice/${SLICE}/${unit}`;
    return [path, readFileSync(`${directory}/${name}`, "utf8").trim()];
  });
  return Object.fromEntries(entries);
}

async function isGone(unit: string): Promise<boolean> {
  return (await show(unit)).get("LoadState") === "not-found";
}

/** The directories of a unit in every tree. */
function directories(unit: string): string[] {
  const trees = IS_HYBRID
    ? readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`)
    : ["/sys/fs/cgroup"];
  return trees
    .map((tree) => `${tree}/tsrunctest.slice/${SLICE}/${unit}`)
    .filter((path) => existsSync(path));
}

async function assertGone(unit: string): Promise<void> {
  await eventually(`${unit} is gone`, async () => await isGone(unit));
  await eventually("its cgroups are gone", () => directories(unit).length === 0);
}

await onEachContainerd(({ test }) => {
  test("a path slice:prefix:name is a scope in that slice, with every process of the container", async (scope) => {
    const change = inUnit(scope, "c");
    const container = await scope.container("c", ["sh", "-c", "sleep 1000 & sleep 1000"], change);
    const pid = await container.run();
    const unit = unitOf(scope, "c");
    const properties = await show(unit);
    const shown = (name: string): string => `${name}=${properties.get(name)}`;
    assert.deepEqual(
      [
        ...["LoadState", "ActiveState", "SubState", "Transient", "Slice", "Delegate"],
        ...["DefaultDependencies", "MemoryAccounting", "CPUAccounting", "TasksAccounting"],
        ...["Description", "DevicePolicy", "ControlGroup"],
      ].map(shown),
      [
        ...["LoadState=loaded", "ActiveState=active", "SubState=running", "Transient=yes"],
        ...[`Slice=${SLICE}`, "Delegate=yes", "DefaultDependencies=no", "MemoryAccounting=yes"],
        ...["CPUAccounting=yes", "TasksAccounting=yes", `Description=tsrunc container ${unit}`],
        ...["DevicePolicy=strict", `ControlGroup=/tsrunctest.slice/${SLICE}/${unit}`],
      ],
    );
    assert.match(properties.get("DeviceAllow") ?? "", /\/dev\/char\/1:3 rwm/);
    const exec = await container.exec("e1", ["sleep", "1000"]);
    const execPid = await exec.start();
    const pids = await eventually("there are three processes", async () => {
      const found = await container.pids();
      return found.length === 3 && found;
    });
    assert.ok(pids.includes(pid) && pids.includes(execPid));
    for (const directory of directories(unit)) {
      const inside = readFileSync(`${directory}/cgroup.procs`, "utf8").trim().split("\n");
      assert.deepEqual(new Set(inside.map(Number)), new Set(pids), directory);
    }
    assert.match(
      (await scope.api.metrics("c")).type_url,
      IS_HYBRID ? /v1\.Metrics$/ : /v2\.Metrics$/,
    );
    await exec.kill();
    await exec.wait();
    await exec.delete();
    await container.kill();
    await container.wait();
    await container.delete();
    await assertGone(unit);
  });

  test("systemd knows the limits, and reloading its configuration takes none away", async (scope) => {
    const resources = {
      memory: { limit: 64 << 20, ...(IS_HYBRID ? {} : { swap: 96 << 20, reservation: 32 << 20 }) },
      cpu: { shares: 512, quota: 20_500, period: 100_000, cpus: "0", mems: "0" },
      pids: { limit: 77 },
    };
    const change = inUnit(scope, "c", HAS_CONTROLLERS ? resources : {});
    const container = await scope.container("c", ["sleep", "1000"], change);
    await container.run();
    const unit = unitOf(scope, "c");
    if (!IS_HYBRID) {
      // Without these controllers a container can't have the limits, but a unit can.
      const limits = parseResources({ ...resources, unified: { "memory.high": "1048576" } }, "r");
      await setUnitProperties(unit, toLimitProperties(2, limits));
    }
    await check(["systemctl", "daemon-reload"]);
    const properties = await show(unit);
    const expected = IS_HYBRID
      ? { MemoryLimit: String(64 << 20), CPUShares: "512", TasksMax: "77" }
      : {
          ...{ MemoryMax: String(64 << 20), MemoryLow: String(32 << 20), CPUWeight: "59" },
          ...{ MemorySwapMax: String(32 << 20), MemoryHigh: "1048576", TasksMax: "77" },
          ...{ AllowedCPUs: "0", AllowedMemoryNodes: "0" },
        };
    for (const [name, value] of Object.entries(expected)) assert.equal(properties.get(name), value);
    // 20.5 % in systemd's whole percents.
    assert.equal(properties.get("CPUQuotaPerSecUSec"), "210ms");
    assert.equal(properties.get("CPUQuotaPeriodUSec"), "100ms");
    if (HAS_CONTROLLERS) {
      const files = IS_HYBRID ? FILES_V1 : FILES_V2;
      assert.deepEqual(inForce(unit, files), files);
    }
    await container.kill();
    await container.wait();
    await container.delete();
    await assertGone(unit);
  });

  test("devices outside of the rules stay forbidden, those inside can be used", async (scope) => {
    const output = await scope.output("c");
    const script =
      "cat /dev/kmsg; echo x > /dev/null && echo null; mknod /tmp/k c 1 11; head -c1 /tmp/k";
    const container = await scope.container("c", ["sh", "-c", script], inUnit(scope, "c"));
    await container.run(output.streams);
    await container.wait();
    assert.equal(await output.stdout.done, "null\n");
    assert.match(await output.stderr.done, /\/tmp\/k: Operation not permitted/);
    await container.delete();
  });

  if (!IS_HYBRID) {
    test("the root of a user namespace may make cgroups, and not change its limits", async (scope) => {
      const output = await scope.output("c");
      const script =
        "cd /sys/fs/cgroup; mkdir sub && echo 0 > sub/cgroup.procs && cat /proc/self/cgroup; " +
        "echo 1 > cgroup.max.depth; echo 1 > ../cgroup/cgroup.procs && echo back";
      const container = await scope.container("c", ["sh", "-c", script], (spec) => {
        inUnit(scope, "c")(spec);
        const ids = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
        Object.assign(spec.linux, { uidMappings: ids, gidMappings: ids });
        spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => type !== "cgroup");
        spec.linux.namespaces.push({ type: "user" }, { type: "cgroup" });
        const options = ["nosuid", "noexec", "nodev", "rw"];
        const mount = { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options };
        // The image has no /run, and its root belongs to the host's.
        const others = (spec["mounts"] as (typeof mount)[]).filter(
          ({ destination }) => destination !== "/run",
        );
        spec["mounts"] = [...others, mount];
      });
      await container.run(output.streams);
      await container.wait();
      assert.match(await output.stdout.done, /^0::\/sub$(.|\n)*^back$/m);
      assert.match(await output.stderr.done, /cgroup\.max\.depth: Permission denied/);
      await container.delete();
      await assertGone(unitOf(scope, "c"));
    });
  }

  if (IS_HYBRID) {
    test("a kill for want of memory is told", async (scope) => {
      const limits = { memory: { limit: 16 << 20, swap: 16 << 20 } };
      const script = "head -c 100000000 /dev/zero | tail; sleep 1000";
      const subscription = await scope.api.subscribe();
      const change = inUnit(scope, "c", limits);
      const container = await scope.container("c", ["sh", "-c", script], change);
      await container.run();
      await subscription.saw("c", "oom");
      subscription.close();
    });
  }

  test("a shim that is killed leaves a unit that containerd's cleaning removes", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"], inUnit(scope, "c"));
    const pid = await container.run();
    const shim = parentOf(pid);
    process.kill(shim, "SIGKILL");
    await eventually("the container has ended", () => !isAlive(pid));
    await assertGone(unitOf(scope, "c"));
  });

  test("a failed unit of the same name makes room; a living one does not", async (scope) => {
    const unit = unitOf(scope, "c");
    const scoped = ["systemd-run", "--scope", "--quiet", `--unit=${unit}`];
    await run([...scoped, "-p", "RuntimeMaxSec=0.1", "sleep", "1000"]);
    await eventually("it has failed", async () => {
      return (await show(unit)).get("ActiveState") === "failed";
    });
    const container = await scope.container("c", ["sleep", "1000"], inUnit(scope, "c"));
    const pid = await container.run();
    assert.equal((await show(unit)).get("ActiveState"), "active");

    const other = await scope.container("d", ["sleep", "1000"], inUnit(scope, "c"));
    await assert.rejects(other.create(), /container's cgroup is not empty: 1 process\(es\) found/);
    const elsewhere = await scope.container("e", ["sleep", "1000"], (spec) => {
      inUnit(scope, "c")(spec);
      spec.linux.cgroupsPath = spec.linux.cgroupsPath.replace(SLICE, "tsrunctest.slice");
    });
    const exists = /cannot start systemd unit ".*": Unit .* already loaded/;
    await assert.rejects(elsewhere.create(), exists);
    assert.ok(isAlive(pid), "the first one does not notice");
    assert.equal((await show(unit)).get("ActiveState"), "active");
  });

  test("a place that is frozen is refused, though nobody is in it, and stays as it was", async (scope) => {
    const tree = IS_HYBRID ? "/sys/fs/cgroup/freezer" : "/sys/fs/cgroup";
    const directory = `${tree}/tsrunctest.slice/${SLICE}/${unitOf(scope, "c")}`;
    mkdirSync(directory, { recursive: true });
    const [file, frozen] = IS_HYBRID ? ["freezer.state", "FROZEN"] : ["cgroup.freeze", "1"];
    writeFileSync(`${directory}/${file}`, frozen);
    const container = await scope.container("c", ["true"], inUnit(scope, "c"));
    await assert.rejects(container.create(), /container's cgroup unexpectedly frozen/);
    assert.equal(readFileSync(`${directory}/${file}`, "utf8").trim(), frozen);
    rmdirSync(directory);
  });

  test("the name is free as soon as a container is deleted", async (scope) => {
    for (const id of ["a", "b", "c"]) {
      const container = await scope.container(id, ["sleep", "1000"], inUnit(scope, "same"));
      await container.run();
      await container.kill();
      await container.wait();
      await container.delete();
    }
    await assertGone(unitOf(scope, "same"));
  });

  test("limits of a running container can change, and it does not notice", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"], inUnit(scope, "c"));
    await container.run();
    const cgroup = Cgroup.open(stateOf(scope, "c").cgroup);
    const limits = HAS_CONTROLLERS ? { pids: { limit: 55 }, memory: { limit: 32 << 20 } } : {};
    const hugepageLimits = [{ pageSize: "2MB", limit: 0 }];
    const path = `/sys/fs/cgroup/tsrunctest.slice/${SLICE}/${unitOf(scope, "c")}/hugetlb.2MB.max`;
    const hasHugetlb = existsSync(path);
    await cgroup.update(parseResources({ ...limits, ...(hasHugetlb && { hugepageLimits }) }, "r"));
    if (hasHugetlb) assert.equal(readFileSync(path, "utf8"), "0\n");
    const exec = await container.exec("e1", ["sh", "-c", "echo > /dev/null"]);
    assert.equal(await exec.run(), 0, "it is not frozen, and its devices are there");
  });

  if (HAS_CONTROLLERS) {
    test("a quota that changes alone has the period that is in force", async (scope) => {
      const limits = { pids: { limit: 77 }, cpu: { quota: 50_000, period: 50_000 } };
      const container = await scope.container("c", ["sleep", "1000"], inUnit(scope, "c", limits));
      await container.run();
      const cgroup = Cgroup.open(stateOf(scope, "c").cgroup);
      await cgroup.update(parseResources({ cpu: { quota: 25_000 }, pids: { limit: 55 } }, "r"));
      const properties = await show(unitOf(scope, "c"));
      assert.equal(properties.get("TasksMax"), "55");
      assert.equal(properties.get("CPUQuotaPerSecUSec"), "500ms");
      const quota = IS_HYBRID ? "cpu/cpu.cfs_quota_us" : "cpu.max";
      const wanted = { [quota]: IS_HYBRID ? "25000" : "25000 50000" };
      assert.deepEqual(inForce(unitOf(scope, "c"), wanted), wanted);
    });
  }

  test("a unit that somebody stops is a container that has ended", async (scope) => {
    const output = await scope.output("c");
    const script = "trap 'exit 3' TERM; echo ready; while :; do sleep 0.1; done";
    const container = await scope.container("c", ["sh", "-c", script], inUnit(scope, "c"));
    await container.run(output.streams);
    await output.stdout.saw("ready");
    await check(["systemctl", "stop", unitOf(scope, "c")]);
    assert.equal((await container.wait()).exitStatus, 3);
    await container.delete();
    await assertGone(unitOf(scope, "c"));
  });

  test("what contradicts itself or is exceeded is refused before systemd has heard of it", async (scope) => {
    const limits = HAS_CONTROLLERS ? { pids: { limit: 77 } } : {};
    const container = await scope.container("c", ["sleep", "1000"], inUnit(scope, "c", limits));
    await container.run();
    const unit = unitOf(scope, "c");
    const tasks = (await show(unit)).get("TasksMax");
    const cgroup = Cgroup.open(stateOf(scope, "c").cgroup);
    const memory = IS_HYBRID ? { limit: 1 << 20, swappiness: 101 } : { limit: 4096, swap: 1 };
    const refused = cgroup.update(parseResources({ memory, pids: { limit: 5 } }, "r"));
    await assert.rejects(refused, { name: "SpecError" });
    assert.equal((await show(unit)).get("TasksMax"), tasks);
  });

  if (!IS_HYBRID) {
    test("an idle group is idle for systemd too, so that it stays so", async (scope) => {
      const container = await scope.container("c", ["sleep", "1000"], inUnit(scope, "c"));
      await container.run();
      const unit = unitOf(scope, "c");
      await setUnitProperties(
        unit,
        toLimitProperties(2, parseResources({ cpu: { idle: 1 } }, "r")),
      );
      // Of a systemd that does not know it, nothing is asked.
      assert.match((await show(unit)).get("CPUWeight") ?? "", /^(idle|0|\[not set\])$/);
    });
  }

  test("one whose slice systemd can't start is not made, and nothing is left of it", async (scope) => {
    const slice = "tsruncbad.slice";
    writeFileSync(`/run/systemd/system/${slice}`, "[Unit]\nAssertPathExists=/nonexistent\n");
    await check(["systemctl", "daemon-reload"]);
    const container = await scope.container("c", ["sleep", "1000"], (spec) => {
      inUnit(scope, "c")(spec);
      spec.linux.cgroupsPath = spec.linux.cgroupsPath.replace(SLICE, slice);
    });
    const unit = unitOf(scope, "c");
    await assert.rejects(container.create(), (error: Error) =>
      error.message.includes(`error creating systemd unit \`${unit}\`: got \`dependency\``),
    );
    await assertGone(unit);
    rmSync(`/run/systemd/system/${slice}`);
    await check(["systemctl", "daemon-reload"]);
  });

  test("a systemd that executes itself anew still knows the unit", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"], inUnit(scope, "c"));
    const pid = await container.run();
    await check(["systemctl", "daemon-reexec"]);
    const other = await scope.container("d", ["true"], inUnit(scope, "d"));
    await other.run();
    await other.wait();
    await other.delete();
    assert.ok(isAlive(pid));
    await container.kill();
    await container.wait();
    await container.delete();
    await assertGone(unitOf(scope, "c"));
    await assertGone(unitOf(scope, "d"));
  });

  test("SystemdCgroup wants a path of systemd's form", async (scope) => {
    const file = scope.path("options.toml");
    writeFileSync(file, "SystemdCgroup = true\n");
    const refused = await scope.ctrRun(["--rm", "--runtime-config-path", file], "c", ["true"]);
    assert.notEqual(refused.status, 0);
    assert.match(
      refused.stderr,
      /expected cgroupsPath to be of format \\?"slice:prefix:name\\?" for systemd cgroups, got \\?"\/.*\/c\\?" instead/,
    );
  });

  test("annotations set harmless properties of the unit and no others", async (scope) => {
    const annotated = (annotations: Record<string, string>) => (spec: OciSpec) => {
      inUnit(scope, "c")(spec);
      spec["annotations"] = annotations;
    };
    const allowed = annotated({ "org.systemd.property.TimeoutStopSec": "uint64 7" });
    const container = await scope.container("c", ["sleep", "1000"], allowed);
    await container.run();
    assert.equal((await show(unitOf(scope, "c"))).get("TimeoutStopUSec"), "7s");
    const refused = annotated({ "org.systemd.property.Wants": "['reboot.target']" });
    const other = await scope.container("d", ["sleep", "1000"], refused);
    await assert.rejects(other.create(), /systemd property "Wants" can't be set by an annotation/);
  });

  test("a path in no form of systemd's is a cgroup without a unit", async (scope) => {
    const container = await scope.container("c", ["sleep", "1000"], (spec) => {
      spec.linux.resources = { devices: DENY_ALL };
    });
    await container.run();
    const scopes = ["systemctl", "list-units", "--type=scope", "--all", "--plain", "--no-legend"];
    const units = await check(scopes);
    assert.equal(units.includes(scope.namespace), false);
  });
});
