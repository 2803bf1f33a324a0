// SPDX-License-Identifier: Apache-2.0
// The promise: a program can't tell that it is not runc that made its container. The same spec is run by both in the same
// containerd, and everything that a program can find out must be the same.

import assert from "node:assert/strict";
import { FACTS_SCRIPT, normalizeFacts } from "./harness/facts.ts";
import type { Scope } from "./harness/scope.ts";
import { onEachContainerd, RUNTIME } from "./harness/suite.ts";

const PEER = "io.containerd.runc.v2";

async function factsOf(scope: Scope, runtime: string, flags: readonly string[]): Promise<string[]> {
  const command = ["sh", "-c", FACTS_SCRIPT];
  // The same id: it is the hostname's and the cgroup's name.
  const args = ["run", "--rm", "--runtime", runtime, ...flags, scope.imageName, "c", ...command];
  const result = await scope.ctr(args);
  assert.equal(result.status, 0, result.stderr);
  return normalizeFacts(result.stdout + result.stderr);
}

const CASES: readonly (readonly [string, readonly string[]])[] = [
  ["by default", []],
  ["with a read-only root", ["--read-only"]],
  ["privileged", ["--privileged"]],
  ["with the host's network", ["--net-host"]],
  ["with a bind mount", ["--mount", "type=bind,src=/usr/share,dst=/host,options=rbind:ro"]],
  ["with a tmpfs", ["--mount", "type=tmpfs,dst=/scratch,options=nosuid:size=1m:mode=0750"]],
  ["with an added capability", ["--cap-add", "CAP_SYS_ADMIN", "--cap-drop", "CAP_CHOWN"]],
  ["with new privileges allowed", ["--allow-new-privs"]],
  ["with a seccomp profile", ["--seccomp"]],
  ["with a seccomp profile and new privileges allowed", ["--seccomp", "--allow-new-privs"]],
];

await onEachContainerd(({ test }) => {
  for (const [name, flags] of CASES) {
    test(`a program finds the same world as with runc, ${name}`, async (scope) => {
      const ours = await factsOf(scope, RUNTIME, flags);
      const theirs = await factsOf(scope, PEER, flags);
      assert.ok(theirs.length > 80, theirs.join("\n"));
      assert.deepEqual(ours, theirs);
    });
  }
});
