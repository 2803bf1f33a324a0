// SPDX-License-Identifier: Apache-2.0
// Real containers, without containerd: the runtime against the kernel. No child_process in here: a Reaper is at work.

import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger } from "../base/log.ts";
import type { Fd } from "../sys/fd.ts";
import { prlimit } from "../sys/process.ts";
import { openDescriptors } from "../sys/testing/descriptors.ts";
import { removeLeftovers } from "./remove.ts";
import { type ConfigChanges, readAll, Sandbox } from "./testing/sandbox.ts";
import type { CreateOptions, LiveContainer, LiveProcess } from "./types.ts";

/** What a process is in that waits for the other end of a FIFO. */
const SYS_OPENAT = process.arch === "x64" ? 257 : 56;

let sandbox: Sandbox;
let root = "";

beforeEach(() => {
  sandbox = new Sandbox();
  root = sandbox.root;
  for (const applet of ["echo", "id", "stty", "tty", "env", "pwd", "readlink", "cut"]) {
    symlinkSync("busybox", join(root, "rootfs/bin", applet));
  }
  const passwd = "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n";
  writeFileSync(join(root, "rootfs/etc/passwd"), passwd);
});

afterEach(() => sandbox[Symbol.asyncDispose]());

/** What an exec runs. */
const PROCESS = { cwd: "/", env: ["PATH=/bin"], user: { uid: 0, gid: 0 } };

/** A container that sleeps, unless `changes` say otherwise. */
function writeConfig(changes: ConfigChanges): void {
  sandbox.writeConfig("exec sleep 100", changes);
}

function create(changes: Partial<CreateOptions> = {}): Promise<LiveContainer> {
  return sandbox.create(changes);
}

function client(name: string): { path: string; reader: Fd } {
  return sandbox.client(name);
}

/** Runs a program to its end. @returns its output and status. */
async function run(changes: ConfigChanges): Promise<[string, number]> {
  const { path, reader } = client("out");
  writeConfig(changes);
  const stdio = { terminal: false, stdin: "", stdout: path, stderr: path };
  const container = await create({ stdio });
  await container.start();
  const output = await readAll(reader);
  const { status } = await container.exited;
  return [output, status];
}

const shell = (script: string): { process: object } => ({
  process: { args: ["sh", "-c", script] },
});

test("a container runs, its output and status arrive", async () => {
  assert.deepEqual(await run(shell("echo hello; exit 42")), ["hello\n", 42]);
});

test("a created container has its namespaces, is in its cgroup, and has not run the program", async () => {
  writeConfig(shell("echo ran > /tmp/ran; sleep 100"));
  const container = await create();
  for (const type of ["pid", "mnt", "ipc", "uts", "net", "cgroup"]) {
    assert.notEqual(
      readlinkSync(`/proc/${container.pid}/ns/${type}`),
      readlinkSync(`/proc/self/ns/${type}`),
    );
  }
  assert.equal(readlinkSync(`/proc/${container.pid}/exe`), "/memfd:tsrunc-init (deleted)");
  assert.deepEqual(container.pids(), [container.pid]);
  // It says that it is ready, and goes there.
  const opening = `${SYS_OPENAT} `;
  while (!readFileSync(`/proc/${container.pid}/syscall`, "utf8").startsWith(opening))
    await sleep(2);
  assert.equal(existsSync(join(root, "rootfs/tmp/ran")), false);
  assert.equal(existsSync(join(root, `state/ns/${sandbox.id}/exec.fifo`)), true);
  await container.start();
  assert.equal(existsSync(join(root, `state/ns/${sandbox.id}/exec.fifo`)), false);
  while (!existsSync(join(root, "rootfs/tmp/ran"))) await sleep(2);
});

/** Mounted nowhere, it is "/" as a link; of the host it would have process 2, and more than processes. */
function isContainerProcfs(fd: string): boolean {
  const has = (name: string): boolean => existsSync(join(fd, name));
  return readlinkSync(fd) === "/" && has("1/status") && !has("2") && !has("sys");
}

test("a created init holds no descriptor of the host but what it waits with", async () => {
  const { path, reader } = client("out");
  writeConfig({});
  const container = await create({
    stdio: { terminal: false, stdin: "", stdout: path, stderr: "" },
  });
  const fds = `/proc/${container.pid}/fd`;
  const links = readdirSync(fds)
    .map((fd) => join(fds, fd))
    .map((fd) => (isContainerProcfs(fd) ? "procfs" : readlinkSync(fd)));
  const expected = /^(\/dev\/null|procfs|socket:.*|.*\/exec\.fifo|.*\/out)$/;
  assert.deepEqual(
    links.filter((link) => !expected.test(link)),
    [],
  );
  reader.close();
});

test("a program finds no descriptor but its stdio", async () => {
  const [output] = await run(shell("cd /proc/self/fd; echo *"));
  // The shell itself has the directory open while it expands the pattern.
  assert.match(output, /^0 1 2( 3)?\n$/);
});

test("a container that is killed between create and start ends with 137", async () => {
  writeConfig({});
  const container = await create();
  container.signal(9);
  assert.equal((await container.exited).status, 137);
  assert.throws(() => container.signal(9), { code: "ESRCH" });
});

for (const [name, changes, message] of [
  [
    "a program that is not in $PATH",
    { args: ["nosuch"] },
    /exec: "nosuch": executable file not found in \$PATH$/,
  ],
  [
    "a program that does not exist",
    { args: ["/no/such"] },
    /exec: "\/no\/such": stat \/no\/such: no such file or directory$/,
  ],
  [
    "a program without the execute bit",
    { args: ["/etc/passwd"] },
    /exec: "\/etc\/passwd": permission denied$/,
  ],
] as const) {
  test(`create fails for ${name} and leaves nothing`, async () => {
    writeConfig({ process: changes });
    await assert.rejects(create(), (error) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, /^unable to start container process: exec: /);
      return message.test(error.message);
    });
  });
}

test("create fails for a source that does not exist, and names the mount", async () => {
  writeConfig({
    mounts: [{ destination: "/data", type: "bind", source: "/no/such", options: ["rbind"] }],
  });
  await assert.rejects(
    create(),
    /^InitError: unable to start container process: error during container init: error mounting "\/no\/such" to rootfs at "\/data": .*no such file/,
  );
});

test("create fails for an option that a filesystem does not have, and tells the options", async () => {
  for (const more of [[], ["tmpcopyup"]]) {
    const options = ["nosuid", "size=1m", "foo=1", ...more];
    writeConfig({ mounts: [{ destination: "/data", type: "tmpfs", source: "t", options }] });
    await assert.rejects(
      create(),
      /error mounting "t" to rootfs at "\/data", options "(mode=\d+,)?size=1m,foo=1": invalid argument$/,
    );
  }
});

test("a second container with the same id is refused and the first one lives on", async () => {
  writeConfig({});
  const container = await create();
  await assert.rejects(create(), /container with given ID already exists/);
  assert.deepEqual(container.pids(), [container.pid]);
});

test("exec runs in the namespaces and the cgroup of the container", async () => {
  writeConfig({});
  const container = await create();
  await container.start();
  const { path, reader } = client("exec-out");
  const args = [
    "sh",
    "-c",
    "readlink /proc/1/ns/pid; readlink /proc/self/ns/pid; cat /proc/self/cgroup",
  ];
  const stdio = { terminal: false, stdin: "", stdout: path, stderr: "" };
  const exec = await container.exec({ execId: "e", process: { ...PROCESS, args }, stdio });
  const [init, self, ...cgroups] = (await readAll(reader)).trim().split("\n");
  assert.equal(init, self);
  assert.ok(
    cgroups.every((line) => line.endsWith(":/")),
    "the cgroup namespace hides the host's paths",
  );
  assert.equal((await exec.exited).status, 0);
  exec.stdio.close();
});

test("an exec of a missing program fails, and the container is as before", async () => {
  writeConfig({});
  const container = await create();
  await container.start();
  const before = openDescriptors();
  const stdio = { terminal: false, stdin: "", stdout: "", stderr: "" };
  const options = { execId: "e", process: { ...PROCESS, args: ["nosuch"] }, stdio };
  await assert.rejects(
    container.exec(options),
    /exec: "nosuch": executable file not found in \$PATH/,
  );
  assert.deepEqual(container.pids(), [container.pid]);
  assert.equal(openDescriptors(), before);
});

test("execs leave no descriptor behind", async () => {
  writeConfig({});
  const container = await create();
  await container.start();
  const { path, reader } = client("exec-out");
  const stdio = { terminal: false, stdin: "", stdout: path, stderr: "" };
  const one = async (): Promise<void> => {
    const options = { execId: "e", process: { ...PROCESS, args: ["true"] }, stdio };
    const exec: LiveProcess = await container.exec(options);
    await exec.exited;
    exec.stdio.close();
  };
  await one();
  const before = openDescriptors();
  for (let round = 0; round < 20; round++) await one();
  assert.equal(openDescriptors(), before);
  reader.close();
});

test("a terminal has a size, can be resized, and is the program's controlling terminal", async () => {
  const { path, reader } = client("tty-out");
  writeConfig({
    process: {
      terminal: true,
      consoleSize: { height: 24, width: 80 },
      args: [
        "sh",
        "-c",
        "tty; stty size; touch /tmp/seen; while [ $(stty size | cut -c1-2) = 24 ]; do :; done; stty size",
      ],
    },
  });
  const container = await create({
    stdio: { terminal: true, stdin: "", stdout: path, stderr: "" },
  });
  await container.start();
  while (!existsSync(join(sandbox.root, "rootfs/tmp/seen"))) await sleep(5);
  container.stdio.resize(132, 43);
  assert.equal((await container.exited).status, 0);
  assert.equal(await readAll(reader), "/dev/pts/0\r\n24 80\r\n43 132\r\n");
});

test("a terminal that only one side wants is refused", async () => {
  writeConfig({ process: { terminal: true } });
  await assert.rejects(create(), { name: "SpecError", path: "process.terminal" });
});

test("user, groups, umask, HOME, environment and working directory are the spec's", async () => {
  const user = { uid: 1000, gid: 1001, additionalGids: [5, 7], umask: 0o27 };
  const args = ["sh", "-c", "id; umask; env; pwd"];
  const env = ["PATH=/bin", "A=1", "A=2"];
  const [output, status] = await run({ process: { args, env, user, cwd: "/made/for/me" } });
  assert.equal(status, 0);
  assert.match(output, /^uid=1000\S* gid=1001 groups=5,7(,1001)?\n0027\n/);
  assert.match(output, /^HOME=\/home\/app$/m);
  assert.match(output, /^A=2$/m);
  assert.match(output, /\/made\/for\/me\n$/);
});

test("a user may open its own /dev/stdout again", async () => {
  const user = { uid: 1000, gid: 1000 };
  const args = ["sh", "-c", "echo again > /dev/stdout"];
  assert.deepEqual(await run({ process: { args, user } }), ["again\n", 0]);
});

test("resource limits are set, also lower than what init itself needs", async () => {
  const rlimits = [{ type: "RLIMIT_NOFILE", soft: 8, hard: 9 }];
  const args = ["sh", "-c", "ulimit -n; ulimit -Hn"];
  assert.deepEqual(await run({ process: { args, rlimits } }), ["8\n9\n", 0]);
});

test("a resource limit that can't be set is named", async () => {
  const most = Number(readFileSync("/proc/sys/fs/nr_open", "utf8"));
  const rlimits = [{ type: "RLIMIT_NOFILE", soft: 100, hard: most + 1 }];
  sandbox.writeConfig("true", { process: { rlimits } });
  await assert.rejects(sandbox.create(), {
    message: `unable to start container process: error setting process.rlimits RLIMIT_NOFILE to 100:${most + 1}: prlimit: operation not permitted`,
  });
});

test("resource limits of another user need no CAP_SYS_RESOURCE", async () => {
  const rlimits = [{ type: "RLIMIT_NOFILE", soft: 64, hard: 65 }];
  const user = { uid: 1000, gid: 1000 };
  const args = ["sh", "-c", "ulimit -n; ulimit -Hn; id -u"];
  assert.deepEqual(await run({ process: { args, user, rlimits } }), ["64\n65\n1000\n", 0]);
});

test("a process without limits of its own gets what the runtime was started with", async () => {
  const { hard } = prlimit(0, 7, undefined);
  const nofile = { soft: 1000n, hard };
  await sandbox[Symbol.asyncDispose]();
  sandbox = new Sandbox({ nofile });
  root = sandbox.root;
  assert.deepEqual(await run(shell("ulimit -n")), ["1000\n", 0]);
});

test("a rootfs is mounted, used and taken down again", async () => {
  const upper = join(root, "upper");
  mkdirSync(upper);
  mkdirSync(join(root, "work"));
  const lower = join(root, "lower");
  mkdirSync(join(root, "bundle"));
  writeConfig(shell("echo written > /file"));
  copyFileSync(join(root, "config.json"), join(root, "bundle/config.json"));
  symlinkSync("rootfs", lower);
  const options = [
    `lowerdir=${join(root, "rootfs")}`,
    `upperdir=${upper}`,
    `workdir=${join(root, "work")}`,
  ];
  const container = await create({
    bundle: join(root, "bundle"),
    rootfsMounts: [{ type: "overlay", source: "overlay", target: "", options }],
  });
  await container.start();
  assert.equal((await container.exited).status, 0);
  await container.remove();
  assert.equal(readFileSync(join(upper, "file"), "utf8"), "written\n");
});

test("what a lost runtime leaves is removed from its state file alone, and again", async () => {
  mkdirSync(join(root, "source"));
  writeConfig({ root: { path: join(root, "rootfs") } });
  const container = await create({
    rootfsMounts: [
      { type: "bind", source: join(root, "rootfs"), target: "", options: ["rbind", "rw"] },
    ],
  });
  const options = {
    stateRoot: join(root, "state"),
    namespace: "ns",
    id: sandbox.id,
    bundle: root,
    log: silentLogger,
    hooks: () => assert.fail("there are none"),
  };
  assert.equal(container.removed, false);
  assert.equal(await removeLeftovers(options), container.pid);
  assert.equal((await container.exited).status, 137);
  assert.equal(container.removed, true);
  assert.equal(await removeLeftovers(options), container.pid);
});
