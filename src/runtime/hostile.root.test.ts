// SPDX-License-Identifier: Apache-2.0
// Images and configurations that want out of their container. Attacks beside plans that would let them succeed are in
// `attacks/`; docs/security.md tells which one is shown where.

import assert from "node:assert/strict";
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { mkfifo } from "../sys/proc.ts";
import { type ConfigChanges, NO_STDIO, readAll, Sandbox } from "./testing/sandbox.ts";

const PROC = { destination: "/proc", type: "proc", source: "proc" };
const NO_CAPABILITIES = { bounding: [], permitted: [], effective: [] };

interface Attack {
  readonly name: string;
  /** Changes the root filesystem, or the bundle around it. */
  readonly prepare?: (rootfs: string, bundle: string) => void;
  readonly changes?: ConfigChanges;
  /** What create says. */
  readonly refused: RegExp;
}

/** Puts a symbolic link in the place of an empty directory. */
function replaceByLink(path: string, target: string): void {
  rmdirSync(path);
  symlinkSync(target, path);
}

const ATTACKS: readonly Attack[] = [
  {
    name: "a volume that a link of the image leads over /proc",
    prepare: (rootfs) => symlinkSync("../../proc", join(rootfs, "data")),
    changes: { mounts: [PROC, { destination: "/data", type: "tmpfs", source: "tmpfs" }] },
    refused: /"\/data" cannot be mounted because it is inside \/proc/,
  },
  {
    name: "a file that a link of the image leads to one of /proc",
    prepare: (rootfs, bundle) => {
      symlinkSync("/proc/self/attr/exec", join(rootfs, "file"));
      writeFileSync(join(bundle, "file"), "");
    },
    changes: { mounts: [PROC, { destination: "/file", source: "file", options: ["bind"] }] },
    refused: /cannot be mounted because it is inside \/proc|no such file or directory/,
  },
  {
    name: "an image whose /dev/null is a file",
    prepare: (rootfs) => writeFileSync(join(rootfs, "dev/null"), ""),
    changes: { mounts: [PROC], linux: { maskedPaths: ["/proc/kcore"] } },
    refused: /error reopening \/dev\/null inside container: not the null device/,
  },
];

for (const { name, prepare, changes, refused } of ATTACKS) {
  test(`${name} is refused`, async () => {
    await using sandbox = new Sandbox();
    prepare?.(join(sandbox.root, "rootfs"), sandbox.root);
    sandbox.writeConfig("true", changes);
    await assert.rejects(sandbox.create(), refused);
  });
}

/** The output of a container that runs `script` to its end. */
async function run(sandbox: Sandbox, script: string, changes?: ConfigChanges): Promise<string> {
  const { path, reader } = sandbox.client("out");
  sandbox.writeConfig(script, changes);
  const stdio = { ...NO_STDIO, stdout: path, stderr: path };
  const container = await sandbox.create({ stdio });
  await container.start();
  const output = await readAll(reader);
  await container.exited;
  return output;
}

test("mounts and devices stay in a root filesystem whose directories are links out of it", async () => {
  await using sandbox = new Sandbox();
  const rootfs = join(sandbox.root, "rootfs");
  const outside = join(sandbox.root, "outside");
  mkdirSync(outside);
  replaceByLink(join(rootfs, "dev"), "../outside");
  symlinkSync("/", join(rootfs, "data"));
  symlinkSync(outside, join(rootfs, "absolute"));
  const mounts = [
    PROC,
    { destination: "/data/new/deep", type: "tmpfs", source: "tmpfs" },
    { destination: "/absolute/../absolute/x", type: "tmpfs", source: "tmpfs" },
  ];
  await run(sandbox, "true", { mounts });
  assert.deepEqual(readdirSync(outside), []);
  assert.ok(readdirSync(join(rootfs, "outside")).includes("null"));
  assert.deepEqual(readdirSync(join(rootfs, "new")), ["deep"]);
});

test("a FIFO of the image as a mount point stops nobody", async () => {
  await using sandbox = new Sandbox();
  mkfifo(join(sandbox.root, "rootfs/etc/hosts"), 0o644);
  writeFileSync(join(sandbox.root, "hosts"), "of the host\n");
  const mounts = [PROC, { destination: "/etc/hosts", source: "hosts", options: ["bind", "ro"] }];
  assert.equal(await run(sandbox, "cat /etc/hosts", { mounts }), "of the host\n");
});

test("a program that is its own starter can't change it", async () => {
  await using sandbox = new Sandbox();
  const args = ["/proc/self/exe", "--version"];
  assert.match(await run(sandbox, "", { process: { args } }), /^tsrunc-init /);
});

test("the program that starts containers can't be written, nor made unusable", async () => {
  await using sandbox = new Sandbox();
  sandbox.writeConfig("sleep 100");
  const container = await sandbox.create();
  const path = `/proc/${container.pid}/exe`;
  assert.throws(() => openSync(path, constants.O_RDWR), { code: /ETXTBSY|EPERM/ });
  const fd = openSync(path, constants.O_RDONLY);
  const mode = fstatSync(fd).mode;
  const [major = 0, minor = 0] = release().split(".").map(Number);
  // Before Linux 6.3 nothing seals the mode.
  if (major > 6 || (major === 6 && minor >= 3)) {
    assert.throws(() => fchmodSync(fd, 0), { code: "EPERM" });
    assert.equal(fstatSync(fd).mode, mode);
  }
  closeSync(fd);
});

test("who says nothing about capabilities has none, and an exec those of the container", async () => {
  await using sandbox = new Sandbox();
  const bounding = ["CAP_KILL"];
  for (const [capabilities, expected] of [
    [undefined, "0".repeat(16)],
    [{ bounding, permitted: bounding, effective: bounding }, "0000000000000020"],
  ] as const) {
    sandbox.writeConfig("sleep 100", { process: { capabilities } });
    const container = await sandbox.create();
    await container.start();
    const { path, reader } = sandbox.client(`exec-${expected}`);
    const { process: document, ...options } = sandbox.exec("", { stdout: path });
    const process = { ...(document as object), args: ["cat", "/proc/self/status"] };
    const exec = await container.exec({ ...options, process });
    const output = await readAll(reader);
    for (const set of ["CapPrm", "CapEff", "CapBnd"]) {
      assert.match(output, new RegExp(`${set}:\\t${expected}\\n`));
    }
    await exec.exited;
    exec.stdio.close();
    await container.remove();
  }
});

test("nothing of the runtime's own environment and signals is in a container", async () => {
  await using sandbox = new Sandbox();
  // Not by a shell, which changes both.
  const args = ["cat", "/proc/1/environ", "/proc/1/status"];
  const env = ["PATH=/bin", "HOME=/"];
  const output = await run(sandbox, "", { process: { args, env } });
  assert.ok(output.startsWith("PATH=/bin\0HOME=/\0Name:"), output);
  for (const set of ["SigBlk", "SigIgn"]) assert.match(output, new RegExp(`${set}:\\t0{16}\\n`));
});

test("a process that joins a container can't be looked into from inside", async () => {
  await using sandbox = new Sandbox();
  const { path, reader } = sandbox.client("out");
  // A link of another process says nothing (it is gone, or may not be read), or names the shell's own program.
  const spy = `while :; do for f in /proc/[0-9]*/exe /proc/[0-9]*/fd/[3-9]; do
    case "$f $(readlink $f)" in /proc/1/*|*" "|*" /bin/busybox"|*" pipe:"*|*" /proc") ;; *) echo "$f seen";; esac
  done; done 2> /dev/null`;
  sandbox.writeConfig(spy, { process: { capabilities: NO_CAPABILITIES } });
  symlinkSync("busybox", join(sandbox.root, "rootfs/bin/readlink"));
  const container = await sandbox.create({ stdio: { ...NO_STDIO, stdout: path } });
  await container.start();
  for (let round = 0; round < 100; round++) {
    const options = sandbox.exec("");
    const document = { ...(options.process as object), args: ["true"] };
    const process = { ...document, capabilities: NO_CAPABILITIES };
    const exec = await container.exec({ ...options, process });
    await exec.exited;
    exec.stdio.close();
  }
  container.signal(9);
  await container.exited;
  assert.equal(await readAll(reader), "");
});

test("an overlay among the mounts may have more layers than fit into one option", async () => {
  await using sandbox = new Sandbox();
  const layers = Array.from({ length: 12 }, (_, index) => join(sandbox.root, `layer-${index}`));
  for (const layer of layers) mkdirSync(layer);
  writeFileSync(join(layers.at(-1) ?? "", "file"), "lowest\n");
  const options = [`lowerdir=${layers.join(":")}`, "ro", "nosuid"];
  const mount = { destination: "/layers", type: "overlay", source: "overlay", options };
  assert.ok(options.join().length > 256);
  const script = "cat /layers/file; grep ' /layers ' /proc/self/mountinfo";
  symlinkSync("busybox", join(sandbox.root, "rootfs/bin/grep"));
  const output = await run(sandbox, script, { mounts: [PROC, mount] });
  assert.match(output, /^lowest\n.* \/layers ro,nosuid,relatime - overlay overlay ro,/);
});
