// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import {
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_STRICTATIME,
  MS_NOATIME,
  MS_NOSUID,
  MS_PRIVATE,
  MS_SHARED,
  MS_SLAVE,
  O_CREAT,
  O_DIRECTORY,
  O_PATH,
  O_WRONLY,
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

const MS_UNBINDABLE = 1n << 17n;
const proc: Input = { slot: "proc", path: "/proc" };

/** Before 5.12. */
const WITHOUT_MOUNT_SETATTR: RunOptions = { deny: ["mount_setattr"] };
const KERNELS: readonly RunOptions[] = [{}, WITHOUT_MOUNT_SETATTR];

interface Tree {
  readonly a: string;
  readonly b: string;
  readonly inputs: readonly Input[];
}

/** Two directories, with procfs as the third input. */
function tree(t: TestContext): Tree {
  const directory = temporaryDirectory(t);
  const [a, b] = [join(directory, "a"), join(directory, "b")];
  mkdirSync(a);
  mkdirSync(b);
  return { a, b, inputs: [proc, { slot: "a", path: a }, { slot: "b", path: b }] };
}

function tmpfs(target: string, attributes = 0n, options: readonly string[] = []): BareOp {
  return { op: "mount_fs", type: "tmpfs", source: "tmpfs", options, attributes, target };
}

function bind(
  set: number,
  clear: number,
  rest: { recursive?: number; propagation?: number } = {},
): BareOp {
  const { recursive = 0, propagation = 0 } = rest;
  return {
    op: "bind",
    source: "a",
    target: "b",
    recursive,
    set: BigInt(set),
    clear: BigInt(clear),
    propagation: BigInt(propagation),
  };
}

/** Opens the mount that is now on a path, as slot `out`. */
function reopen(path: string, out: string): BareOp {
  return { op: "open", dir: "cwd", path, flags: O_PATH | O_DIRECTORY, mode: 0, out };
}

/** Prints mount options, optional fields and the filesystem's options of the last mount on a path. */
function show(path: string): readonly BareOp[] {
  return shell(`awk '$5 == "${path}" {
    sep = 7; while ($sep != "-") sep++
    tags = ""; for (i = 7; i < sep; i++) tags = tags (i > 7 ? "," : "") $i
    sub(/:[0-9]+/, "", tags)
    line = $6 " [" tags "] " $(sep + 1) " " $(sep + 2) " " $(sep + 3)
  } END { print line }' /proc/self/mountinfo`);
}

testInit("mount_fs makes a filesystem with options, flags and attributes", (init, t) => {
  const { b, inputs } = tree(t);
  const options = ["size=64k", "mode=711", "ro"];
  const mount: BareOp = {
    op: "mount_fs",
    type: "tmpfs",
    source: "name",
    options,
    attributes: BigInt(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOATIME),
    target: "b",
  };
  const line = output(init.run([{ inputs, ops: [mount, ...show(b)] }])).trim();
  assert.match(line, /^rw,nosuid,nodev,noatime \[\] tmpfs name ro,size=64k,mode=711/);
  const unnamed = { ...mount, source: "" };
  assert.match(output(init.run([{ inputs, ops: [unnamed, ...show(b)] }])), / tmpfs none ro/);
});

testInit("mount takes values that are too long for mount_fs", (init, t) => {
  const { a, b, inputs } = tree(t);
  const lower = Array.from({ length: 8 }, (_, i) => join(a, `layer-${i}-${"x".repeat(40)}`));
  for (const directory of lower) mkdirSync(directory);
  writeFileSync(join(lower.at(-1) ?? a, "file"), "");
  const option = `lowerdir=${lower.join(":")}`;
  assert.ok(option.length > 300);
  const [type, source, target] = ["overlay", "name", "b"] as const;
  const long: BareOp = { op: "mount_fs", type, source, options: [option], attributes: 0n, target };
  assertFailure(init.run([{ inputs, ops: [long] }]), 0, "EINVAL");
  const flags = BigInt(MS_NOSUID | MS_NOATIME);
  const mount: BareOp = { op: "mount", type, source, data: option, flags, target };
  const line = output(init.run([{ inputs, ops: [mount, ...show(b)] }])).trim();
  assert.match(line, /^rw,nosuid,noatime \[\] overlay name /);
  assert.equal(output(init.run([{ inputs, ops: [mount, ...shell(`ls ${b}; pwd`)] }])), "file\n/\n");
  const unmounted = { ...mount, type: "no-such-type" };
  assertFailure(init.run([{ inputs, ops: [unmounted] }]), 0, "ENODEV");
});

testInit("check_apart tells whether two places are in one filesystem", (init, t) => {
  const { a, b, inputs } = tree(t);
  const check: BareOp = { op: "check_apart", fd: "a", other: "b" };
  assertFailure(init.run([{ inputs, ops: [check] }]), 0, "EXDEV");
  const ops = [tmpfs("b"), reopen(b, "b"), check, ...shell("echo apart")];
  assert.equal(output(init.run([{ inputs, ops }])), "apart\n");
  mkdirSync(join(a, "deep"));
  const deep = [tmpfs("b"), reopen(b, "b"), reopen(join(a, "deep"), "b"), check];
  assertFailure(init.run([{ inputs, ops: deep }]), 3, "EXDEV");
});

testInit("mount_fs fails with the errno of its first failing step", (init, t) => {
  const { inputs } = tree(t);
  const mount = (type: string, options: readonly string[], target = "b"): BareOp => ({
    op: "mount_fs",
    type,
    source: "x",
    options,
    attributes: 0n,
    target,
  });
  const fails = (op: BareOp, errno: string) =>
    assertFailure(init.run([{ inputs, ops: [op] }]), 0, errno);
  fails(mount("nosuchfs", []), "ENODEV");
  fails(mount("tmpfs", ["size=many"]), "EINVAL");
  fails(mount("tmpfs", ["nosuch"]), "EINVAL");
  fails(mount("tmpfs", ["k".repeat(300)]), "EINVAL");
  fails({ ...mount("tmpfs", []), attributes: 1n << 30n } as BareOp, "EINVAL");
  writeFileSync(join(inputs[2]?.path ?? "", "file"), "");
  const file: Input = { slot: "file", path: join(inputs[2]?.path ?? "", "file") };
  assertFailure(init.run([{ inputs: [file], ops: [mount("tmpfs", [], "file")] }]), 0, "ENOTDIR");
});

for (const options of KERNELS) {
  const where = options.deny ? " without mount_setattr" : "";

  testInit(`bind sets and clears attributes of the top mount only${where}`, (init, t) => {
    const { a, b, inputs } = tree(t);
    const prepare: readonly BareOp[] = [
      tmpfs("a", BigInt(MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODIRATIME)),
      reopen(a, "a"),
      { op: "mkdir_all", root: "a", path: "inner", mode: 0o755, out: "inner" },
      tmpfs("inner"),
    ];
    const set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOATIME | MOUNT_ATTR_NOSYMFOLLOW;
    const ops = [...prepare, bind(set, MOUNT_ATTR_NOEXEC | MOUNT_ATTR__ATIME, { recursive: 1 })];
    const top = output(init.run([{ inputs, ops: [...ops, ...show(b)] }], options));
    assert.match(top, /^ro,nosuid,noatime,nodiratime,nosymfollow /);
    const inner = output(init.run([{ inputs, ops: [...ops, ...show(join(b, "inner"))] }], options));
    assert.match(inner, /^rw,relatime /);
    const source = output(init.run([{ inputs, ops: [...ops, ...show(a)] }], options));
    assert.match(source, /^rw,noexec,nodiratime,relatime /);
  });

  testInit(`bind without recursion leaves mounts below behind${where}`, (init, t) => {
    const { a, b, inputs } = tree(t);
    mkdirSync(join(a, "inner"));
    const inner: Input = { slot: "inner", path: join(a, "inner") };
    const ops = [tmpfs("inner"), bind(0, 0), ...show(join(b, "inner"))];
    assert.equal(output(init.run([{ inputs: [...inputs, inner], ops }], options)), "\n");
  });

  testInit(
    `bind ends with its propagation although the target's parent is shared${where}`,
    (init, t) => {
      const { a, b, inputs } = tree(t);
      const share: readonly BareOp[] = [
        tmpfs("a"),
        reopen(a, "a"),
        reopen("/", "root"),
        { op: "set_propagation", fd: "root", propagation: BigInt(MS_SHARED), recursive: 1 },
      ];
      const tags = (propagation: number): string => {
        const ops = [...share, bind(MOUNT_ATTR_RDONLY, 0, { propagation }), ...show(b)];
        return /\[(.*)\]/.exec(output(init.run([{ inputs, ops }], options)))?.[1] ?? "";
      };
      assert.equal(tags(0), "shared");
      assert.equal(tags(MS_PRIVATE), "");
      assert.equal(tags(MS_SLAVE), "master");
    },
  );

  testInit(`set_propagation is recursive if it is told to${where}`, (init, t) => {
    const { a, inputs } = tree(t);
    const set = (recursive: number): BareOp => ({
      op: "set_propagation",
      fd: "a",
      propagation: BigInt(MS_SHARED),
      recursive,
    });
    const prepare: readonly BareOp[] = [
      tmpfs("a"),
      reopen(a, "a"),
      { op: "mkdir_all", root: "a", path: "inner", mode: 0o755, out: "inner" },
      tmpfs("inner"),
    ];
    const tags = (recursive: number, path: string): boolean =>
      output(
        init.run([{ inputs, ops: [...prepare, set(recursive), ...show(path)] }], options),
      ).includes("[shared]");
    assert.equal(tags(0, a), true);
    assert.equal(tags(0, join(a, "inner")), false);
    assert.equal(tags(1, join(a, "inner")), true);
    assertFailure(init.run([{ inputs, ops: [set(0)] }], options), 0, "EINVAL");
  });

  testInit(`mount_attr keeps what it is not told to change${where}`, (init, t) => {
    const { b, inputs } = tree(t);
    const attr = (set: number, clear: number): BareOp => ({
      op: "mount_attr",
      fd: "b",
      set: BigInt(set),
      clear: BigInt(clear),
      recursive: 0,
    });
    const run = (start: number, ...changes: readonly BareOp[]): string =>
      output(
        init.run(
          [{ inputs, ops: [tmpfs("b", BigInt(start)), reopen(b, "b"), ...changes, ...show(b)] }],
          options,
        ),
      );
    assert.match(run(MOUNT_ATTR_NOEXEC, attr(MOUNT_ATTR_RDONLY, 0)), /^ro,noexec,relatime /);
    assert.match(
      run(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV, attr(0, MOUNT_ATTR_RDONLY)),
      /^rw,nodev,relatime /,
    );
    assert.match(run(MOUNT_ATTR_NOATIME, attr(MOUNT_ATTR_RDONLY, 0)), /^ro,noatime /);
    assert.match(run(MOUNT_ATTR_STRICTATIME, attr(MOUNT_ATTR_RDONLY, 0)), /^ro \[/);
    assert.match(
      run(MOUNT_ATTR_NOATIME, attr(MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME)),
      /^rw \[/,
    );
    assert.match(
      run(MOUNT_ATTR_NODIRATIME, attr(MOUNT_ATTR_NOSYMFOLLOW, 0)),
      /^rw,nodiratime,relatime,nosymfollow /,
    );
  });

  testInit(`mount_attr fails where no mount begins${where}`, (init, t) => {
    const { inputs } = tree(t);
    const attr: BareOp = { op: "mount_attr", fd: "b", set: 1n, clear: 0n, recursive: 0 };
    assertFailure(init.run([{ inputs, ops: [attr] }], options), 0, "EINVAL");
  });

  testInit(`readonly_path keeps attributes and mounts below writable${where}`, (init, t) => {
    const { a, inputs } = tree(t);
    mkdirSync(join(a, "x"));
    const prepare: readonly BareOp[] = [
      tmpfs("a", BigInt(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)),
      reopen(a, "a"),
      { op: "mkdir_all", root: "a", path: "x/inner", mode: 0o755, out: "inner" },
      tmpfs("inner"),
      { op: "readonly_path", root: "a", path: "/x" },
    ];
    const run = (path: string): string =>
      output(init.run([{ inputs, ops: [...prepare, ...show(path)] }], options));
    assert.match(run(join(a, "x")), /^ro,nosuid,noexec,relatime /);
    assert.match(run(join(a, "x/inner")), /^rw,relatime /);
    assert.match(run(a), /^rw,nosuid,noexec,relatime /);
    const missing: BareOp = { op: "readonly_path", root: "a", path: "/no" };
    assertFailure(init.run([{ inputs, ops: [missing] }], options), 0, "ENOENT");
  });
}

testInit("mount_attr is recursive with mount_setattr only", (init, t) => {
  const { a, inputs } = tree(t);
  const attr: BareOp = {
    op: "mount_attr",
    fd: "a",
    set: BigInt(MOUNT_ATTR_RDONLY),
    clear: 0n,
    recursive: 1,
  };
  const prepare: readonly BareOp[] = [
    tmpfs("a"),
    reopen(a, "a"),
    { op: "mkdir_all", root: "a", path: "inner", mode: 0o755, out: "inner" },
    tmpfs("inner"),
  ];
  const ops = [...prepare, attr, ...show(join(a, "inner"))];
  assert.match(output(init.run([{ inputs, ops }])), /^ro,relatime /);
  assertFailure(init.run([{ inputs, ops }], WITHOUT_MOUNT_SETATTR), 4, "ENOSYS");
});

testInit("the working directory is the same after a mount by path", (init, t) => {
  const { b, inputs } = tree(t);
  const ops: readonly BareOp[] = [
    { op: "chdir", path: "/usr" },
    tmpfs("b"),
    reopen(b, "b"),
    { op: "mount_attr", fd: "b", set: 1n, clear: 0n, recursive: 0 },
    ...shell("pwd"),
  ];
  assert.equal(output(init.run([{ inputs, ops }], WITHOUT_MOUNT_SETATTR)), "/usr\n");
  const noProc = inputs.slice(1);
  assertFailure(init.run([{ inputs: noProc, ops }], WITHOUT_MOUNT_SETATTR), 3, "EBADF");
});

testInit("bind fails with the kernel's errno and without a trace", (init, t) => {
  const { b, inputs } = tree(t);
  writeFileSync(join(b, "file"), "");
  const file: Input = { slot: "b", path: join(b, "file") };
  assertFailure(
    init.run([{ inputs: [...inputs.slice(0, 2), file], ops: [bind(0, 0)] }]),
    0,
    "ENOTDIR",
  );
  assertFailure(init.run([{ inputs, ops: [bind(1 << 30, 0)] }]), 0, "EINVAL");
  assertFailure(init.run([{ inputs, ops: [bind(0, 0, { propagation: 3 })] }]), 0, "EINVAL");
});

testInit("pivot_root leaves nothing of the old root and unmounts nothing outside", (init, t) => {
  const { b, inputs } = tree(t);
  const ops: readonly BareOp[] = [
    reopen("/", "old"),
    { op: "set_propagation", fd: "old", propagation: BigInt(MS_SLAVE), recursive: 1 },
    tmpfs("b"),
    reopen(b, "b"),
    { op: "make_file", root: "b", path: "bin/busybox", mode: 0o755, out: "busybox" },
    { op: "open", dir: "cwd", path: "/bin/busybox", flags: O_PATH, mode: 0, out: "host-busybox" },
    {
      op: "bind",
      source: "host-busybox",
      target: "busybox",
      recursive: 0,
      set: 0n,
      clear: 0n,
      propagation: 0n,
    },
    { op: "mkdir_all", root: "b", path: "proc", mode: 0o755, out: "p" },
    { op: "mount_fs", type: "proc", source: "proc", options: [], attributes: 0n, target: "p" },
    { op: "pivot_root", root: "b" },
    { op: "check_cwd" },
    { op: "find_exec", candidates: ["/bin/busybox"] },
    {
      op: "exec",
      argv: ["busybox", "sh", "-c", "pwd; ls /; cut -d' ' -f5 /proc/self/mountinfo"],
      env: ["PATH=/bin"],
    },
  ];
  const text = output(init.run([{ inputs, ops }]));
  assert.equal(text, "/\nbin\nproc\n/\n/bin/busybox\n/proc\n");
  assertFailure(init.run([{ inputs, ops: [{ op: "pivot_root", root: "a" }] }]), 0, "EBUSY");
});

function maskOp(path: string, options: readonly string[]): BareOp {
  return { op: "mask_path", root: "a", path, null: "null", tmpfs: "tmpfs", options };
}

testInit("mask_path hides files under null and directories under one empty tmpfs", (init, t) => {
  const { a, inputs } = tree(t);
  for (const name of ["d1", "d2"]) {
    mkdirSync(join(a, name));
    writeFileSync(join(a, name, "secret"), "secret");
  }
  writeFileSync(join(a, "file"), "secret");
  const host: Input = { slot: "host", path: "/" };
  const mask = (path: string): BareOp => maskOp(path, ["mode=0711"]);
  const ops: readonly BareOp[] = [
    { op: "open_null", root: "host", out: "null" },
    { ...mask("/missing"), tolerate: ["ENOENT"] },
    mask("/file"),
    mask("/d1"),
    mask("/d2"),
  ];
  const command = `cd ${a}; cat file; ls d1 d2; stat -c %F file; stat -c %d d1 d2 | uniq | wc -l; mkdir d1/x`;
  const result = init.run([{ inputs: [...inputs, host], ops: [...ops, ...shell(command)] }]);
  assert.equal(result.stdout, "d1:\n\nd2:\ncharacter special file\n1\n");
  assert.match(result.stderr, /Read-only file system/);
  const line = output(
    init.run([{ inputs: [...inputs, host], ops: [...ops, ...show(join(a, "d2"))] }]),
  );
  assert.match(line, /^ro,relatime \[\] tmpfs tmpfs ro,.*nr_inodes=1,mode=711/);
});

testInit(
  "mask_path gives a directory a tmpfs of its own where the shared one can't be bound",
  (init, t) => {
    const { a, inputs } = tree(t);
    for (const name of ["d1", "d2"]) {
      mkdirSync(join(a, name));
      writeFileSync(join(a, name, "secret"), "secret");
    }
    const host: Input = { slot: "host", path: "/" };
    const mask = (path: string): BareOp => maskOp(path, []);
    const unbindable: BareOp = {
      op: "set_propagation",
      fd: "tmpfs",
      propagation: MS_UNBINDABLE,
      recursive: 0,
    };
    const ops: readonly BareOp[] = [
      { op: "open_null", root: "host", out: "null" },
      mask("/d1"),
      unbindable,
      mask("/d2"),
    ];
    const command = `cd ${a}; ls d1 d2; stat -c %d d1 d2 | uniq | wc -l`;
    const result = init.run([{ inputs: [...inputs, host], ops: [...ops, ...shell(command)] }]);
    assert.equal(output(result), "d1:\n\nd2:\n2\n");
  },
);

testInit(
  "make_fs_like takes the mode of a directory unless an option says otherwise, or there is none",
  (init, t) => {
    const { a, b, inputs } = tree(t);
    chmodSync(b, 0o3751);
    const make = (like: string, options: readonly string[]): readonly BareOp[] => [
      { op: "make_fs_like", type: "tmpfs", source: "t", options, attributes: 0n, like, out: "m" },
      { op: "attach", mount: "m", target: "a", recursive: 0, set: 0n, clear: 0n, propagation: 0n },
    ];
    const mode = (ops: readonly BareOp[]): string =>
      output(init.run([{ inputs, ops: [...ops, ...shell(`stat -c %a ${a}`)] }]));
    assert.equal(mode(make("b", [])), "3751\n");
    assert.equal(mode(make("b", ["size=1m", "mode=700"])), "700\n");
    assert.equal(mode([{ op: "close", fd: "b" }, ...make("b", [])]), "1777\n");
  },
);

testInit(
  "a mount that is being written to does not become read-only, however long that is tried",
  (init, t) => {
    const { a, inputs } = tree(t);
    const place = { dir: "cwd", out: "w", mode: 0o600 };
    const ops: readonly BareOp[] = [
      tmpfs("a"),
      { op: "open", ...place, path: join(a, "file"), flags: O_WRONLY | O_CREAT },
      { op: "open", dir: "cwd", path: a, flags: O_PATH, mode: 0, out: "a" },
      { op: "mount_attr", fd: "a", set: BigInt(MOUNT_ATTR_RDONLY), clear: 0n, recursive: 0 },
    ];
    assertFailure(init.run([{ inputs, ops }]), 3, "EBUSY");
  },
);

testInit("mask_path never binds what is not the null device", (init, t) => {
  const { a, inputs } = tree(t);
  writeFileSync(join(a, "file"), "");
  const zero: Input = { slot: "zero", path: "/dev/zero" };
  const rest = { null: "zero", tmpfs: "tmpfs", options: [] };
  const mask: BareOp = { op: "mask_path", root: "a", path: "file", ...rest };
  assertFailure(init.run([{ inputs: [...inputs, zero], ops: [mask] }]), 0, "ENODEV");
  assertFailure(
    init.run([{ inputs: [...inputs, zero], ops: [{ ...mask, path: "no" } as BareOp] }]),
    0,
    "ENOENT",
  );
});

testInit("set_xattr labels a directory, and says what the filesystem says", (init, t) => {
  const { a, inputs } = tree(t);
  const label = (fd: string): BareOp => ({
    op: "set_xattr",
    fd,
    name: "trusted.label",
    value: new TextEncoder().encode("inside"),
  });
  const open: BareOp = { op: "open", dir: "cwd", path: a, flags: O_PATH, mode: 0, out: "a" };
  const archive = `tar --xattrs --xattrs-include='*' -C ${a} -cf - . | grep -ao trusted.label=inside`;
  const ops: readonly BareOp[] = [tmpfs("a"), open, label("a"), ...shell(archive)];
  assert.equal(output(init.run([{ inputs, ops }])), "trusted.label=inside\n");
  assertFailure(init.run([{ inputs, ops: [label("proc")] }]), 0, "EOPNOTSUPP");
});
