// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Pid, toPid } from "../base/brand.ts";
import { isErrno } from "../base/errors.ts";
import { nowNs } from "./clock.ts";
import * as c from "./constants.ts";
import { dup, Fd, open, pipe, readFd } from "./fd.ts";
import { openPidfd, signalPidfd } from "./pidfd.ts";
import { watch } from "./poll.ts";
import { kill, prlimit, setName } from "./process.ts";
import { Reaper } from "./reaper.ts";
import { type SpawnOptions, spawn } from "./spawn.ts";
import { openDescriptors } from "./testing/descriptors.ts";

const ENV = ["PATH=/usr/bin:/bin"];
const hasCode = (code: string) => (error: unknown) => isErrno(error, code);
const children = (): string => readFileSync("/proc/thread-self/children", "utf8").trim();

/** Runs a shell script: its output and its status. */
async function run(
  script: string,
  options?: Partial<SpawnOptions>,
): Promise<{ output: string; status: number; pid: Pid }> {
  const reaper = Reaper.start();
  const { read, write } = pipe({ nonBlock: true });
  const { fds = [], ...rest } = options ?? {};
  const { pid, pidfd } = spawn({
    exe: "/bin/sh",
    argv: ["sh", "-c", script],
    env: ENV,
    fds: [{ fd: write, as: 1 }, ...fds],
    ...rest,
  });
  write.close();
  pidfd.close();
  const exit = reaper.claim(pid);
  const output = await readAll(read);
  const { status } = await exit;
  reaper.stop();
  return { output, status, pid };
}

function readAll(fd: Fd): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  const buffer = new Uint8Array(65536);
  const watching = watch(fd, { readable: true }, () => {
    const count = readFd(fd, buffer) ?? -1;
    if (count > 0) text += Buffer.from(buffer.subarray(0, count)).toString();
    if (count !== 0) return;
    watching.close();
    fd.close();
    resolve(text);
  });
  return promise;
}

/** What a child has open besides standard output, as "number file", sorted. */
async function openFiles(
  fds: SpawnOptions["fds"],
  exe: SpawnOptions["exe"] = "/bin/ls",
): Promise<string[]> {
  const argv = ["ls", "-l", "/proc/self/fd"];
  const { output, status } = await run("", { exe, argv, fds });
  assert.equal(status, 0);
  const all = [...output.matchAll(/ (\d+) -> (.*)$/gm)].map(
    ([, number, file]) => `${number} ${file}`,
  );
  // ls itself has the directory open that it lists.
  return all.filter((line) => !/ (pipe:|\/proc\/)/.test(line)).sort();
}

test("arguments, environment and exit status arrive", async () => {
  const { output, status } = await run('printf "%s|" "$0" "$@" "$A"; exit 42', {
    argv: ["sh", "-c", 'printf "%s|" "$0" "$@" "$A"; exit 42', "zero", "", "zwei ü", "3"],
    env: ["A=b=c"],
  });
  assert.equal(output, "zero||zwei ü|3|b=c|");
  assert.equal(status, 42);
});

test("a long argument list is passed whole, one that is too long is E2BIG", async () => {
  const argument = "x".repeat(100_000);
  const argv = [
    "sh",
    "-c",
    "echo $#; printf %s $1 | wc -c",
    "sh",
    ...Array.from({ length: 15 }, () => argument),
  ];
  assert.equal((await run("", { argv })).output, "15\n100000\n");
  assert.throws(
    () => spawn({ exe: "/bin/true", argv: ["x", "y".repeat(200_000)], env: [], fds: [] }),
    hasCode("E2BIG"),
  );
});

test("only the given descriptors are open, under their numbers", async () => {
  using extra = open("/dev/zero", c.O_RDONLY);
  using other = open("/dev/full", c.O_RDONLY);
  const fds = [
    { fd: extra, as: 0 },
    { fd: other, as: 9 },
    { fd: extra, as: 100 },
  ];
  assert.deepEqual(await openFiles(fds), ["0 /dev/zero", "100 /dev/zero", "9 /dev/full"]);
});

test("descriptors arrive right when sources and targets overlap in every way", async () => {
  const before = openDescriptors();
  const names = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];
  const files = names.map((name) => open(name, c.O_RDONLY));
  const raws = files.map((fd) => fd.raw);
  // Each descriptor goes to the number of another one: a rotation, swaps, and staying where it is.
  const permutations = [
    [1, 2, 3, 4, 0],
    [1, 0, 3, 2, 4],
    [4, 3, 2, 1, 0],
    [0, 1, 2, 3, 4],
  ];
  for (const permutation of permutations) {
    const targets = permutation.map((index) => raws[index] ?? -1);
    const fds = files.map((fd, index) => ({ fd, as: targets[index] ?? -1 }));
    const expected = names.map((name, index) => `${targets[index]} ${name}`);
    assert.deepEqual(await openFiles(fds), expected.sort());
  }
  for (const fd of files) fd.close();
  assert.equal(openDescriptors(), before);
});

test("the program's own descriptor may have the number of a target, or the one above all", async () => {
  for (const offset of [0, -1]) {
    using exe = open("/bin/ls", c.O_PATH);
    using extra = open("/dev/zero", c.O_RDONLY);
    const target = exe.raw + offset;
    assert.deepEqual(await openFiles([{ fd: extra, as: target }], exe), [`${target} /dev/zero`]);
  }
});

test("one descriptor may be given several times, a target only once", async () => {
  using zero = open("/dev/zero", c.O_RDONLY);
  const fds = [3, 4, 5].map((as) => ({ fd: zero, as }));
  const { output } = await run("readlink /proc/$$/fd/3 /proc/$$/fd/4 /proc/$$/fd/5", { fds });
  assert.equal(output, "/dev/zero\n/dev/zero\n/dev/zero\n");
  const twice = [0, 0].map((as) => ({ fd: zero, as }));
  const options = { exe: "/bin/true", argv: ["true"], env: ENV };
  assert.throws(() => spawn({ ...options, fds: twice }), hasCode("EINVAL"));
  assert.throws(() => spawn({ ...options, fds: [{ fd: zero, as: -1 }] }), hasCode("EBADF"));
  assert.throws(() => spawn({ ...options, fds: [{ fd: new Fd(9999), as: 0 }] }), hasCode("EBADF"));
});

test("signals are at their default and unblocked, ignored ones too", async () => {
  // Node ignores SIGPIPE; a handler and more are added here.
  const handler = (): void => undefined;
  process.on("SIGUSR2", handler);
  const { output } = await run("cat /proc/self/status");
  process.off("SIGUSR2", handler);
  assert.match(output, /SigBlk:\s*0{16}\nSigIgn:\s*0{16}\nSigCgt:\s*0{16}\n/);
});

test("our own signal mask is as before", () => {
  const mask = (): string =>
    /^SigBlk.*$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[0] ?? "";
  const before = mask();
  assert.throws(() => spawn({ exe: "/x", argv: ["x"], env: [], fds: [] }), hasCode("ENOENT"));
  assert.equal(mask(), before);
});

test("a failed execve is an error and leaves no process and no descriptor", () => {
  const before = openDescriptors();
  const fails = (exe: string, code: string): void => {
    assert.throws(
      () => spawn({ exe, argv: ["x"], env: [], fds: [] }),
      (error) => isErrno(error, code) && "path" in (error as object),
    );
  };
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-spawn-"));
  writeFileSync(join(directory, "text"), "no program", { mode: 0o755 });
  writeFileSync(join(directory, "plain"), "#!/bin/sh\n", { mode: 0o644 });
  for (let i = 0; i < 20; i += 1) {
    fails(join(directory, "missing"), "ENOENT");
    fails(join(directory, "text"), "ENOEXEC");
    fails(join(directory, "plain"), "EACCES");
    fails(join(directory, "text/x"), "ENOTDIR");
  }
  const options = { exe: "/bin/true", argv: ["true"], env: ENV, fds: [] };
  assert.throws(() => spawn({ ...options, cwd: "/nowhere" }), hasCode("ENOENT"));
  rmSync(directory, { recursive: true });
  assert.equal(openDescriptors(), before);
  assert.equal(children(), "");
});

test("cwd, session and process group are the child's", async () => {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-spawn-"));
  const script = "pwd; cut -d' ' -f5,6 /proc/$$/stat";
  const session = await run(script, { cwd: directory, newSession: true });
  assert.equal(session.output, `${directory}\n${session.pid} ${session.pid}\n`);
  const group = await run(script, { newGroup: true });
  const [ownGroup, ownSession] =
    /\) \S+ \S+ (\d+) (\d+)/.exec(readFileSync("/proc/self/stat", "utf8"))?.slice(1) ?? [];
  assert.equal(group.output, `${process.cwd()}\n${group.pid} ${ownSession}\n`);
  const plain = await run(script);
  assert.equal(plain.output, `${process.cwd()}\n${ownGroup} ${ownSession}\n`);
  rmSync(directory, { recursive: true });
});

test("the child is born in the given cgroup v2", async (t) => {
  const root = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].find((path) => {
    try {
      return readdirSync(path).includes("cgroup.procs");
    } catch {
      return false;
    }
  });
  if (root === undefined) return t.skip("no cgroup v2 mount");
  const path = join(root, `tsrunc-spawn-${process.pid}`);
  mkdirSync(path);
  try {
    using cgroup = open(path, c.O_PATH | c.O_DIRECTORY);
    const { output } = await run("cat /proc/self/cgroup", { cgroup });
    assert.ok(output.includes(`0::/`) && output.includes(`tsrunc-spawn-${process.pid}\n`));
    using file = open("/dev/null", c.O_RDONLY);
    const options = { exe: "/bin/true", argv: ["true"], env: ENV, fds: [] };
    assert.throws(() => spawn({ ...options, cgroup: file }), hasCode("EBADF"));
  } finally {
    rmdirSync(path);
  }
});

test("a pidfd signals its process and says ESRCH once that is reaped", async () => {
  const reaper = Reaper.start();
  const { pid, pidfd } = spawn({ exe: "/bin/sleep", argv: ["sleep", "1000"], env: [], fds: [] });
  const exit = reaper.claim(pid);
  using second = openPidfd(pid);
  signalPidfd(pidfd, 0);
  assert.throws(() => signalPidfd(pidfd, 65), hasCode("EINVAL"));
  signalPidfd(second, c.SIGTERM);
  assert.equal((await exit).status, 128 + c.SIGTERM);
  assert.throws(() => signalPidfd(pidfd, c.SIGTERM), hasCode("ESRCH"));
  assert.throws(() => openPidfd(pid), hasCode("ESRCH"));
  assert.throws(() => kill(pid, 0), hasCode("ESRCH"));
  pidfd.close();
  reaper.stop();
});

test("limits are read and set on another process", async () => {
  const reaper = Reaper.start();
  const { pid, pidfd } = spawn({ exe: "/bin/sleep", argv: ["sleep", "1000"], env: [], fds: [] });
  const before = prlimit(pid, c.RLIMIT_NOFILE, undefined);
  assert.deepEqual(prlimit(pid, c.RLIMIT_NOFILE, { soft: 77n, hard: before.hard }), before);
  assert.deepEqual(prlimit(pid, c.RLIMIT_NOFILE, undefined), { soft: 77n, hard: before.hard });
  const limits = readFileSync(`/proc/${pid}/limits`, "utf8");
  assert.match(limits, /^Max open files\s+77 /m);
  const locks = prlimit(0, c.RLIMIT_LOCKS, undefined);
  assert.ok(locks.soft <= c.RLIM_INFINITY);
  assert.throws(() => prlimit(0, 99, undefined), hasCode("EINVAL"));
  signalPidfd(pidfd, c.SIGKILL);
  await reaper.claim(pid);
  pidfd.close();
  reaper.stop();
});

test("a limit of descriptors holds from the child's first instruction", async () => {
  const nofile = { soft: 123n, hard: 456n };
  const { output } = await run("ulimit -Sn; ulimit -Hn", { nofile });
  assert.equal(output, "123\n456\n");
});

test("setName names the main thread", () => {
  setName("tsrunc-test");
  assert.equal(readFileSync("/proc/self/comm", "utf8"), "tsrunc-test\n");
});

test("the clock is the real time", () => {
  const before = BigInt(Date.now());
  const now = nowNs() / 1_000_000n;
  assert.ok(now >= before - 1n && now <= BigInt(Date.now()) + 1n);
});

test("the parent's memory and descriptors are untouched by many children", async () => {
  const reaper = Reaper.start();
  using marker = open("/dev/null", c.O_RDONLY);
  const before = openDescriptors();
  const claims = Array.from({ length: 200 }, (_, index) => {
    using copy = dup(marker);
    const fds = [{ fd: copy, as: index % 20 }];
    const { pid, pidfd } = spawn({ exe: "/bin/true", argv: ["true"], env: ENV, fds });
    pidfd.close();
    return reaper.claim(pid);
  });
  for (const each of await Promise.all(claims)) assert.equal(each.status, 0);
  assert.equal(openDescriptors(), before);
  assert.equal(children(), "");
  reaper.stop();
});

test("openPidfd of a pid that was never there is ESRCH", () => {
  assert.throws(() => openPidfd(toPid(4_194_000)), hasCode("ESRCH"));
});
