// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { assetPath } from "./assets.ts";
import { O_RDONLY } from "./constants.ts";
import { open } from "./fd.ts";
import { bind, bindAsync } from "./ffi.ts";
import { mount } from "./mount.ts";
import { spawn } from "./spawn.ts";

const source = dirname(import.meta.dirname);
const tree = mkdtempSync(join(tmpdir(), "tsrunc-ffi-"));
after(() => rmSync(tree, { recursive: true }));

/** A source tree with these functions for a library; what a call of nowNs says there. */
function runWithLibrary(name: string, code: string): { status: number | null; stderr: string } {
  const root = join(tree, name);
  const build = join(root, "build/dist");
  mkdirSync(build, { recursive: true });
  for (const folder of ["base", "sys"])
    cpSync(join(source, folder), join(root, "src", folder), { recursive: true });
  symlinkSync(join(source, "../node_modules"), join(root, "node_modules"));
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  if (code !== "") {
    writeFileSync(join(root, "lib.c"), `#include <stdint.h>\n${code}`);
    execFileSync("cc", [
      "-shared",
      "-fPIC",
      "-o",
      join(build, "libtsrunc.so"),
      join(root, "lib.c"),
    ]);
  }
  const script = `import { nowNs } from "./src/sys/clock.ts"; process.exitCode = nowNs() === 7n ? 0 : 3;`;
  const argv = ["--input-type=module-typescript", "-e", script];
  const result = spawnSync(process.execPath, argv, { cwd: root, encoding: "utf8" });
  return { status: result.status, stderr: result.stderr };
}

const version = "uint32_t n_abi_version(void) { return 3; }";
const size = "uint32_t n_sizeof_spawn_options(void) { return 72; }";
const clock = "int64_t n_now_ns(void) { return 7; }";

test("a library of the right version is taken, koffi comes from its package", () => {
  assert.deepEqual(runWithLibrary("good", version + size + clock), { status: 0, stderr: "" });
});

test("a library of another ABI version is refused in plain words", () => {
  const other = version.replace("3;", "999;");
  const { status, stderr } = runWithLibrary("version", other + size + clock);
  assert.equal(status, 1);
  assert.match(stderr, /libtsrunc\.so has ABI version 999, this program needs 3/);
});

test("a struct of another size is refused in plain words", () => {
  const { status, stderr } = runWithLibrary("size", version + size.replace("72", "48") + clock);
  assert.equal(status, 1);
  assert.match(stderr, /struct n_spawn_options is 48 bytes in libtsrunc\.so, 72 here/);
});

test("a string with a NUL never reaches C, which would cut it there", async () => {
  assert.throws(() => open("/etc/passwd\0.of-the-container", O_RDONLY), {
    name: "SysError",
    code: "EINVAL",
    syscall: "openat",
  });
  const call = { target: "/\0x", flags: 0 };
  await assert.rejects(async () => mount(call), { code: "EINVAL", syscall: "mount" });
  const exe = "/bin/true";
  for (const wrong of [
    { exe: "/bin/true\0" },
    { argv: ["a\0b"] },
    { env: ["A=\0"] },
    { cwd: "/\0" },
  ]) {
    assert.throws(() => spawn({ exe, argv: ["true"], env: [], fds: [], ...wrong }), {
      code: "EINVAL",
    });
  }
});

test("a missing library is an error that names the file", () => {
  const { status, stderr } = runWithLibrary("missing", "");
  assert.equal(status, 1);
  assert.match(stderr, /libtsrunc\.so/);
});

test("importing everything loads nothing native", () => {
  const imports = ["fd", "poll", "socket", "spawn", "pidfd", "process", "reaper", "mount", "memfd"];
  const paths = imports.map(
    (name) => `import ${JSON.stringify(join(import.meta.dirname, `${name}.ts`))};`,
  );
  const script = `${paths.join("\n")}
    import { readFileSync } from "node:fs";
    process.exitCode = /koffi|tsrunc\\.so/.test(readFileSync("/proc/self/maps", "utf8")) ? 1 : 0;`;
  const argv = ["--input-type=module-typescript", "-e", script];
  assert.equal(spawnSync(process.execPath, argv, { stdio: "inherit" }).status, 0);
});

test("assets of a source tree are in build/dist", () => {
  assert.equal(assetPath("tsrunc-init"), join(source, "../build/dist/tsrunc-init"));
  assert.ok(existsSync(assetPath("libtsrunc.so")));
});

test("a function that the library does not have is an error at its first call", () => {
  const missing = bind<[]>("int n_no_such_function()");
  assert.throws(() => missing(), /n_no_such_function/);
});

test("an async call does not block the event loop and gives its result", async () => {
  const kill = bindAsync<[pid: number, signal: number]>("int n_kill(int pid, int signal)");
  const results = await Promise.all([
    kill(process.pid, 0),
    kill(4_194_303, 0),
    kill(process.pid, 99),
  ]);
  assert.deepEqual(results, [0, -3, -22]);
});

test("what an async call is given stays where it is until the call has ended", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const write = bindAsync<[fd: number, bytes: Uint8Array, length: number]>(
    "int64_t n_write(int fd, const void *bytes, size_t length)",
  );
  const fifo = join(tree, "fifo");
  execFileSync("mkfifo", [fifo]);
  // Every thread of the pool waits for a writer, and the call for a thread.
  const readers = Array.from({ length: 4 }, () => readFile(fifo));
  const path = join(tree, "written");
  const file = openSync(path, "w");
  const start = (): { array: WeakRef<Uint8Array>; ended: Promise<number> } => {
    const bytes = new Uint8Array(100_000).fill(7);
    return { array: new WeakRef(bytes), ended: write(file, bytes, bytes.byteLength) };
  };
  const { array, ended } = start();
  await nextTurn();
  collect();
  const kept = array.deref() !== undefined;
  closeSync(openSync(fifo, "w"));
  await Promise.all(readers);
  assert.equal(await ended, 100_000);
  closeSync(file);
  assert.ok(kept);
  assert.ok(readFileSync(path).every((byte) => byte === 7));
});
