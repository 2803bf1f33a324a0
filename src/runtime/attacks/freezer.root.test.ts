// SPDX-License-Identifier: Apache-2.0
// A container that may write to its cgroup freezes it at the moment in which an exec is born there: clone3(2) with
// CLONE_INTO_CGROUP and CLONE_VFORK, in the thread that serves all containers, would not come back.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { readCgroupLayout } from "../../cgroup/mode.ts";
import { O_RDWR } from "../../sys/constants.ts";
import { open } from "../../sys/fd.ts";
import { Reaper } from "../../sys/reaper.ts";
import { spawn } from "../../sys/spawn.ts";
import { attackSandbox } from "../testing/attack.ts";
import type { ConfigChanges } from "../testing/sandbox.ts";
import { interpose } from "../testing/weaken.ts";

const tree = readCgroupLayout().hierarchies.find(({ version }) => version === 2);
const skip = tree === undefined && "no cgroup2 tree";
const ownDirectory = (): string => join(tree?.mountPoint ?? "", tree?.ownPath ?? "");

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

const isFrozen = (directory: string): boolean =>
  readFileSync(join(directory, "cgroup.events"), "utf8").includes("frozen 1");

const PROC = { destination: "/proc", type: "proc", source: "proc" };
const ADMIN = ["CAP_SYS_ADMIN"];

/** How a container comes to write to a cgroup2 tree. */
const WRITERS: Readonly<Record<string, ConfigChanges>> = {
  "a mount of its cgroup": {
    mounts: [PROC, { destination: "/cgroup", type: "cgroup2", source: "cgroup" }],
  },
  "the host's tree in a bind": {
    mounts: [PROC, { destination: "/cgroup", source: "/sys/fs/cgroup", options: ["rbind"] }],
  },
  "the right to mount": {
    mounts: [PROC],
    process: { capabilities: { bounding: ADMIN, effective: ADMIN, permitted: ADMIN } },
  },
};

for (const [way, changes] of Object.entries(WRITERS)) {
  test(`a container that freezes its cgroup at the worst moment holds up its own exec and nobody else, by ${way}`, {
    skip,
  }, async () => {
    await using sandbox = attackSandbox();
    sandbox.writeConfig("sleep 100", changes);
    const container = await sandbox.create();
    await container.start();
    const [, path = ""] =
      /^0::(.*)$/m.exec(readFileSync(`/proc/${container.pid}/cgroup`, "utf8")) ?? [];
    const directory = join(tree?.mountPoint ?? "", path);
    const freeze = (value: string): void => writeFileSync(join(directory, "cgroup.freeze"), value);
    const members = (): number =>
      readFileSync(join(directory, "cgroup.procs"), "utf8").trim().split("\n").length;
    using _ = interpose({
      // The check is behind the runtime, stage 1 is there, though not in the cgroup, and now:
      weaken: (program) => {
        assert.equal(members(), 1);
        freeze("1");
        return program;
      },
    });
    const options = sandbox.exec("");
    const process = { ...(options.process as object), args: ["true"] };
    const exec = container.exec({ ...options, process });
    // It joins with the first op, and stops there. This line is reached because nobody waits for it but the exec.
    await until(() => members() === 2);
    await until(() => isFrozen(directory));
    freeze("0");
    const { exited, stdio } = await exec;
    assert.equal((await exited).status, 0);
    stdio.close();
  });
}

/** Spawns a program into the cgroup ARGV[2], as the runtime would. */
const SPAWNER = `
const [spawnModule, fdModule, directory] = process.argv.slice(1);
const { spawn } = await import(spawnModule);
const { open } = await import(fdModule);
spawn({ exe: "/bin/true", argv: ["true"], env: [], fds: [], cgroup: open(directory, 0o200000) });
`;

test("control: who is born in a cgroup that is frozen holds up whoever waits for his execve", {
  skip,
}, async () => {
  const directory = join(ownDirectory(), `tsrunc-frozen-${process.pid}`);
  mkdirSync(directory);
  const reaper = Reaper.start();
  try {
    writeFileSync(join(directory, "cgroup.freeze"), "1");
    using nothing = open("/dev/null", O_RDWR);
    const modules = ["../../sys/spawn.ts", "../../sys/fd.ts"].map((one) =>
      import.meta.resolve(one),
    );
    const { pid, pidfd } = spawn({
      exe: process.execPath,
      argv: ["node", "--input-type=module", "-e", SPAWNER, ...modules, directory],
      env: [],
      fds: [0, 1, 2].map((as) => ({ fd: nothing, as })),
    });
    pidfd.close();
    const exited = reaper.claim(pid);
    let ended = false;
    void exited.then(() => {
      ended = true;
    });
    const born = (): boolean => readFileSync(join(directory, "cgroup.procs"), "utf8") !== "";
    await until(() => ended || born());
    assert.ok(!ended);
    await until(() => isFrozen(directory));
    // Its main thread sleeps and can only be killed: that is how vfork(2) waits.
    const state = (): string =>
      / D /.exec(readFileSync(`/proc/${pid}/task/${pid}/stat`, "utf8"))?.[0] ?? "";
    await until(() => ended || state() === " D ");
    assert.ok(!ended, "nobody waited");
    writeFileSync(join(directory, "cgroup.freeze"), "0");
    assert.equal((await exited).status, 0);
  } finally {
    writeFileSync(join(directory, "cgroup.freeze"), "0");
    reaper.stop();
    await until(() => readFileSync(join(directory, "cgroup.procs"), "utf8") === "");
    rmdirSync(directory);
  }
});
