// SPDX-License-Identifier: Apache-2.0
// Mounts and roots of containers, with images that want more than they are given.

import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hostLibrary } from "../sys/ffi.ts";
import { readMountInfo } from "../sys/proc.ts";
import { hasMountSetattr } from "../sys/testing/kernel.ts";
import { type ConfigChanges, NO_STDIO, readAll, Sandbox } from "./testing/sandbox.ts";
import type { CreateOptions } from "./types.ts";

/** Of the host, the first one of a user namespace. */
const FIRST_ID = 100_000;

const PROC = { destination: "/proc", type: "proc", source: "proc" };
const DEV = { destination: "/dev", type: "tmpfs", source: "tmpfs" };

interface Run {
  readonly changes?: ConfigChanges;
  readonly options?: Partial<CreateOptions>;
}

/** The output of a container that runs `script` to its end. */
async function run(sandbox: Sandbox, script: string, { changes, options }: Run): Promise<string> {
  const { path, reader } = sandbox.client(`out-${Math.random()}`);
  sandbox.writeConfig(script, changes);
  const stdio = { ...NO_STDIO, stdout: path, stderr: path };
  const container = await sandbox.create({ stdio, ...options });
  await container.start();
  const output = await readAll(reader);
  await container.exited;
  await container.remove();
  return output;
}

/** Makes applets of busybox that the sandbox does not have. */
function addApplets(sandbox: Sandbox, ...names: readonly string[]): void {
  for (const name of names) symlinkSync("busybox", join(sandbox.root, "rootfs/bin", name));
}

function copyUp(destination: string): object {
  return { destination, type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"] };
}

test("a tmpfs is filled with nothing from outside, whatever links the image has", async () => {
  await using sandbox = new Sandbox();
  addApplets(sandbox, "find", "readlink");
  const rootfs = join(sandbox.root, "rootfs");
  const outside = join(sandbox.root, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "secret"), "of the host");
  mkdirSync(join(rootfs, "outside"));
  writeFileSync(join(rootfs, "outside/own"), "of the image");
  // The target is a link that leads out, and so is what is in it.
  symlinkSync("../../../outside", join(rootfs, "up"));
  mkdirSync(join(rootfs, "data"));
  symlinkSync(outside, join(rootfs, "data/absolute"));
  symlinkSync("../../outside", join(rootfs, "data/relative"));
  const script = "find /up/ /data -type f; readlink /data/absolute; cat /data/*/secret";
  const changes = { mounts: [PROC, copyUp("/up"), copyUp("/data")] };
  const output = await run(sandbox, script, { changes });
  assert.match(output, new RegExp(`^/up/own\n${outside}\ncat: `));
  assert.ok(!output.includes("of the host"), output);
  assert.deepEqual(readdirSync(outside), ["secret"]);
});

test("a tmpfs of a user namespace is filled without rights that mean nothing in there", async () => {
  await using sandbox = new Sandbox();
  const directory = join(sandbox.root, "rootfs/data");
  const file = join(directory, "program");
  mkdirSync(directory);
  writeFileSync(file, "of the image");
  for (const path of [directory, file]) chownSync(path, FIRST_ID, FIRST_ID);
  // struct vfs_ns_cap_data: CAP_CHOWN, for root of another user namespace.
  const rights = new Uint8Array(Uint32Array.of(0x0300_0001, 1, 0, 0, 0, 7).buffer);
  const setxattr = "int setxattr(const char *, const char *, const void *, size_t, int)";
  const libc = hostLibrary("libc.so.6");
  assert.equal(libc.call(setxattr, file, "security.capability", rights, rights.byteLength, 0), 0);
  const ids = [{ containerID: 0, hostID: FIRST_ID, size: 65_536 }];
  const types = ["pid", "mount", "ipc", "uts", "network", "cgroup", "user"];
  const linux = { namespaces: types.map((type) => ({ type })), uidMappings: ids, gidMappings: ids };
  const changes = { mounts: [PROC, DEV, copyUp("/data")], linux };
  assert.equal(await run(sandbox, "cat /data/program", { changes }), "of the image");
});

test("what a tmpfs is filled with may not be the container's procfs", async () => {
  await using sandbox = new Sandbox();
  symlinkSync("/proc/sys", join(sandbox.root, "rootfs/data"));
  sandbox.writeConfig("true", { mounts: [PROC, copyUp("/data")] });
  await assert.rejects(sandbox.create(), /"\/data" cannot be mounted because it is inside \/proc/);
});

test("a volume that is read-only as a whole is so in what is mounted in it, and the host's is not", async () => {
  await using sandbox = new Sandbox();
  // The tests have no mounts of their own to bind: the bundle's procfs and sysfs are enough of a tree.
  const volume = { destination: "/v", source: "/sys", options: ["rbind", "rprivate", "rro"] };
  const script =
    "while read -r _ _ _ _ p o _; do case $p in /v*) echo $o;; esac; done < /proc/self/mountinfo";
  const running = run(sandbox, script, { changes: { mounts: [PROC, volume] } });
  if (!hasMountSetattr()) {
    // Never a volume that can be written to because the kernel can't have it otherwise.
    await assert.rejects(running, /"\/v": recursive mount attributes need Linux 5\.12$/);
    return;
  }
  const output = await running;
  const lines = output.trim().split("\n");
  assert.ok(lines.length > 1 && lines.every((line) => line.startsWith("ro")), output);
  const host = readMountInfo().filter(({ mountPoint }) => mountPoint.startsWith("/sys/"));
  assert.ok(host.some(({ options }) => options.includes("rw")));
});

test("a filesystem of any type is mounted with its options", async () => {
  await using sandbox = new Sandbox();
  const path = (name: string): string => join(sandbox.root, name);
  for (const name of ["lower", "upper", "work"]) mkdirSync(path(name));
  writeFileSync(join(path("lower"), "below"), "from below");
  const overlay = `lowerdir=${path("lower")},upperdir=${path("upper")},workdir=${path("work")}`;
  const mounts = [
    PROC,
    DEV,
    { destination: "/huge", type: "hugetlbfs", source: "huge", options: ["nosuid", "pagesize=2M"] },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["noexec"] },
    { destination: "/over", type: "overlay", source: "over", options: ["nodev", overlay] },
  ];
  const script = "cat /over/below; echo new > /over/made; cat /proc/self/mountinfo";
  const [first, ...lines] = (await run(sandbox, script, { changes: { mounts } })).split("\n");
  const line = (target: string): string =>
    lines.find((text) => text.includes(` ${target} `))?.replace(/^.* \/ /, "") ?? "";
  assert.match(line("/huge"), /^\/huge rw,nosuid,relatime .*- hugetlbfs huge rw,pagesize=2M/);
  assert.match(line("/dev/mqueue"), /^\/dev\/mqueue rw,noexec,relatime - mqueue mqueue rw/);
  assert.match(line("/over"), /^\/over rw,nodev,relatime - overlay over rw/);
  assert.match(first ?? "", /^from below/);
  assert.deepEqual(readdirSync(path("upper")), ["made"]);
});

test("access times and flags of the superblock are those of the options", async () => {
  await using sandbox = new Sandbox();
  const cases = [
    [["noatime", "nodiratime"], /^rw,noatime,nodiratime .* rw\b/],
    [["strictatime"], /^rw - .* rw\b/],
    [["noatime", "relatime"], /^rw,noatime /],
    [["noatime", "atime", "nodiratime", "diratime"], /^rw,relatime /],
    [["nosuid", "suid", "nodev", "noexec"], /^rw,nodev,noexec,relatime /],
    [["sync", "dirsync", "lazytime", "mand"], / rw,sync,dirsync,(?:mand,)?lazytime\b/],
    [["sync", "async", "lazytime", "nolazytime"], / - tmpfs t rw(?!,(?:sync|lazytime))/],
  ] as const;
  const mounts = cases.map(([options], index) => {
    return { destination: `/m${index}`, type: "tmpfs", source: "t", options };
  });
  const changes = { mounts: [PROC, ...mounts] };
  const lines = (await run(sandbox, "cat /proc/self/mountinfo", { changes })).split("\n");
  for (const [index, [options, expected]] of cases.entries()) {
    const line = lines.find((text) => text.includes(` /m${index} `)) ?? "";
    assert.match(line.replace(/^.* \/m\d+ /, ""), expected, options.join());
  }
});

test("a type that is none is refused, unless an option makes a bind of it", async () => {
  await using sandbox = new Sandbox();
  const source = join(sandbox.root, "volume");
  mkdirSync(source);
  writeFileSync(join(source, "file"), "bound\n");
  for (const [type, problem] of [
    ["none", /^mounts\[1\]\.type "none" is no filesystem/],
    ["", /^mounts\[1\]\.type must not be empty/],
    ["nofs", /to rootfs at "\/data": no such device$/],
  ] as const) {
    const mount = { destination: "/data", type, source, options: ["rw"] };
    sandbox.writeConfig("true", { mounts: [PROC, mount] });
    await assert.rejects(sandbox.create(), ({ message }: Error) => problem.test(message));
  }
  // Its source is in the bundle if it is relative.
  const bind = { destination: "/data", type: "none", source: "volume", options: ["bind"] };
  const changes = { mounts: [PROC, bind] };
  assert.equal(await run(sandbox, "cat /data/file", { changes }), "bound\n");
});

test("a mount never lies over the root itself, whatever links the image has", async () => {
  await using sandbox = new Sandbox();
  symlinkSync("/", join(sandbox.root, "rootfs/top"));
  const tmpfs = { destination: "/top", type: "tmpfs", source: "t" };
  const bind = { destination: "/top/bin/../", source: sandbox.root, options: ["rbind"] };
  for (const mount of [tmpfs, bind]) {
    sandbox.writeConfig("true", { mounts: [PROC, mount] });
    await assert.rejects(sandbox.create(), /: mountpoint "\/top" is on the top of rootfs$/);
  }
  const changes = { process: { cwd: "/top" } };
  assert.equal(await run(sandbox, "echo $PWD; echo /bin/tr*", { changes }), "/\n/bin/true\n");
});

test("a tmpfs has the mode of the directory that it covers, also of one in another mount", async () => {
  await using sandbox = new Sandbox();
  addApplets(sandbox, "stat");
  const volume = join(sandbox.root, "volume");
  mkdirSync(join(volume, "private"), { recursive: true });
  chmodSync(join(volume, "private"), 0o710);
  const tmpfs = (destination: string, ...options: readonly string[]): object => {
    return { destination, type: "tmpfs", source: "t", options };
  };
  const mounts = [
    PROC,
    { destination: "/v", source: volume, options: ["bind"] },
    ...[tmpfs("/v/private"), tmpfs("/v/new"), tmpfs("/v/own", "mode=700"), tmpfs("/etc", "ro")],
  ];
  const script = "stat -c %a /v/private /v/new /v/own; (true > /etc/x) 2> /dev/null || echo ro";
  chmodSync(join(sandbox.root, "rootfs/etc"), 0o751);
  assert.equal(await run(sandbox, script, { changes: { mounts } }), "710\n1777\n700\nro\n");
});

test("a tmpfs becomes read-only although somebody has just opened a file of it, and nothing else does", async () => {
  await using sandbox = new Sandbox();
  addApplets(sandbox, "mkdir");
  const mounts = [
    PROC,
    { destination: "/t", type: "tmpfs", source: "t", options: ["ro", "mode=755"] },
    { destination: "/rw", type: "tmpfs", source: "t", options: ["mode=755"] },
  ];
  // Opened by a process that outlives the hook; and by then a link to something else is where the mount was looked for.
  const script = "exec 3> t/file; sleep 0.1 > /dev/null 2>&1 &";
  const createContainer = [{ path: "/bin/sh", args: ["sh", "-c", script] }];
  const changes = { mounts, hooks: { createContainer } };
  const test = "for d in /t /rw; do (true > $d/x) 2> /dev/null && echo $d; done; echo end";
  assert.equal(await run(sandbox, test, { changes }), "/rw\nend\n");
});

test("what masks directories is one empty filesystem for all, and a path is masked once", async () => {
  await using sandbox = new Sandbox();
  const changes = {
    linux: {
      namespaces: ["pid", "mount", "ipc", "uts", "network"].map((type) => ({ type })),
      maskedPaths: ["/etc", "/sys/", "/tmp", "/etc/", "/no/such", "/file"],
    },
  };
  const script = "cat /proc/self/mountinfo; echo /etc/* > /dev/null; : > /tmp/x";
  writeFileSync(join(sandbox.root, "rootfs/file"), "");
  const output = await run(sandbox, script, { changes });
  const masks = output.split("\n").filter((line) => /^\S+ \S+ \S+ \/ \/(etc|sys|tmp) /.test(line));
  assert.equal(masks.length, 3);
  assert.equal(new Set(masks.map((line) => line.split(" ")[2])).size, 1);
  assert.ok(
    masks.every((line) => / ro,.* - tmpfs tmpfs ro,.*nr_inodes=1/.test(line)),
    output,
  );
  assert.match(output, /Read-only file system/);
  assert.match(output, / \/null \/file /);
});

test("as many devices as a big host has are made", async () => {
  await using sandbox = new Sandbox();
  const devices = Array.from({ length: 400 }, (_, minor) => {
    return { path: `/dev/disks/${minor}`, type: "b", major: 7, minor, fileMode: 0o600 };
  });
  const changes = { mounts: [PROC, DEV], linux: { devices } };
  const output = await run(sandbox, "set -- /dev/disks/*; echo $#; [ -b $1 ] && echo b", {
    changes,
  });
  assert.equal(output, "400\nb\n");
});

test("without pivot_root program and exec are in the container's root", async () => {
  await using sandbox = new Sandbox();
  addApplets(sandbox, "ls", "chroot");
  sandbox.writeConfig("sleep 100", { mounts: [PROC, DEV] });
  const container = await sandbox.create({ noPivot: true });
  await container.start();
  const { path, reader } = sandbox.client("exec");
  const script =
    "[ -e /etc/passwd ] && echo host; [ / -ef /proc/1/root ] && ls /; cd ..; ls -d boot";
  const exec = await container.exec(sandbox.exec(script, { stdout: path }));
  const output = await readAll(reader);
  await exec.exited;
  exec.stdio.close();
  assert.deepEqual(output.trim().split("\n"), ["bin", "dev", "etc", "proc", "sys", "tmp"]);
  assert.ok(readMountInfo().some(({ mountPoint }) => mountPoint === "/proc"));
});

test("without pivot_root in a user namespace it is the same", async () => {
  await using sandbox = new Sandbox();
  addApplets(sandbox, "ls");
  const ids = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  for (const name of ["", "proc", "dev"])
    chownSync(join(sandbox.root, "rootfs", name), 100_000, 100_000);
  const namespaces = ["pid", "mount", "ipc", "uts", "network", "user"].map((type) => ({ type }));
  const changes = {
    mounts: [PROC, DEV],
    linux: { namespaces, uidMappings: ids, gidMappings: ids },
  };
  const output = await run(sandbox, "ls /; ls -d /boot", { changes, options: { noPivot: true } });
  assert.match(output, /^bin\ndev\netc\nproc\nsys\ntmp\nls: \/boot/);
});
