// SPDX-License-Identifier: Apache-2.0
// A descriptor of the host as working directory or program (CVE-2024-21626, GHSA-xr7r). In the controls a directory of the host
// is left open by mistake: each of the defences behind it holds by itself, and without them the attack succeeds.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { O_DIRECTORY, O_PATH } from "../../sys/constants.ts";
import { open } from "../../sys/fd.ts";
import { attackSandbox, runAttack } from "../testing/attack.ts";
import { readAll, type Sandbox } from "../testing/sandbox.ts";
import { interpose, leak, rewrite, together, type Weakening, without } from "../testing/weaken.ts";

/** More than the runtime ever has open. */
const DESCRIPTORS = Array.from({ length: 30 }, (_, index) => index + 3);
const SECRET = "a secret of the host\n";

function makeOutside(sandbox: Sandbox): string {
  const outside = join(sandbox.root, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "secret"), SECRET);
  copyFileSync("/bin/busybox", join(outside, "echo"));
  return outside;
}

/** What comes of each descriptor as the working directory of a new container: the different answers. */
async function asDirectoryOfInit(weaken: Weakening): Promise<ReadonlySet<string>> {
  await using sandbox = attackSandbox();
  using directory = open(makeOutside(sandbox), O_PATH | O_DIRECTORY);
  using _ = interpose({ weaken: together(weaken, leak(directory)) });
  const answers = new Set<string>();
  for (const fd of DESCRIPTORS) {
    const process = { cwd: `/proc/self/fd/${fd}` };
    answers.add(await runAttack(sandbox, "cat secret", { process }));
  }
  return answers;
}

/** A directory that is missing is not made: the name is taken as it is. */
const withoutMaking: Weakening = (program) =>
  rewrite(program, (op) =>
    op.op === "mkdir_all" && op.path.startsWith("/proc/self/fd") ? [] : [op],
  );

test("no descriptor leads out of a new container as its working directory, not even one that was left open", async () => {
  const answers = [...(await asDirectoryOfInit((program) => program))];
  for (const answer of answers) assert.match(answer, /^refused: .*mkdir \/proc\/self\/fd/);
});

test("control: a descriptor that was left open is found by check_cwd, without the search for a missing directory", async () => {
  const answers = [...(await asDirectoryOfInit(withoutMaking))].join("\n");
  assert.match(answers, /possible container breakout detected/);
  assert.doesNotMatch(answers, /secret of the host/);
});

test("control: a descriptor that was left open leads a new container to the host, without check_cwd", async () => {
  const answers = await asDirectoryOfInit(together(withoutMaking, without("check_cwd")));
  assert.ok(answers.has(SECRET), [...answers].join("\n"));
});

/** What comes of `process` for each descriptor in a container that runs. */
async function throughExec(
  processOf: (fd: number) => object,
  weaken: Weakening,
): Promise<readonly string[]> {
  await using sandbox = attackSandbox();
  using directory = open(makeOutside(sandbox), O_PATH | O_DIRECTORY);
  sandbox.writeConfig("sleep 100");
  const container = await sandbox.create();
  await container.start();
  using _ = interpose({ weaken: together(weaken, leak(directory)) });
  const answers: string[] = [];
  for (const fd of DESCRIPTORS) {
    const { path, reader } = sandbox.client(`out-${fd}`);
    const options = sandbox.exec("", { stdout: path });
    const process = { ...(options.process as object), ...processOf(fd) };
    try {
      const exec = await container.exec({ ...options, process });
      answers.push(await readAll(reader));
      await exec.exited;
      exec.stdio.close();
    } catch (error) {
      reader.close();
      answers.push(`refused: ${error instanceof Error ? error.message : error}`);
    }
  }
  return answers;
}

const AS_DIRECTORY = (fd: number) => ({ cwd: `/proc/self/fd/${fd}`, args: ["cat", "secret"] });
const AS_PROGRAM = (fd: number) => ({ args: [`/proc/self/fd/${fd}/echo`, "of the host"] });

test("no descriptor leads out of a container as the working directory of an exec, not even one that was left open", async () => {
  const answers = (await throughExec(AS_DIRECTORY, (program) => program)).join("\n");
  assert.match(answers, /possible container breakout detected/);
  assert.doesNotMatch(answers, /secret of the host/);
});

test("control: a descriptor that was left open leads an exec to the host, without check_cwd", async () => {
  const answers = await throughExec(AS_DIRECTORY, without("check_cwd"));
  assert.ok(answers.includes(SECRET), answers.join("\n"));
});

test("no descriptor leads an exec to a program of the host, not even one that was left open", async () => {
  const answers = await throughExec(AS_PROGRAM, (program) => program);
  for (const answer of answers) assert.match(answer, /^refused: .*exec/);
});

test("control: a descriptor that was left open leads an exec to a program of the host, without close_from", async () => {
  const answers = await throughExec(AS_PROGRAM, without("close_from"));
  assert.ok(answers.includes("of the host\n"), answers.join("\n"));
});
