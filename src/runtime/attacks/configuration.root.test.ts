// SPDX-License-Identifier: Apache-2.0
// A bundle whose config.json is written anew once the container is there: nobody reads it again.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { attackSandbox } from "../testing/attack.ts";
import { type ConfigChanges, readAll, type Sandbox } from "../testing/sandbox.ts";

const names = ["CAP_SYS_ADMIN"];
const PLAIN: ConfigChanges = {};

/** More rights, and hooks that leave a trace. */
function greedy({ root }: Sandbox): ConfigChanges {
  const hook = (kind: string) => [
    { path: "/bin/touch", args: ["touch", join(root, `${kind}-ran`)], env: ["PATH=/bin"] },
  ];
  return {
    hooks: { poststart: hook("poststart"), poststop: hook("poststop") },
    process: { capabilities: { bounding: names, permitted: names, effective: names } },
  };
}

interface Outcome {
  readonly hooks: readonly string[];
  /** Effective capabilities of an exec that asks for nothing. */
  readonly capabilities: string;
}

/** A container of `first`, whose config.json is that of `then` before it is started. */
async function live(
  first: (sandbox: Sandbox) => ConfigChanges,
  then: (sandbox: Sandbox) => ConfigChanges,
): Promise<Outcome> {
  await using sandbox = attackSandbox();
  sandbox.writeConfig("sleep 100", first(sandbox));
  const container = await sandbox.create();
  sandbox.writeConfig("sleep 100", then(sandbox));
  await container.start();
  const { path, reader } = sandbox.client("out");
  const exec = await container.exec(
    sandbox.exec("grep CapEff /proc/self/status", { stdout: path }),
  );
  const [, capabilities = ""] = (await readAll(reader)).trim().split("\t");
  await exec.exited;
  exec.stdio.close();
  container.signal(9);
  await container.exited;
  await container.remove();
  const kinds = ["poststart", "poststop"];
  const hooks = kinds.filter((kind) => existsSync(join(sandbox.root, `${kind}-ran`)));
  return { hooks, capabilities };
}

test("a configuration that is changed after Create gives no hooks and no rights", async () => {
  const outcome = await live(() => PLAIN, greedy);
  assert.deepEqual(outcome, { hooks: [], capabilities: "0".repeat(16) });
});

test("control: the same configuration gives hooks and rights if it is there at Create, whatever it says then", async () => {
  const outcome = await live(greedy, () => PLAIN);
  const capabilities = (1n << 21n).toString(16).padStart(16, "0");
  assert.deepEqual(outcome, { hooks: ["poststart", "poststop"], capabilities });
});
