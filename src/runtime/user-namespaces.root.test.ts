// SPDX-License-Identifier: Apache-2.0
// Containers in user and time namespaces, new and joined, without containerd.

import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger } from "../base/log.ts";
import { newUserOps } from "../oci/prepared-namespaces.ts";
import { nowNs } from "../sys/clock.ts";
import {
  MS_BIND,
  MS_NODEV,
  MS_NOSUID,
  MS_RDONLY,
  MS_REMOUNT,
  MS_SHARED,
} from "../sys/constants.ts";
import { mount, unmountSync } from "../sys/mount.ts";
import { readMountInfo } from "../sys/proc.ts";
import { skipBefore } from "../sys/testing/kernel.ts";
import { HelperProcess } from "./helper-process.ts";
import { openHost } from "./host.ts";
import { layersDirectory } from "./rootfs-idmap.ts";
import { mountedRootfs } from "./rootfs-mounts.ts";
import { type ConfigChanges, readAll, Sandbox } from "./testing/sandbox.ts";
import type { LiveContainer } from "./types.ts";

const BASE = 100_000;
const MAP = [{ containerID: 0, hostID: BASE, size: 65_536 }];
const MAPPINGS = { uidMappings: MAP, gidMappings: MAP };
const OTHERS = ["mount", "ipc", "uts", "network", "cgroup"];
const PROCESS = { cwd: "/", env: ["PATH=/bin"], user: { uid: 0, gid: 0 } };

const PTRACE = ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_SYS_ADMIN"];
const MOUNTER = ["CAP_SYS_ADMIN"];
const ALL_MOUNTS = { bounding: MOUNTER, effective: MOUNTER, permitted: MOUNTER };

let sandbox: Sandbox;
let runs = 0;

beforeEach(() => {
  sandbox = new Sandbox();
  for (const applet of [
    "echo",
    "id",
    "env",
    "ls",
    "stat",
    "mount",
    "umount",
    "tty",
    "touch",
    "mkdir",
    "grep",
  ]) {
    symlinkSync("busybox", join(sandbox.root, "rootfs/bin", applet));
  }
  for (const name of ["", "tmp", "etc", "dev", "proc", "sys"]) {
    chownSync(join(sandbox.root, "rootfs", name), BASE, BASE);
  }
});

afterEach(() => sandbox[Symbol.asyncDispose]());

type Namespace = { readonly type: string; readonly path?: string };

function namespaces(...changed: readonly Namespace[]): readonly Namespace[] {
  const rest = [...OTHERS, "pid"].filter((type) => !changed.some((one) => one.type === type));
  return [...rest.map((type) => ({ type })), ...changed];
}

/** A new user namespace with `MAP` beside the usual namespaces. */
const NEW_USER = { namespaces: namespaces({ type: "user" }), ...MAPPINGS };

async function run(script: string, changes: ConfigChanges): Promise<string> {
  const { path, reader } = sandbox.client(`out-${Math.random()}`);
  sandbox.writeConfig(script, changes);
  const stdio = { terminal: false, stdin: "", stdout: path, stderr: path };
  runs += 1;
  const container = await sandbox.create({ stdio, id: `${sandbox.id}-run${runs}` });
  await container.start();
  const output = await readAll(reader);
  await container.exited;
  return output;
}

test("root of a container in a user namespace is somebody else on the host", async () => {
  const output = await run("id -u; id -g; cat /proc/self/uid_map; touch /tmp/made; sleep 0", {
    linux: NEW_USER,
  });
  assert.match(output, /^0\n0\n\s+0\s+100000\s+65536\n$/);
  const { uid, gid } = lstatSync(join(sandbox.root, "rootfs/tmp/made"));
  assert.deepEqual([uid, gid], [BASE, BASE]);
});

test("a new user namespace without privilege over the host still has its devices, its terminal type and its masks", async () => {
  const output = await run(
    [
      "echo x > /dev/null && dd if=/dev/zero of=/tmp/zero bs=4 count=1 2> /dev/null && stat -c %s /tmp/zero",
      "stat -c '%t:%T %u' /dev/null /dev/full /dev/tty",
      "ls /proc/fs; cat /proc/kcore | cat; echo 1 > /proc/sys/kernel/domainname",
    ].join("\n"),
    {
      linux: {
        ...NEW_USER,
        maskedPaths: ["/proc/kcore", "/proc/fs"],
        readonlyPaths: ["/proc/sys"],
        devices: [{ type: "c", path: "/dev/fuse", major: 10, minor: 229 }],
      },
    },
  );
  assert.match(output, /^4\n1:3 65534\n1:7 65534\n5:0 65534\n/);
  assert.match(output, /domainname: Read-only file system/);
});

test("a user that is not root may open its output again, and its home is found", async () => {
  const passwd = "app:x:1000:1000::/home/app:/bin/sh\n";
  writeFileSync(join(sandbox.root, "rootfs/etc/passwd"), passwd);
  const output = await run(
    "echo again > /dev/stdout; echo error > /proc/self/fd/2; id -u; id -G; echo $HOME",
    {
      process: { user: { uid: 1000, gid: 1001, additionalGids: [7] } },
      linux: NEW_USER,
    },
  );
  assert.equal(output, "again\nerror\n1000\n1001 7\n/home/app\n");
});

async function start(script: string, changes: ConfigChanges, name = ""): Promise<LiveContainer> {
  sandbox.writeConfig(script, changes);
  const container = await sandbox.create({ id: `${sandbox.id}${name}` });
  await container.start();
  return container;
}

/** What a shell in the container says. */
async function execIn(container: LiveContainer, script: string, user = {}): Promise<string> {
  const { path, reader } = sandbox.client(`exec-${Math.random()}`);
  const process = { ...PROCESS, user: { ...PROCESS.user, ...user }, args: ["sh", "-c", script] };
  const stdio = { terminal: false, stdin: "", stdout: path, stderr: path };
  const exec = await container.exec({ execId: "e", process, stdio });
  const output = await readAll(reader);
  await exec.exited;
  exec.stdio.close();
  return output;
}

const SHOW = "id -u; cat /proc/self/uid_map; echo $$";

test("an exec is in the user namespace too, as root and as a user who opens the output again", async () => {
  const container = await start("exec sleep 100", {
    linux: { ...NEW_USER, maskedPaths: ["/proc/kcore"], readonlyPaths: ["/proc/sys"] },
  });
  assert.match(await execIn(container, SHOW), /^0\n\s+0\s+100000\s+65536\n\d+\n$/);
  const again = await execIn(container, "id -u; id -g; echo again > /dev/stdout", {
    uid: 7,
    gid: 8,
  });
  assert.equal(again, "7\n8\nagain\n");
  assert.match(readFileSync(`/proc/${container.pid}/status`, "utf8"), /^Uid:\s100000\s/m);
});

for (const pid of ["the host's", "new", "joined", "joined with its user namespace"]) {
  for (const user of ["none", "new", "joined"]) {
    test(`pid namespace ${pid}, user namespace ${user}: processes, ids, exec`, async () => {
      const plain = await start("exec sleep 100", {}, "-p");
      const mapped = await start("exec sleep 100", { linux: NEW_USER }, "-m");
      const pids: Record<string, readonly Namespace[]> = {
        new: [{ type: "pid" }],
        joined: [{ type: "pid", path: `/proc/${plain.pid}/ns/pid` }],
        "joined with its user namespace": [{ type: "pid", path: `/proc/${mapped.pid}/ns/pid` }],
      };
      const users: Record<string, readonly Namespace[]> = {
        new: [{ type: "user" }],
        joined: [{ type: "user", path: `/proc/${mapped.pid}/ns/user` }],
      };
      const asked = [...(pids[pid] ?? []), ...(users[user] ?? [])];
      const all = [...OTHERS.map((type) => ({ type })), ...asked];
      const linux = { namespaces: all, ...(user === "new" ? MAPPINGS : {}) };
      const container = await start("exec sleep 100", { linux }, "-c");
      const map = user === "none" ? "0\\s+0\\s+4294967295" : "0\\s+100000\\s+65536";
      const output = await execIn(container, `${SHOW}; cat /proc/$$/comm /proc/1/comm; true`);
      const first = pid === "the host's" ? ".*" : "(sh|sleep)";
      assert.match(output, new RegExp(`^0\\n\\s+${map}\\n\\d+\\nsh\\n${first}\\n$`));
      for (const one of [container, mapped, plain]) one.signal(9);
    });
  }
}

const PROC = { destination: "/proc", type: "proc", source: "proc" };
const DEV = { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755"] };

function bind(source: string, options: readonly string[], more: object = {}): object {
  return { destination: "/data", type: "none", source, options, ...more };
}

/** A directory that only root of the host may search, with one of user 0 and a file of `uid` in it. */
function closedDirectory(uid = 0): string {
  const closed = join(sandbox.root, "closed");
  mkdirSync(closed, { mode: 0o700 });
  mkdirSync(join(closed, "data"));
  writeFileSync(join(closed, "data/file"), "content\n");
  chownSync(join(closed, "data/file"), uid, uid);
  return join(closed, "data");
}

test("the source of a bind may be in a directory that the container's root may not enter", async () => {
  const mounts = [PROC, DEV, bind(closedDirectory(), ["rbind", "ro"])];
  const output = await run("cat /data/file; touch /data/new", { mounts, linux: NEW_USER });
  assert.match(output, /^content\n.*Read-only file system\n$/);
});

test("a source that is not there is said so in the words of any other container", async () => {
  const mounts = [PROC, DEV, bind("/no/such/source", ["bind"])];
  sandbox.writeConfig("true", { mounts, linux: NEW_USER });
  await assert.rejects(
    sandbox.create(),
    /error mounting "\/no\/such\/source" to rootfs at "\/data": stat \/no\/such\/source: no such file or directory/,
  );
});

test("what the host forbids on a mount stays forbidden in a user namespace, or is refused if it is named", {
  skip: skipBefore(5, 12),
}, async () => {
  const source = join(sandbox.root, "mounted");
  mkdirSync(source);
  await mount({ source: "t", target: source, type: "tmpfs", flags: MS_NOSUID | MS_NODEV });
  try {
    const flags = async (options: readonly string[]): Promise<string> => {
      const mounts = [PROC, DEV, bind(source, options)];
      const lines = await run("cat /proc/self/mountinfo", { mounts, linux: NEW_USER });
      return (
        lines
          .split("\n")
          .find((line) => line.includes(" /data "))
          ?.split(" ")[5] ?? ""
      );
    };
    assert.equal(await flags(["bind"]), "rw,nosuid,nodev,relatime");
    assert.equal(await flags(["bind", "noexec"]), "rw,nosuid,nodev,noexec,relatime");
    assert.equal(await flags(["bind", "ro", "noatime"]), "ro,nosuid,nodev,noatime");
    // Nothing of it is locked.
    assert.equal(await flags(["bind", "rw", "exec"]), "rw,nosuid,nodev,relatime");
    const locked =
      /error mounting ".*" to rootfs at "\/data": cannot clear locked flags \(0x[26]\)$/;
    await assert.rejects(flags(["bind", "ro", "suid"]), locked);
    await assert.rejects(flags(["rbind", "rsuid", "rdev"]), locked);
    await assert.rejects(flags(["bind", "remount", "suid"]), /cannot clear locked flags|invalid/);
  } finally {
    unmountSync(source, 0);
  }
});

test("root of a user namespace can't take away what the host or the configuration has put on a mount", async () => {
  const source = join(sandbox.root, "mounted");
  const below = join(source, "below");
  mkdirSync(source);
  const forbidden = MS_NOSUID | MS_NODEV;
  await mount({ source: "t", target: source, type: "tmpfs", flags: forbidden });
  mkdirSync(below);
  writeFileSync(join(below, "hidden"), "");
  await mount({ source: "t", target: below, type: "tmpfs", flags: 0 });
  const remount = { source: "", target: source, type: "" };
  await mount({ ...remount, flags: MS_BIND | MS_REMOUNT | MS_RDONLY | forbidden });
  const attempts = [
    "mount -o remount,bind,rw,nosuid,nodev /data",
    "mount -o remount,bind,ro,suid,nodev /data",
    "mount -o remount,bind,ro,nosuid,dev /data",
    "umount /data/below",
    "mount -o remount,bind,rw /given",
    // No lock: it is nobody's but the container's.
    "mount -o remount,bind,rw /own",
    "mount -o remount,bind,rw /sys",
  ];
  const script = attempts.map((attempt) => `${attempt} 2> /dev/null; echo $?`).join("; ");
  const given = bind(sandbox.root, ["bind", "ro"], { destination: "/given" });
  const own = { destination: "/own", type: "tmpfs", source: "t", options: ["ro"] };
  const sys = { destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro"] };
  const changes = (flags: readonly string[], types: readonly string[]): ConfigChanges => ({
    process: { capabilities: ALL_MOUNTS },
    mounts: [PROC, DEV, own, sys, bind(source, ["rbind"]), given],
    linux: { ...(flags.includes("user") && MAPPINGS), namespaces: types.map((type) => ({ type })) },
  });
  const withoutNetwork = [...OTHERS, "pid"].filter((type) => type !== "network");
  try {
    const inside = await run(
      `${script}; ls /data/below`,
      changes(["user"], [...withoutNetwork, "user"]),
    );
    assert.equal(inside, "1\n1\n1\n1\n1\n0\n1\n");
    // Without a user namespace it is root's to do: the attempts are what they should be.
    const plain = await run(`${script}; ls /data/below`, changes([], withoutNetwork));
    assert.equal(plain, "0\n0\n0\n0\n0\n0\n0\nhidden\n");
  } finally {
    unmountSync(below, 0);
    unmountSync(source, 0);
  }
});

test("an id-mapped mount shows the files of the source as those of the container's root", {
  skip: skipBefore(5, 12),
}, async () => {
  const source = closedDirectory();
  const script = "stat -c %u /data/file; touch /data/new";
  const data = (options: readonly string[], more = {}): ConfigChanges => ({
    mounts: [PROC, DEV, bind(source, options, more)],
    linux: NEW_USER,
  });
  assert.match(await run(script, data(["rbind"])), /^65534\n.*Permission denied\n$/);
  assert.equal(await run(script, data(["rbind", "idmap"])), "0\n");
  assert.deepEqual([statSync(join(source, "new")).uid, statSync(join(source, "new")).gid], [0, 0]);
  // Without a user namespace, and in its own terms: on disk 0, here 55.
  const mappings = [{ containerID: 0, hostID: 55, size: 1 }];
  const more = { uidMappings: mappings, gidMappings: mappings };
  const { linux: _, ...plain } = data(["bind"], more);
  assert.equal(await run("stat -c %u:%g /data/file", plain), "55:55\n");
  assert.equal(await run("stat -c %u:%g /data/file", data(["bind"], more)), "65534:65534\n");
});

test("ridmap reaches the mounts below, idmap does not", { skip: skipBefore(5, 12) }, async () => {
  const source = closedDirectory();
  const below = join(source, "below");
  mkdirSync(below);
  // Not a tmpfs: the kernel id-maps those since 6.3.
  await mount({ source: mkdtempSync(join(sandbox.root, "t-")), target: below, flags: MS_BIND });
  try {
    const owner = (option: string): Promise<string> =>
      run("stat -c %u /data/file /data/below", {
        mounts: [PROC, DEV, bind(source, ["rbind", option])],
        linux: NEW_USER,
      });
    assert.equal(await owner("idmap"), "0\n65534\n");
    assert.equal(await owner("ridmap"), "0\n0\n");
  } finally {
    unmountSync(below, 0);
  }
});

test("a mount that is made in a container's bind does not come out on the host", async () => {
  const source = join(sandbox.root, "shared");
  mkdirSync(source);
  await mount({ source: "t", target: source, type: "tmpfs", flags: 0 });
  await mount({ target: source, flags: MS_SHARED });
  mkdirSync(join(source, "below"));
  try {
    const output = await run("mount -t tmpfs t /data/below && cat /proc/self/mountinfo", {
      mounts: [PROC, DEV, bind(source, ["rbind"])],
      linux: NEW_USER,
      process: { capabilities: ALL_MOUNTS },
    });
    assert.match(output, / \/data\/below /);
    assert.doesNotMatch(readFileSync("/proc/self/mountinfo", "utf8"), /shared\/below /);
  } finally {
    unmountSync(source, 0);
  }
});

function uptime(text: string): number {
  return Number(text.split(" ")[0]);
}

test("the clocks of a new time namespace are ahead by its offsets, with and without a user namespace", async () => {
  const timeOffsets = {
    boottime: { secs: 1_000_000 },
    monotonic: { secs: 2_000_000, nanosecs: 5 },
  };
  for (const user of [[], [{ type: "user" }]]) {
    const linux = {
      namespaces: namespaces({ type: "time" }, ...user),
      timeOffsets,
      ...(user.length > 0 ? MAPPINGS : {}),
    };
    const container = await start("exec sleep 100", { linux }, `-${user.length}`);
    const shown = await execIn(container, "cat /proc/uptime /proc/self/timens_offsets");
    const ahead = uptime(shown) - uptime(readFileSync("/proc/uptime", "utf8"));
    assert.ok(ahead > 999_900 && ahead < 1_000_100, `${ahead}`);
    assert.match(shown, /monotonic\s+2000000\s+5\nboottime\s+1000000\s+0\n$/);
    // Another joins it.
    const path = `/proc/${container.pid}/ns/time`;
    const joined = await run("cat /proc/self/timens_offsets", {
      linux: { namespaces: namespaces({ type: "time", path }) },
    });
    assert.match(joined, /boottime\s+1000000\s+0\n$/);
    container.signal(9);
  }
});

test("offsets that the kernel does not take name the field", async () => {
  const timeOffsets = { boottime: { secs: -1_000_000_000 } };
  const linux = { namespaces: namespaces({ type: "time" }), timeOffsets };
  sandbox.writeConfig("true", { linux });
  await assert.rejects(sandbox.create(), {
    message: /linux.timeOffsets was refused by the kernel: numerical result out of range$/,
  });
});

test("the layers of a root filesystem that asks for it are shown with other ids, and nothing of that is left", {
  skip: skipBefore(5, 19),
}, async () => {
  const layer = (name: string): string => {
    mkdirSync(join(sandbox.root, name));
    return join(sandbox.root, name);
  };
  const [one, two, upper, work] = ["one", "two", "upper", "work"].map(layer);
  writeFileSync(join(one ?? "", "low"), "of the first layer\n");
  writeFileSync(join(two ?? "", "high"), "of the second layer\n");
  chownSync(upper ?? "", BASE, BASE);
  const maps = [`uidmap=0:${BASE}:65536`, `gidmap=0:${BASE}:65536`];
  const rootfs = join(sandbox.root, "rootfs");
  const lower = `lowerdir=${two}:${one}:${rootfs}`;
  const options = [...maps, lower, `upperdir=${upper}`, `workdir=${work}`];
  for (const name of ["", "tmp", "dev", "proc", "sys", "etc"]) chownSync(join(rootfs, name), 0, 0);
  const bundle = layer("overlay");
  const { path, reader } = sandbox.client("out");
  const script = "cat /low /high; stat -c %u /low /bin/busybox /; echo x > /made; cat /proc/1/comm";
  sandbox.writeConfig(script, { linux: NEW_USER }, bundle);
  const container = await sandbox.create({
    bundle,
    rootfsMounts: [{ type: "overlay", source: "overlay", target: "", options }],
    stdio: { terminal: false, stdin: "", stdout: path, stderr: path },
  });
  await container.start();
  assert.equal(await readAll(reader), "of the first layer\nof the second layer\n0\n0\n0\ncat\n");
  assert.equal(statSync(join(upper ?? "", "made")).uid, BASE);
  const shown = layersDirectory(mountedRootfs(bundle));
  const left = readMountInfo().filter(({ mountPoint }) => mountPoint.startsWith(shown));
  assert.deepEqual(left, []);
  assert.equal(existsSync(shown), false);
});

test("a root filesystem that is a bind is id-mapped where it is mounted", {
  skip: skipBefore(5, 12),
}, async () => {
  const rootfs = join(sandbox.root, "rootfs");
  for (const name of ["", "tmp", "dev", "proc", "sys", "etc"]) chownSync(join(rootfs, name), 0, 0);
  // As all of a host is under systemd: what is laid over a bind of it must not come out here.
  await mount({ source: rootfs, target: rootfs, flags: MS_BIND });
  await mount({ target: rootfs, flags: MS_SHARED });
  using stack = new DisposableStack();
  stack.defer(() => unmountSync(rootfs, 0));
  const bundle = join(sandbox.root, "bound");
  mkdirSync(bundle);
  const { path, reader } = sandbox.client("out");
  sandbox.writeConfig("stat -c %u /bin/busybox /tmp; touch /tmp/made", { linux: NEW_USER }, bundle);
  const options = ["rbind", "rw", `uidmap=0:${BASE}:65536`, `gidmap=0:${BASE}:65536`];
  const container = await sandbox.create({
    bundle,
    rootfsMounts: [{ type: "bind", source: rootfs, target: "", options }],
    stdio: { terminal: false, stdin: "", stdout: path, stderr: path },
  });
  await container.start();
  assert.equal(await readAll(reader), "0\n0\n");
  assert.equal(statSync(join(rootfs, "tmp/made")).uid, 0);
  assert.equal(readMountInfo().filter(({ mountPoint }) => mountPoint === rootfs).length, 1);
});

/** A user namespace in which setgroups(2) is denied, held by a process of this test, with these maps. */
async function denyingNamespace(helper: HelperProcess): Promise<string> {
  await helper.run(newUserOps());
  const file = (name: string): string => `/proc/${helper.pid}/${name}`;
  writeFileSync(file("setgroups"), "deny", { flag: "r+" });
  writeFileSync(file("gid_map"), `0 ${BASE} 65536`, { flag: "r+" });
  writeFileSync(file("uid_map"), `0 ${BASE} 65536`, { flag: "r+" });
  return file("ns/user");
}

test("where a user namespace denies setgroups nobody keeps groups of the host, and nobody gets others", async () => {
  const host = openHost({
    reaper: sandbox.reaper,
    log: silentLogger,
    now: nowNs,
    hookEnv: [],
    nofile: undefined,
  });
  await using helper = new HelperProcess(host);
  const path = await denyingNamespace(helper);
  const linux = { namespaces: namespaces({ type: "user", path }) };
  const user = { uid: 5, gid: 6, additionalGids: [7] };
  const show = "cat /proc/self/setgroups; grep Groups: /proc/self/status";
  assert.equal(await run(show, { linux, process: { user } }), "deny\nGroups:\t \n");
  const container = await start("exec sleep 100", { linux });
  assert.equal(await execIn(container, show, user), "deny\nGroups:\t \n");
  assert.match(readFileSync(`/proc/${container.pid}/status`, "utf8"), /^Groups:\s*$/m);
});

/**
 * The descriptors of those that were seen with a socket. In the midst of an execve the memory is the new program's already, and
 * what is to be closed still open: the name of the last one can be read, but until the end nobody can take it (pidfd_getfd(2)
 * and ptrace(2) wait).
 */
function socketHolders(seen: string): readonly (readonly string[])[] {
  return seen
    .split(/^\/proc\/.*\/fd:$/m)
    .filter((listing) => listing.includes("-> socket:"))
    .map((listing) => [...listing.matchAll(/ (\d+) -> /g)].map(([, number = ""]) => number));
}

test("root of a user namespace can't look into an init or exec that joins its pid namespace", async () => {
  const watcher = "while :; do for p in /proc/[0-9]*; do ls -l $p/fd $p/cwd $p/root; done; done";
  const all = { bounding: PTRACE, effective: PTRACE, permitted: PTRACE };
  const linux = { ...NEW_USER, namespaces: namespaces({ type: "user" }) };
  sandbox.writeConfig(`${watcher} > /tmp/seen 2> /tmp/errors`, {
    linux,
    process: { capabilities: all },
  });
  const first = await sandbox.create({ id: `${sandbox.id}-first` });
  await first.start();
  const joined = namespaces(
    { type: "user", path: `/proc/${first.pid}/ns/user` },
    { type: "pid", path: `/proc/${first.pid}/ns/pid` },
  );
  for (let round = 0; round < 15; round++) {
    sandbox.writeConfig("true", { linux: { namespaces: joined } });
    const container = await sandbox.create({ id: `${sandbox.id}-${round}` });
    // It waits for start in full view.
    await sleep(20);
    await container.start();
    await container.exited;
    await execIn(first, "true");
  }
  first.signal(9);
  await first.exited;
  const seen = readFileSync(join(sandbox.root, "rootfs/tmp/seen"), "utf8");
  assert.match(seen, /-> \/dev\/null$/m, "the watcher sees what is its own");
  const foreign = /exec\.fifo|tsrunc|\/proc$|closed|pidfd|mnt:|user:/;
  assert.deepEqual(
    seen.split("\n").filter((line) => foreign.test(line)),
    [],
  );
  for (const each of socketHolders(seen)) assert.deepEqual(each, ["0", "1", "2", "3"]);
  const errors = readFileSync(join(sandbox.root, "rootfs/tmp/errors"), "utf8");
  assert.match(errors, /Permission denied/, "the watcher met who joined");
});

test("sysctls of namespaces that belong to the user namespace are set, with the host's processes too", {
  skip: skipBefore(5, 19),
}, async () => {
  const sysctl = { "net.ipv4.ip_unprivileged_port_start": "80", "kernel.shm_rmid_forced": "1" };
  const show = "cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced";
  assert.equal(await run(show, { linux: { ...NEW_USER, sysctl } }), "80\n1\n");
  const shared = namespaces({ type: "user" }).filter(({ type }) => type !== "pid");
  assert.equal(await run(show, { linux: { ...NEW_USER, namespaces: shared, sysctl } }), "80\n1\n");
});

test("a path that is no user namespace fails the create by name", async () => {
  const joined = (path: string): object => ({ namespaces: namespaces({ type: "user", path }) });
  for (const path of ["/proc/self/ns/net", "/dev/null"]) {
    sandbox.writeConfig("true", { linux: joined(path) });
    await assert.rejects(sandbox.create(), {
      message: `error joining user namespace "${path}": invalid argument`,
    });
  }
  sandbox.writeConfig("true", { linux: joined("/no/such") });
  await assert.rejects(sandbox.create(), /no\/such.*no such file or directory/);
});

const HOOK = "id -u > hooked; mkdir -p added; mount -t tmpfs tmpfs added; echo yes > added/file";

test("a createContainer hook is root of the user namespace at the container's root and adds to its mounts", async () => {
  const hooks = { createContainer: [{ path: "/bin/sh", args: ["sh", "-c", HOOK] }] };
  const output = await run("cat /hooked /added/file", { linux: NEW_USER, hooks });
  assert.equal(output, "0\nyes\n");
});

test("a root filesystem below a directory that the container's root may not enter, and without pivot_root", async () => {
  chmodSync(sandbox.root, 0o700);
  for (const noPivot of [false, true]) {
    const { path, reader } = sandbox.client(`out-${noPivot}`);
    sandbox.writeConfig("ls /; echo x > /tmp/made", {
      linux: NEW_USER,
    });
    const stdio = { terminal: false, stdin: "", stdout: path, stderr: path };
    const container = await sandbox.create({ stdio, noPivot, id: `${sandbox.id}-${noPivot}` });
    await container.start();
    assert.equal(await readAll(reader), "bin\ndev\netc\nproc\nsys\ntmp\n");
  }
});
