// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { Encoder } from "../plan/encode.ts";
import { formatProgram } from "../plan/format.ts";
import { compileContainer } from "./compile.ts";
import type { CompileOptions, HostFacts } from "./compiled.ts";
import { bindSourcePath } from "./mounts.ts";
import { OPTIONS, specWith, V1_HOST, V2_HOST } from "./testdata/samples.ts";

interface Call {
  readonly facts?: HostFacts;
  readonly options?: Partial<CompileOptions>;
  readonly namespaces?: readonly unknown[];
}

/** The ops that make one mount, as text. */
function mountText(mount: Readonly<Record<string, unknown>>, call: Call = {}): readonly string[] {
  const namespaces = call.namespaces ?? [{ type: "mount" }];
  const spec = specWith({ mounts: [mount], linux: { namespaces } });
  const compiled = compileContainer(spec, call.facts ?? V1_HOST, { ...OPTIONS, ...call.options });
  const lines = formatProgram(compiled.prepare).split("\n");
  const end = lines.indexOf("close fd=source");
  const start = lines.indexOf("close fd=host");
  return lines.slice(start + 1, end);
}

const bind = { destination: "/d", source: "/s", options: ["bind"] };

test("the target of a bind is what its source is", () => {
  const target = (kind: "dir" | "file" | undefined): string | undefined =>
    mountText(bind, { options: { bindSourceKinds: [kind] } })[1]?.split(" ")[0];
  assert.equal(target("dir"), "mkdir_all");
  assert.equal(target("file"), "make_file");
  // Missing: the source is opened first and the failure is about that.
  assert.equal(target(undefined), "mkdir_all");
});

test("a relative bind source is in the bundle", () => {
  const mount = { ...bind, source: "../x/./y" };
  assert.match(mountText(mount)[0] ?? "", /^open dir=cwd path="\/x\/y"/);
  const [parsed] = specWith({ mounts: [mount] }).mounts;
  assert.ok(parsed);
  assert.equal(bindSourcePath(parsed, "/bundle"), "/x/y");
});

test("only the words bind and rbind make a bind", () => {
  assert.match(mountText({ ...bind, type: "none", options: ["rbind"] })[2] ?? "", /^bind /);
  // The type alone makes none, and no filesystem is called so.
  assert.throws(() => mountText({ ...bind, type: "bind", options: [] }), {
    message: 'mounts[0].type "bind" is no filesystem: it takes the option bind or remount',
  });
});

test("a propagation that reaches as far as the bind is part of it, others follow", () => {
  const ops = (options: readonly string[]): readonly string[] =>
    mountText({ ...bind, options }).slice(2);
  assert.match(ops(["bind", "slave"])[0] ?? "", /propagation=SLAVE$/);
  assert.match(ops(["rbind", "rslave"])[0] ?? "", /propagation=SLAVE$/);
  // By descriptor: at the path there may be something else by then.
  assert.deepEqual(ops(["rbind", "slave", "shared"]), [
    "clone_mount source=source recursive=1 out=mount",
    "attach mount=mount target=target recursive=1 set=0 clear=0 propagation=0",
    "set_propagation fd=mount propagation=SLAVE recursive=0",
    "set_propagation fd=mount propagation=SHARED recursive=0",
  ]);
});

test("recursive attributes are set before anybody sees the tree", () => {
  assert.deepEqual(mountText({ ...bind, options: ["rbind", "rprivate", "ro", "rro"] }).slice(2), [
    "clone_mount source=source recursive=1 out=mount",
    "mount_attr fd=mount set=RDONLY clear=0 recursive=1",
    "attach mount=mount target=target recursive=1 set=RDONLY clear=NOEXEC|NODEV|NOSUID propagation=PRIVATE",
  ]);
  assert.match(mountText({ ...bind, options: ["bind", "rro"] })[2] ?? "", /^bind .* set=RDONLY /);
});

test("a remount changes what is mounted at the destination", () => {
  const remount = { ...bind, destination: "/x", options: ["bind", "remount", "ro", "nodev"] };
  const resolve = 'resolve root=root path="/x" flags=O_PATH resolve=IN_ROOT out=mount';
  assert.deepEqual(mountText(remount), [
    resolve,
    "mount_attr fd=mount set=NODEV|RDONLY clear=NOEXEC|NOSUID recursive=0",
  ]);
  const options = ["remount", "size=2m", "ro", "sync"];
  assert.deepEqual(mountText({ ...remount, type: "tmpfs", options }), [
    resolve.replace("mount", "late:0"),
    'mount type="tmpfs" source="/s" data="size=2m" flags=REMOUNT|SYNCHRONOUS target=late:0',
  ]);
});

test("a tmpfs is filled with what it covers before it covers it", () => {
  const mount = {
    destination: "/x",
    type: "tmpfs",
    source: "t",
    options: ["tmpcopyup", "size=1m"],
  };
  assert.deepEqual(mountText(mount), [
    'resolve root=root path="/x" flags=O_PATH resolve=NO_MAGICLINKS|IN_ROOT out=covered' +
      " tolerate ENOENT",
    'mkdir_all root=root path="/x" mode=0755 out=target',
    'make_fs_like type="tmpfs" source="t" options=["size=1m"] attributes=0 like=covered out=mount',
    "copy_tree from=target to=mount",
    "attach mount=mount target=target recursive=0 set=0 clear=0 propagation=0",
  ]);
});

test("i_version needs mount(2)", () => {
  const mount = { destination: "/x", type: "ext4", source: "/dev/vdb", options: ["iversion"] };
  assert.match(mountText(mount)[1] ?? "", /^mount type="ext4" .* data="" flags=I_VERSION /);
});

test("over /proc goes a procfs only", () => {
  const call = (kind: "dir" | "proc"): Call => ({ options: { bindSourceKinds: [kind] } });
  mountText({ ...bind, destination: "/proc" }, call("proc"));
  assert.throws(() => mountText({ ...bind, destination: "/proc" }, call("dir")), {
    path: "mounts[0].source",
    message: '"/proc" cannot be mounted because it is not of type proc',
  });
});

test("proc and sysfs go on ordinary directories, before and after these are made", () => {
  for (const type of ["proc", "sysfs"]) {
    const ops = mountText({ destination: "/x", type, source: type });
    const resolve = 'resolve root=root path="/x/" flags=O_PATH resolve=NO_MAGICLINKS|NO_SYMLINKS';
    assert.ok(ops[0]?.startsWith(resolve) && ops[0].includes("otherwise mkdir_all"), ops[0]);
    assert.ok(ops[1]?.startsWith(resolve) && !ops[1].includes("tolerate"), ops[1]);
  }
});

test("what is mounted after /proc is not mounted in it, whatever links the image has", () => {
  const ops = (mounts: readonly object[]): readonly string[] => {
    const compiled = compileContainer(specWith({ mounts }), V1_HOST, OPTIONS);
    const text = formatProgram({ inputs: [], ops: compiled.prepare.ops });
    return text.split("\n").filter((line) => /^(mkdir_all|check_apart|mount_fs)/.test(line));
  };
  const proc = { destination: "/proc", type: "proc", source: "proc" };
  const data = { destination: "/data", type: "tmpfs", source: "t", options: ["mode=755"] };
  const names = (mounts: readonly object[]): readonly string[] =>
    ops(mounts)
      .filter((line) => !line.includes("/dev"))
      .map((line) => line.split(" ")[0] ?? "");
  assert.deepEqual(names([proc, data]), ["mount_fs", "mkdir_all", "check_apart", "mount_fs"]);
  assert.deepEqual(names([data, proc]), ["mkdir_all", "mount_fs", "mount_fs"]);
  const v1 = { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup" };
  assert.ok(names([proc, v1]).includes("check_apart"));
});

test("a procfs that is bound goes on an ordinary directory, too", () => {
  const call: Call = { options: { bindSourceKinds: ["proc"] } };
  const text = mountText({ ...bind, destination: "/proc" }, call);
  assert.match(text[1] ?? "", /^resolve root=root path="\/proc\/" .*NO_SYMLINKS/);
});

test("a value that is too long for the newer mount calls goes through mount(2), up to a page", () => {
  const lower = (length: number): string => `lowerdir=${"/l".repeat(length / 2)}`;
  const overlay = (options: readonly string[]): string =>
    mountText({ destination: "/x", type: "overlay", source: "o", options }).at(-1) ?? "";
  assert.match(overlay([lower(254), "index=off"]), /^mount_fs /);
  assert.match(
    overlay([lower(256), "index=off", "ro", "sync", "nodev", "noatime"]),
    /^mount type="overlay" source="o" data="lowerdir=[/l]*,index=off" flags=NOATIME\|SYNCHRONOUS\|NODEV\|RDONLY target=target$/,
  );
  assert.throws(() => overlay([lower(4096)]), {
    path: "mounts[0].options",
    message:
      /^error mounting "o" to rootfs at "\/x": options are 4105 bytes long, mount\(2\) takes 4095$/,
  });
});

test("a filesystem that is read-only is so as a whole; tmpfs and /dev become it at the end", () => {
  const fs = (mount: object): string =>
    mountText({ destination: "/x", source: "s", options: ["ro"], ...mount })
      .filter((line) => /^(mount|make)_fs/.test(line))
      .at(-1) ?? "";
  assert.match(fs({ type: "ext4" }), /options=\["ro"\] attributes=RDONLY /);
  assert.match(fs({ type: "tmpfs" }), /options=\[\] attributes=0 /);
  assert.match(fs({ type: "devtmpfs", destination: "/dev" }), /options=\[\] attributes=0 /);
});

test("a tmpfs has the mode of what it covers, if that was there, unless it has its own", () => {
  const fs = { destination: "/x", type: "tmpfs", source: "t" };
  const lines = mountText(fs);
  assert.match(lines[0] ?? "", /^resolve .*"\/x" .*out=covered tolerate ENOENT$/);
  assert.ok(lines.some((line) => /^make_fs_like .* like=covered out=mount/.test(line)));
  const own = mountText({ ...fs, options: ["mode=700"] }).join("\n");
  assert.match(own, /^mount_fs .*options=\["mode=700"\]/m);
  assert.ok(!own.includes("covered"));
});

test("what becomes read-only at the end does so by the descriptor of the mount that was made", () => {
  const mounts = [
    { destination: "/t", type: "tmpfs", source: "t", options: ["ro", "mode=755"] },
    { destination: "/dev", source: "/devices", options: ["bind", "ro"] },
    { destination: "/p", type: "tmpfs", source: "t", options: ["ro", "rshared"] },
  ];
  const { prepare, finish } = compileContainer(specWith({ mounts }), V1_HOST, OPTIONS);
  const made = prepare.ops.flatMap((op) =>
    "out" in op && op.out.startsWith("late:") ? [`${op.op} ${op.out}`] : [],
  );
  assert.deepEqual(made, ["make_fs late:0", "clone_mount late:1", "make_fs_like late:2"]);
  const last = finish(undefined).ops.flatMap((op) => (op.op === "mount_attr" ? [op.fd] : []));
  assert.deepEqual(last, ["late:0", "late:1", "late:2"]);
});

test("more of them than there are slots to spare are found by their paths", () => {
  const mounts = Array.from({ length: 300 }, (_, index) => {
    return { destination: `/t${index}`, type: "tmpfs", source: "t", options: ["ro"] };
  });
  const { prepare, finish } = compileContainer(specWith({ mounts }), V1_HOST, OPTIONS);
  const encoder = new Encoder();
  encoder.encode({ ...prepare, inputs: [...prepare.inputs, "proc"] });
  const changed = finish(undefined).ops.flatMap((op) => (op.op === "mount_attr" ? [op.fd] : []));
  assert.equal(changed.length, 300);
  assert.equal(changed.filter((fd) => fd === "target").length, 300 - 32);
});

const cgroup = { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"] };

test("a cgroup mount on v2 shows the own cgroup, bound where it can't be mounted", () => {
  const namespaces = [{ type: "mount" }, { type: "cgroup" }];
  const options = { cgroupV2Directory: "/sys/fs/cgroup/box" };
  for (const type of ["cgroup", "cgroup2"]) {
    const mount = { ...cgroup, type, options: ["ro", "nsdelegate"] };
    assert.deepEqual(mountText(mount, { facts: V2_HOST, namespaces, options }), [
      'mkdir_all root=root path="/sys/fs/cgroup" mode=0755 out=target',
      'open dir=cwd path="/sys/fs/cgroup/box" flags=O_PATH mode=0 out=source',
      'mount_fs type="cgroup2" source="cgroup" options=["nsdelegate"] attributes=RDONLY target=target tolerate EPERM,EBUSY ' +
        "otherwise bind source=source target=target recursive=0 set=RDONLY clear=0 propagation=0",
    ]);
  }
  assert.match(mountText({ ...cgroup, type: "cgroup2" })[1] ?? "", /^mount_fs type="cgroup2"/);
});

test("without a cgroup namespace on v2 the host's tree is bound, for a mount would change its options", () => {
  const text = (options: readonly string[]): string =>
    mountText({ ...cgroup, options }, { facts: V2_HOST }).at(-1) ?? "";
  assert.match(text(["nosuid", "nsdelegate"]), /^bind .* set=NOSUID clear=RDONLY /);
  assert.match(text(["ro"]), /^bind .* set=RDONLY clear=0 /);
});

test("a user namespace without a cgroup namespace can't write to the host's cgroups", () => {
  const ids = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  const spec = specWith({
    mounts: [{ ...cgroup, options: ["rw"] }],
    linux: {
      namespaces: [{ type: "mount" }, { type: "user" }],
      uidMappings: ids,
      gidMappings: ids,
    },
  });
  const { ops } = compileContainer(spec, V2_HOST, OPTIONS).prepare;
  const binds = ops.flatMap((op) => (op.op === "bind" && op.target === "target" ? [op] : []));
  assert.deepEqual(
    binds.map(({ set, clear }) => [set, clear]),
    [[1n, 0n]],
  );
});

test("a cgroup mount on v1 shows the own directories, or with a namespace whole hierarchies", () => {
  const without = mountText(cgroup);
  assert.deepEqual(
    without.filter((line) => line.startsWith("open ")),
    ["cpu,cpuacct", "memory", "systemd"].map(
      (name) => `open dir=cwd path="/sys/fs/cgroup/${name}/box" flags=O_PATH mode=0 out=source`,
    ),
  );
  assert.deepEqual(without.slice(-3), [
    'mkdir_all root=root path="/sys/fs/cgroup" mode=0755 out=target',
    'symlink dir=target name="cpu" target="cpu,cpuacct"',
    'symlink dir=target name="cpuacct" target="cpu,cpuacct"',
  ]);
  const namespaces = [{ type: "mount" }, { type: "cgroup" }];
  const mounts = mountText(cgroup, { namespaces }).filter((line) => line.startsWith("mount_fs"));
  assert.deepEqual(mounts.slice(1), [
    'mount_fs type="cgroup" source="cgroup" options=["cpu","cpuacct"] attributes=NOEXEC|NODEV|NOSUID|RDONLY target=target',
    'mount_fs type="cgroup" source="cgroup" options=["memory"] attributes=NOEXEC|NODEV|NOSUID|RDONLY target=target',
    'mount_fs type="cgroup" source="systemd" options=["none","name=systemd"] attributes=NOEXEC|NODEV|NOSUID|RDONLY target=target',
  ]);
});

test("a cgroup mount on v1 does not show the host's tree for want of a path", () => {
  const options = { cgroupV1Directories: new Map<string, string>() };
  assert.throws(() => mountText(cgroup, { options }), { path: "mounts[0]" });
});

test("a bind over /dev brings its own devices", () => {
  const nodes = (mount: object): number => {
    const compiled = compileContainer(specWith({ mounts: [mount] }), V1_HOST, OPTIONS);
    return compiled.prepare.ops.filter(({ op }) => op === "mknod").length;
  };
  assert.equal(nodes({ destination: "/dev", source: "/dev", options: ["rbind"] }), 0);
  assert.equal(nodes({ destination: "/dev/", type: "tmpfs", source: "tmpfs" }), 6);
});
