// SPDX-License-Identifier: Apache-2.0
// Descriptors of the caller's in real processes. No child_process in here: a Reaper is at work.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { O_DIRECTORY, O_RDONLY } from "../sys/constants.ts";
import { type Fd, open, pipe, setNonBlocking } from "../sys/fd.ts";
import { openDescriptors } from "../sys/testing/descriptors.ts";
import { NO_STDIO, readAll, Sandbox } from "./testing/sandbox.ts";
import type { InheritedFds, LiveContainer } from "./types.ts";

let sandbox: Sandbox;
let text: Fd;

beforeEach(() => {
  sandbox = new Sandbox();
  writeFileSync(join(sandbox.root, "text"), "of the caller\n");
  text = open(join(sandbox.root, "text"), O_RDONLY);
});

afterEach(async () => {
  text.close();
  await sandbox[Symbol.asyncDispose]();
});

/** Runs `script` as a container with these descriptors. @returns its output */
async function run(script: string, inherited: InheritedFds, process: object = {}): Promise<string> {
  const { path, reader } = sandbox.client("out");
  sandbox.writeConfig(script, { process });
  const stdio = { ...NO_STDIO, stdout: path, stderr: path };
  const container = await sandbox.create({ stdio, inherited });
  await container.start();
  const output = await readAll(reader);
  await container.exited;
  return output;
}

/** Runs `script` in a container. @returns its output */
async function exec(
  container: LiveContainer,
  script: string,
  inherited: InheritedFds,
  changes: object = {},
): Promise<string> {
  const { path, reader } = sandbox.client(`exec-${Math.random()}`);
  const options = sandbox.exec(script, { stdout: path, stderr: path });
  const process = { ...(options.process as object), ...changes };
  const live = await container.exec({ ...options, process, inherited });
  const output = await readAll(reader);
  await live.exited;
  live.stdio.close();
  return output;
}

/** The shell has the directory open while it expands the pattern. */
const LIST = "cd /proc/self/fd; echo *";

test("a container has the descriptors that it inherits, in their order, and no other", async () => {
  const { read, write } = pipe();
  setNonBlocking(read, true);
  const script = `cat <&4; echo to the caller >&3; ${LIST}`;
  const output = await run(script, { listening: [], others: [write, text] });
  write.close();
  assert.match(output, /^of the caller\n0 1 2 3 4( 5)?\n$/);
  assert.equal(await readAll(read), "to the caller\n");
});

test("a container is told of what it listens on, with its own pid", async () => {
  const inherited = { listening: [text, text], others: [text] };
  const script = `echo $LISTEN_FDS $LISTEN_PID $$; ${LIST}`;
  const env = ["PATH=/bin", "LISTEN_FDS=9", "LISTEN_PID=9"];
  const output = await run(script, inherited, { env });
  assert.match(output, /^2 1 1\n0 1 2 3 4 5( 6)?\n$/);
});

test("descriptors are inherited beside few that a process may have, and by any user", async () => {
  const inherited = { listening: [], others: [text] };
  const rlimits = [{ type: "RLIMIT_NOFILE", soft: 16, hard: 16 }];
  const limited = await run("cat <&3; ulimit -n", inherited, { rlimits });
  assert.equal(limited, "of the caller\n16\n");
  await sandbox[Symbol.asyncDispose]();
  sandbox = new Sandbox();
  const user = { uid: 1000, gid: 1000 };
  using again = open("/etc/hostname", O_RDONLY);
  const others = await run("cat <&3", { listening: [], others: [again] }, { user });
  assert.equal(others, readFileSync("/etc/hostname", "utf8"));
});

test("an exec has the descriptors that it inherits and is told of them with its own pid", async () => {
  sandbox.writeConfig("exec sleep 100");
  const container = await sandbox.create();
  await container.start();
  const before = openDescriptors();
  const script = `echo $LISTEN_FDS; [ $LISTEN_PID = $$ ] && echo mine; cat <&3; ${LIST}`;
  const inherited = { listening: [text], others: [] };
  assert.match(
    await exec(container, script, inherited),
    /^1\nmine\nof the caller\n0 1 2 3( 4)?\n$/,
  );
  const others = { listening: [], others: [text] };
  assert.match(
    await exec(container, `echo "[$LISTEN_FDS]"; ${LIST}`, others),
    /^\[\]\n0 1 2 3( 4)?\n$/,
  );
  // What belongs to the caller is still open, and nothing else.
  assert.equal(openDescriptors(), before);
});

test("an exec of a container without a pid namespace is told the pid that it has there", async () => {
  const namespaces = ["mount", "ipc", "uts"].map((type) => ({ type }));
  sandbox.writeConfig("exec sleep 100", { linux: { namespaces } });
  const container = await sandbox.create();
  await container.start();
  const script = "[ $LISTEN_PID = $$ ] && echo mine";
  const inherited = { listening: [text], others: [] };
  assert.equal(await exec(container, script, inherited), "mine\n");
});

test("a hook of the container inherits nothing", async () => {
  writeFileSync(join(sandbox.root, "rootfs/hook"), `#!/bin/sh\n${LIST} > /tmp/hook\n`, {
    mode: 0o755,
  });
  const { path, reader } = sandbox.client("out");
  sandbox.writeConfig("cat /tmp/hook", { hooks: { startContainer: [{ path: "/hook" }] } });
  const inherited = { listening: [text], others: [text] };
  const container = await sandbox.create({ stdio: { ...NO_STDIO, stdout: path }, inherited });
  await container.start();
  // The shell reads its script from the third.
  assert.match(await readAll(reader), /^0 1 10 2( 3)?\n$/);
  await container.exited;
});

test("more descriptors than can be passed are refused before anything is made", async () => {
  sandbox.writeConfig("true");
  const others = Array.from({ length: 129 }, () => text);
  await assert.rejects(
    sandbox.create({ inherited: { listening: [], others } }),
    /too many descriptors for a process to inherit: 129, at most 128$/,
  );
});

test("as many descriptors as can be passed are", async () => {
  const others = Array.from({ length: 128 }, () => text);
  const script = "set -- /proc/self/fd/*; echo $#; [ -e /proc/self/fd/130 ] && echo last";
  const output = await run(script, { listening: [], others });
  assert.match(output, /^13[12]\nlast\n$/);
});

test("what fails with descriptors to inherit is told as ever", async () => {
  const inherited = { listening: [text], others: [text] };
  const missing = /exec: "nosuch": executable file not found in \$PATH$/;
  sandbox.writeConfig("", { process: { args: ["nosuch"] } });
  await assert.rejects(sandbox.create({ inherited }), missing);
  sandbox.writeConfig("exec sleep 100");
  const container = await sandbox.create();
  await container.start();
  await assert.rejects(exec(container, "", inherited, { args: ["nosuch"] }), missing);
  // The kernel's own answer, when everything else is done.
  writeFileSync(join(sandbox.root, "rootfs/broken"), "no program", { mode: 0o755 });
  const broken = { args: ["/broken"] };
  await assert.rejects(exec(container, "", inherited, broken), /exec \/broken: exec format error$/);
});

test("a directory of the host that is inherited is no working directory", async () => {
  using root = open("/usr", O_RDONLY | O_DIRECTORY);
  const inherited = { listening: [], others: [root] };
  sandbox.writeConfig("true", { process: { cwd: "/proc/self/fd/3" } });
  await assert.rejects(
    sandbox.create({ inherited }),
    /mkdir .*: too many levels of symbolic links$/,
  );
  sandbox.writeConfig("exec sleep 100");
  const container = await sandbox.create();
  await container.start();
  await assert.rejects(
    exec(container, "true", inherited, { cwd: "/proc/self/fd/3" }),
    /possible container breakout detected$/,
  );
});
