// SPDX-License-Identifier: Apache-2.0
// System calls that somebody else answers for: real programs under real filters, and a real agent at their listeners.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isErrno } from "../base/errors.ts";
import type { Exit } from "../base/exit.ts";
import { O_RDWR, SIGKILL } from "../sys/constants.ts";
import { type Fd, open } from "../sys/fd.ts";
import { signalPidfd } from "../sys/pidfd.ts";
import { connectUnix } from "../sys/socket.ts";
import { spawn } from "../sys/spawn.ts";
import { sendToAgent } from "./seccomp-agent.ts";
import { readAll, Sandbox } from "./testing/sandbox.ts";
import { AgentLog, type AgentMessage, agentBuild } from "./testing/seccomp-agent.ts";
import type { CreateOptions, LiveContainer } from "./types.ts";

const programs = mkdtempSync(join(tmpdir(), "tsrunc-agent-"));
process.once("exit", () => rmSync(programs, { recursive: true, force: true }));
execFileSync("gcc", agentBuild(join(programs, "agent")));

const X64 = process.arch === "x64";
/** Numbers of system calls here. */
const NR = {
  capset: X64 ? 126 : 91,
  chdir: X64 ? 80 : 49,
  close: X64 ? 3 : 57,
  execve: X64 ? 59 : 221,
  mkdir: X64 ? 83 : 34,
  openat: X64 ? 257 : 56,
};
const SIGUSR1 = 10;
const MKDIR = X64 ? "mkdir" : "mkdirat";

let sandbox: Sandbox;
let agents: Agent[];

beforeEach(() => {
  sandbox = new Sandbox();
  agents = [];
  for (const applet of ["mkdir", "ls"]) {
    symlinkSync("busybox", join(sandbox.root, "rootfs/bin", applet));
  }
});

afterEach(async () => {
  for (const agent of agents) await agent.end();
  await sandbox[Symbol.asyncDispose]();
});

class Agent {
  readonly socket: string;
  readonly log: AgentLog;
  readonly #pidfd: Fd;
  readonly #exited: Promise<Exit>;

  constructor(rules: readonly string[], socket: string) {
    this.socket = socket;
    this.log = new AgentLog(join(sandbox.root, "agent.log"));
    using nothing = open("/dev/null", O_RDWR);
    const { pid, pidfd } = spawn({
      exe: join(programs, "agent"),
      argv: ["agent", socket, this.log.path, ...rules],
      env: [],
      fds: [0, 1, 2].map((as) => ({ fd: nothing, as })),
    });
    this.#pidfd = pidfd;
    this.#exited = sandbox.reaper.claim(pid);
  }

  signal(signal: number): void {
    signalPidfd(this.#pidfd, signal);
  }

  async end(): Promise<void> {
    if (this.#pidfd.closed) return;
    this.signal(SIGKILL);
    await this.#exited;
    this.#pidfd.close();
  }
}

/** Answers are "continue" but for the calls that `rules` name. */
async function startAgent(
  rules: readonly string[] = [`${NR.mkdir}=mkdir`],
  socket = join(sandbox.root, "agent.sock"),
): Promise<Agent> {
  const agent = new Agent(rules, socket);
  agents.push(agent);
  await agent.log.wait("ready");
  return agent;
}

interface Wish {
  readonly script?: string;
  readonly names?: readonly string[];
  /** Changes of linux.seccomp, process, and the document. */
  readonly seccomp?: object;
  readonly process?: object;
  readonly rest?: object;
}

function writeConfig(wish: Wish): void {
  const { script = "exec sleep 100", names = [MKDIR], seccomp, process = {}, rest = {} } = wish;
  const { linux, ...others } = rest as { linux?: object };
  sandbox.writeConfig(script, {
    process,
    linux: {
      ...linux,
      seccomp: {
        defaultAction: "SCMP_ACT_ALLOW",
        listenerPath: join(sandbox.root, "agent.sock"),
        listenerMetadata: "told",
        syscalls: [{ names, action: "SCMP_ACT_NOTIFY" }],
        ...seccomp,
      },
    },
    ...others,
  });
}

/** Runs a container to its end. @returns what it prints, and its status */
async function run(wish: Wish, changes: Partial<CreateOptions> = {}): Promise<[string, number]> {
  writeConfig(wish);
  const { path, reader } = sandbox.client(`out${Math.random()}`);
  const stdio = { terminal: false, stdin: "", stdout: path, stderr: path };
  const container = await sandbox.create({ stdio, ...changes });
  await container.start();
  const output = await readAll(reader);
  return [output, (await container.exited).status];
}

async function exec(
  container: LiveContainer,
  script: string,
  changes: object = {},
): Promise<[string, number, number]> {
  const { path, reader } = sandbox.client(`exec${Math.random()}`);
  const options = sandbox.exec(script, { stdout: path, stderr: path });
  const document = { ...(options.process as object), ...changes };
  const live = await container.exec({ ...options, process: document });
  const output = await readAll(reader);
  const { status } = await live.exited;
  await live.stdio.drain(1000, 1000);
  live.stdio.close();
  return [output, status, live.pid];
}

const inRootfs = (path: string): string => join(sandbox.root, "rootfs", path);

/** Of the processes in a container, as the runtime's parent of init sees it. */
const links = (pid: number): readonly string[] =>
  readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));

function expectedMessage(pid: number, init: number, status: string): AgentMessage {
  return {
    ociVersion: "1.0.2",
    fds: ["seccompFd"],
    pid,
    metadata: "told",
    state: {
      ociVersion: "1.0.2",
      id: sandbox.id,
      status,
      pid: init,
      bundle: sandbox.root,
      annotations: { a: "b" },
    },
  };
}

/**
 * Whatever init and a shell may call after a filter, and what the messages between init and the runtime are made of. write(2) is
 * refused.
 */
const MANY = (
  "brk capset chdir close close_range dup dup3 execve execveat exit_group faccessat faccessat2 fchdir fchown fcntl fstat " +
  "getcwd getpid getppid getuid ioctl mkdir mkdirat mmap mprotect munmap newfstatat open openat openat2 pread64 prctl read " +
  "readlink readlinkat recvmsg rt_sigaction rt_sigprocmask sendmsg sendto setgid setgroups setresuid setuid stat statx wait4 writev"
).split(" ");

for (const noNewPrivileges of [true, false]) {
  const how = `noNewPrivileges ${noNewPrivileges}`;

  test(`an agent makes a directory for a container, and for an exec in it: ${how}`, async () => {
    const agent = await startAgent();
    const rest = { annotations: { a: "b" } };
    writeConfig({ script: "mkdir /tmp/x; exec sleep 100", process: { noNewPrivileges }, rest });
    const container = await sandbox.create();
    // It has been sent, and the agent reads it when it has time.
    await agent.log.wait("process ");
    assert.deepEqual(
      agent.log.messages(),
      [expectedMessage(container.pid, container.pid, "creating")],
      "it comes with create",
    );
    assert.ok(!links(container.pid).some((link) => link.includes("seccomp")), "init keeps none");
    await container.start();
    await agent.log.wait("call");
    const [output, status, pid] = await exec(container, "mkdir /tmp/y", { noNewPrivileges });
    assert.deepEqual([output, status], ["", 0]);
    const [, message] = agent.log.messages();
    assert.deepEqual(message, expectedMessage(pid, container.pid, "running"));
    for (const name of ["x-told", "y-told"]) assert.ok(existsSync(inRootfs(`tmp/${name}`)), name);
    for (const name of ["x", "y"]) assert.ok(!existsSync(inRootfs(`tmp/${name}`)), name);
    assert.deepEqual(agent.log.calls(), [NR.mkdir, NR.mkdir]);
    await agent.log.wait("gone");
  });

  for (const uid of [0, 1000]) {
    test(`every call may be one that asks, but for write: ${how}, user ${uid}`, async () => {
      const agent = await startAgent([]);
      const process = { noNewPrivileges, user: { uid, gid: uid } };
      writeConfig({ names: MANY, process });
      const container = await sandbox.create();
      await container.start();
      // The limits of another user's process take a capability that not every test machine has.
      const tight = uid === 0 ? [[{ type: "RLIMIT_NOFILE", soft: 20, hard: 20 }]] : [];
      for (const rlimits of [[], ...tight]) {
        const [output, status] = await exec(container, "echo made", { ...process, rlimits });
        assert.deepEqual([output, status], ["made\n", 0]);
      }
      assert.equal(agent.log.messages().length, 2 + tight.length);
      assert.ok(agent.log.calls().includes(NR.close));
      assert.ok(agent.log.calls().includes(NR.execve));
    });
  }

  test(`what the agent says is what the call comes to: ${how}`, async () => {
    await startAgent([`${NR.mkdir}=errno:123`]);
    const wish = { script: "mkdir /tmp/x", process: { noNewPrivileges } };
    assert.deepEqual(await run(wish), [
      "mkdir: can't create directory '/tmp/x': No medium found\n",
      1,
    ]);
  });

  test(`without an agent neither create nor exec succeeds, and nothing is left: ${how}`, async () => {
    writeConfig({ process: { noNewPrivileges } });
    const problem =
      /unable to start container process: .*failed to connect with seccomp agent specified in the seccomp profile: connect .*agent\.sock/;
    await assert.rejects(sandbox.create(), problem);
    const agent = await startAgent();
    const container = await sandbox.create();
    await container.start();
    await agent.end();
    await assert.rejects(exec(container, "true", { noNewPrivileges }), problem);
    rmSync(agent.socket);
    await assert.rejects(exec(container, "true", { noNewPrivileges }), /no such file/);
    assert.deepEqual(container.pids(), [container.pid], "no process of an exec is left");
  });

  test(`when the agent ends its calls do not exist: ${how}`, async () => {
    const agent = await startAgent([`${NR.mkdir}=hang`]);
    writeConfig({ script: "mkdir /tmp/x; echo $?", process: { noNewPrivileges } });
    const { path, reader } = sandbox.client("out");
    const container = await sandbox.create({
      stdio: { terminal: false, stdin: "", stdout: path, stderr: path },
    });
    await container.start();
    await agent.log.wait("call");
    await agent.end();
    const output = await readAll(reader);
    assert.equal(output, "mkdir: can't create directory '/tmp/x': Function not implemented\n1\n");
  });

  test(`a container that waits for an answer can be killed: ${how}`, async () => {
    const agent = await startAgent([`${NR.execve}=hang`]);
    writeConfig({ names: ["execve"], process: { noNewPrivileges } });
    const container = await sandbox.create();
    const starting = container.start();
    starting.catch(() => undefined);
    await agent.log.wait("call");
    container.signal(SIGKILL);
    assert.equal((await container.exited).status, 137);
    await starting.catch(() => undefined);
    await container.remove();
  });

  test(`an agent that hangs holds up no other container: ${how}`, async () => {
    const agent = await startAgent([`${NR.openat}=hang`]);
    writeConfig({ names: ["openat"], process: { noNewPrivileges } });
    const container = await sandbox.create();
    const starting = container.start();
    starting.catch(() => undefined);
    await agent.log.wait("call");
    const other = await run(
      { names: [MKDIR], script: "echo other", seccomp: { listenerMetadata: undefined } },
      { id: `${sandbox.id}-other` },
    );
    assert.deepEqual(other, ["other\n", 0]);
    assert.equal(agent.log.messages()[1]?.metadata, undefined);
    container.signal(SIGKILL);
    await starting.catch(() => undefined);
  });

  test(`a hook of the image has a listener of its own: ${how}`, async () => {
    const agent = await startAgent();
    const fds = "test $(ls /proc/self/fd | busybox wc -l) -eq 4";
    const hook = { path: "/bin/sh", args: ["sh", "-c", `mkdir /tmp/hook && ${fds}`] };
    const rest = { hooks: { startContainer: [hook] }, annotations: { a: "b" } };
    writeConfig({ process: { noNewPrivileges }, rest });
    const container = await sandbox.create();
    await container.start();
    const [, message] = agent.log.messages();
    assert.ok(message && message.pid !== container.pid);
    assert.deepEqual(message, expectedMessage(message.pid, container.pid, "created"));
    assert.ok(existsSync(inRootfs("tmp/hook-told")));
  });

  test(`a container with a user namespace has an agent: ${how}`, async () => {
    const agent = await startAgent([`${NR.mkdir}=errno:30`]);
    const types = ["pid", "mount", "ipc", "uts", "network", "cgroup", "user"];
    const ids = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
    const linux = {
      namespaces: types.map((type) => ({ type })),
      uidMappings: ids,
      gidMappings: ids,
    };
    const [output] = await run({
      script: "mkdir /tmp/x",
      process: { noNewPrivileges },
      rest: { linux },
    });
    assert.match(output, /Read-only file system/);
    assert.equal(agent.log.messages().length, 1);
  });
}

test("create ends when an agent dies that has not answered a call of init", async () => {
  const agent = await startAgent([`${NR.capset}=hang`]);
  writeConfig({ names: ["capset"], process: { noNewPrivileges: false } });
  const creating = sandbox.create();
  creating.catch(() => undefined);
  await agent.log.wait("call");
  await agent.end();
  await assert.rejects(creating, /unable to apply caps: function not implemented/);
});

/** A file of a thread or process that may end at any moment: nothing then. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT") || isErrno(error, "ESRCH")) return "";
    throw error;
  }
}

/** Resolves when a process that this one has started is under a filter. */
async function someoneFiltered(): Promise<void> {
  const tasks = `/proc/${process.pid}/task`;
  for (;;) {
    const children = readdirSync(tasks).flatMap((task) =>
      readIfThere(`${tasks}/${task}/children`).split(" ").filter(Boolean),
    );
    if (children.some((pid) => /^Seccomp:\s2$/m.test(readIfThere(`/proc/${pid}/status`)))) return;
    await sleep(5);
  }
}

for (const ends of [true, false]) {
  const outcome = ends ? "until it is gone" : "until it has time";
  test(`an agent that is busy is waited for ${outcome}`, async () => {
    const agent = await startAgent(["backlog=0"]);
    writeConfig({});
    using first = connectUnix(agent.socket);
    assert.throws(() => connectUnix(agent.socket), { code: "EAGAIN" }, "no more connections fit");
    const creating = sandbox.create();
    creating.catch(() => undefined);
    await someoneFiltered();
    if (ends) {
      await agent.end();
      await assert.rejects(creating, /failed to connect with seccomp agent .*connection refused/);
      return;
    }
    first.close();
    agent.signal(SIGUSR1);
    await creating;
    await agent.log.wait("process 1 ");
  });
}

test("an agent that accepts nobody is given up", async () => {
  const agent = await startAgent(["backlog=0"]);
  using first = connectUnix(agent.socket);
  const { signal } = new AbortController();
  const sending = sendToAgent({ path: agent.socket }, "{}", {
    listener: first,
    signal,
    busyMs: 50,
  });
  await assert.rejects(sending, /failed to connect with seccomp agent .*temporarily unavailable/);
});

test("an agent may have an abstract name, or one that is relative to the bundle", async () => {
  for (const [name, socket] of [
    [`@tsrunc-test-${process.pid}`, `@tsrunc-test-${process.pid}`],
    ["other.sock", join(sandbox.root, "other.sock")],
  ] as const) {
    const agent = await startAgent([`${NR.mkdir}=errno:30`], socket);
    const id = `${sandbox.id}${name.length}`;
    const [output] = await run({ script: "mkdir /tmp/x", seccomp: { listenerPath: name } }, { id });
    assert.match(output, /Read-only file system/);
    await agent.end();
  }
});

test("annotations that are long arrive in one message", async () => {
  const agent = await startAgent();
  const annotations = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [`name-${index}`, "x".repeat(4096)]),
  );
  writeConfig({ rest: { annotations } });
  await sandbox.create();
  await agent.log.wait("process 1 ");
  const [message] = agent.log.messages();
  assert.deepEqual(message?.state.annotations, annotations);
});

test("flags are for a filter with a listener, too", async () => {
  const agent = await startAgent([`${NR.mkdir}=errno:30`]);
  const flags = ["LOG", "SPEC_ALLOW", "TSYNC", "WAIT_KILLABLE_RECV"];
  const seccomp = { flags: flags.map((flag) => `SECCOMP_FILTER_FLAG_${flag}`) };
  const [output] = await run({ script: "mkdir /tmp/x", seccomp });
  assert.match(output, /Read-only file system/);
  assert.equal(agent.log.messages().length, 1);
});

test("without a call that asks nobody is connected to", async () => {
  const seccomp = { syscalls: [{ names: [MKDIR], action: "SCMP_ACT_ERRNO", errnoRet: 30 }] };
  assert.match((await run({ script: "mkdir /tmp/x", seccomp }))[0], /Read-only file system/);
});
