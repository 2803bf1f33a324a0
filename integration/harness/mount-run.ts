// SPDX-License-Identifier: Apache-2.0
// Runs a case of mount-cases.ts, also under runc: what a container finds must be the same.

import assert from "node:assert/strict";
import { normalizeFacts } from "./facts.ts";
import { type MountCase, prepareHost } from "./mount-cases.ts";
import type { Scope } from "./scope.ts";

const PEER = "io.containerd.runc.v2";

/** The script's output, and all mounts as the container sees them. */
export async function runCase(
  scope: Scope,
  runtime: string,
  { change, script }: Pick<MountCase, "change" | "script">,
): Promise<{ readonly output: string; readonly mounts: readonly string[] }> {
  const output = await scope.output(`out-${runtime}`);
  const command = ["sh", "-c", `${script}; echo == mounts; cat /proc/self/mountinfo`];
  const container = await scope
    .withRuntime(runtime)
    .container("c", command, (spec) => change(spec, scope.path("host")));
  await container.run(output.streams);
  const text = (await output.stdout.done) + (await output.stderr.done);
  await container.wait();
  await container.delete();
  await scope.ctrOk(["containers", "rm", "c"]);
  const [shown = "", mounts = ""] = text.split("== mounts\n");
  return { output: shown, mounts: normalizeFacts(mounts).map(withoutPlace) };
}

/** What differs from run to run, or from runc on purpose. */
function withoutPlace(line: string): string {
  return (
    line
      .replaceAll(/\/\S*\/host\//g, "(host)/")
      // A bind of the host's tree, so that its options stay as they are.
      .replace(/ - cgroup2 \S+ /, " - cgroup2 (any) ")
      // runc changes the mode of a tmpfs with contents afterwards.
      .replace(/^(\/ \/(?:etc|bin) .*),mode=755$/, "$1")
  );
}

/** Lines without the numbers of peer groups, which are the machine's. */
function withoutPeers(text: string): readonly string[] {
  return text.replaceAll(/\b(shared|master):\d+/g, "$1").split("\n");
}

/** Runs `body` with what `prepareHost` makes. */
export async function withHost(scope: Scope, body: (host: string) => Promise<void>): Promise<void> {
  const host = scope.path("host");
  const restore = await prepareHost(host);
  try {
    await body(host);
  } finally {
    await restore();
  }
}

/** Fails unless the case finds what it looks for, and runc finds the same. */
export async function sameAsRunc(scope: Scope, mountCase: MountCase): Promise<void> {
  await withHost(scope, async () => {
    const ours = await runCase(scope, scope.runtime, mountCase);
    assert.match(ours.output, mountCase.finds);
    const theirs = await runCase(scope, PEER, mountCase);
    assert.deepEqual(withoutPeers(ours.output), withoutPeers(theirs.output));
    assert.deepEqual(ours.mounts, theirs.mounts);
  });
}
