// SPDX-License-Identifier: Apache-2.0
// The promise: every configuration that clients are known to write runs.

import assert from "node:assert/strict";
import { chownSync } from "node:fs";
import type { Mount } from "./harness/api.ts";
import type { Container } from "./harness/container.ts";
import { adapt, type Fixture, fixtureNames, joinedTypes, loadFixture } from "./harness/fixture.ts";
import type { Scope } from "./harness/scope.ts";
import { Agent } from "./harness/seccomp-agent.ts";
import { onEachContainerd } from "./harness/suite.ts";

/** What no container on this machine can have. */
const NOT_HERE: Readonly<Record<string, RegExp>> = {
  // SCHED_DEADLINE and a cpuset of fewer processors than all exclude each other.
  traits: /process scheduler can.t be used together with AllowedCPUs/,
  labels: /apparmor|selinux/i,
};

/** As a snapshotter has it that leaves the mapping of ids to the runtime. */
function mapper(fixture: Fixture): (mounts: readonly Mount[]) => readonly Mount[] {
  const [uids] = fixture.linux.uidMappings ?? [];
  const [gids] = fixture.linux.gidMappings ?? [];
  if (uids === undefined || gids === undefined) return (mounts) => mounts;
  const maps = [
    `uidmap=${uids.containerID}:${uids.hostID}:${uids.size}`,
    `gidmap=${gids.containerID}:${gids.hostID}:${gids.size}`,
  ];
  return (mounts) =>
    mounts.map((mount) => {
      const upper = mount.options.find((option) => option.startsWith("upperdir="));
      if (upper !== undefined) chownSync(upper.slice("upperdir=".length), uids.hostID, gids.hostID);
      return { ...mount, options: [...mount.options, ...maps] };
    });
}

/** A container with the namespaces that another configuration joins. Returns the pid of its init. */
async function hold(scope: Scope, fixture: Fixture): Promise<number | undefined> {
  const types = joinedTypes(fixture);
  if (types.length === 0) return undefined;
  const { uidMappings, gidMappings } = fixture.linux;
  const change = (spec: { linux: { namespaces: { type: string }[] } }): void => {
    const wanted = new Set([...types, "mount", "pid"]);
    spec.linux.namespaces = [...wanted].map((type) => ({ type }));
    if (wanted.has("user")) Object.assign(spec.linux, { uidMappings, gidMappings });
  };
  const map = types.includes("user") ? mapper(fixture) : undefined;
  const holder = await scope.container("holder", ["sleep", "1000"], change, map);
  return await holder.run();
}

/** The agent that a configuration wants to tell of its processes. */
async function agentOf(name: string): Promise<Agent | undefined> {
  return loadFixture(name).linux.seccomp?.listenerPath ? await Agent.start() : undefined;
}

/** The container of a configuration, which says "ran" and ends with 5. */
async function containerOf(scope: Scope, name: string, agent?: string): Promise<Container> {
  const fixture = loadFixture(name);
  const place = { scope, id: "c", holder: await hold(scope, fixture), agent };
  adapt(fixture, place, ["sh", "-c", "echo ran; exit 5"]);
  const replace = (spec: object): void => {
    for (const key of Object.keys(spec)) Reflect.deleteProperty(spec, key);
    Object.assign(spec, fixture);
  };
  return await scope.container("c", [], replace, mapper(fixture));
}

/** Which containerd a configuration is from, or came with: the others have it from the newest. */
function homeOf(name: string): string {
  if (/-(1\.6|20\.10)/.test(name)) return "containerd 1.6";
  return /-(1\.7|26)/.test(name) ? "containerd 1.7" : "containerd 2";
}

await onEachContainerd(({ edition, test }) => {
  for (const name of fixtureNames().filter((each) => edition.name.startsWith(homeOf(each)))) {
    test(`${name}.json runs`, async (scope) => {
      await using agent = await agentOf(name);
      const container = await containerOf(scope, name, agent?.socket);
      const output = await scope.output("c");
      const terminal = container.spec.process.terminal === true;
      const refusal = NOT_HERE[name];
      if (refusal !== undefined) {
        await assert.rejects(container.create({ ...output.streams, terminal }), refusal);
        return;
      }
      await container.run({ ...output.streams, terminal });
      assert.equal((await container.wait()).exitStatus, 5);
      assert.match(await output.stdout.done, /^ran\r?\n$/);
    });
  }
});
