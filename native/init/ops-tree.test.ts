// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import {
  CLONE_NEWUSER,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  MS_PRIVATE,
  MS_SHARED,
  O_DIRECTORY,
  O_PATH,
} from "../../src/sys/constants.ts";
import {
  assertFailure,
  type BareOp,
  driverPath,
  type Input,
  output,
  shell,
  temporaryDirectory,
  testInit,
} from "./testing/init.ts";

const proc: Input = { slot: "proc", path: "/proc" };

/** A directory to copy, a place for the copy, and both as inputs with procfs as the first. */
function places(t: TestContext): { from: string; to: string; inputs: readonly Input[] } {
  const directory = temporaryDirectory(t);
  const [from, to] = [join(directory, "from"), join(directory, "to")];
  mkdirSync(from);
  mkdirSync(to);
  const inputs = [proc, { slot: "from", path: from }, { slot: "to", path: to }];
  return { from, to, inputs };
}

function tmpfs(out: string, options: readonly string[] = []): BareOp {
  return { op: "make_fs", type: "tmpfs", source: "t", options, attributes: 0n, out };
}

function attach(mount: string, target: string): BareOp {
  const nothing = { recursive: 0, set: 0n, clear: 0n, propagation: 0n };
  return { op: "attach", mount, target, ...nothing };
}

/** Opens what is now mounted on a path. */
function open(path: string, out: string): BareOp {
  return { op: "open", dir: "cwd", path, flags: O_PATH | O_DIRECTORY, mode: 0, out };
}

/** A tmpfs with what is in `from`, on `to`. */
function copyUp(options: readonly string[] = []): readonly BareOp[] {
  return [tmpfs("m", options), { op: "copy_tree", from: "from", to: "m" }, attach("m", "to")];
}

/** Type, mode, owner, size, time and target of everything below a directory, and the sums of its files. */
function describe(path: string): string {
  const find = "find . -mindepth 1 -printf '%y %m %U:%G %s %T@ %l %P\\n'";
  // The size of a directory is the filesystem's business.
  return `cd ${path} && ${find} | sed -E 's/^(d [0-9]+ [0-9:]+) [0-9]+/\\1/' | sort -k7; find . -type f -exec md5sum {} + | sort`;
}

testInit("copy_tree copies files of every type with modes, owners and times", (init, t) => {
  const { from, to, inputs } = places(t);
  mkdirSync(join(from, "d/e"), { recursive: true });
  writeFileSync(join(from, "d/e/file"), "text");
  writeFileSync(join(from, "d/big"), Buffer.alloc(3_000_000, "x"));
  writeFileSync(join(from, "set-id"), "");
  chownSync(join(from, "set-id"), 12, 34);
  chmodSync(join(from, "set-id"), 0o6755);
  chownSync(join(from, "d/e"), 1000, 1001);
  chmodSync(join(from, "d/e"), 0o1750);
  symlinkSync("/etc/passwd", join(from, "absolute"));
  symlinkSync("../../../../etc", join(from, "d/up"));
  symlinkSync("nowhere", join(from, "dangling"));
  execFileSync("mkfifo", ["-m", "640", join(from, "fifo")]);
  execFileSync("mknod", ["-m", "660", join(from, "null"), "c", "1", "3"]);
  for (const name of ["d/e/file", "d/e", "d", "set-id"]) utimesSync(join(from, name), 1000, 2000);
  const result = init.run([{ inputs, ops: [...copyUp(), ...shell(describe(to))] }]);
  const expected = execFileSync("sh", ["-c", describe(from)]).toString();
  assert.equal(output(result), expected);
  assert.match(expected, /^f 6755 12:34 0 2000\.0+ {2}set-id$/m);
  const type = `stat -c '%t:%T' ${to}/null; mountpoint -q ${to} && readlink ${to}/absolute`;
  assert.equal(
    output(init.run([{ inputs, ops: [...copyUp(), ...shell(type)] }])),
    "1:3\n/etc/passwd\n",
  );
});

testInit("copy_tree copies the extended attributes that a tmpfs takes", (init, t) => {
  const { from, to, inputs } = places(t);
  for (const name of ["file", "link-target"]) writeFileSync(join(from, name), "");
  mkdirSync(join(from, "d"));
  symlinkSync("link-target", join(from, "link"));
  const set = (path: string, name: string, value: string): void => {
    execFileSync("setfattr", ["-h", "-n", name, "-v", `0x${value.replaceAll(" ", "")}`, path]);
  };
  // capability(7): cap_net_raw+ep. acl(5): user:1000:r--
  set(join(from, "file"), "security.capability", "01000002 00200000 00000000 00000000 00000000");
  set(
    join(from, "d"),
    "system.posix_acl_default",
    "02000000 01000600ffffffff 02000400e8030000 04000400ffffffff 10000600ffffffff 20000400ffffffff",
  );
  set(join(from, "file"), "trusted.of-root", "00ff");
  set(join(from, "link"), "trusted.of-the-link", "02");
  set(from, "trusted.top", "03");
  const get = "find . | sort | xargs getfattr -h -d -m - -e hex";
  const expected = execFileSync("sh", ["-c", get], { cwd: from }).toString();
  const result = init.run([{ inputs, ops: [...copyUp(), ...shell(`cd ${to} && ${get}`)] }]);
  assert.equal(output(result), expected);
  assert.equal(expected.match(/=0x/g)?.length, 5);
});

testInit("copy_tree leaves the holes of a file as holes, wherever they are", (init, t) => {
  const { from, to, inputs } = places(t);
  // A file of nothing that is larger than the memory of any host.
  execFileSync("truncate", ["-s", "4T", join(from, "nothing")]);
  const between = join(from, "between");
  for (const [seek, text] of [
    [256, "first"],
    [1024, "second"],
  ] as const) {
    const dd = ["dd", `of=${between}`, "bs=4096", `seek=${seek}`, "conv=notrunc", "status=none"];
    execFileSync(dd[0] ?? "", dd.slice(1), { input: text });
  }
  execFileSync("truncate", ["-s", "8M", between]);
  const script = `cd ${to} && stat -c '%n %s' nothing between && du -k nothing && cmp between ${between} && du -k between`;
  const run = init.run([{ inputs, ops: [...copyUp(["size=1m"]), ...shell(script)] }]);
  // Two pages are something.
  assert.equal(output(run), "nothing 4398046511104\nbetween 8388608\n0\tnothing\n8\tbetween\n");
});

testInit("copy_tree copies a directory with thousands of names and one with none", (init, t) => {
  const { from, to, inputs } = places(t);
  const count = `ls ${to} | wc -l`;
  const run = (): string => output(init.run([{ inputs, ops: [...copyUp(), ...shell(count)] }]));
  assert.equal(run(), "0\n");
  for (let i = 0; i < 3000; i++) writeFileSync(join(from, `${"n".repeat(i % 200)}-${i}`), "");
  assert.equal(run(), "3000\n");
});

testInit("copy_tree gives the copy the owner of the directory", (init, t) => {
  const { from, to, inputs } = places(t);
  chownSync(from, 7, 8);
  const ops = [...copyUp(["mode=751"]), ...shell(`stat -c '%u:%g %a' ${to}`)];
  assert.equal(output(init.run([{ inputs, ops }])), "7:8 751\n");
});

testInit("copy_tree leaves out what is mounted below", (init, t) => {
  const { from, to, inputs } = places(t);
  mkdirSync(join(from, "inner"));
  mkdirSync(join(from, "own"));
  const ops: readonly BareOp[] = [
    open(join(from, "inner"), "inner"),
    { op: "mount_fs", type: "tmpfs", source: "t", options: [], attributes: 0n, target: "inner" },
    open(join(from, "inner"), "inner"),
    { op: "make_file", root: "inner", path: "secret", mode: 0o644, out: "file" },
    ...copyUp(),
    ...shell(`find ${to} -mindepth 1 -printf '%P\\n'`),
  ];
  assert.equal(output(init.run([{ inputs, ops }])), "own\n");
});

testInit("copy_tree says what is too much", (init, t) => {
  const { from, inputs } = places(t);
  mkdirSync(join(from, ...Array<string>(127).fill("d")), { recursive: true });
  output(init.run([{ inputs, ops: [...copyUp(), ...shell("true")] }]));
  mkdirSync(join(from, ...Array<string>(128).fill("d")));
  assertFailure(init.run([{ inputs, ops: copyUp() }]), 1, "ELOOP");
  const full = places(t);
  writeFileSync(join(full.from, "big"), Buffer.alloc(1 << 20));
  const ops = copyUp(["size=64k"]);
  assertFailure(init.run([{ inputs: full.inputs, ops }]), 1, "ENOSPC");
});

testInit("copy_tree copies a socket's name and connects to nobody", (init, t) => {
  const { from, to, inputs } = places(t);
  const script = "IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die";
  execFileSync("perl", ["-MIO::Socket::UNIX", "-e", script, join(from, "s")]);
  const ops = [...copyUp(), ...shell(`stat -c %F ${to}/s`)];
  assert.equal(output(init.run([{ inputs, ops }])), "socket\n");
});

testInit(
  "copy_tree takes nothing from outside while someone swaps a directory and a link",
  (init, t) => {
    const { from, to, inputs } = places(t);
    const outside = join(from, "../outside");
    mkdirSync(join(from, "x"));
    mkdirSync(outside);
    writeFileSync(join(outside, "secret"), "secret");
    symlinkSync("../outside", join(from, "link"));
    const attacker = spawn(driverPath(), ["exchange", "x", "link"], { cwd: from, stdio: "ignore" });
    const copies = Array.from({ length: 200 }, (): readonly BareOp[] => [
      tmpfs("m"),
      {
        op: "copy_tree",
        from: "from",
        to: "m",
        tolerate: ["EEXIST", "ENOENT", "ENOTDIR", "ESTALE"],
      },
      attach("m", "to"),
    ]).flat();
    const check = shell(`find ${to} -name secret; ls ${to} | grep -c . > /dev/null; echo end`);
    const result = init.run([{ inputs, ops: [...copies, ...check] }]);
    attacker.kill("SIGKILL");
    assert.equal(output(result), "end\n");
    assert.deepEqual(readdirSync(outside), ["secret"]);
  },
);

testInit("a cloned tree gets attributes as a whole before it is attached", (init, t) => {
  const { from, to, inputs } = places(t);
  mkdirSync(join(from, "inner"));
  const attributes = (path: string): BareOp => open(path, "x");
  const ops: readonly BareOp[] = [
    attributes(join(from, "inner")),
    { op: "mount_fs", type: "tmpfs", source: "t", options: [], attributes: 0n, target: "x" },
    { op: "clone_mount", source: "from", recursive: 1, out: "m" },
    {
      op: "mount_attr",
      fd: "m",
      set: BigInt(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID),
      clear: 0n,
      recursive: 1,
    },
    attach("m", "to"),
    ...shell(
      `touch ${to}/file; touch ${to}/inner/file; touch ${from}/inner/ok; ls ${to}/inner; ` +
        `grep -c ' ${to}.* ro,nosuid' /proc/self/mountinfo`,
    ),
  ];
  const result = init.run([{ inputs, ops }]);
  assert.equal(result.stdout, "ok\n2\n");
  assert.equal(result.stderr.match(/Read-only file system/g)?.length, 2);
  const alone = { ...ops[2], recursive: 0 } as BareOp;
  const list = [...ops.slice(0, 2), alone, ...ops.slice(4, 5), ...shell(`mountpoint ${to}/inner`)];
  assert.match(init.run([{ inputs, ops: list }]).stdout, /is not a mountpoint/);
});

testInit("attach moves what is mounted", (init, t) => {
  const { from, to, inputs } = places(t);
  const ops: readonly BareOp[] = [
    { op: "mount_fs", type: "tmpfs", source: "t", options: [], attributes: 0n, target: "from" },
    open(from, "m"),
    attach("m", "to"),
    ...shell(`mountpoint -q ${to} && ! mountpoint -q ${from} && echo moved`),
  ];
  assert.equal(output(init.run([{ inputs, ops }])), "moved\n");
  const plain: BareOp = attach("from", "to");
  assertFailure(init.run([{ inputs, ops: [plain] }]), 0, "EINVAL");
});

testInit("make_fs fails with the errno of its first failing step", (init) => {
  const fails = (op: BareOp, errno: string): void =>
    assertFailure(init.run([{ ops: [op] }]), 0, errno);
  fails({ ...tmpfs("m"), type: "nosuchfs" } as BareOp, "ENODEV");
  fails(tmpfs("m", ["size=many"]), "EINVAL");
});

testInit("clone_mount fails where the tree may not be copied", (init, t) => {
  const { inputs } = places(t);
  const ops: readonly BareOp[] = [
    { op: "unshare", flags: CLONE_NEWUSER },
    { op: "clone_mount", source: "from", recursive: 1, out: "m" },
  ];
  assertFailure(init.run([{ inputs, ops }]), 1, "EPERM");
});

testInit("unmount takes away the mount and all below it, and nothing else", (init, t) => {
  const { from, inputs } = places(t);
  const ops: readonly BareOp[] = [
    { op: "mount_fs", type: "tmpfs", source: "t", options: [], attributes: 0n, target: "from" },
    open(from, "top"),
    { op: "mkdir_all", root: "top", path: "inner", mode: 0o755, out: "inner" },
    { op: "mount_fs", type: "tmpfs", source: "t", options: [], attributes: 0n, target: "inner" },
    { op: "unmount", fd: "top" },
    ...shell(`grep -c ${from} /proc/self/mountinfo; pwd`),
  ];
  assert.equal(init.run([{ inputs, ops }]).stdout, "0\n/\n");
  assertFailure(init.run([{ inputs, ops: [{ op: "unmount", fd: "from" }] }]), 0, "EINVAL");
});

testInit("mount_root finds where the mount of a directory begins", (init, t) => {
  const { from, inputs } = places(t);
  mkdirSync(join(from, "m"));
  const ops: readonly BareOp[] = [
    open(join(from, "m"), "m"),
    { op: "mount_fs", type: "tmpfs", source: "t", options: [], attributes: 0n, target: "m" },
    open(join(from, "m"), "m"),
    { op: "mkdir_all", root: "m", path: "a/b/c", mode: 0o755, out: "deep" },
    { op: "mount_root", fd: "deep", out: "root" },
    { op: "send_fd", fd: "root", tag: 1 },
    // Only the root of a mount has a propagation of its own.
    { op: "set_propagation", fd: "root", propagation: BigInt(MS_SHARED), recursive: 0 },
    { op: "mount_root", fd: "root", out: "again" },
    { op: "send_fd", fd: "again", tag: 2 },
    { op: "mount_root", fd: "to", out: "slash" },
    { op: "set_propagation", fd: "slash", propagation: BigInt(MS_PRIVATE), recursive: 0 },
  ];
  const { reports } = init.run([{ inputs, ops }]);
  const sent = reports.filter(({ kind }) => kind === "fd").map(({ link }) => link);
  assert.deepEqual(sent, [join(from, "m"), join(from, "m")]);
  assert.equal(reports.at(-1)?.kind, "done", JSON.stringify(reports));
});

testInit("chroot makes root and working directory", (init, t) => {
  const { from, inputs } = places(t);
  execFileSync("cp", ["/bin/busybox", join(from, "busybox")]);
  const ops: readonly BareOp[] = [
    { op: "chroot", root: "from" },
    { op: "check_cwd" },
    { op: "find_exec", candidates: ["/busybox"] },
    { op: "exec", argv: ["busybox", "sh", "-c", "pwd; echo /*; cd ..; echo *"], env: [] },
  ];
  assert.equal(output(init.run([{ inputs, ops }])), "/\n/busybox\nbusybox\n");
  const file: Input = { slot: "file", path: join(from, "busybox") };
  assertFailure(
    init.run([{ inputs: [file], ops: [{ op: "chroot", root: "file" }] }]),
    0,
    "ENOTDIR",
  );
});

testInit(
  "a root that was moved over the old one is not left by the classic way out of a chroot",
  (init, t) => {
    const { from, inputs } = places(t);
    const ops: readonly BareOp[] = [
      { op: "mount_fs", type: "tmpfs", source: "t", options: [], attributes: 0n, target: "from" },
      open(from, "new"),
      { op: "mkdir_all", root: "new", path: "bin", mode: 0o755, out: "bin" },
      { op: "make_file", root: "new", path: "bin/busybox", mode: 0o755, out: "busybox" },
      { op: "open", dir: "cwd", path: "/bin/busybox", flags: O_PATH, mode: 0, out: "host-busybox" },
      { op: "clone_mount", source: "host-busybox", recursive: 0, out: "copy" },
      attach("copy", "busybox"),
      open("/", "old"),
      attach("new", "old"),
      { op: "chroot", root: "new" },
      { op: "mkdir_all", root: "new", path: "trap", mode: 0o755, out: "trap" },
      // Root is below the working directory then, and ".." goes past it.
      { op: "open", dir: "cwd", path: "/", flags: O_PATH, mode: 0, out: "here" },
      { op: "chroot", root: "trap" },
      { op: "open", dir: "here", path: "../../../..", flags: O_PATH, mode: 0, out: "up" },
      { op: "chroot", root: "up" },
      { op: "find_exec", candidates: ["/bin/busybox"] },
      { op: "exec", argv: ["busybox", "sh", "-c", "echo /*"], env: [] },
    ];
    assert.equal(output(init.run([{ inputs, ops }])), "/bin /trap\n");
  },
);
