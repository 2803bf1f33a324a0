// SPDX-License-Identifier: Apache-2.0
// What needs CAP_SYS_RESOURCE, which the root of a machine has and that of a container or a sandbox often has not.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { prlimit } from "../sys/process.ts";
import { type ConfigChanges, readAll, Sandbox } from "./testing/sandbox.ts";

const RLIMIT_NPROC = 6;
const RLIMIT_NOFILE = 7;
const CAP_SYS_RESOURCE = 24n;

const effective = /^CapEff:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
const isAllowed = ((BigInt(`0x${effective ?? "0"}`) >> CAP_SYS_RESOURCE) & 1n) === 1n;
const skip = isAllowed ? false : "needs CAP_SYS_RESOURCE (make test-vm)";

async function output(script: string, changes: ConfigChanges): Promise<string> {
  await using sandbox = new Sandbox();
  const { path, reader } = sandbox.client("out");
  sandbox.writeConfig(script, changes);
  const stdio = { terminal: false, stdin: "", stdout: path, stderr: path };
  const container = await sandbox.create({ stdio });
  await container.start();
  const text = await readAll(reader);
  assert.equal((await container.exited).status, 0, text);
  return text;
}

test("a process can be made less likely to be killed for want of memory", { skip }, async () => {
  for (const user of [
    { uid: 0, gid: 0 },
    { uid: 1000, gid: 1000 },
  ]) {
    const process = { oomScoreAdj: -900, user };
    assert.equal(await output("cat /proc/self/oom_score_adj", { process }), "-900\n");
  }
});

test("hard limits can be above those of the runtime", { skip }, async () => {
  const of = (resource: number): number => Number(prlimit(0, resource, undefined).hard);
  // The most that any process can have, whatever its capabilities.
  const most = Number(readFileSync("/proc/sys/fs/nr_open", "utf8"));
  const nofile = Math.min(of(RLIMIT_NOFILE) * 2, most);
  const nproc = Math.min(of(RLIMIT_NPROC) * 2, 4_000_000);
  const rlimits = [
    { type: "RLIMIT_NOFILE", soft: nofile, hard: nofile },
    { type: "RLIMIT_NPROC", soft: nproc, hard: nproc },
  ];
  const script =
    "ulimit -n; ulimit -Hn; while read -r line; do case $line in " +
    "'Max processes'*) echo $line;; esac; done < /proc/self/limits";
  // As another user, whose own root capabilities are gone when its program runs.
  const user = { uid: 1000, gid: 1000 };
  const expected = `${nofile}\n${nofile}\nMax processes ${nproc} ${nproc} processes\n`;
  assert.equal(await output(script, { process: { rlimits, user } }), expected);
});
