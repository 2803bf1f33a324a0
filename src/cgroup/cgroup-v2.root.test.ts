// SPDX-License-Identifier: Apache-2.0
// Against a pure cgroup2 tree. On a v1 or hybrid host the file runs itself again in a mount namespace where one is mounted
// on /sys/fs/cgroup; the controllers that v1 has taken are absent in it, so limits are tested as pure tables elsewhere.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  attachDeviceProgram,
  BPF_F_ALLOW_MULTI,
  loadDeviceProgram,
  queryDevicePrograms,
} from "../sys/bpf.ts";
import { SIGKILL, SIGTERM } from "../sys/constants.ts";
import type { Fd } from "../sys/fd.ts";
import { Cgroup } from "./cgroup.ts";
import { CgroupDirectory, type Member } from "./directory.ts";
import { readCgroupLayout } from "./mode.ts";
import { watchEvents } from "./oom-notice.ts";
import { killInRounds } from "./processes.ts";
import { BOMB, limits, Sandbox } from "./testing/sandbox.ts";

const isRoot = process.getuid?.() === 0;
const isV2 = readCgroupLayout().kind === "v2";
/** Only in the view: elsewhere these tests do not exist, rather than being counted as skipped. */
const inView = (name: string, run: () => Promise<void>): void => {
  if (isRoot && isV2) void test(name, run);
};

const VIEW = 'umount -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"';

test("everything below, in a cgroup2 view", {
  skip: !isRoot || isV2 ? "needs root" : false,
}, () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const command = [process.execPath, "--test", import.meta.filename];
  const { status, stdout, stderr } = spawnSync(
    "unshare",
    ["-m", "--propagation", "private", "sh", "-c", VIEW, "sh", ...command],
    { env, encoding: "utf8", timeout: 60_000 },
  );
  assert.equal(status, 0, stdout + stderr);
});

const DENY_ALL = {
  allow: false,
  type: "a",
  major: undefined,
  minor: undefined,
  access: "rwm",
} as const;
const FUSE = { allow: true, type: "c", major: 10, minor: 229, access: "rwm" } as const;
/** `r0 = 1; exit` */
const ALLOW_EVERYTHING = Uint8Array.of(0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
const KMSG = { allow: true, type: "c", major: 1, minor: 11, access: "r" } as const;

function memberOf(cgroup: Cgroup): Member {
  const [member] = cgroup.toState().members;
  assert.ok(member);
  return member;
}

const pathOf = (cgroup: Cgroup): string => memberOf(cgroup).mountPoint + memberOf(cgroup).path;

function programs(cgroup: Cgroup): number[] {
  using directory = CgroupDirectory.open(memberOf(cgroup));
  return [...queryDevicePrograms(directory.fd).ids];
}

inView("a process is born in the cgroup's directory", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const { pid } = sandbox.start(cgroup, "exec sleep 100", { join: false });
  assert.match(readFileSync(`/proc/${pid}/cgroup`, "utf8"), /^0::(\/.*)?\/tsrunc-test-.*\/c1$/m);
  assert.deepEqual(cgroup.pids(), [pid]);
});

inView("a process can join by cgroup.procs as well", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const { pid } = sandbox.start(cgroup, "exec sleep 100");
  assert.deepEqual(cgroup.pids(), [pid]);
});

inView("an exec follows an init that has made a tree of its own", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const [controller] = readFileSync(`${pathOf(cgroup)}/cgroup.controllers`, "utf8")
    .trim()
    .split(" ");
  const script =
    `mkdir ${pathOf(cgroup)}/init.scope; echo 0 > ${pathOf(cgroup)}/init.scope/cgroup.procs;` +
    ` echo +${controller} > ${pathOf(cgroup)}/cgroup.subtree_control; echo moved; exec sleep 100`;
  const { pid } = sandbox.start(cgroup, script, { join: false, until: "moved" });
  using usual = cgroup.spawnDirectory();
  using followed = cgroup.spawnDirectory(pid);
  const target = (fd: Fd | undefined): string => readlinkSync(`/proc/self/fd/${fd?.raw}`);
  assert.equal(target(usual), pathOf(cgroup));
  // Without any controller in this tree there is nothing that keeps processes out.
  const wanted = controller === "" ? pathOf(cgroup) : `${pathOf(cgroup)}/init.scope`;
  assert.equal(target(followed), wanted);
});

inView("device rules bite through BPF, and the standard devices stay usable", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const script =
    "while true < /dev/kmsg; do sleep 0.05; done; echo refused; true < /dev/null && echo null";
  const started = sandbox.start(cgroup, script, { join: false });
  await cgroup.apply(limits({ devices: [DENY_ALL] }));
  const output = await started.output();
  assert.match(output, /^refused$/m);
  assert.match(output, /^null$/m);
});

inView("an allowed device can be used for what is allowed, also by a sub-cgroup", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  await cgroup.apply(limits({ devices: [DENY_ALL, KMSG] }));
  const script =
    `mkdir ${pathOf(cgroup)}/sub; echo 0 > ${pathOf(cgroup)}/sub/cgroup.procs;` +
    " true < /dev/kmsg && echo read; true > /dev/kmsg || echo no";
  const { output } = sandbox.start(cgroup, script, { join: false });
  assert.match(await output(), /^read\n(.*\n)*no$/m);
});

inView("new device rules replace the old program", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  await cgroup.apply(limits({ devices: [DENY_ALL] }));
  const before = programs(cgroup);
  await cgroup.apply(limits({ devices: [DENY_ALL, KMSG] }));
  const after = programs(cgroup);
  assert.equal(before.length, 1);
  assert.equal(after.length, 1);
  assert.notDeepEqual(after, before);
  const { output } = sandbox.start(cgroup, "true < /dev/kmsg && echo read", { join: false });
  assert.equal(await output(), "read\n");
});

inView(
  "a filter is replaced a thousand times without a moment in which it is not there",
  async () => {
    await using sandbox = new Sandbox();
    const cgroup = sandbox.create("c1");
    const path = pathOf(cgroup);
    // Both filters allow null and forbid kmsg; between them others are attached that allow everything.
    await cgroup.apply(limits({ devices: [DENY_ALL] }));
    const script =
      "i=0; echo hammering; while [ ! -d $PWD/stop ]; do i=$((i + 1));" +
      " true < /dev/null || echo missing; (true < /dev/kmsg) 2> /dev/null && echo open; done; echo $i times";
    const started = sandbox.start(cgroup, `cd ${path}; ${script}`, {
      join: false,
      until: "hammering",
    });
    using directory = CgroupDirectory.open(memberOf(cgroup));
    using open = loadDeviceProgram(ALLOW_EVERYTHING);
    using other = loadDeviceProgram(
      Uint8Array.of(...ALLOW_EVERYTHING.subarray(0, 8), ...ALLOW_EVERYTHING),
    );
    for (let time = 0; time < 1000; time += 1) {
      const isThird = time % 3 === 2;
      if (isThird) attachDeviceProgram(directory.fd, open, BPF_F_ALLOW_MULTI);
      if (time % 6 === 5) attachDeviceProgram(directory.fd, other, BPF_F_ALLOW_MULTI);
      await cgroup.apply(limits({ devices: time % 2 === 0 ? [DENY_ALL, FUSE] : [DENY_ALL] }));
      assert.equal(programs(cgroup).length, 1);
    }
    mkdirSync(`${path}/stop`);
    const output = (await started.output()).replace("hammering\n", "");
    const [, times] = /^(\d+) times\n$/.exec(output) ?? assert.fail(output.slice(0, 1000));
    assert.ok(Number(times) > 100, `${times} times`);
  },
);

inView("a program of the kind that is alone in its cgroup is replaced in place", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  using directory = CgroupDirectory.open(memberOf(cgroup));
  using alone = loadDeviceProgram(ALLOW_EVERYTHING);
  const overridable = 1; // BPF_F_ALLOW_OVERRIDE
  attachDeviceProgram(directory.fd, alone, overridable);
  const before = programs(cgroup);
  await cgroup.apply(limits({ devices: [DENY_ALL] }));
  const after = queryDevicePrograms(directory.fd);
  assert.equal(after.ids.length, 1);
  assert.equal(after.flags, overridable);
  assert.notDeepEqual(after.ids, before);
  const { output } = sandbox.start(cgroup, "true < /dev/kmsg || echo refused", { join: false });
  assert.match(await output(), /^refused$/m);
});

inView("a fork bomb dies without cgroup.kill", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const bomb = sandbox.start(cgroup, BOMB, { join: false, until: "lit" });
  await bomb.exited;
  using directory = CgroupDirectory.open(memberOf(cgroup));
  killInRounds(directory, memberOf(cgroup));
  await cgroup.destroy();
  assert.equal(existsSync(pathOf(cgroup)), false);
});

inView("cgroup.kill ends every process, in sub-cgroups and frozen too", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const first = sandbox.start(cgroup, "sleep 100 & sleep 100 & wait", { join: false });
  const forking = sandbox.start(cgroup, "while :; do sleep 0.01 & sleep 0.01; done");
  mkdirSync(`${pathOf(cgroup)}/sub`);
  await cgroup.freeze();
  // A child that was just being forked when the rest froze takes the word back until it is frozen itself.
  const events = `${pathOf(cgroup)}/cgroup.events`;
  while (!/^frozen 1$/m.test(readFileSync(events, "utf8"))) await sleep(1);
  cgroup.kill();
  assert.equal((await first.exited).status, 128 + SIGKILL);
  assert.equal((await forking.exited).status, 128 + SIGKILL);
  await cgroup.destroy();
  assert.equal(existsSync(pathOf(cgroup)), false);
});

inView("a frozen cgroup goes on after thaw, and a frozen one is refused", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const started = sandbox.start(cgroup, "sleep 0.2; echo done", { join: false });
  await cgroup.freeze();
  assert.throws(() => Cgroup.create(sandbox.layout, sandbox.pathOf("c1"), "c1"), {
    code: "EBUSY",
    message: /^container's cgroup is not empty: \d process\(es\) found$/,
  });
  cgroup.thaw();
  assert.equal(await started.output(), "done\n");
  await cgroup.freeze();
  assert.throws(() => Cgroup.create(sandbox.layout, sandbox.pathOf("c1"), "c1"), {
    code: "EBUSY",
    message: "container's cgroup unexpectedly frozen",
  });
});

inView("a signal reaches every process", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const started = sandbox.start(cgroup, "sleep 100 & exec sleep 100", { join: false });
  cgroup.signal(SIGTERM);
  assert.equal((await started.exited).status, 128 + SIGTERM);
  assert.equal(await started.output(), "");
});

inView("a threaded cgroup can't be a container's", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  mkdirSync(`${pathOf(cgroup)}/t`);
  using directory = CgroupDirectory.open(memberOf(cgroup));
  directory.write("t/cgroup.type", "threaded");
  assert.throws(() => Cgroup.create(sandbox.layout, `${sandbox.pathOf("c1")}/t/c2`, "c2"), {
    code: "EOPNOTSUPP",
    message: /^cannot enter cgroupv2 ".*\/t" with domain controllers -- it is in threaded mode$/,
  });
});

inView(
  "below a threaded cgroup a container is threaded, and is seen and killed like any other",
  async () => {
    await using sandbox = new Sandbox();
    const outer = sandbox.create("c1");
    const inner = `${pathOf(outer)}/t`;
    mkdirSync(inner);
    writeFileSync(`${inner}/cgroup.type`, "threaded");
    const path = `${sandbox.pathOf("c1")}/t/c2`;
    const cgroup = Cgroup.create(sandbox.layout, path, "c2", { resources: limits({}) });
    assert.equal(readFileSync(`${pathOf(cgroup)}/cgroup.type`, "utf8"), "threaded\n");
    const { pid, exited } = sandbox.start(cgroup, "exec sleep 100", { join: false });
    assert.deepEqual(cgroup.pids(), [pid]);
    assert.throws(() => Cgroup.create(sandbox.layout, path, "c2", { resources: limits({}) }), {
      message: "container's cgroup is not empty: 1 process(es) found",
    });
    cgroup.kill();
    assert.equal((await exited).status, 128 + SIGKILL);
    await cgroup.destroy();
  },
);

inView("who owns a cgroup may make cgroups below it, and not change its limits", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const path = pathOf(cgroup);
  const owner = (file: string): number => statSync(`${path}/${file}`).uid;
  await cgroup.apply(limits({}));
  assert.equal(owner("."), 0);
  await cgroup.apply(limits({}), 12_345);
  const given = [".", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control"];
  const kept = ["cgroup.max.depth", "cgroup.freeze", "cgroup.events", "cgroup.type"];
  assert.deepEqual(given.map(owner), [12_345, 12_345, 12_345, 12_345]);
  assert.deepEqual(kept.map(owner), [0, 0, 0, 0]);
  const script =
    `setpriv --reuid 12345 --regid 12345 --clear-groups sh -c 'cd ${path}; mkdir sub && ` +
    "echo $$ > sub/cgroup.procs && echo moved; echo 1 > cgroup.max.depth || echo kept; " +
    `echo $$ > ../cgroup.procs || echo held'`;
  const { output } = sandbox.start(cgroup, script, { join: false });
  assert.deepEqual((await output()).match(/^(moved|kept|held)$/gm), ["moved", "kept", "held"]);
});

inView("a limit without its controller names the file", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  if (existsSync(`${pathOf(cgroup)}/pids.max`)) return;
  await assert.rejects(cgroup.update(limits({ pids: 5n })), {
    code: "ENOENT",
    message: `linux.resources.pids.limit: cannot write "5" to "${pathOf(cgroup)}/pids.max": no such file or directory`,
  });
});

inView("huge pages are limited where the controller is", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  if (!existsSync(`${pathOf(cgroup)}/hugetlb.2MB.max`)) return;
  await cgroup.update(limits({ hugepageLimits: [{ pageSize: "2MB", limit: 0n }] }));
  assert.equal(readFileSync(`${pathOf(cgroup)}/hugetlb.2MB.max`, "utf8"), "0\n");
  assert.equal(readFileSync(`${pathOf(cgroup)}/hugetlb.2MB.rsvd.max`, "utf8"), "0\n");
});

inView("unified is written line by line and wins over what else is asked", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  await cgroup.update(
    limits({ unified: { "cgroup.max.depth": "5\n7\n", "cgroup.max.descendants": "9" } }),
  );
  assert.equal(readFileSync(`${pathOf(cgroup)}/cgroup.max.depth`, "utf8"), "7\n");
  assert.equal(readFileSync(`${pathOf(cgroup)}/cgroup.max.descendants`, "utf8"), "9\n");
  if (!existsSync(`${pathOf(cgroup)}/hugetlb.2MB.max`)) return;
  await cgroup.update(
    limits({
      unified: { "hugetlb.2MB.max": "2097152" },
      hugepageLimits: [{ pageSize: "2MB", limit: 0n }],
    }),
  );
  assert.equal(readFileSync(`${pathOf(cgroup)}/hugetlb.2MB.max`, "utf8"), "2097152\n");
});

inView("what unified cannot set is said with its name", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const refused = (unified: Record<string, string>, message: string): Promise<void> =>
    assert.rejects(cgroup.update(limits({ unified })), { name: "SysError", message });
  await refused(
    { "nonesuch.max": "1" },
    `unified resource "nonesuch.max" can't be set: controller "nonesuch" not available`,
  );
  const path = pathOf(cgroup);
  await refused(
    { "cgroup.nonesuch": "1" },
    `unable to set unified resource "cgroup.nonesuch": cannot write "1" to "${path}/cgroup.nonesuch": no such file or directory`,
  );
  await refused(
    { "cgroup.max.depth": "many" },
    `unable to set unified resource "cgroup.max.depth": cannot write "many" to "${path}/cgroup.max.depth": invalid argument`,
  );
});

inView("a change of a file of events is noticed until the watch is disposed of", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  // Populated or not: the kernel tells of it as it does of memory.events, which is only there with its controller.
  using directory = CgroupDirectory.open(memberOf(cgroup));
  const { promise, resolve } = Promise.withResolvers<void>();
  using watching = watchEvents(directory, "cgroup.events", resolve);
  sandbox.start(cgroup, "sleep 100");
  await promise;
  watching[Symbol.dispose]();
  assert.throws(() => watchEvents(directory, "missing.events", resolve), { code: "ENOENT" });
  if (!existsSync(`${pathOf(cgroup)}/memory.events`)) {
    assert.throws(() => cgroup.watchOom(resolve), { code: "ENOENT" });
  }
});

inView("metrics have what the tree offers", async () => {
  await using sandbox = new Sandbox();
  const cgroup = sandbox.create("c1");
  const metrics = cgroup.metrics();
  assert.ok(metrics.kind === "v2");
  assert.ok("usage_usec" in metrics.cpu);
  assert.equal(cgroup.oomKills(), 0n);
  await cgroup.destroy();
  assert.deepEqual(cgroup.metrics().hugetlb, []);
});
