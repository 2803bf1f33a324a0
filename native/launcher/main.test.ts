// SPDX-License-Identifier: Apache-2.0
// The native launcher as a command: flags, version, -info, the name tsrunc, serving by hand.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { VERSION } from "../../src/base/version.ts";
import { parseFlags } from "../../src/shim/flags.ts";
import { NODE_FLAGS } from "../../src/shim/launch.ts";
import { BUILDS, openSandbox, type Sandbox } from "./sandbox.ts";

const ROOT = join(import.meta.dirname, "../..");
const INFO_CACHE = "/run/tsrunc/.info-cache";

function each(
  name: string,
  body: (sandbox: Sandbox, context: TestContext) => Promise<void> | void,
): void {
  for (const build of BUILDS) {
    test(`${name} (${build})`, (context) => body(openSandbox(context, build), context));
  }
}

/** What TypeScript says to a command line that it refuses. */
function refusalOf(args: readonly string[]): string {
  try {
    parseFlags(args);
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  return "";
}

const REFUSED = [
  ["-bogus"],
  ["--bogus=1"],
  ["-id"],
  ["---id", "a"],
  ["-=a"],
  ["-debug=maybe"],
  ["-debug="],
  ["-namespace", "ns", "-"],
] as const;

for (const args of REFUSED) {
  each(`the command line "${args.join(" ")}" is refused in TypeScript's words`, (sandbox) => {
    const { status, stdout, stderr } = sandbox.run({ args });
    const expected = refusalOf(args) || 'invalid id ""';
    assert.deepEqual([status, stdout.toString()], [1, ""]);
    assert.equal(stderr, `containerd-shim-tsrunc-v1: ${expected}\n`);
  });
}

each("a newline in what is complained about does not make a second line", (sandbox) => {
  const { stderr } = sandbox.run({ args: ["-a\nb"] });
  assert.equal(stderr, "containerd-shim-tsrunc-v1: flag provided but not defined: -a?b\n");
});

for (const [args, problem] of [
  [[], "shim namespace cannot be empty"],
  [["start"], "shim namespace cannot be empty"],
  [["-namespace", "a b", "start"], 'invalid namespace "a b"'],
  [["-namespace", "ns", "-id", "x", "frobnicate"], 'unknown action "frobnicate"'],
] as const) {
  each(`"${args.join(" ")}" is refused`, (sandbox) => {
    const { status, stderr } = sandbox.run({ args });
    assert.deepEqual([status, stderr], [1, `containerd-shim-tsrunc-v1: ${problem}\n`]);
  });
}

for (const flag of ["-v", "--version"]) {
  each(`${flag} prints name and version, and needs nothing else`, (sandbox) => {
    const { status, stdout, stderr } = sandbox.run({ args: [flag, "start"], cwd: "/" });
    assert.deepEqual([status, stderr], [0, ""]);
    const [name, version, revision, ...rest] = stdout.toString().split("\n");
    assert.equal(name, "containerd-shim-tsrunc-v1:");
    assert.equal(version, `  Version:  ${VERSION}`);
    assert.match(revision ?? "", /^ {2}Revision: \w*$/);
    assert.deepEqual(rest, ["", ""]);
  });
}

test("launcher, program and package have one version", () => {
  const packageJson: unknown = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  assert.partialDeepStrictEqual(packageJson, { version: VERSION });
});

each("under the name tsrunc it is the command line", async (sandbox) => {
  writeFileSync(join(sandbox.dist, "node"), '#!/bin/sh\necho "$@"; env\n');
  const { status, stdout } = sandbox.run({
    args: ["plan", "-x", ""],
    name: "/usr/bin/tsrunc",
    env: { HOME: "/root", NODE_OPTIONS: "--x", GRPC_ADDRESS: "/g" },
  });
  const [line, ...env] = stdout.toString().trimEnd().split("\n");
  assert.equal(status, 0);
  assert.equal(
    line,
    [...NODE_FLAGS, join(sandbox.dist, "tsrunc.cjs"), "tsrunc plan -x "].join(" "),
  );
  const names = env.map((entry) => entry.split("=")[0]).sort();
  assert.deepEqual(names, ["HOME", "PATH", "PWD", "TSRUNC_NOFILE"]);
});

each("under any other name it is the shim", (sandbox) => {
  const name = "/usr/bin/containerd-shim-runc-v2";
  const { stdout, stderr } = sandbox.run({ args: ["-v"], name });
  assert.match(stdout.toString(), /^containerd-shim-runc-v2:\n/);
  assert.equal(stderr, "");
});

each("without an action it becomes Node, with its arguments and without a socket", (sandbox) => {
  writeFileSync(join(sandbox.dist, "node"), '#!/bin/sh\nshift 4\necho "$@"; env\n');
  const args = ["-namespace", "ns", "-socket", "/x"];
  const { stdout } = sandbox.run({ args, env: { TSRUNC_LISTEN: "/y" } });
  const [line, ...env] = stdout.toString().split("\n");
  assert.equal(line, `containerd-shim-tsrunc-v1 ${args.join(" ")}`);
  assert.deepEqual(
    env.filter((entry) => entry.startsWith("TSRUNC_LISTEN")),
    [],
  );
});

each("installed in bin it finds the rest in libexec", (sandbox) => {
  const prefix = dirname(sandbox.dist);
  mkdirSync(join(prefix, "libexec"));
  const libexec = join(prefix, "libexec/tsrunc");
  mkdirSync(libexec);
  for (const name of ["tsrunc.cjs", "node"]) {
    writeFileSync(join(libexec, name), `#!/bin/sh\nreadlink -f "$4"\n`, { mode: 0o755 });
  }
  rmSync(join(sandbox.dist, "tsrunc.cjs"));
  const { stdout, stderr } = sandbox.run({ args: ["-namespace", "ns"] });
  assert.deepEqual([stdout.toString(), stderr], [`${join(libexec, "tsrunc.cjs")}\n`, ""]);
});

/** Answers -info, as Node would, and says where the answer belongs. */
const INFO_NODE = `#!/bin/sh
printf 'answer of Node'
[ -n "$TSRUNC_INFO_CACHE" ] || exit 0
umask 077
printf 'cached answer' > "$TSRUNC_INFO_CACHE"
printf '%s' "$TSRUNC_INFO_CACHE" > "$(dirname "$0")/cache"
`;

function infoOf(sandbox: Sandbox, stdin?: Uint8Array): string {
  const { status, stdout, stderr } = sandbox.run({
    args: ["-info"],
    cwd: "/",
    ...(stdin && { stdin }),
  });
  assert.deepEqual([status, stderr], [0, ""]);
  return stdout.toString();
}

each("-info is answered by Node once, then from the cache", (sandbox, context) => {
  writeFileSync(join(sandbox.dist, "node"), INFO_NODE);
  assert.equal(infoOf(sandbox), "answer of Node");
  const path = readFileSync(join(sandbox.dist, "cache"), "utf8");
  context.after(() => rmSync(path, { force: true }));
  assert.equal(infoOf(sandbox), "cached answer");
  assert.equal(dirname(path), INFO_CACHE);
});

each("-info with options on stdin is for Node, which gets them", (sandbox) => {
  writeFileSync(join(sandbox.dist, "node"), "#!/bin/sh\necho $TSRUNC_INFO_CACHE; cat\n");
  assert.equal(infoOf(sandbox, Buffer.from("options")), "\noptions");
});

each("-info is asked anew when what is installed has changed", (sandbox, context) => {
  writeFileSync(join(sandbox.dist, "node"), INFO_NODE);
  infoOf(sandbox);
  const before = readFileSync(join(sandbox.dist, "cache"), "utf8");
  context.after(() => rmSync(before, { force: true }));
  writeFileSync(join(sandbox.dist, "tsrunc.cjs"), "// another program");
  assert.equal(infoOf(sandbox), "answer of Node");
  const after = readFileSync(join(sandbox.dist, "cache"), "utf8");
  context.after(() => rmSync(after, { force: true }));
  assert.notEqual(after, before);
});

each("-info takes no answer that others could have written", (sandbox, context) => {
  writeFileSync(join(sandbox.dist, "node"), INFO_NODE.replace("umask 077", "umask 022"));
  infoOf(sandbox);
  const path = readFileSync(join(sandbox.dist, "cache"), "utf8");
  context.after(() => rmSync(path, { force: true }));
  assert.equal(existsSync(path), true);
  assert.equal(infoOf(sandbox), "answer of Node");
});
