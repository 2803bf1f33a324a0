// SPDX-License-Identifier: Apache-2.0
// Real programs under real filters. No child_process in here: a Reaper is at work.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fd, readFd } from "../sys/fd.ts";
import { loadSeccomp, PROFILES } from "./testing/default-profiles.ts";
import { readAll, Sandbox } from "./testing/sandbox.ts";
import type { LiveContainer } from "./types.ts";

let sandbox: Sandbox;

beforeEach(() => {
  sandbox = new Sandbox();
  for (const name of ["caller", "ender", "pauser"]) {
    copyFileSync(join(programs, name), join(sandbox.root, "rootfs/bin", name));
  }
  for (const applet of ["mkdir", "grep", "uname"]) {
    symlinkSync("busybox", join(sandbox.root, "rootfs/bin", applet));
  }
});

afterEach(() => sandbox[Symbol.asyncDispose]());

const DENY_MKDIR = {
  defaultAction: "SCMP_ACT_ALLOW",
  syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 30 }],
};

/** Makes the system calls whose numbers are its arguments, and prints their results and errnos. */
const CALLER = `
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 1; i < argc; i++) {
		errno = 0;
		long result = syscall(strtol(argv[i], NULL, 0), "/tmp/x", 0700);
		printf("%ld %d\\n", result, errno);
	}
	return 0;
}
`;
/** Ends with 42 and makes no other call. */
const ENDER = `
void _start(void)
{
#ifdef __x86_64__
	__asm__ volatile("mov $231, %eax; mov $42, %edi; syscall");
#else
	__asm__ volatile("mov x8, #94; mov x0, #42; svc #0");
#endif
}
`;

/** Does nothing until a signal ends it. */
const PAUSER = `
void _start(void)
{
#ifdef __x86_64__
	__asm__ volatile("mov $34, %eax; syscall");
#else
	__asm__ volatile("mov x8, #73; mov x0, #0; mov x1, #0; mov x2, #0; mov x3, #0; svc #0");
#endif
}
`;

const programs = mkdtempSync(join(tmpdir(), "tsrunc-programs-"));
process.once("exit", () => rmSync(programs, { recursive: true, force: true }));
buildProgram("caller", CALLER, ["-D_GNU_SOURCE"]);
buildProgram("ender", ENDER, ["-nostdlib"]);
buildProgram("pauser", PAUSER, ["-nostdlib"]);

/** Here, before there is a Reaper. */
function buildProgram(name: string, source: string, flags: readonly string[]): void {
  writeFileSync(join(programs, `${name}.c`), source);
  execFileSync("gcc", [...flags, "-static", "-o", name, `${name}.c`], { cwd: programs });
}

/** What a static program and init with it call, so that a profile that denies the rest can be tried. */
const NEEDED = (
  "access arch_prctl brk capset chdir close close_range execve exit exit_group faccessat faccessat2 fcntl fstat futex getcwd " +
  "getpid getrandom ioctl lseek mmap mprotect munmap newfstatat open openat pread64 prctl prlimit64 read readlink readlinkat " +
  "recvmsg rseq rt_sigaction rt_sigprocmask sendmsg set_robust_list set_tid_address setuid stat uname write writev"
).split(" ");

interface Wish {
  readonly args?: readonly string[];
  readonly script?: string;
  readonly seccomp: unknown;
  readonly process?: object;
}

function writeConfig({ args, script = "", seccomp, process = {} }: Wish): void {
  const changes = args === undefined ? process : { args, ...process };
  sandbox.writeConfig(script, { process: changes, linux: { seccomp } });
}

/** Runs a program under a filter. @returns its output and status */
async function run(wish: Wish): Promise<[string, number]> {
  const { path, reader } = sandbox.client("run");
  writeConfig(wish);
  const stdio = { terminal: false, stdin: "", stdout: path, stderr: path };
  const container = await sandbox.create({ stdio });
  await container.start();
  const output = await readAll(reader);
  const { status } = await container.exited;
  return [output, status];
}

/** What a process writes up to a line that matches; closes `reader`. */
async function readUpTo(reader: Fd, pattern: RegExp): Promise<string> {
  let text = "";
  const buffer = Buffer.alloc(65536);
  for (let count = readFd(reader, buffer); count !== 0; count = readFd(reader, buffer)) {
    if (count === undefined) await sleep(2);
    else text += buffer.toString("utf8", 0, count);
    if (pattern.test(text) && text.endsWith("\n")) break;
  }
  reader.close();
  return text;
}

async function exec(container: LiveContainer, script: string, process: object): Promise<string> {
  const { path, reader } = sandbox.client(`exec${Math.random()}`);
  const options = sandbox.exec(script, { stdout: path, stderr: path });
  const document = { ...(options.process as object), ...process };
  const live = await container.exec({ ...options, process: document });
  const output = await readAll(reader);
  await live.exited;
  await live.stdio.drain(1000, 1000);
  live.stdio.close();
  return output;
}

const STATUS = "grep -E '^(NoNewPrivs|Seccomp)' /proc/self/status";

for (const noNewPrivileges of [true, false]) {
  for (const uid of [0, 1000]) {
    const process = { noNewPrivileges, user: { uid, gid: uid } };
    const how = `noNewPrivileges ${noNewPrivileges}, user ${uid}`;

    test(`a filter of one's own is in force, for execs too: ${how}`, async () => {
      const script = `mkdir /tmp/x; ${STATUS}; exec sleep 100`;
      writeConfig({ script, seccomp: DENY_MKDIR, process });
      const { path, reader } = sandbox.client("out");
      const stdio = { terminal: false, stdin: "", stdout: path, stderr: path };
      const container = await sandbox.create({ stdio });
      await container.start();
      for (const nnp of [true, false]) {
        const text = await exec(container, `mkdir /tmp/x; ${STATUS}`, {
          ...process,
          noNewPrivileges: nnp,
        });
        assert.match(text, /can't create directory '\/tmp\/x': Read-only file system/);
        assert.match(text, new RegExp(`NoNewPrivs:\\s${nnp ? 1 : 0}\\n`));
        assert.match(text, /Seccomp:\s2\nSeccomp_filters:\s1\n/);
      }
      const text = await readUpTo(reader, /Seccomp_filters/);
      assert.match(text, /can't create directory '\/tmp\/x': Read-only file system/);
      assert.match(text, new RegExp(`NoNewPrivs:\\s${noNewPrivileges ? 1 : 0}\\n`));
      assert.match(text, /Seccomp:\s2\nSeccomp_filters:\s1\n/);
    });
  }
}

const X64 = process.arch === "x64";
const MKDIR = X64 ? "83" : "34";
/** On arm64 it is mkdirat(2), whose first argument is no descriptor then. */
const MADE = X64 ? "0 0" : "-1 9";
const [GETPID, GETPPID, UNKNOWN] = X64 ? ["39", "110", "5000"] : ["172", "173", "5000"];
const ENOSYS = 38;

for (const noNewPrivileges of [true, false]) {
  const process = { noNewPrivileges };
  const how = `noNewPrivileges ${noNewPrivileges}`;
  const callerWith = (...numbers: readonly string[]): readonly string[] => [
    "/bin/caller",
    ...numbers,
  ];

  test(`an action with an errno is that errno: ${how}`, async () => {
    const args = callerWith(MKDIR, "76");
    const syscalls = [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 77 }];
    const seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls };
    const [output, status] = await run({ args, seccomp, process });
    assert.match(output, /^-1 77\n/);
    assert.equal(status, 0);
  });

  test(`a call that is newer than the profile does not exist, one that is left out is denied: ${how}`, async () => {
    const names = [...NEEDED, "mkdirat", "mkdir"].filter((name) => name !== "getppid");
    const syscalls = [{ names, action: "SCMP_ACT_ALLOW" }];
    const seccomp = { defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 13, syscalls };
    const args = callerWith(UNKNOWN, GETPPID, MKDIR);
    const [output, status] = await run({ args, seccomp, process });
    assert.deepEqual([output, status], [`-1 ${ENOSYS}\n-1 13\n${MADE}\n`, 0]);
  });

  for (const action of ["SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP"]) {
    test(`${action} ends a program with SIGSYS: ${how}`, async () => {
      const syscalls = [{ names: ["mkdir", "mkdirat"], action }];
      const seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls };
      const args = callerWith(UNKNOWN, MKDIR, MKDIR);
      const [output, status] = await run({ args, seccomp, process });
      assert.deepEqual([output, status], [`-1 ${ENOSYS}\n`, 159]);
    });
  }

  test(`a condition on an argument is looked at: ${how}`, async () => {
    // The second argument of every call is 0700.
    const denyIf = (value: number): object => ({
      names: ["getpid"],
      action: "SCMP_ACT_ERRNO",
      errnoRet: value,
      args: [{ index: 1, value, op: "SCMP_CMP_EQ" }],
    });
    const seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [denyIf(5), denyIf(0o700)] };
    const [output, status] = await run({ args: callerWith(GETPID), seccomp, process });
    assert.deepEqual([output, status], [`-1 ${0o700}\n`, 0]);
  });
}

/** What docs/security.md says that init calls under a filter. */
const INIT_WITHOUT_NO_NEW_PRIVS =
  "capset chdir close close_range execve faccessat2 getcwd newfstatat openat prctl rt_sigaction setuid stat write".split(
    " ",
  );

for (const [noNewPrivileges, names] of [
  [true, ["execve"]],
  [false, INIT_WITHOUT_NO_NEW_PRIVS],
] as const) {
  for (const uid of [0, 1000]) {
    const how = `noNewPrivileges ${noNewPrivileges} and user ${uid}`;

    test(`a profile that kills for all else has to allow no more than ${names.length} calls with ${how}`, async () => {
      const seccomp = {
        defaultAction: "SCMP_ACT_KILL_PROCESS",
        syscalls: [{ names: [...names, "exit_group"], action: "SCMP_ACT_ALLOW" }],
      };
      const process = { noNewPrivileges, user: { uid, gid: uid } };
      const [, status] = await run({ args: ["/bin/ender"], seccomp, process });
      assert.equal(status, 42);
    });

    test(`so it has to for an exec, with ${how}`, async () => {
      const ends = [...names, "exit_group", "pause", "ppoll"];
      const syscalls = [{ names: ends, action: "SCMP_ACT_ALLOW" }];
      const seccomp = { defaultAction: "SCMP_ACT_KILL_PROCESS", syscalls };
      const process = { noNewPrivileges, user: { uid, gid: uid } };
      writeConfig({ args: ["/bin/pauser"], seccomp, process });
      const container = await sandbox.create();
      await container.start();
      const options = sandbox.exec("");
      const document = { ...(options.process as object), ...process, args: ["/bin/ender"] };
      const live = await container.exec({ ...options, process: document });
      assert.equal((await live.exited).status, 42);
      live.stdio.close();
    });
  }
}

const IDS = [{ containerID: 0, hostID: 100_000, size: 65_536 }];

for (const noNewPrivileges of [true, false]) {
  test(`a filter is in force in a user namespace: noNewPrivileges ${noNewPrivileges}`, async () => {
    const types = ["pid", "mount", "ipc", "uts", "network", "cgroup", "user"];
    const namespaces = types.map((type) => ({ type }));
    const linux = { namespaces, uidMappings: IDS, gidMappings: IDS, seccomp: DENY_MKDIR };
    const { path, reader } = sandbox.client("out");
    const script = `mkdir /tmp/x; ${STATUS}; exec sleep 100`;
    sandbox.writeConfig(script, { process: { noNewPrivileges }, linux });
    const container = await sandbox.create({
      stdio: { terminal: false, stdin: "", stdout: path, stderr: path },
    });
    await container.start();
    const text = await readUpTo(reader, /Seccomp_filters/);
    assert.match(text, /can't create directory '\/tmp\/x': Read-only file system/);
    assert.match(text, /Seccomp:\s2\nSeccomp_filters:\s1\n/);
    const inside = await exec(container, `mkdir /tmp/x; ${STATUS}`, { noNewPrivileges });
    // Output and errors of an exec come through pipes of their own, in any order.
    assert.match(inside, /Read-only file system\n/);
    assert.match(inside, /Seccomp_filters:\s1\n/);
  });
}

test("flags reach the kernel: a filter that logs is one that the kernel accepts", async () => {
  const flags = ["LOG", "SPEC_ALLOW", "TSYNC"].map((flag) => `SECCOMP_FILTER_FLAG_${flag}`);
  const seccomp = { ...DENY_MKDIR, flags };
  assert.equal((await run({ args: ["/bin/caller", MKDIR], seccomp }))[0], "-1 30\n");
});

test("a start that a profile forbids fails when init has ended, even if that is forbidden, too", async () => {
  const names = ["execve", "exit", "exit_group"];
  const syscalls = [{ names, action: "SCMP_ACT_ERRNO", errnoRet: 1 }];
  for (const noNewPrivileges of [true, false]) {
    const seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls };
    writeConfig({ seccomp, process: { noNewPrivileges } });
    const container = await sandbox.create();
    let ended = false;
    container.exited.then(() => {
      ended = true;
    }, assert.fail);
    await assert.rejects(container.start(), /operation not permitted/);
    assert.ok(ended, "clients delete now, and only what has stopped");
    await container.remove();
  }
});

test("create fails for a profile that cannot be had, and leaves nothing", async () => {
  const architectures = ["SCMP_ARCH_X"];
  writeConfig({ seccomp: { ...DENY_MKDIR, architectures } });
  await assert.rejects(sandbox.create(), /unknown seccomp architecture "SCMP_ARCH_X"/);
  const args = Array.from({ length: 4500 }, (_, value) => ({
    index: 0,
    value: 2 * value,
    op: "SCMP_CMP_EQ",
  }));
  const syscalls = [{ names: ["mkdir"], action: "SCMP_ACT_ERRNO", args }];
  writeConfig({ seccomp: { defaultAction: "SCMP_ACT_ALLOW", syscalls } });
  await assert.rejects(sandbox.create(), /more than the kernel takes/);
});

for (const name of PROFILES) {
  for (const noNewPrivileges of [true, false]) {
    test(`a container runs with the profile of ${name} and noNewPrivileges ${noNewPrivileges}`, async () => {
      const seccomp = loadSeccomp(name);
      const script = `uname -s; mkdir /tmp/x && echo made; ${STATUS}; exec sleep 100`;
      writeConfig({ script, seccomp, process: { noNewPrivileges } });
      const { path, reader } = sandbox.client("out");
      const container = await sandbox.create({
        stdio: { terminal: false, stdin: "", stdout: path, stderr: path },
      });
      await container.start();
      assert.equal(await exec(container, "uname -s", { noNewPrivileges }), "Linux\n");
      const text = await readUpTo(reader, /Seccomp_filters/);
      assert.match(text, /^Linux\nmade\nNoNewPrivs:\s\d\nSeccomp:\s2\n/);
    });
  }
}
