// SPDX-License-Identifier: Apache-2.0
// Mounts that are detached when they are made and attached later, and devices that are binds.

import assert from "node:assert/strict";
import { mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import {
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_RDONLY,
  MS_PRIVATE,
  MS_SHARED,
} from "../../src/sys/constants.ts";
import {
  assertFailure,
  type BareOp,
  type Input,
  output,
  type RunOptions,
  shell,
  temporaryDirectory,
  testInit,
} from "./testing/init.ts";

const proc: Input = { slot: "proc", path: "/proc" };

/** With and without mount_setattr(2), which is of 5.12. */
const KERNELS: readonly RunOptions[] = [{}, { deny: ["mount_setattr"] }];

function directory(t: TestContext): { readonly path: string; readonly inputs: readonly Input[] } {
  const path = temporaryDirectory(t);
  mkdirSync(join(path, "target"));
  return { path, inputs: [proc, { slot: "target", path: join(path, "target") }] };
}

function makeFs(attributes = 0n, type = "tmpfs"): BareOp {
  return { op: "make_fs", type, source: "made", options: ["size=64k"], attributes, out: "made" };
}

function attach(changes: Partial<Extract<BareOp, { op: "attach" }>> = {}): BareOp {
  return {
    op: "attach",
    mount: "made",
    target: "target",
    recursive: 0,
    set: 0n,
    clear: 0n,
    propagation: 0n,
    ...changes,
  };
}

const SHOW = "sed -n 's/ - .*//; s/^.*\\(\\/target\\)/\\1/p' /proc/self/mountinfo";

testInit(
  "a filesystem is made detached and attached with attributes and propagation",
  (init, t) => {
    for (const kernel of KERNELS) {
      const { inputs } = directory(t);
      const ops = [
        makeFs(BigInt(MOUNT_ATTR_NODEV)),
        attach({
          set: BigInt(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC),
          clear: BigInt(MOUNT_ATTR_NODEV),
          propagation: BigInt(MS_SHARED),
        }),
        ...shell(SHOW),
      ];
      const shown = output(init.run([{ inputs, ops }], kernel));
      assert.match(shown, /^\/target ro,noexec,relatime shared:\d+\s*$/);
    }
  },
);

testInit(
  "what is only made is seen by nobody, and the slot is the mount once it is attached",
  (init, t) => {
    const { inputs } = directory(t);
    assert.equal(output(init.run([{ inputs, ops: [makeFs(), ...shell(SHOW)] }])), "");
    const file: BareOp = {
      op: "make_file",
      root: "made",
      path: "file",
      mode: 0o600,
      out: "file",
    };
    const ops = [makeFs(), attach(), file, ...shell("true")];
    output(init.run([{ inputs, ops }]));
  },
);

testInit("making and attaching fail with the kernel's errno", (init, t) => {
  const { path, inputs } = directory(t);
  assertFailure(init.run([{ inputs, ops: [makeFs(0n, "nosuchfs")] }]), 0, "ENODEV");
  const bad: BareOp = { ...makeFs(), op: "make_fs", options: ["nosuch=1"] } as BareOp;
  assertFailure(init.run([{ inputs, ops: [bad] }]), 0, "EINVAL");
  assertFailure(init.run([{ inputs, ops: [attach({ mount: "target" })] }]), 0, "EINVAL");
  writeFileSync(join(path, "file"), "");
  const file = [proc, { slot: "target", path: join(path, "file") }];
  assertFailure(init.run([{ inputs: file, ops: [makeFs(), attach()] }]), 1, "ENOTDIR");
  const wrong = attach({ propagation: BigInt(MS_SHARED | MS_PRIVATE) });
  assertFailure(init.run([{ inputs, ops: [makeFs(), wrong] }]), 1, "EINVAL");
});

const S_IFCHR = 0o020000;
const S_IFBLK = 0o060000;

function bindDevice(name: string, changes: Partial<Extract<BareOp, { op: "bind_device" }>> = {}) {
  return {
    op: "bind_device",
    source: "/dev/zero",
    dir: "d",
    name,
    mode: S_IFCHR,
    device: 0x105n,
    replace: 1,
    ...changes,
  } as const;
}

testInit("bind_device binds the host's node over what is there, or over a new file", (init, t) => {
  const { path } = directory(t);
  const inputs = [proc, { slot: "d", path }];
  writeFileSync(join(path, "there"), "");
  const show = `stat -c '%t:%T' ${path}/new ${path}/there; head -c 3 ${path}/new | wc -c`;
  const ops = [bindDevice("new"), bindDevice("there"), ...shell(show)];
  assert.equal(output(init.run([{ inputs, ops }])), "1:5\n1:5\n3\n");
  assert.ok(statSync(join(path, "new")).isFile());
});

testInit(
  "bind_device leaves what is there, even what leads nowhere, unless it is to replace it",
  (init, t) => {
    const { path } = directory(t);
    const inputs = [proc, { slot: "d", path }];
    writeFileSync(join(path, "there"), "");
    symlinkSync("nowhere", join(path, "link"));
    for (const name of ["there", "link"]) {
      // Whatever the host has.
      for (const source of ["/dev/zero", "/etc/passwd", "/dev/no-such-node"]) {
        const ops = [bindDevice(name, { replace: 0, source })];
        assertFailure(init.run([{ inputs, ops }]), 0, "EEXIST");
      }
    }
    const show = `stat -c '%t:%T' ${path}/new`;
    const ops = [bindDevice("new", { replace: 0 }), ...shell(show)];
    assert.equal(output(init.run([{ inputs, ops }])), "1:5\n");
  },
);

testInit("bind_device refuses another device, a link, and what is no name", (init, t) => {
  const { path } = directory(t);
  const inputs = [proc, { slot: "d", path }];
  const refused = (op: BareOp, errno: string): void =>
    assertFailure(init.run([{ inputs, ops: [op] }]), 0, errno);
  refused(bindDevice("x", { device: 0x103n }), "ENODEV");
  refused(bindDevice("x", { mode: S_IFBLK }), "ENODEV");
  refused(bindDevice("x", { source: "/etc/passwd" }), "ENODEV");
  refused(bindDevice("x", { source: "/dev/no-such-node" }), "ENOENT");
  symlinkSync("elsewhere", join(path, "link"));
  refused(bindDevice("link"), "ELOOP");
  for (const name of ["", ".", "..", "a/b"]) refused(bindDevice(name), "EINVAL");
  refused(bindDevice("target"), "ENOTDIR");
});

const CAP_MKNOD = 1n << 27n;
const ALL = (1n << 41n) - 1n;

testInit("a device that may not be made is bound instead, and what is there stays", (init, t) => {
  const { path } = directory(t);
  const inputs = [proc, { slot: "d", path }];
  writeFileSync(join(path, "there"), "");
  const caps = ALL & ~CAP_MKNOD & ~(1n << 24n);
  const weak: BareOp = { op: "set_caps", effective: caps, permitted: caps, inheritable: 0n };
  const make = (name: string): BareOp => ({
    op: "mknod",
    dir: "d",
    name,
    mode: S_IFCHR | 0o666,
    device: 0x105n,
    uid: 0,
    gid: 0,
    tolerate: ["EEXIST", "EPERM"],
    otherwise: { ...bindDevice(name, { replace: 0 }), tolerate: ["EEXIST"], why: "" },
  });
  const show = `stat -c '%F' ${path}/new ${path}/there`;
  const ops = [weak, make("new"), make("there"), ...shell(show)];
  assert.equal(output(init.run([{ inputs, ops }])), "character special file\nregular empty file\n");
});
