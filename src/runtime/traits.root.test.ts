// SPDX-License-Identifier: Apache-2.0
// How real processes are treated: their CPUs, scheduling, I/O priority, personality and memory, as the kernel tells it. No
// child_process in here: a Reaper is at work.

import assert from "node:assert/strict";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, type TestContext, test } from "node:test";
import { O_RDWR } from "../sys/constants.ts";
import { open } from "../sys/fd.ts";
import { spawn } from "../sys/spawn.ts";
import { skipBefore } from "../sys/testing/kernel.ts";
import { type ConfigChanges, readAll, Sandbox } from "./testing/sandbox.ts";
import type { LiveContainer, LiveProcess } from "./types.ts";

let sandbox: Sandbox;

beforeEach(() => {
  sandbox = new Sandbox();
  for (const applet of ["ionice", "uname", "readlink"]) {
    symlinkSync("busybox", join(sandbox.root, "rootfs/bin", applet));
  }
});

afterEach(() => sandbox[Symbol.asyncDispose]());

/** A container that sleeps, running. */
async function start(changes: ConfigChanges): Promise<LiveContainer> {
  sandbox.writeConfig("exec sleep 100", changes);
  const container = await sandbox.create();
  await container.start();
  return container;
}

/** An exec that sleeps. */
async function execIn(container: LiveContainer, changes: object = {}): Promise<LiveProcess> {
  const { process, ...options } = sandbox.exec("exec sleep 100");
  const exec = await container.exec({
    ...options,
    process: { ...(process as object), ...changes },
  });
  exec.stdio.close();
  return exec;
}

/** What an exec prints. */
async function outputOf(container: LiveContainer, script: string): Promise<string> {
  const { path, reader } = sandbox.client(`out-${Math.random()}`);
  const exec = await container.exec(sandbox.exec(script, { stdout: path }));
  const text = await readAll(reader);
  await exec.exited;
  exec.stdio.close();
  return text;
}

function readProc({ pid }: LiveProcess, name: string): string {
  return readFileSync(`/proc/${pid}/${name}`, "utf8");
}

/** Nice value, real-time priority, policy: proc_pid_stat(5). */
function schedulingOf(process: LiveProcess): readonly number[] {
  const stat = readProc(process, "stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return [19, 40, 41].map((number) => Number(fields[number - 3]));
}

function cpusOf(process: LiveProcess): string {
  return /^Cpus_allowed_list:\t(.*)$/m.exec(readProc(process, "status"))?.[1] ?? "";
}

/** Runs a program of the host. @returns its status */
async function onHost(...argv: readonly string[]): Promise<number> {
  const [exe = ""] = argv;
  using nowhere = open("/dev/null", O_RDWR);
  const fds = [0, 1, 2].map((as) => ({ fd: nowhere, as }));
  const { pid, pidfd } = spawn({ exe, argv, env: ["PATH=/usr/bin:/bin"], fds });
  pidfd.close();
  return (await sandbox.reaper.claim(pid)).status;
}

async function hasDeadlines(): Promise<boolean> {
  const times = ["-T", "42000", "-D", "1000000", "-P", "1000000"];
  return (await onHost("/usr/bin/chrt", "-d", ...times, "0", "/bin/true")) === 0;
}

/** Before Linux 6.2 a process that enters another cpuset has all of its CPUs, whatever it was bound to. */
function keepsAffinity(container: LiveContainer): boolean {
  const own = readFileSync("/proc/self/cpuset", "utf8");
  return skipBefore(6, 2) === false || readProc(container, "cpuset") === own;
}

function hasTwoCpus(t: TestContext): boolean {
  if (availableParallelism() >= 2) return true;
  t.skip("the machine has one CPU");
  return false;
}

test("policy and nice value are the container's, and those of its execs unless they have their own", async () => {
  const scheduler = { policy: "SCHED_BATCH", nice: 7 };
  const container = await start({ process: { scheduler } });
  assert.deepEqual(schedulingOf(container), [7, 0, 3]);
  assert.deepEqual(schedulingOf(await execIn(container)), [7, 0, 3]);
  const idle = await execIn(container, { scheduler: { policy: "SCHED_IDLE" } });
  assert.deepEqual(schedulingOf(idle).slice(1), [0, 5]);
});

test("a nice value below 0 is there for a user without any right", async () => {
  const process = {
    scheduler: { policy: "SCHED_OTHER", nice: -5 },
    user: { uid: 1000, gid: 1000 },
  };
  assert.deepEqual(schedulingOf(await start({ process })), [-5, 0, 0]);
});

test("in a user namespace a nice value may rise, and sinks only with rights over the host", async () => {
  const mapping = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  const namespaces = ["pid", "mount", "ipc", "uts", "user"].map((type) => ({ type }));
  const linux = { namespaces, uidMappings: mapping, gidMappings: mapping };
  const nice = (value: number): object => ({ scheduler: { policy: "SCHED_OTHER", nice: value } });
  const container = await start({ process: nice(5), linux });
  assert.deepEqual(schedulingOf(container), [5, 0, 0]);
  await assert.rejects(
    execIn(container, nice(-5)),
    /: error setting scheduler: operation not permitted$/,
  );
});

for (const [flags, child] of [
  [[], -5],
  [["SCHED_FLAG_RESET_ON_FORK"], 0],
] as const) {
  test(`a process whose scheduler is ${flags.length === 0 ? "not " : ""}reset on fork has children with nice ${child}`, async () => {
    const scheduler = { policy: "SCHED_OTHER", nice: -5, flags };
    const container = await start({ process: { scheduler } });
    // Not the last command: the shell would become it.
    const stats = await outputOf(container, "cat /proc/$$/stat /proc/self/stat; true");
    const nices = [...stats.matchAll(/\) (?:\S+ ){16}(\S+)/g)].map(([, nice]) => Number(nice));
    assert.deepEqual(nices, [-5, child]);
  });
}

test("an exec may have a deadline", async (t) => {
  if (!(await hasDeadlines())) return t.skip("the machine allows no SCHED_DEADLINE");
  const container = await start({});
  const scheduler = {
    policy: "SCHED_DEADLINE",
    runtime: 42_000,
    deadline: 1_000_000,
    period: 1_000_000,
  };
  assert.deepEqual(schedulingOf(await execIn(container, { scheduler })).slice(1), [0, 6]);
});

test("a deadline beside a cpuset is refused in the words of runc", async (t) => {
  if (!hasTwoCpus(t)) return;
  if (!(await hasDeadlines())) return t.skip("the machine allows no SCHED_DEADLINE");
  const scheduler = {
    policy: "SCHED_DEADLINE",
    runtime: 42_000,
    deadline: 1_000_000,
    period: 1_000_000,
  };
  const linux = { resources: { cpu: { cpus: "0" } } };
  sandbox.writeConfig("true", { process: { scheduler }, linux });
  await assert.rejects(
    sandbox.create(),
    /: process scheduler can't be used together with AllowedCPUs$/,
  );
});

test("a policy that the kernel does not have fails create", async () => {
  sandbox.writeConfig("true", { process: { scheduler: { policy: "SCHED_ISO" } } });
  await assert.rejects(sandbox.create(), /: error setting scheduler: invalid argument$/);
});

test("an I/O priority is the container's, and that of its execs unless they have their own", async () => {
  const ioPriority = { class: "IOPRIO_CLASS_BE", priority: 3 };
  const container = await start({ process: { ioPriority } });
  const look = "ionice -p 1; ionice -p $$";
  assert.equal(await outputOf(container, look), "best-effort: prio 3\nbest-effort: prio 3\n");
  const { path, reader } = sandbox.client("idle");
  const { process, ...options } = sandbox.exec("ionice -p $$", { stdout: path });
  const own = { ...(process as object), ioPriority: { class: "IOPRIO_CLASS_IDLE" } };
  const exec = await container.exec({ ...options, process: own });
  assert.match(await readAll(reader), /^idle/);
  await exec.exited;
  exec.stdio.close();
});

test("a personality is that of the container and its execs, whatever its seccomp filter says of it", async (t) => {
  if (process.arch !== "x64") return t.skip("only x86-64 always has a 32-bit personality");
  const seccomp = {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["personality"], action: "SCMP_ACT_ERRNO" }],
  };
  const container = await start({ linux: { personality: { domain: "LINUX32" }, seccomp } });
  assert.equal(readProc(container, "personality"), "00000008\n");
  assert.equal(await outputOf(container, "uname -m"), "i686\n");
});

test("a memory policy is that of the container and its execs", async (t) => {
  if (!existsSync("/proc/self/numa_maps")) return t.skip("a kernel without NUMA");
  const policyOf = (process: LiveProcess): string => {
    const lines = readProc(process, "numa_maps").trim().split("\n");
    return [...new Set(lines.map((line) => line.split(" ")[1]))].join();
  };
  const memoryPolicy = { mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"] };
  const container = await start({ linux: { memoryPolicy } });
  assert.equal(policyOf(container), "bind=static:0");
  assert.equal(policyOf(await execIn(container)), "bind=static:0");
});

test("a node that the machine does not have fails create", async () => {
  const linux = { memoryPolicy: { mode: "MPOL_BIND", nodes: "1000" } };
  sandbox.writeConfig("true", { linux });
  await assert.rejects(
    sandbox.create(),
    /: set_mempolicy: (invalid argument|function not implemented)$/,
  );
});

test("a container and its execs run on all CPUs of their cgroup, whatever the runtime was started on", async (t) => {
  if (!hasTwoCpus(t)) return;
  const all = cpusOf(await start({}));
  await sandbox[Symbol.asyncDispose]();
  sandbox = new Sandbox();
  // The thread that starts everything.
  assert.equal(await onHost("/usr/bin/taskset", "-pc", "0", String(process.pid)), 0);
  try {
    const container = await start({});
    assert.equal(cpusOf(container), all);
    assert.equal(cpusOf(await execIn(container)), all);
    assert.notEqual(all, "0");
  } finally {
    await onHost("/usr/bin/taskset", "-pc", all, String(process.pid));
  }
});

test("an exec runs on the CPUs that it or the container's configuration names", async (t) => {
  if (!hasTwoCpus(t)) return;
  const container = await start({ process: { execCPUAffinity: { final: "1" } } });
  assert.equal(cpusOf(await execIn(container)), "1");
  const initialAlone = keepsAffinity(container) ? "0" : cpusOf(container);
  for (const [execCPUAffinity, expected] of [
    [{ final: "0" }, "0"],
    [{ initial: "1", final: "0" }, "0"],
    [{ initial: "0" }, initialAlone],
    [{ initial: "0-1,1" }, "0-1"],
    [{ initial: "", final: "" }, "1"],
  ] as const) {
    assert.equal(cpusOf(await execIn(container, { execCPUAffinity })), expected);
  }
  assert.notEqual(cpusOf(container), "1", "it is not for the container itself");
});

test("an exec that starts outside of the cgroup ends up inside", async () => {
  const container = await start({});
  const exec = await execIn(container, { execCPUAffinity: { initial: "0" } });
  assert.equal(readProc(exec, "cgroup"), readProc(container, "cgroup"));
  assert.deepEqual([...container.pids()].sort(), [container.pid, exec.pid].sort());
});

test("initial CPUs need not be the cgroup's, final ones must", async (t) => {
  if (!hasTwoCpus(t)) return;
  const container = await start({ linux: { resources: { cpu: { cpus: "1" } } } });
  assert.equal(cpusOf(container), "1");
  const initial = await execIn(container, { execCPUAffinity: { initial: "0" } });
  assert.equal(cpusOf(initial), "1");
  await assert.rejects(
    execIn(container, { execCPUAffinity: { final: "0" } }),
    /: error setting final CPU affinity: invalid argument$/,
  );
  await assert.rejects(
    execIn(container, { execCPUAffinity: { initial: "60000" } }),
    /: error setting initial CPU affinity: invalid argument$/,
  );
});
