// SPDX-License-Identifier: Apache-2.0
// Groups of resctrl in a directory tree as the kernel's documentation describes it: which are made, what is written where in
// which order, and what is removed.

import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { toPid } from "../base/brand.ts";
import { isErrno } from "../base/errors.ts";
import type { IntelRdt } from "../oci/intel-rdt.ts";
import { parseMountInfo } from "../sys/proc.ts";
import { Resctrl, type ResctrlState } from "./resctrl.ts";
import { findResctrl, probeResctrl, ResctrlDirectory } from "./resctrl-tree.ts";
import { DocumentedTree } from "./testing/resctrl.ts";

const ID = "box";
const PID = toPid(77);
const OTHER = toPid(78);

const NOTHING: IntelRdt = {
  closId: undefined,
  l3CacheSchema: undefined,
  memBwSchema: undefined,
  schemata: [],
  enableMonitoring: false,
};

function documented(context: TestContext): DocumentedTree {
  const tree = new DocumentedTree();
  context.after(() => tree[Symbol.dispose]());
  return tree;
}

function plan(tree: DocumentedTree, rdt: Partial<IntelRdt>): Resctrl {
  return Resctrl.plan({ ...NOTHING, ...rdt }, ID, { mountPoint: tree.root, tree });
}

/** As another process finds it: from the state file. */
function reopen(tree: DocumentedTree, { state }: Resctrl): Resctrl {
  return Resctrl.open(JSON.parse(JSON.stringify(state)) as ResctrlState, tree);
}

test("a container without a named class gets one of its own, which ends with it", (context) => {
  const tree = documented(context);
  const group = plan(tree, {});
  assert.deepEqual(tree.steps, [], "nothing is made before it is noted");
  assert.equal(group.state.isOwn, true);
  group.enter(PID);
  group.limit();
  assert.deepEqual(tree.steps, ["make box", "write box/tasks 77"]);
  reopen(tree, group).remove();
  assert.ok(!tree.exists("box"));
  reopen(tree, group).remove();
});

test("shares are written once: the cache, then the bandwidth, then the other lines", (context) => {
  const tree = documented(context);
  const group = plan(tree, {
    schemata: ["L2:0=1", "MB:0=30"],
    memBwSchema: "MB:0=20;1=70",
    l3CacheSchema: "L3:0=7f0;1=1f",
  });
  group.enter(PID);
  group.limit();
  const lines = "L3:0=7f0;1=1f\nMB:0=20;1=70\nL2:0=1\nMB:0=30\n";
  assert.deepEqual(tree.steps, ["make box", "write box/tasks 77", `write box/schemata ${lines}`]);
});

test("a class that was named is made if it is to have shares, and stays", (context) => {
  const tree = documented(context);
  const group = plan(tree, { closId: "gold", schemata: ["L3:0=f"] });
  assert.equal(group.state.isOwn, false);
  group.enter(PID);
  group.limit();
  assert.equal(tree.steps[0], "make gold");
  group.remove();
  assert.ok(tree.exists("gold"));
  const second = plan(tree, { closId: "gold", memBwSchema: "MB:0=10" });
  second.enter(OTHER);
  assert.deepEqual(tree.steps.slice(3), ["find gold", "write gold/tasks 78"]);
});

test("a class that was named and is to have no shares must be there", (context) => {
  const tree = documented(context);
  const group = plan(tree, { closId: "gold" });
  assert.throws(
    () => group.enter(PID),
    /^Error: unable to apply Intel RDT configuration: clos dir not accessible \(must be pre-created when schemata, l3CacheSchema and memBwSchema are empty\).*"gold"/,
  );
  assert.deepEqual(tree.steps, []);
  tree.make("gold");
  group.enter(PID);
  group.limit();
  assert.deepEqual(tree.steps.slice(1), ["write gold/tasks 77"]);
});

test('"/" is the default class, which is never made or removed', (context) => {
  const tree = documented(context);
  const group = plan(tree, { closId: "/", schemata: ["L3:0=f"], enableMonitoring: true });
  group.enter(PID);
  group.limit();
  assert.deepEqual(tree.steps, [
    "write tasks 77",
    "make mon_groups/box",
    "write mon_groups/box/tasks 77",
    "write schemata L3:0=f\n",
  ]);
  group.remove();
  assert.ok(!tree.exists("mon_groups/box"));
  assert.ok(tree.exists("mon_groups"));
});

test("a group that counts is the container's own and goes with it, whatever its class", (context) => {
  const tree = documented(context);
  tree.make("gold");
  const named = plan(tree, { closId: "gold", enableMonitoring: true });
  named.enter(PID);
  assert.equal(tree.text("gold/mon_groups/box/tasks"), "77");
  named.remove();
  assert.ok(tree.exists("gold") && !tree.exists("gold/mon_groups/box"));
  const own = plan(tree, { enableMonitoring: true });
  own.enter(PID);
  assert.equal(tree.text("box/mon_groups/box/tasks"), "77");
  own.remove();
  assert.ok(!tree.exists("box"));
});

test("a group with the container's name that is there already is used, and stays", (context) => {
  const tree = documented(context);
  tree.make("box");
  const group = plan(tree, {});
  group.enter(PID);
  assert.equal(group.state.isOwn, false);
  reopen(tree, group).remove();
  assert.ok(tree.exists("box"));
});

test("processes of an exec join the class and the group that counts", (context) => {
  const tree = documented(context);
  const group = plan(tree, { enableMonitoring: true });
  group.enter(PID);
  reopen(tree, group).add(OTHER);
  assert.deepEqual(tree.steps.slice(-2), [
    "write box/tasks 78",
    "write box/mon_groups/box/tasks 78",
  ]);
  group.remove();
  const before = tree.steps.length;
  group.add(OTHER);
  assert.equal(tree.steps.length, before, "groups that somebody has removed have nobody in them");
});

test("a refusal has what the kernel says about it", (context) => {
  const tree = documented(context);
  const group = plan(tree, { l3CacheSchema: "L3:0=5" });
  group.enter(PID);
  tree.put("info/last_cmd_status", "Mask 5 has non-consecutive 1-bits\n");
  // As the kernel does; here because there is no such file.
  rmSync(join(tree.root, "box/schemata"));
  assert.throws(
    () => group.limit(),
    /^Error: error setting Intel RDT config for procHooks process: intelrdt: unable to write "L3:0=5\\n": .*, last_cmd_status: Mask 5 has non-consecutive 1-bits$/,
  );
  rmSync(join(tree.root, "box/tasks"));
  assert.throws(
    () => group.add(OTHER),
    /^Error: error adding pid 78 to Intel RDT: intelrdt: unable to add pid 78: .*last_cmd_status/,
  );
  rmSync(join(tree.root, "info/last_cmd_status"));
  assert.throws(() => group.add(OTHER), /no such file or directory$/);
});

test("what a machine shares out is in info", (context) => {
  const tree = documented(context);
  assert.deepEqual(probeResctrl(tree), { l3: true, mb: true });
  rmSync(join(tree.root, "info/MB"), { recursive: true });
  rmSync(join(tree.root, "info/L3"), { recursive: true });
  assert.deepEqual(probeResctrl(tree), { l3: false, mb: false });
  tree.put("info/L3CODE/cbm_mask", "fffff\n");
  tree.put("info/L3DATA/cbm_mask", "fffff\n");
  assert.deepEqual(probeResctrl(tree), { l3: true, mb: false });
});

test("the file system is found where it is mounted, the usual place first", () => {
  const line = (point: string, type: string): string =>
    `30 1 0:30 / ${point} rw,relatime shared:5 - ${type} ${type} rw`;
  const find = (...lines: string[]): string | undefined =>
    findResctrl(parseMountInfo(lines.join("\n")));
  assert.equal(find(line("/sys/fs/resctrl", "sysfs")), undefined);
  assert.equal(find(line("/mnt/rdt", "resctrl")), "/mnt/rdt");
  const both = [line("/mnt/rdt", "resctrl"), line("/sys/fs/resctrl", "resctrl")];
  assert.equal(find(...both), "/sys/fs/resctrl");
});

test("no name and no link leads out of the file system", (context) => {
  const outside = mkdtempSync(join(tmpdir(), "tsrunc-outside-"));
  context.after(() => rmSync(outside, { recursive: true }));
  const root = join(outside, "root");
  mkdirSync(root);
  mkdirSync(join(outside, "victim"));
  writeFileSync(join(outside, "victim/tasks"), "untouched");
  symlinkSync(join(outside, "victim"), join(root, "link"));
  symlinkSync("../victim", join(root, "relative"));
  const tree = new ResctrlDirectory(root, statfsSync(root).type);
  for (const path of ["../victim", "link", "relative", "/etc", join(outside, "victim")]) {
    assert.throws(() => tree.write(`${path}/tasks`, "77"), isRefusal, path);
    assert.throws(() => tree.make(`${path}/made`), isRefusal, path);
    assert.throws(() => tree.remove(`${path}/made`), isRefusal, path);
  }
  // A link in the place of a group is no group.
  assert.throws(() => tree.make("link"), isRefusal);
  assert.ok(!existsSync(join(outside, "victim/made")));
});

test("what is no resctrl file system is not touched, and has no groups to remove", (context) => {
  const root = mkdtempSync(join(tmpdir(), "tsrunc-outside-"));
  context.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "box"));
  const tree = new ResctrlDirectory(root);
  assert.throws(
    () => tree.make("other"),
    (error) => isErrno(error, "ENODEV"),
  );
  assert.equal(tree.exists("box"), false);
  const state = { mountPoint: root, path: "box", isOwn: true, isNamed: false };
  Resctrl.open(state).remove();
  Resctrl.open({ ...state, mountPoint: join(root, "gone") }).remove();
  assert.ok(existsSync(join(root, "box")));
});

function isRefusal(error: unknown): boolean {
  return isErrno(error, "EXDEV", "ELOOP", "EEXIST");
}
