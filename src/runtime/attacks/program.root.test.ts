// SPDX-License-Identifier: Apache-2.0
// The host's program within reach of a container (CVE-2019-5736), and the container's libraries within reach of a program of
// the host's (CVE-2019-14271).

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { assetPath } from "../../sys/assets.ts";
import { O_RDWR } from "../../sys/constants.ts";
import { type Fd, open } from "../../sys/fd.ts";
import { readOnlyClone, sealedExecutable } from "../../sys/memfd.ts";
import { signalPidfd } from "../../sys/pidfd.ts";
import { Reaper } from "../../sys/reaper.ts";
import { socketPair } from "../../sys/socket.ts";
import { spawn } from "../../sys/spawn.ts";
import { hasMountSetattr } from "../../sys/testing/kernel.ts";
import { attackSandbox, runAttack } from "../testing/attack.ts";

/**
 * What a container's root did: it opened the program of a process that waits inside for reading, and once nobody ran it any
 * more it opened that again, for writing. Who does it here is root of the host, so it is not the permission that fails.
 */
async function overwrite(exe: Fd): Promise<string> {
  const reaper = Reaper.start();
  const [ours, theirs] = socketPair("seqpacket");
  using nothing = open("/dev/null", O_RDWR);
  const standard = [0, 1, 2].map((as) => ({ fd: nothing, as }));
  try {
    const fds = [...standard, { fd: theirs, as: 3 }];
    const { pid, pidfd } = spawn({ exe, argv: ["tsrunc-init"], env: [], fds });
    const exited = reaper.claim(pid);
    const seen = await openProgram(pid, exe);
    signalPidfd(pidfd, 9);
    pidfd.close();
    await exited;
    const outcome = tryToWrite(seen);
    closeSync(seen);
    return outcome;
  } finally {
    for (const end of [ours, theirs]) end.close();
    reaper.stop();
  }
}

/**
 * The program of a process that has just been spawned: a descriptor of it. In its execve the kernel lets the parent go on just
 * before it exchanges the memory, so that for a moment the process still has its parent's program: this one.
 */
async function openProgram(pid: number, exe: Fd): Promise<number> {
  const { dev, ino } = fstatSync(exe.raw);
  for (;;) {
    const seen = openSync(`/proc/${pid}/exe`, constants.O_RDONLY);
    const found = fstatSync(seen);
    if (found.dev === dev && found.ino === ino) return seen;
    closeSync(seen);
    await sleep(1);
  }
}

/** Whether what `fd` is of could be written; else the errno. */
function tryToWrite(fd: number): string {
  try {
    const writer = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY);
    try {
      writeSync(writer, "#!owned");
    } finally {
      closeSync(writer);
    }
    const start = Buffer.alloc(7);
    readSync(fd, start, 0, start.length, 0);
    return start.toString();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

function withCopy<T>(body: (path: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-exe-"));
  const path = join(directory, "tsrunc-init");
  copyFileSync(assetPath("tsrunc-init"), path);
  return body(path).finally(() => rmSync(directory, { recursive: true }));
}

test("the program that starts containers can't be written by who has seen it run", async () => {
  await withCopy(async (path) => {
    const before = readFileSync(path);
    // The second is for kernels that forbid the first (6.3); what it is made with is younger than the oldest kernel (5.12).
    const ways = hasMountSetattr() ? [sealedExecutable, readOnlyClone] : [sealedExecutable];
    for (const make of ways) {
      using exe = make(path);
      assert.match(await overwrite(exe), /^(?:EPERM|EROFS)$/);
    }
    assert.deepEqual(readFileSync(path), before);
  });
});

test("control: the program that starts containers is written by who has seen it run, without a seal or a mount of its own", async () => {
  await withCopy(async (path) => {
    using exe = open(path, 0);
    assert.equal(await overwrite(exe), "#!owned");
  });
});

/** An "ELF interpreter" that needs no library: whoever is started by it has been taken over. */
const LOADER = `
static long call(long number, long a, long b, long c) {
  long r;
#ifdef __x86_64__
  __asm__ volatile("syscall" : "=a"(r) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
#else
  register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  r = x0;
#endif
  return r;
}
#ifdef __x86_64__
enum { WRITE = 1, EXIT = 231 };
#else
enum { WRITE = 64, EXIT = 94 };
#endif
void _start(void) {
  static const char text[] = "owned\\n";
  call(WRITE, 1, (long)text, 6);
  call(EXIT, 0, 0, 0);
}
`;

/** The interpreter that a dynamic program of this host names. */
function interpreterOf(program: string): string {
  const lines = execFileSync("readelf", ["-l", program], { encoding: "utf8" });
  const [, path] = /program interpreter: (\S+)\]/.exec(lines) ?? [];
  assert.ok(path, `${program} is not dynamic`);
  return path;
}

/** Puts the attacker's loader wherever a program of the host's would look for its own. */
function buildLoader(): { readonly path: string; readonly interpreter: string } {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-loader-"));
  const [source, path] = [join(directory, "loader.c"), join(directory, "loader")];
  writeFileSync(source, LOADER);
  execFileSync("gcc", ["-static-pie", "-fPIE", "-nostdlib", "-ffreestanding", "-o", path, source]);
  return { path, interpreter: interpreterOf("/bin/true") };
}

for (const { title, args, comesTo } of [
  {
    title: "nothing that starts a container is loaded by the image's libraries",
    args: ["sh", "-c", "echo own program"],
    comesTo: "own program\n",
  },
  {
    title: "control: a dynamic program of the host's is taken over by the image's libraries",
    args: ["/bin/helper"],
    comesTo: "owned\n",
  },
]) {
  test(title, async () => {
    // Before there is a reaper, which would take its end away from whoever waits for it.
    const loader = buildLoader();
    await using sandbox = attackSandbox();
    const rootfs = join(sandbox.root, "rootfs");
    const place = join(rootfs, loader.interpreter);
    mkdirSync(join(place, ".."), { recursive: true });
    copyFileSync(loader.path, place);
    copyFileSync("/bin/true", join(rootfs, "bin/helper"));
    writeFileSync(join(rootfs, "etc/ld.so.preload"), "/lib/loader.so\n");
    const env = ["PATH=/bin", "LD_PRELOAD=/lib/loader.so", "LD_LIBRARY_PATH=/lib"];
    const output = await runAttack(sandbox, "", { process: { args, env } });
    rmSync(join(loader.path, ".."), { recursive: true });
    assert.equal(output, comesTo);
  });
}
