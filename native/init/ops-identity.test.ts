// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLONE_NEWUTS, O_PATH, O_RDWR } from "../../src/sys/constants.ts";
import {
  assertFailure,
  type BareOp,
  output,
  shell,
  temporaryDirectory,
  testInit,
} from "./testing/init.ts";

const CHOWN = 1n << 0n;
const KILL = 1n << 5n;
const NET_RAW = 1n << 13n;
const ALL = 2n ** 64n - 1n;

const caps = (effective: bigint, permitted = effective, inheritable = 0n): BareOp => ({
  op: "set_caps",
  effective,
  permitted,
  inheritable,
});
const user: readonly BareOp[] = [
  { op: "keep_caps", value: 1 },
  { op: "set_gid", gid: 1001 },
  { op: "set_uid", uid: 1000 },
];

/** The capability sets of the process that the program becomes, by name. */
function capabilities(text: string): Record<string, bigint> {
  const lines = [...text.matchAll(/^Cap(\w+):\s+([0-9a-f]+)$/gm)];
  return Object.fromEntries(lines.map(([, name = "", bits = "0"]) => [name, BigInt(`0x${bits}`)]));
}
const status = shell("cat /proc/self/status");

testInit("umask holds in the user's program", (init) => {
  assert.equal(
    output(init.run([{ ops: [{ op: "umask", mask: 0o27 }, ...shell("umask")] }])),
    "0027\n",
  );
});

testInit("host and domain name are those of the namespace", (init) => {
  const ops: readonly BareOp[] = [
    { op: "unshare", flags: CLONE_NEWUTS },
    { op: "sethostname", name: "host.test" },
    { op: "setdomainname", name: "domain.test" },
    ...shell("hostname; cat /proc/sys/kernel/domainname"),
  ];
  assert.equal(output(init.run([{ ops }])), "host.test\ndomain.test\n");
  const long = "x".repeat(65);
  assertFailure(init.run([{ ops: [{ op: "sethostname", name: long }] }]), 0, "EINVAL");
  assertFailure(init.run([{ ops: [{ op: "setdomainname", name: long }] }]), 0, "EINVAL");
});

testInit("chdir changes the directory that the program starts in", (init) => {
  assert.equal(
    output(init.run([{ ops: [{ op: "chdir", path: "/usr" }, ...shell("pwd")] }])),
    "/usr\n",
  );
  assertFailure(init.run([{ ops: [{ op: "chdir", path: "/etc/passwd" }] }]), 0, "ENOTDIR");
});

testInit("fchdir goes where no path leads", (init, t) => {
  const inputs = [
    { slot: "r", path: temporaryDirectory(t) },
    { slot: "u", path: "/usr" },
  ];
  const look = (path: string): BareOp => {
    const flags = O_PATH;
    return { op: "open", dir: "cwd", path, flags, mode: 0, out: "found" };
  };
  const ops: readonly BareOp[] = [
    { op: "chroot", root: "r" },
    { op: "fchdir", dir: "u" },
  ];
  const found = init.run([{ inputs, ops: [...ops, look("bin")] }]);
  assert.equal(found.reports.at(-1)?.kind, "done");
  assertFailure(init.run([{ inputs, ops: [...ops, look("/bin")] }]), 2, "ENOENT");
  const file = [{ slot: "f", path: "/etc/passwd" }];
  assertFailure(init.run([{ inputs: file, ops: [{ op: "fchdir", dir: "f" }] }]), 0, "ENOTDIR");
});

testInit("check_cwd refuses a directory outside of the root", (init, t) => {
  const root = temporaryDirectory(t);
  const outside: readonly BareOp[] = [
    { op: "open", dir: "cwd", path: "/usr", flags: O_PATH, mode: 0, out: "usr" },
    { op: "mount_fs", type: "tmpfs", source: "x", options: [], attributes: 0n, target: "r" },
    { op: "open", dir: "cwd", path: root, flags: O_PATH, mode: 0, out: "r" },
    { op: "pivot_root", root: "r" },
    { op: "mkdir_all", root: "cwd", path: "proc", mode: 0o755, out: "p" },
    { op: "mount_fs", type: "proc", source: "x", options: [], attributes: 0n, target: "p" },
  ];
  const inputs = [{ slot: "r", path: root }];
  // The slot "usr" has the lowest free descriptor number: found by trying, as an attacker would.
  const descriptor = Array.from({ length: 10 }, (_, i) => 3 + i).find((number) => {
    const ops: readonly BareOp[] = [
      ...outside,
      { op: "chdir", path: `/proc/self/fd/${number}/bin` },
    ];
    return init.run([{ inputs, ops }]).reports.at(-1)?.kind === "done";
  });
  assert.ok(descriptor, "the escape must be possible without the check");
  const ops: readonly BareOp[] = [
    ...outside,
    { op: "check_cwd" },
    { op: "chdir", path: `/proc/self/fd/${descriptor}/bin` },
    { op: "check_cwd" },
  ];
  assertFailure(init.run([{ inputs, ops }]), 8, "ENOENT");
});

testInit("check_cwd refuses a directory that was removed", (init, t) => {
  const directory = join(temporaryDirectory(t), "gone");
  mkdirSync(directory);
  const inputs = [{ slot: "d", path: directory }];
  const enter = init.run([
    { inputs, ops: [{ op: "chdir", path: directory }, { op: "check_cwd" }, ...shell("true")] },
  ]);
  output(enter);
  rmdirSync(directory);
  assertFailure(init.run([{ ops: [{ op: "chdir", path: directory }] }]), 0, "ENOENT");
});

testInit("fchown changes stdio but never the null device", (init, t) => {
  const file = join(temporaryDirectory(t), "f");
  writeFileSync(file, "");
  const before = statSync("/dev/null");
  const inputs = [
    { slot: "f", path: file, flags: O_RDWR },
    { slot: "n", path: "/dev/null", flags: O_RDWR },
  ];
  const fchown = (fd: number, gid = 0xffff_ffff): BareOp => ({ op: "fchown", fd, uid: 1234, gid });
  const ops: readonly BareOp[] = [
    { op: "dup2", fd: "n", target: 0 },
    { op: "dup2", fd: "f", target: 1 },
    fchown(0),
    fchown(1),
    ...shell("true"),
  ];
  output(init.run([{ inputs, ops }]));
  assert.deepEqual([statSync(file).uid, statSync(file).gid], [1234, 0]);
  assert.equal(statSync("/dev/null").uid, before.uid);
  assertFailure(init.run([{ inputs, ops: [fchown(3)] }]), 0, "EINVAL");
  const weak = [{ op: "dup2", fd: "f", target: 1 } as const, caps(0n), fchown(1, 7)];
  assertFailure(init.run([{ inputs, ops: weak }]), 2, "EPERM");
});

testInit("drop_bounding keeps what it is told to keep", (init) => {
  const drop = (keep: bigint): BareOp => ({ op: "drop_bounding", keep });
  const bounding = (keep: bigint): bigint | undefined =>
    capabilities(output(init.run([{ ops: [drop(keep), ...status] }])))["Bnd"];
  assert.equal(bounding(CHOWN | KILL), CHOWN | KILL);
  assert.equal(bounding(0n), 0n);
  assert.equal(bounding(ALL), capabilities(output(init.run([{ ops: status }])))["Bnd"]);
  assertFailure(init.run([{ ops: [caps(0n), drop(0n)] }]), 1, "EPERM");
  output(init.run([{ ops: [drop(0n), caps(0n), drop(0n), ...shell("true")] }]));
});

testInit("ids and groups are set for good", (init) => {
  const gids = new Uint8Array(Uint32Array.of(7, 70_000).buffer);
  const ops: readonly BareOp[] = [
    { op: "set_groups", gids },
    { op: "set_gid", gid: 4_000_000_000 },
    { op: "set_uid", uid: 4_000_000_001 },
  ];
  const text = output(init.run([{ ops: [...ops, ...status] }]));
  assert.match(text, /^Uid:\t4000000001\t4000000001\t4000000001\t4000000001$/m);
  assert.match(text, /^Gid:\t4000000000\t4000000000\t4000000000\t4000000000$/m);
  assert.match(text, /^Groups:\t7 70000 $/m);
  assert.equal(capabilities(text)["Eff"], 0n);
  assertFailure(init.run([{ ops: [...ops, { op: "set_uid", uid: 0 }] }]), 3, "EPERM");
  assertFailure(init.run([{ ops: [...ops, { op: "set_gid", gid: 0 }] }]), 3, "EPERM");
  assertFailure(init.run([{ ops: [...ops, { op: "set_groups", gids }] }]), 3, "EPERM");
});

testInit("no group list is one without groups, and odd bytes are none", (init) => {
  const groups = (gids: Uint8Array): BareOp => ({ op: "set_groups", gids });
  const text = output(init.run([{ ops: [groups(new Uint8Array(0)), ...status] }]));
  assert.match(text, /^Groups:\t ?$/m);
  assertFailure(init.run([{ ops: [groups(new Uint8Array(3))] }]), 0, "EINVAL");
});

testInit("an id of -1 would change nothing and is refused", (init) => {
  assertFailure(init.run([{ ops: [{ op: "set_uid", uid: 0xffff_ffff }] }]), 0, "EINVAL");
  assertFailure(init.run([{ ops: [{ op: "set_gid", gid: 0xffff_ffff }] }]), 0, "EINVAL");
});

testInit("capabilities survive the change of user if they are kept", (init) => {
  const ops: readonly BareOp[] = [
    ...user,
    { op: "keep_caps", value: 0 },
    caps(KILL, KILL | NET_RAW, KILL | NET_RAW),
    { op: "set_ambient", mask: KILL | NET_RAW },
  ];
  const sets = capabilities(output(init.run([{ ops: [...ops, ...status] }])));
  assert.deepEqual(
    [sets["Inh"], sets["Prm"], sets["Eff"], sets["Amb"]],
    [KILL | NET_RAW, KILL | NET_RAW, KILL | NET_RAW, KILL | NET_RAW],
  );
  assertFailure(init.run([{ ops: [caps(0n), caps(KILL)] }]), 1, "EPERM");
  assertFailure(init.run([{ ops: [{ op: "keep_caps", value: 2 }] }]), 0, "EINVAL");
});

testInit("set_ambient raises the others when one can't be raised", (init) => {
  const ambient = (tolerate: readonly string[]): BareOp => ({
    op: "set_ambient",
    mask: CHOWN | KILL | (1n << 63n),
    tolerate,
  });
  const start = [...user, caps(KILL, KILL, KILL)];
  const sets = capabilities(output(init.run([{ ops: [...start, ambient(["EPERM"]), ...status] }])));
  assert.equal(sets["Amb"], KILL);
  assertFailure(init.run([{ ops: [...start, ambient(["EINVAL"])] }]), 4, "EPERM");
});

testInit("no_new_privs holds", (init) => {
  const text = output(init.run([{ ops: [{ op: "no_new_privs" }, ...status] }]));
  assert.match(text, /^NoNewPrivs:\t1$/m);
  assertFailure(init.run([{ ops: [{ op: "no_new_privs" }] }], { deny: ["prctl"] }), 0, "ENOSYS");
});

testInit("a user who may not enter a directory is told so", (init, t) => {
  const directory = temporaryDirectory(t);
  chmodSync(directory, 0o700);
  const ops: readonly BareOp[] = [
    { op: "set_uid", uid: 1000 },
    { op: "chdir", path: directory },
  ];
  assertFailure(init.run([{ ops }]), 1, "EACCES");
});
