// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { VERSION } from "../base/version.ts";

const SOURCE = join(import.meta.dirname, "..");

function tsrunc(...args: readonly string[]) {
  const command = [join(SOURCE, "main.ts"), "tsrunc", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
  return { status, stdout, stderr };
}

function openBundle(context: TestContext): string {
  const bundle = mkdtempSync(join(tmpdir(), "plan-"));
  context.after(() => rmSync(bundle, { recursive: true }));
  return bundle;
}

test("plan prints what would be done, in its order", (context) => {
  const bundle = openBundle(context);
  copyFileSync(join(SOURCE, "oci/testdata/plain.json"), join(bundle, "config.json"));
  const { status, stdout, stderr } = tsrunc("plan", bundle);
  assert.deepEqual([status, stderr], [0, ""]);
  const headings = stdout.split("\n").filter((line) => line.startsWith("#"));
  assert.deepEqual(
    headings.map((line) => line.split(":")[0]),
    ["# enter", "# prepare", "# limits", "# finish"],
  );
  assert.match(stdout, /^clone /m);
  assert.match(stdout, /^limit file="cpu\.(?:shares" value="1024"|weight" value="100")$/m);
  assert.match(stdout, /^fifo_wait /m);
  assert.match(stdout, /^exec .*"sleep"/m);
});

test("plan prints hooks where they run", (context) => {
  const bundle = openBundle(context);
  const config = JSON.parse(readFileSync(join(SOURCE, "oci/testdata/plain.json"), "utf8"));
  const hook = { path: "/bin/hook", args: ["hook", "x"], timeout: 5 };
  const kinds = ["poststop", "prestart", "startContainer", "createContainer"];
  const hooks = Object.fromEntries(kinds.map((kind) => [kind, [hook]]));
  writeFileSync(join(bundle, "config.json"), JSON.stringify({ ...config, hooks }));
  const { status, stdout } = tsrunc("plan", bundle);
  assert.equal(status, 0);
  const headings = stdout.split("\n").filter((line) => line.startsWith("#"));
  assert.deepEqual(
    headings.map((line) => line.split(":")[0]),
    [
      "# enter",
      "# prepare",
      "# limits",
      "# prestart hook #0",
      "# createContainer hook #0",
      "# finish",
      "# startContainer hook #0",
      "# poststop hook #0",
    ],
  );
  assert.match(stdout, /^spawn path="\/bin\/hook" argv=\["hook","x"\] env=inherited timeout=5$/m);
});

test("plan prints which devices of the host the container takes", (context) => {
  const bundle = openBundle(context);
  const config = JSON.parse(readFileSync(join(SOURCE, "oci/testdata/plain.json"), "utf8"));
  const linux = { ...config.linux, netDevices: { eth1: { name: "net%d" }, eth2: {} } };
  writeFileSync(join(bundle, "config.json"), JSON.stringify({ ...config, linux }));
  const { status, stdout } = tsrunc("plan", bundle);
  assert.equal(status, 0);
  assert.match(stdout, /^move device="eth1" name="net%d"\nmove device="eth2" name="eth2"$/m);
});

test("plan names the field that it cannot do anything with", (context) => {
  const bundle = openBundle(context);
  const config = JSON.parse(readFileSync(join(SOURCE, "oci/testdata/plain.json"), "utf8"));
  const namespaces = [{ type: "pid" }];
  const linux = { ...config.linux, namespaces, maskedPaths: [], readonlyPaths: [] };
  writeFileSync(join(bundle, "config.json"), JSON.stringify({ ...config, linux }));
  const { status, stdout, stderr } = tsrunc("plan", bundle);
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /^tsrunc: linux\.namespaces: .* is not supported yet\n$/);
});

test("plan says what is wrong with the bundle", (context) => {
  const bundle = openBundle(context);
  assert.deepEqual(tsrunc("plan", bundle), {
    status: 1,
    stdout: "",
    stderr: "tsrunc: JSON specification file config.json not found\n",
  });
  writeFileSync(join(bundle, "config.json"), "{");
  assert.match(tsrunc("plan", bundle).stderr, /^tsrunc: .*JSON/);
});

test("features is the OCI features document", () => {
  const { status, stdout } = tsrunc("features");
  assert.equal(status, 0);
  assert.partialDeepStrictEqual(JSON.parse(stdout), {
    ociVersionMin: "1.0.0",
    linux: { namespaces: ["cgroup", "ipc", "mount", "network", "pid", "uts"] },
  });
});

test("--version is the version of the package", () => {
  assert.deepEqual(tsrunc("--version"), { status: 0, stdout: `${VERSION}\n`, stderr: "" });
  const packageJson = readFileSync(join(SOURCE, "../package.json"), "utf8");
  assert.partialDeepStrictEqual(JSON.parse(packageJson), { version: VERSION });
});

test("--help names the commands", () => {
  const { status, stdout } = tsrunc("--help");
  assert.equal(status, 0);
  for (const command of ["plan <bundle>", "features"]) assert.ok(stdout.includes(command));
});

for (const [args, message] of [
  [[], /^tsrunc: a command is needed \(tsrunc --help tells what there is\)\n$/],
  [["frobnicate"], /^tsrunc: Unknown command: frobnicate \(tsrunc --help tells what there is\)\n$/],
  [["plan"], /^tsrunc: Not enough non-option arguments/],
  [
    ["plan", "/tmp", "--frobnicate"],
    /^tsrunc: Unknown argument: frobnicate \(tsrunc --help tells what there is\)\n$/,
  ],
] as const) {
  test(`"tsrunc ${args.join(" ")}" fails with one line`, () => {
    const { status, stdout, stderr } = tsrunc(...args);
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, message);
  });
}
