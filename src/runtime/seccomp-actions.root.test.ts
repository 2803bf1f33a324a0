// SPDX-License-Identifier: Apache-2.0
// What the kernel makes of every action that needs no agent, and of calls by the other ways into an x86-64 kernel.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { readAll, Sandbox } from "./testing/sandbox.ts";

/**
 * Makes the system calls that its arguments name, NUMBER or x86:NUMBER (by int 0x80), with the arguments 0, 7, and prints what
 * comes back.
 */
const CALLER = `
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 1; i < argc; i++) {
		long result;
#ifdef __x86_64__
		if (strncmp(argv[i], "x86:", 4) == 0) {
			int value = atoi(argv[i] + 4);
			__asm__ volatile("int $0x80" : "+a"(value) : "b"(0), "c"(7) : "memory", "r8", "r9", "r10", "r11");
			result = value;
		} else
#endif
		{
			result = syscall(strtol(argv[i], NULL, 0), 0L, 7L);
			if (result == -1)
				result = -errno;
		}
		printf("%s\\n", result < 0 ? strerror(-result) : "ok");
	}
	return 0;
}
`;

const programs = mkdtempSync(join(tmpdir(), "tsrunc-programs-"));
process.once("exit", () => rmSync(programs, { recursive: true, force: true }));
writeFileSync(join(programs, "caller.c"), CALLER);
execFileSync("gcc", ["-static", "-o", "caller", "caller.c"], { cwd: programs });

const X64 = process.arch === "x64";
const GETPPID = X64 ? 110 : 173;
const GETPGID = X64 ? 121 : 155;
const SIGSYS_EXIT = 128 + 31;

let sandbox: Sandbox;

beforeEach(() => {
  sandbox = new Sandbox();
  copyFileSync(join(programs, "caller"), join(sandbox.root, "rootfs/bin/caller"));
});

afterEach(() => sandbox[Symbol.asyncDispose]());

/** Runs the caller under a profile. @returns its lines and its status */
async function run(
  calls: readonly string[],
  seccomp: object,
): Promise<[readonly string[], number]> {
  const { path, reader } = sandbox.client("out");
  const process = { args: ["/bin/caller", ...calls], noNewPrivileges: true };
  sandbox.writeConfig("", { process, linux: { seccomp } });
  const stdio = { terminal: false, stdin: "", stdout: path, stderr: path };
  const container = await sandbox.create({ stdio });
  await container.start();
  const output = await readAll(reader);
  return [output.split("\n").slice(0, -1), (await container.exited).status];
}

const rule = (action: string, changes: object = {}): object => ({
  defaultAction: "SCMP_ACT_ALLOW",
  syscalls: [{ names: ["getppid"], action, ...changes }],
});

for (const [action, errnoRet, lines, status] of [
  ["SCMP_ACT_KILL", undefined, [], SIGSYS_EXIT],
  ["SCMP_ACT_KILL_THREAD", undefined, [], SIGSYS_EXIT],
  ["SCMP_ACT_KILL_PROCESS", undefined, [], SIGSYS_EXIT],
  ["SCMP_ACT_TRAP", undefined, [], SIGSYS_EXIT],
  ["SCMP_ACT_ERRNO", undefined, ["Operation not permitted", "ok"], 0],
  ["SCMP_ACT_ERRNO", 0, ["ok", "ok"], 0],
  ["SCMP_ACT_ERRNO", 28, ["No space left on device", "ok"], 0],
  // There is no tracer.
  ["SCMP_ACT_TRACE", undefined, ["Function not implemented", "ok"], 0],
  ["SCMP_ACT_TRACE", 7, ["Function not implemented", "ok"], 0],
  ["SCMP_ACT_LOG", undefined, ["ok", "ok"], 0],
] as const) {
  test(`the kernel does ${action} ${errnoRet ?? "without a number"} to the call that it is for`, async () => {
    const calls = [GETPPID, GETPGID].map(String);
    assert.deepEqual(await run(calls, rule(action, { errnoRet })), [lines, status]);
  });
}

for (const [op, value, valueTwo, holds] of [
  ["NE", 8, 0, true],
  ["NE", 7, 0, false],
  ["LT", 8, 0, true],
  ["LT", 7, 0, false],
  ["LE", 7, 0, true],
  ["LE", 6, 0, false],
  ["EQ", 7, 0, true],
  ["EQ", 8, 0, false],
  ["GE", 7, 0, true],
  ["GE", 8, 0, false],
  ["GT", 6, 0, true],
  ["GT", 7, 0, false],
  ["MASKED_EQ", 6, 6, true],
  ["MASKED_EQ", 6, 4, false],
] as const) {
  test(`the kernel finds ${holds ? "that" : "no"} 7 is ${op} ${value} ${valueTwo}`, async () => {
    const args = [{ index: 1, value, valueTwo, op: `SCMP_CMP_${op}` }];
    const expected = holds ? "Operation not permitted" : "ok";
    const [lines] = await run([String(GETPPID)], rule("SCMP_ACT_ERRNO", { args }));
    assert.deepEqual(lines, [expected]);
  });
}

const X86 = { getppid: "x86:64", getpgid: "x86:132", unknown: "x86:5000" };
/** The kernel need not have x32: its filters come first. */
const X32_BIT = 0x4000_0000;
const [X32_GETPPID, X32_UNKNOWN] = [String(X32_BIT + GETPPID), String(X32_BIT + 5000)];
const ARCHITECTURES = ["X86_64", "X86", "X32"].map((word) => `SCMP_ARCH_${word}`);

test("calls of 32-bit programs are filtered by their own numbers", { skip: !X64 }, async () => {
  const syscalls = [{ names: ["getppid"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }];
  const seccomp = { defaultAction: "SCMP_ACT_ALLOW", architectures: ARCHITECTURES, syscalls };
  const [lines, status] = await run([X86.getppid, X86.getpgid, X32_GETPPID], seccomp);
  assert.deepEqual(
    [lines, status],
    [["No space left on device", "ok", "No space left on device"], 0],
  );
});

test("calls that are newer than the profile do not exist for 32-bit programs", {
  skip: !X64,
}, async () => {
  const names = (
    "arch_prctl brk close execve exit_group fstat getpgid getrandom ioctl mmap mprotect munmap newfstatat openat prlimit64 read " +
    "readlink readlinkat rseq set_robust_list set_tid_address uname write writev"
  ).split(" ");
  const syscalls = [{ names, action: "SCMP_ACT_ALLOW" }];
  const denied = { defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 28 };
  const seccomp = { ...denied, architectures: ARCHITECTURES, syscalls };
  const calls = [X86.getppid, X86.getpgid, X86.unknown, X32_GETPPID, X32_UNKNOWN];
  const [lines, status] = await run(calls, seccomp);
  const [none, left] = ["Function not implemented", "No space left on device"];
  assert.deepEqual([lines, status], [[left, "ok", none, left, none], 0]);
});

for (const call of [X86.getpgid, X32_GETPPID]) {
  test(`a program that calls ${call} in a container of 64-bit programs is killed`, {
    skip: !X64,
  }, async () => {
    const [lines, status] = await run(
      [String(GETPGID), call, String(GETPGID)],
      rule("SCMP_ACT_ERRNO"),
    );
    assert.deepEqual([lines, status], [["ok"], SIGSYS_EXIT]);
  });
}
