// SPDX-License-Identifier: Apache-2.0
// The daemon's own cgroup. Needs root and a cgroup v1 hierarchy for the one test that joins.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packAny } from "../proto/any.ts";
import { readMountInfo } from "../sys/proc.ts";
import type { Bootstrap } from "./bootstrap.ts";
import { joinConfiguredCgroup, joinShimCgroup } from "./shim-cgroup.ts";

const NOTHING: Bootstrap = {
  isParams: false,
  debug: false,
  ttrpcAddress: "",
  grpcAddress: "",
  socketDir: "",
  options: undefined,
  shimCgroup: "",
};

function tomlOptions(text: string): Bootstrap {
  const options = packAny("runtimeoptions.v1.Options", { configBody: Buffer.from(text) });
  return { ...NOTHING, options };
}

test("a process joins the cgroup where it exists", async (context) => {
  const mount = readMountInfo().find(
    ({ type, superOptions }) => type === "cgroup" && superOptions.includes("pids"),
  );
  if (mount === undefined) {
    context.skip("no cgroup v1 hierarchy with the pids controller");
    return;
  }
  const name = `shim-cgroup-test-${process.pid}`;
  const directory = join(mount.mountPoint, name);
  mkdirSync(directory);
  const child = spawn("sleep", ["1000"]);
  const ended = new Promise((resolve) => child.on("exit", resolve));
  try {
    joinShimCgroup(`/${name}`, child.pid ?? 0);
    const lines = readFileSync(`/proc/${child.pid}/cgroup`, "utf8").split("\n");
    assert.deepEqual(lines.filter((line) => line.endsWith(`/${name}`)).length, 1);
  } finally {
    child.kill("SIGKILL");
    await ended;
    rmdirSync(directory);
  }
});

for (const path of ["/tsrunc-no-such-cgroup", "/a/../b", ".."]) {
  test(`"${path}" is no cgroup that can be joined`, () => {
    const problem = { code: "invalid_argument", message: /^failed to load cgroup: / };
    assert.throws(() => joinShimCgroup(path, process.pid), problem);
  });
}

test("the TOML options of CRI are looked at, too", async () => {
  const options = tomlOptions('ShimCgroup = "/tsrunc-no-such-cgroup"');
  await assert.rejects(joinConfiguredCgroup(options), { message: /there is no cgroup/ });
});

test("without a cgroup in the options nothing happens", async () => {
  await joinConfiguredCgroup(NOTHING);
  await joinConfiguredCgroup(tomlOptions("NoPivotRoot = true"));
  await joinConfiguredCgroup({ ...NOTHING, shimCgroup: "/the-launcher-has-done-it" });
});

test("options that make no sense are left to Create", async () => {
  await joinConfiguredCgroup(tomlOptions("= ="));
  await joinConfiguredCgroup({ ...NOTHING, options: { typeUrl: "x", value: Buffer.from("y") } });
});
