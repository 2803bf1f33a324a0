// SPDX-License-Identifier: Apache-2.0
// An attack of an image or a configuration as a table entry: it fails, and it succeeds against each plan that lacks a defence.

import assert from "node:assert/strict";
import { rmdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type ConfigChanges, NO_STDIO, readAll, Sandbox } from "./sandbox.ts";
import { type Interposed, interpose, type Weakening } from "./weaken.ts";

/** The same attack on a plan that was weakened. */
export interface Control {
  /** What the plan lacks, as the end of a sentence: "without ...". */
  readonly without: string;
  readonly weaken?: (sandbox: Sandbox) => Weakening;
  /** The configuration that takes the place of the attack's own. */
  readonly changes?: ConfigChanges;
  /** What comes of it, as in `Attack`. */
  readonly comesTo: RegExp;
}

export interface Attack {
  readonly name: string;
  /** Changes the root filesystem, or the bundle around it. */
  readonly prepare?: (rootfs: string, bundle: string) => void;
  /** What the container runs. */
  readonly script?: string;
  readonly changes?: ConfigChanges;
  /** Looks at the host after the container; what it gives is part of what comes of the attack. */
  readonly after?: (sandbox: Sandbox) => string;
  readonly watch?: NonNullable<Interposed["watch"]>;
  /** The output of the container, or "refused: " and what create or start says; then what `after` gives. */
  readonly comesTo: RegExp;
  readonly controls: readonly Control[];
}

const APPLETS = ["ls", "readlink", "grep", "id", "stat", "touch", "head"];

/** Two tests or more: the attack, and its controls. */
export function testAttack(attack: Attack): void {
  test(attack.name, async () => {
    assert.match(await mountAttack(attack, undefined), attack.comesTo);
  });
  for (const control of attack.controls) {
    test(`control: ${attack.name}, without ${control.without}`, async () => {
      assert.doesNotMatch("", control.comesTo);
      assert.match(await mountAttack(attack, control), control.comesTo);
    });
  }
}

async function mountAttack(attack: Attack, control: Control | undefined): Promise<string> {
  await using sandbox = attackSandbox();
  attack.prepare?.(join(sandbox.root, "rootfs"), sandbox.root);
  using _ = interpose({ weaken: control?.weaken?.(sandbox), watch: attack.watch });
  const output = await runAttack(
    sandbox,
    attack.script ?? "true",
    control?.changes ?? attack.changes,
  );
  return `${output}${attack.after?.(sandbox) ?? ""}`;
}

/** A sandbox in which an attacker finds a few tools more. */
export function attackSandbox(): Sandbox {
  const sandbox = new Sandbox();
  for (const applet of APPLETS) symlinkSync("busybox", join(sandbox.root, "rootfs/bin", applet));
  return sandbox;
}

/** What a container that runs `script` to its end prints, or "refused: " and what is said instead. */
export async function runAttack(
  sandbox: Sandbox,
  script: string,
  changes: ConfigChanges = {},
): Promise<string> {
  const { path, reader } = sandbox.client(`out-${Math.random()}`);
  sandbox.writeConfig(script, changes);
  const terminal = changes.process !== undefined && "terminal" in changes.process;
  const stdio = terminal
    ? { ...NO_STDIO, terminal, stdout: path }
    : { ...NO_STDIO, stdout: path, stderr: path };
  try {
    const container = await sandbox.create({ stdio });
    await container.start();
    const output = await readAll(reader);
    await container.exited;
    await container.remove();
    return output;
  } catch (error) {
    reader.close();
    return `refused: ${error instanceof Error ? error.message : error}`;
  }
}

/** Puts a symbolic link in the place of an empty directory. */
export function replaceByLink(path: string, target: string): void {
  rmdirSync(path);
  symlinkSync(target, path);
}
