// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import {
  copyFileSync,
  ftruncateSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isErrno } from "../base/errors.ts";
import * as c from "./constants.ts";
import { type Fd, open, writeFd } from "./fd.ts";
import { memfd, readOnlyClone, seal, sealedExecutable, writeAll } from "./memfd.ts";
import { Reaper } from "./reaper.ts";
import { spawn } from "./spawn.ts";
import { openDescriptors } from "./testing/descriptors.ts";

const hasCode = (code: string) => (error: unknown) => isErrno(error, code);

/** Runs a shell that is given as a descriptor. */
async function runShell(exe: Fd, script: string): Promise<number> {
  using nothing = open("/dev/null", c.O_RDWR);
  const options = { exe, argv: ["sh", "-c", script], env: ["PATH=/usr/bin:/bin"] };
  using stack = new DisposableStack();
  const reaper = stack.adopt(Reaper.start(), (each) => each.stop());
  const { pid, pidfd } = spawn({ ...options, fds: [{ fd: nothing, as: 0 }] });
  stack.use(pidfd);
  return (await reaper.claim(pid)).status;
}

test("a sealed memfd can't be written, resized or unsealed", () => {
  using fd = memfd("test");
  writeAll(fd, Buffer.from("content"));
  seal(fd);
  assert.throws(() => writeFd(fd, Buffer.from("x")), hasCode("EPERM"));
  assert.throws(() => ftruncateSync(fd.raw, 1), hasCode("EPERM"));
  assert.throws(() => ftruncateSync(fd.raw, 100), hasCode("EPERM"));
  assert.throws(() => seal(fd), hasCode("EPERM"));
  assert.throws(() => writeFileSync(`/proc/self/fd/${fd.raw}`, "x"), hasCode("EPERM"));
  assert.equal(readFileSync(`/proc/self/fd/${fd.raw}`, "utf8"), "content");
});

test("a plain memfd can't be executed where the kernel knows the difference", async () => {
  using fd = memfd("test");
  writeAll(fd, readFileSync("/bin/sh"));
  seal(fd);
  const known = existsNoexec();
  if (known) await assert.rejects(runShell(fd, "exit 1"), hasCode("EACCES"));
});

/** vm.memfd_noexec came with MFD_NOEXEC_SEAL (Linux 6.3). */
function existsNoexec(): boolean {
  return readdirSync("/proc/sys/vm").includes("memfd_noexec");
}

test("a sealed executable runs, and nobody can write to it", async () => {
  using exe = sealedExecutable("/bin/sh");
  assert.equal(await runShell(exe, "exit 23"), 23);
  assert.throws(() => writeFd(exe, Buffer.from("x")), hasCode("EPERM"));
  // From inside, the way of CVE-2019-5736.
  assert.equal(await runShell(exe, "(echo x >/proc/$$/exe) 2>/dev/null && exit 1; exit 5"), 5);
  assert.equal(await runShell(exe, "exit 24"), 24);
});

test("a read-only clone of a program runs, and can't be opened for writing", async () => {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-memfd-"));
  const path = join(directory, "shell");
  copyFileSync("/bin/sh", path);
  {
    using clone = readOnlyClone(path);
    assert.throws(() => open(`/proc/self/fd/${clone.raw}`, c.O_WRONLY), hasCode("EROFS"));
    assert.equal(await runShell(clone, "exit 25"), 25);
    assert.equal(await runShell(clone, "(echo x >/proc/$$/exe) 2>/dev/null && exit 1; exit 6"), 6);
  }
  // The file itself stays writable, and the mount goes away with the descriptor.
  writeFileSync(path, "changed");
  rmSync(directory, { recursive: true });
});

test("where vm.memfd_noexec forbids executable memfds, sealedExecutable falls back", async (t) => {
  if (!existsNoexec()) return t.skip("this kernel has no vm.memfd_noexec");
  // The setting belongs to a pid namespace and only ever becomes stricter: it is made in a new one.
  const script = `
    import { sealedExecutable } from ${JSON.stringify(join(import.meta.dirname, "memfd.ts"))};
    import { spawn } from ${JSON.stringify(join(import.meta.dirname, "spawn.ts"))};
    import { writeFileSync, readFileSync } from "node:fs";
    writeFileSync("/proc/sys/vm/memfd_noexec", "2");
    const exe = sealedExecutable("/bin/sh");
    if (!readFileSync("/proc/self/fdinfo/" + exe.raw, "utf8").includes("mnt_id")) process.exit(2);
    const { pidfd } = spawn({ exe, argv: ["sh", "-c", "exit 0"], env: [], fds: [] });
    process.exit(33);`;
  const reaper = Reaper.start();
  const argv = ["unshare", "--pid", "--fork", "--mount-proc", process.execPath];
  argv.push("--input-type=module-typescript", "-e", script);
  using stderr = open("/dev/null", c.O_RDWR);
  const { pid, pidfd } = spawn({
    exe: "/usr/bin/unshare",
    argv,
    env: ["PATH=/usr/bin:/bin"],
    fds: [0, 1, 2].map((as) => ({ fd: stderr, as })),
  });
  pidfd.close();
  const { status } = await reaper.claim(pid);
  reaper.stop();
  assert.equal(status, 33);
});

test("a program that is not there is an error without a descriptor left", () => {
  const before = openDescriptors();
  assert.throws(() => sealedExecutable("/nowhere/program"), hasCode("ENOENT"));
  assert.throws(() => readOnlyClone("/nowhere/program"), hasCode("ENOENT"));
  assert.equal(openDescriptors(), before);
});
