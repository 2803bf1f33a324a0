// SPDX-License-Identifier: Apache-2.0
// Somebody with a hand in the root filesystem swaps a directory and a link while containers are made of it (CVE-2021-30465,
// CVE-2024-45310, CVE-2019-18837, CVE-2018-15664). TSRUNC_TEST_FULL=1 tries longer.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { driverPath } from "../../../native/init/testing/init.ts";
import { RESOLVE } from "../../oci/tables/kernel.ts";
import { O_PATH, O_RDWR } from "../../sys/constants.ts";
import { open } from "../../sys/fd.ts";
import { signalPidfd } from "../../sys/pidfd.ts";
import { parseMountInfo } from "../../sys/proc.ts";
import { spawn } from "../../sys/spawn.ts";
import { attackSandbox, runAttack } from "../testing/attack.ts";
import type { Sandbox } from "../testing/sandbox.ts";
import { byHostPath, interpose, rewrite, type Weakening } from "../testing/weaken.ts";

const FULL = process.env["TSRUNC_TEST_FULL"] === "1";
const ROUNDS = FULL ? 600 : 40;
/** One in three wins on an idle machine, so these are enough to win once on a busy one. */
const CONTROL_ROUNDS = 1000;
/** What a runtime does in between, so that an attacker has a turn also where others want the processors. */
const PAUSE_OPS = 2000;
/** An attacker lives for a minute; for more rounds there is a new one. */
const ROUNDS_OF_ONE = 100;
const SECRET = "a secret of the host";

/** Starts the attacker; it ends with this, and by itself after a minute. */
function exchange(sandbox: Sandbox, directory: string): AsyncDisposable {
  using nothing = open("/dev/null", O_RDWR);
  const { pid, pidfd } = spawn({
    exe: driverPath(),
    argv: ["driver", "exchange", "x", "link"],
    env: [],
    cwd: directory,
    fds: [0, 1, 2].map((as) => ({ fd: nothing, as })),
  });
  const exited = sandbox.reaper.claim(pid);
  return {
    [Symbol.asyncDispose]: async () => {
      signalPidfd(pidfd, 9);
      pidfd.close();
      await exited;
    },
  };
}

/** Looks first, and goes by the same path then: the check holds for whatever was there at that moment. */
function checkThenUse(rootfs: string): Weakening {
  const use = byHostPath(rootfs);
  return (program) =>
    use(
      rewrite(program, (op) => {
        if (op.op !== "mkdir_all" || !op.path.startsWith("/data")) return [op];
        const { path, why } = op;
        // Only the part that is there already: the rest is missing.
        const checked = { path: path.replace(/\/new$/, ""), resolve: RESOLVE.NO_SYMLINKS };
        // In the slot "host", so that `byHostPath` leaves it alone.
        const resolve = {
          ...({ op: "resolve", root: "host", flags: O_PATH, out: "checked", why } as const),
          ...{ ...checked, path: `${rootfs}${checked.path}` },
        };
        const pause = Array.from({ length: PAUSE_OPS }, () => ({ ...resolve, path: rootfs }));
        return [resolve, ...pause, op];
      }),
      new Map(),
    );
}

interface Outcome {
  /** Containers that came to run. */
  ran: number;
  /** Those of which something was seen outside: a mount, a directory, or something of the outside inside. */
  escaped: number;
}

interface Race {
  readonly sandbox: Sandbox;
  readonly mount: object;
  readonly script: string;
  readonly rounds: number;
}

/** Makes containers until one escapes, or all rounds are over. */
async function race(it: Race, weaken?: (rootfs: string) => Weakening): Promise<Outcome> {
  const { sandbox, rounds } = it;
  const rootfs = join(sandbox.root, "rootfs");
  const outside = join(sandbox.root, "outside");
  const outcome = { ran: 0, escaped: 0 };
  let mounted = false;
  using _ = interpose({
    weaken: weaken?.(rootfs),
    watch: async (program, channel) => {
      if (!program.ops.some(({ op }) => op === "pivot_root")) return;
      const { pid } = await channel.cloned();
      const mounts = parseMountInfo(readFileSync(`/proc/${pid}/mountinfo`, "utf8"));
      mounted = mounts.some(({ mountPoint }) => mountPoint.startsWith(outside));
    },
  });
  for (let left = rounds; left > 0 && outcome.escaped === 0; left -= ROUNDS_OF_ONE) {
    await using _attacker = exchange(sandbox, join(rootfs, "data"));
    await raceOne(it, Math.min(left, ROUNDS_OF_ONE), { outcome, isMounted: () => mounted });
  }
  return outcome;
}

/** Against one attacker. */
async function raceOne(
  { sandbox, mount, script }: Race,
  rounds: number,
  { outcome, isMounted }: { readonly outcome: Outcome; readonly isMounted: () => boolean },
): Promise<void> {
  const outside = join(sandbox.root, "outside");
  const changes = { mounts: [{ destination: "/proc", type: "proc", source: "proc" }, mount] };
  for (let round = 0; round < rounds && outcome.escaped === 0; round++) {
    const output = await runAttack(sandbox, script, changes);
    if (!output.startsWith("refused")) outcome.ran += 1;
    const made = readdirSync(outside).length > 1;
    if (isMounted() || made || output.includes(SECRET)) outcome.escaped += 1;
  }
}

function raceSandbox(): Sandbox {
  // Compiled before there is a reaper.
  driverPath();
  const sandbox = attackSandbox();
  for (const directory of ["outside", "rootfs/data", "rootfs/data/x", "rootfs/outside"]) {
    mkdirSync(join(sandbox.root, directory));
  }
  symlinkSync("../../outside", join(sandbox.root, "rootfs/data/link"));
  writeFileSync(join(sandbox.root, "outside/secret"), `${SECRET}\n`);
  writeFileSync(join(sandbox.root, "rootfs/data/x/own"), "of the image\n");
  return sandbox;
}

for (const { what, mount, script } of [
  {
    what: "a mount and the directory that is made for it",
    mount: { destination: "/data/x/new", type: "tmpfs", source: "tmpfs" },
    script: "true",
  },
  {
    what: "a copy of what a tmpfs covers",
    mount: { destination: "/data/x", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"] },
    script: "cat /data/x/* /outside/*",
  },
]) {
  test(`someone who swaps a directory and a link does not lead ${what} out of the image`, async () => {
    await using sandbox = raceSandbox();
    const { ran, escaped } = await race({ sandbox, mount, script, rounds: ROUNDS });
    assert.equal(escaped, 0);
    assert.ok(ran > 0);
  });

  test(`control: someone who swaps a directory and a link leads ${what} out of the image, by paths that were checked before`, async () => {
    await using sandbox = raceSandbox();
    const outcome = await race({ sandbox, mount, script, rounds: CONTROL_ROUNDS }, checkThenUse);
    assert.equal(outcome.escaped, 1);
  });
}
