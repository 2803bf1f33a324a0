// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Op } from "../plan/ops.ts";
import { compileContainer } from "./compile.ts";
import { compileExec } from "./compile-exec.ts";
import type { UserNamespace } from "./compiled.ts";
import { readIdMappings, sameIdMappings, toHostId } from "./id-mappings.ts";
import { parseSpec } from "./parse.ts";
import { changed, OPTIONS, specWith, V1_HOST } from "./testdata/samples.ts";
import { checkJoinedMappings } from "./user-namespace.ts";

const IDS = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
const MOUNT = { type: "mount" };
const MAPS = [{ containerId: 0, hostId: 100_000, size: 65_536 }];
const USER: UserNamespace = { uids: MAPS, gids: MAPS, setgroups: true };

function linux(fields: object, ...namespaces: object[]): Record<string, unknown> {
  return { linux: { namespaces: [MOUNT, ...namespaces], ...fields } };
}

function assertRefused(patch: Record<string, unknown>, path: string, message: string): void {
  assert.throws(() => parseSpec(changed(patch)), { path, message });
}

test("a user namespace needs mappings or a path, and mappings need a user namespace", () => {
  const mappings = { uidMappings: IDS, gidMappings: IDS };
  parseSpec(changed(linux(mappings, { type: "user" })));
  parseSpec(changed(linux({}, { type: "user", path: "/u" })));
  parseSpec(changed(linux(mappings, { type: "user", path: "/u" })));
  assertRefused(
    linux({}, { type: "user" }),
    "linux.namespaces",
    "user namespaces enabled, but no namespace path to join nor mappings to apply specified",
  );
  assertRefused(
    linux({ gidMappings: IDS }),
    "linux.uidMappings",
    "user namespace mappings specified, but user namespace isn't enabled in the config",
  );
});

test("a mapping that no kernel takes is refused by its field", () => {
  const refused = (uidMappings: object[], path: string, problem: string): void =>
    assertRefused(linux({ uidMappings, gidMappings: IDS }, { type: "user" }), path, problem);
  const at = "linux.uidMappings";
  refused([{ containerID: 0, hostID: 1 }], `${at}[0].size`, `${at}[0].size is required`);
  refused([{ hostID: 1, size: 1 }], `${at}[0].containerID`, `${at}[0].containerID is required`);
  refused([{ containerID: 0, hostID: 1, size: 0 }], `${at}[0].size`, `${at}[0].size must not be 0`);
  refused(
    [{ containerID: 0, hostID: 2 ** 32 - 2, size: 2 }],
    `${at}[0].size`,
    `${at}[0] ends after the last id there is`,
  );
  refused(
    [{ containerID: -1, hostID: 0, size: 1 }],
    `${at}[0].containerID`,
    `${at}[0].containerID must be an integer between 0 and 4294967295`,
  );
  const second = (containerID: number, hostID: number): object[] => [
    ...IDS,
    { containerID, hostID, size: 2 },
  ];
  refused(second(65_535, 1), `${at}[1]`, `${at}[1] overlaps an earlier mapping`);
  refused(second(70_000, 99_999), `${at}[1]`, `${at}[1] overlaps an earlier mapping`);
  refused(
    [{ containerID: 1, hostID: 1, size: 1 }],
    at,
    "user namespaces enabled, but no mapping found for uid 0",
  );
  const many = Array.from({ length: 341 }, (_, id) => ({ containerID: id, hostID: id, size: 1 }));
  refused(many, at, `${at} has more entries than the kernel takes`);
  // Each line is longer, and all have to fit into a page.
  const long = Array.from({ length: 340 }, (_, id) => ({
    containerID: id * 5_000_000,
    hostID: id * 5_000_000,
    size: 1,
  }));
  refused(long, at, `${at} has more entries than the kernel takes`);
});

test("time offsets need a new time namespace and known clocks", () => {
  const offsets = { timeOffsets: { monotonic: { secs: 5, nanosecs: 7 }, boottime: { secs: -3 } } };
  const { spec } = parseSpec(changed(linux(offsets, { type: "time" })));
  assert.deepEqual(spec.linux.timeOffsets, [
    { clock: "monotonic", seconds: 5n, nanoseconds: 7 },
    { clock: "boottime", seconds: -3n, nanoseconds: 0 },
  ]);
  assertRefused(
    linux(offsets),
    "linux.timeOffsets",
    "time namespace offsets specified, but time namespace isn't enabled in the config",
  );
  assertRefused(
    linux(offsets, { type: "time", path: "/t" }),
    "linux.timeOffsets",
    "time namespace enabled, but both namespace path and time offsets specified -- you may only provide one",
  );
  assertRefused(
    linux({ timeOffsets: { realtime: { secs: 1 } } }, { type: "time" }),
    "linux.timeOffsets.realtime",
    'unknown clock "realtime", want monotonic or boottime',
  );
  assertRefused(
    linux({ timeOffsets: { boottime: { nanosecs: 1_000_000_000 } } }, { type: "time" }),
    "linux.timeOffsets.boottime.nanosecs",
    "linux.timeOffsets.boottime.nanosecs must be an integer between 0 and 999999999",
  );
});

test("a kernel without a kind of namespace is said so", () => {
  const spec = specWith(linux({}, { type: "time" }));
  const facts = { ...V1_HOST, missingNamespaces: ["time"] as const };
  assert.throws(() => compileContainer(spec, facts, OPTIONS), {
    path: "linux.namespaces",
    message: "time namespaces aren't enabled in the kernel",
  });
});

test("mappings beside a path must be those of the namespace", () => {
  const joined = { type: "user", path: "/u" };
  const { linux: same } = specWith(linux({ uidMappings: IDS, gidMappings: IDS }, joined));
  assert.equal(checkJoinedMappings(same, USER).length, 1);
  assert.deepEqual(checkJoinedMappings(specWith(linux({}, joined)).linux, USER), []);
  const other = [{ containerId: 0, hostId: 5, size: 1 }];
  assert.throws(() => checkJoinedMappings(same, { ...USER, gids: other }), {
    message:
      "user namespaces enabled, but both namespace path and non-matching mapping specified -- you may only provide one",
  });
  const rootless = [{ containerId: 1, hostId: 5, size: 1 }];
  assert.throws(() => checkJoinedMappings(same, { ...USER, uids: rootless }), {
    message: "user namespaces enabled, but no mapping found for uid 0",
  });
});

test("ids are looked up in all entries of a map", () => {
  const maps = readIdMappings(
    "         0     100000          2\n      1000       5000          1\n",
  );
  assert.deepEqual(
    [0, 1, 2, 1000, 1001].map((id) => toHostId(maps, id)),
    [100_000, 100_001, undefined, 5000, undefined],
  );
  assert.ok(sameIdMappings(maps, maps.toReversed()));
  assert.ok(!sameIdMappings(maps, maps.slice(1)));
});

function compileAs(user: object, userNamespace: UserNamespace = USER) {
  const namespaces = linux({ uidMappings: IDS, gidMappings: IDS }, { type: "user" });
  const spec = specWith({ ...namespaces, process: { user } });
  return compileContainer(spec, V1_HOST, { ...OPTIONS, userNamespace });
}

test("a user that the namespace does not map is refused, in a container and in an exec", () => {
  const refused = (user: object, path: string, problem: string): void => {
    const error = { path, message: `unable to setup user: ${problem} in user namespace` };
    assert.throws(() => compileAs(user), error);
    const target = { ...compileAs({}).execTarget, nullStdio: [] };
    const { process } = specWith({ process: { user } });
    assert.throws(() => compileExec(process, target, V1_HOST), error);
  };
  refused({ uid: 65_536 }, "process.user.uid", "cannot setuid to unmapped uid 65536");
  refused({ gid: 70_000 }, "process.user.gid", "cannot setgid to unmapped gid 70000");
  refused(
    { additionalGids: [1, 80_000] },
    "process.user.additionalGids[1]",
    "cannot setgroups to unmapped gid 80000",
  );
});

test("the owner of stdio is the user as the host knows it", () => {
  assert.deepEqual(compileAs({ uid: 7, gid: 8 }).process.hostIds, { uid: 100_007, gid: 100_008 });
});

function groupsOps(ops: readonly Op[]): readonly (readonly number[])[] {
  return ops.flatMap((op) => (op.op === "set_groups" ? [[...op.gids]] : []));
}

test("the host's groups are left before the namespace is entered, and setgroups is not called where it is denied", () => {
  const user = { uid: 1, additionalGids: [5] };
  const allowed = compileAs(user);
  const { ops } = allowed.enter(0);
  const left = ops.findIndex(({ op }) => op === "set_groups");
  const entered = ops.findIndex((op) => op.op === "setns" && op.fd === "ns:user");
  assert.ok(left !== -1 && left < entered);
  assert.deepEqual(groupsOps(allowed.finish("/").ops), [[5, 0, 0, 0]]);
  const denied = compileAs(user, { ...USER, setgroups: false });
  assert.deepEqual(groupsOps(denied.enter(0).ops), [[]]);
  assert.deepEqual(groupsOps(denied.finish("/").ops), []);
});

/** What enters what, in order: namespaces, "clone" and "procfs". */
function order(...namespaces: object[]): readonly string[] {
  const user = namespaces.some((namespace) => "type" in namespace && namespace.type === "user");
  const mappings = user ? { uidMappings: IDS, gidMappings: IDS } : {};
  const spec = specWith({ linux: { namespaces: [MOUNT, ...namespaces], ...mappings } });
  const compiled = compileContainer(spec, V1_HOST, { ...OPTIONS, userNamespace: USER });
  return compiled.enter(0).ops.flatMap((op) => {
    if (op.op === "setns") return [op.fd];
    return ["unshare", "clone", "procfs"].includes(op.op) ? [op.op] : [];
  });
}

test("new namespaces are made in the user namespace, joined ones entered before it", () => {
  const made = ["unshare", "clone", "procfs"];
  assert.deepEqual(order({ type: "pid" }), made);
  assert.deepEqual(order({ type: "user" }, { type: "pid" }), ["unshare", "ns:user", ...made]);
  assert.deepEqual(order({ type: "user" }, { type: "pid" }, { type: "network", path: "/n" }), [
    "ns:network",
    "unshare",
    "ns:user",
    ...made,
  ]);
  assert.deepEqual(order({ type: "pid", path: "/p" }), ["ns:pid", ...made]);
});

test("a procfs of a pid namespace that is not new is opened before the user namespace is entered", () => {
  const cloned = ["clone", "procfs", "unshare", "ns:user", "unshare"];
  assert.deepEqual(order({ type: "user" }), cloned);
  assert.deepEqual(order({ type: "user" }, { type: "pid", path: "/p" }), ["ns:pid", ...cloned]);
  assert.deepEqual(order({ type: "user" }, { type: "time" }), ["ns:time", ...cloned]);
});

test("an exec joins the user namespace last, and its procfs is opened outside of the container's mounts", () => {
  const compiled = compileAs({});
  const { process } = specWith({});
  const { ops } = compileExec(process, { ...compiled.execTarget, nullStdio: [] }, V1_HOST).enter(0);
  const names = ops.map((op) => (op.op === "setns" ? `setns ${op.nstype.toString(16)}` : op.op));
  assert.deepEqual(names.slice(names.indexOf("close")), [
    "close",
    "clone",
    "set_dumpable",
    "procfs",
    "setns 20000",
    "set_groups",
    "setns 10000000",
    "close",
    "set_gid",
    "set_uid",
    "set_dumpable",
  ]);
});

test("an id-mapped mount is a bind that has both mappings, or those of the container", () => {
  const data = (more: object): Record<string, unknown> => ({
    mounts: [{ destination: "/data", source: "/data", options: ["bind"], ...more }],
  });
  const both = { uidMappings: IDS, gidMappings: IDS };
  const [mount] = specWith(data(both)).mounts;
  assert.deepEqual(mount?.idMap, { mappings: { uids: MAPS, gids: MAPS }, recursive: false });
  const own = { ...data({ options: ["bind", "ridmap"] }), ...linux(both, { type: "user" }) };
  assert.deepEqual(specWith(own).mounts[0]?.idMap, { mappings: undefined, recursive: true });
  const refused = (more: object, problem: string): void =>
    assertRefused(data(more), "mounts[0]", `invalid mount mounts[0]: id-mapped mounts ${problem}`);
  refused({ uidMappings: IDS }, "must have both uid and gid mappings specified");
  refused({ options: ["bind", "idmap"] }, "must have both uid and gid mappings specified");
  refused({ options: [], type: "tmpfs", ...both }, "are only supported for bind-mounts");
  refused({ options: ["idmap"], type: "tmpfs" }, "are only supported for bind-mounts");
});

test("binds, the root and devices of a user namespace are the runtime's to open", () => {
  const mounts = [
    { destination: "/proc", type: "proc", source: "proc" },
    { destination: "/data", source: "/data", options: ["rbind", "rw"] },
  ];
  const namespaces = linux({ uidMappings: IDS, gidMappings: IDS }, { type: "user" });
  const compiled = compileContainer(specWith({ mounts, ...namespaces }), V1_HOST, {
    ...OPTIONS,
    userNamespace: USER,
  });
  assert.deepEqual(
    compiled.trees.map(({ slot, path }) => [slot, path]),
    [
      ["root", "/bundle/rootfs"],
      ["source:1", "/data"],
    ],
  );
  const names = compiled.prepare.ops.map(({ op }) => op);
  assert.ok(!names.includes("bind") && !names.includes("mknod"));
  assert.equal(names.filter((op) => op === "bind_device").length, 6);
  // The host's pid namespace is somebody else's, and so is its procfs.
  const entered = compiled.enter(0).ops.map(({ op }) => op);
  assert.ok(entered.indexOf("make_fs") < entered.lastIndexOf("setns"));
});
