// SPDX-License-Identifier: Apache-2.0
// What a container and its execs have of a process document, compared with each other: keyring, HOME, environment, umask,
// terminal. No child_process in here: a Reaper is at work.

import assert from "node:assert/strict";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, type TestContext, test } from "node:test";
import { type ConfigChanges, NO_STDIO, readAll, Sandbox } from "./testing/sandbox.ts";
import type { CreateOptions, LiveContainer } from "./types.ts";

let sandbox: Sandbox;

beforeEach(() => {
  sandbox = new Sandbox();
  for (const applet of ["grep", "stty"]) {
    symlinkSync("busybox", join(sandbox.root, "rootfs/bin", applet));
  }
  const passwd = "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\nno:x:7:7:::\n";
  writeFileSync(join(sandbox.root, "rootfs/etc/passwd"), passwd);
});

afterEach(() => sandbox[Symbol.asyncDispose]());

/** A container that runs `script` and then sleeps, and what it printed first. */
async function start(
  script: string,
  changes: ConfigChanges = {},
  options: Partial<CreateOptions> = {},
): Promise<{ container: LiveContainer; output: string }> {
  const { path, reader } = sandbox.client("out");
  sandbox.writeConfig(`{ ${script}; }; exec sleep 100 > /dev/null 2>&1`, changes);
  const stdio = { ...NO_STDIO, stdout: path, stderr: path };
  const container = await sandbox.create({ stdio, ...options });
  await container.start();
  return { container, output: await readAll(reader) };
}

/** What an exec prints. */
async function exec(
  container: LiveContainer,
  script: string,
  changes: object = {},
  terminal = false,
): Promise<string> {
  const { path, reader } = sandbox.client(`exec-${Math.random()}`);
  const stderr = terminal ? "" : path;
  const options = sandbox.exec(script, { stdout: path, stderr, terminal });
  const process = { ...(options.process as object), terminal, ...changes };
  const live = await container.exec({ ...options, process });
  const output = await readAll(reader);
  await live.exited;
  live.stdio.close();
  return output;
}

/** What /proc/keys says of the keyring of this container: its serial number and its permissions. */
function keyring(text: string): readonly [serial: string, permissions: number] {
  const lines = text.split("\n").filter((line) => line.includes(`_ses.${sandbox.id}`));
  assert.equal(lines.length, 1, text);
  const [serial = "", , , , permissions = ""] = (lines[0] ?? "").split(/\s+/);
  return [serial, Number.parseInt(permissions, 16)];
}

const KEYS = "cat /proc/keys";
/** linux/key.h: KEY_USR_SEARCH, KEY_OTH_SEARCH. */
const USER_SEARCH = 0x8_0000;
const OTHER_SEARCH = 0x8;
const MAPPING = [{ containerID: 0, hostID: 100_000, size: 65_536 }];

function hasKeyrings(t: TestContext): boolean {
  if (existsSync("/proc/keys")) return true;
  t.skip("a kernel without keyrings");
  return false;
}

for (const [where, given, linux] of [
  ["the host's user namespace", USER_SEARCH, {}],
  ["a user namespace", USER_SEARCH | OTHER_SEARCH, { uidMappings: MAPPING, gidMappings: MAPPING }],
] as const) {
  test(`a container in ${where} has a session keyring that can be searched, and its execs join it`, async (t) => {
    if (!hasKeyrings(t)) return;
    const types = ["pid", "mount", "ipc", "uts", ...("uidMappings" in linux ? ["user"] : [])];
    const namespaces = types.map((type) => ({ type }));
    const { container, output } = await start(KEYS, { linux: { namespaces, ...linux } });
    const [serial, permissions] = keyring(output);
    assert.equal(permissions & (USER_SEARCH | OTHER_SEARCH), given, output);
    // Of several, one after the other: nobody makes it anew, or takes rights from it.
    for (const uid of [0, 1000, 0]) {
      const text = await exec(container, KEYS, { user: { uid, gid: uid } });
      assert.deepEqual(keyring(text), [serial, permissions], text);
    }
  });
}

test("with no_new_keyring a container and its execs have no keyring of their own", async (t) => {
  if (!hasKeyrings(t)) return;
  const look = `grep -c '_ses.${sandbox.id}' /proc/keys`;
  const { container, output } = await start(`${look} || true`, {}, { noNewKeyring: true });
  assert.equal(output, "0\n");
  assert.equal(await exec(container, look), "0\n");
});

test("the names of host and domain are the container's, and not the host's", async () => {
  const files = ["hostname", "domainname"].map((name) => `/proc/sys/kernel/${name}`);
  const before = files.map((file) => readFileSync(file, "utf8"));
  const look = `cat ${files.join(" ")}`;
  const { container, output } = await start(look, { hostname: "box", domainname: "example.org" });
  assert.equal(output, "box\nexample.org\n");
  assert.equal(await exec(container, look), "box\nexample.org\n");
  assert.deepEqual(
    files.map((file) => readFileSync(file, "utf8")),
    before,
  );
});

test("HOME is that of the user in the container's passwd where it is missing or empty, in an exec too", async () => {
  const script = "echo $HOME";
  const { container, output } = await start(script, { process: { env: ["PATH=/bin", "HOME="] } });
  assert.equal(output, "/root\n");
  const home = (uid: number, ...env: readonly string[]): Promise<string> =>
    exec(container, script, { user: { uid, gid: uid }, env: ["PATH=/bin", ...env] });
  assert.equal(await home(0), "/root\n");
  assert.equal(await home(1000), "/home/app\n");
  assert.equal(await home(1000, "HOME="), "/home/app\n");
  assert.equal(await home(1000, "HOME=/x", "HOME=/mine"), "/mine\n");
  assert.equal(await home(1000, "HOME=/mine", "HOME="), "/home/app\n");
  assert.equal(await home(7), "/\n");
  assert.equal(await home(4_000_000), "/\n");
});

test("of a variable that is there twice a process gets the last one alone", async () => {
  const env = ["A=1", "PATH=/nowhere", "B=x=y", "A=", "PATH=/bin", "HOME=/", "A=3"];
  // Not the last command: the shell would become it.
  const look = "cat /proc/$$/environ; true";
  const expected = "B=x=y\0PATH=/bin\0HOME=/\0A=3\0";
  const { container, output } = await start(look, { process: { env } });
  assert.equal(output, expected);
  assert.equal(await exec(container, look, { env }), expected);
});

test("an exec has its own umask, else the container's, else 0022", async () => {
  const umask = async (container: LiveContainer, own?: number): Promise<string> => {
    const user = { uid: 0, gid: 0, ...(own === undefined ? {} : { umask: own }) };
    return (await exec(container, "umask", { user })).trim();
  };
  const strict = await start("umask", { process: { user: { uid: 0, gid: 0, umask: 0o77 } } });
  assert.equal(strict.output, "0077\n");
  assert.equal(await umask(strict.container), "0077");
  assert.equal(await umask(strict.container, 0o27), "0027");
  assert.equal(await umask(strict.container, 0), "0000");
  await sandbox[Symbol.asyncDispose]();
  sandbox = new Sandbox();
  const usual = await start("umask");
  assert.equal(usual.output, "0022\n");
  assert.equal(await umask(usual.container), "0022");
});

test("the terminal of an exec has its size before the program looks, if both sides are set", async () => {
  const { container } = await start("true");
  const size = (consoleSize: object): Promise<string> =>
    exec(container, "stty size", { consoleSize }, true);
  assert.equal(await size({ height: 43, width: 132 }), "43 132\r\n");
  // busybox has no words for a terminal without a size.
  assert.doesNotMatch(await size({ height: 43 }), /43/);
  assert.equal(await size({ height: 29_000, width: 29_999 }), "29000 29999\r\n");
});
