// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { Encoder } from "../plan/encode.ts";
import type { Op } from "../plan/ops.ts";
import { deviceOps } from "./devices.ts";
import { specWith } from "./testdata/samples.ts";

function opsWith(devices: readonly object[], hasKcore = false): readonly Op[] {
  return deviceOps(specWith({ linux: { devices } }).linux.devices, { hasKcore, bound: false });
}

function nodes(devices: readonly object[]) {
  return opsWith(devices).flatMap((op) => (op.op === "mknod" ? [op] : []));
}

test("a device replaces the default one of its path, the multiplexer is left out", () => {
  const made = nodes([
    { path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 0o600, uid: 5, gid: 6 },
    { path: "/dev/ptmx", type: "c", major: 5, minor: 2 },
  ]);
  const names = made.map(({ name }) => name).sort();
  assert.deepEqual(names, ["full", "null", "random", "tty", "urandom", "zero"]);
  const [node] = made.filter(({ name }) => name === "null");
  assert.deepEqual(
    { mode: node?.mode, uid: node?.uid, gid: node?.gid },
    { mode: 0o20600, uid: 5, gid: 6 },
  );
});

test("types, modes and numbers are those of the kernel", () => {
  const last = (device: object) =>
    nodes([{ path: "/dev/x", major: 259, minor: 70000, ...device }]).at(-1);
  assert.equal(last({ type: "u" })?.mode, 0o20666);
  assert.equal(last({ type: "b", fileMode: 0o100640 })?.mode, 0o60640);
  // (minor & 0xff) | major << 8 | (minor & ~0xff) << 12
  assert.equal(last({ type: "c" })?.device, 0x70n | (259n << 8n) | (0x11100n << 12n));
  const pipe = last({ type: "p" });
  assert.deepEqual({ mode: pipe?.mode, device: pipe?.device }, { mode: 0o10666, device: 0n });
});

test("directories of devices are made, and each is opened once in a row", () => {
  const ops = opsWith([
    { path: "/dev/net/tun", type: "c", major: 10, minor: 200 },
    { path: "/dev/net/tap", type: "c", major: 10, minor: 201 },
  ]);
  const opened = ops.flatMap((op) => (op.op === "mkdir_all" ? [op.path] : []));
  assert.deepEqual(opened, ["/dev", "/dev/net"]);
});

test("the link to kcore is made where the host has it", () => {
  const links = (hasKcore: boolean) =>
    opsWith([], hasKcore).flatMap((op) => (op.op === "symlink" ? [op.name] : []));
  assert.deepEqual(links(false), ["ptmx", "fd", "stdin", "stdout", "stderr"]);
  assert.deepEqual(links(true), ["ptmx", "fd", "stdin", "stdout", "stderr", "core"]);
});

test("a device more is one op more, and less than two hundred bytes", () => {
  const devices = Array.from({ length: 500 }, (_, minor) => {
    return { path: `/dev/device-${minor}`, type: "c", major: 240, minor };
  });
  const bytes = (list: readonly object[]): number => {
    const ops = opsWith(list).filter(({ op }) => op === "mknod");
    const prepare: readonly Op[] = [
      { op: "open", dir: "cwd", path: "/", flags: 0, mode: 0, out: "dev", why: "" },
    ];
    return new Encoder().encode({ inputs: [], ops: [...prepare, ...ops] }).byteLength;
  };
  assert.equal(opsWith(devices).length, opsWith([]).length + devices.length);
  assert.ok((bytes(devices) - bytes([])) / devices.length < 200);
});
