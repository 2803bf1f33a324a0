// SPDX-License-Identifier: Apache-2.0
// Commands of the host in tests with a Reaper, where child_process must not be used.

import assert from "node:assert/strict";
import { pipe, setNonBlocking } from "../../sys/fd.ts";
import type { Reaper } from "../../sys/reaper.ts";
import { spawn } from "../../sys/spawn.ts";
import { readAll } from "./sandbox.ts";

/** Runs a shell script and resolves to what it prints; fails with that if the script does. */
export async function runScript(reaper: Reaper, script: string): Promise<string> {
  const { read, write } = pipe();
  setNonBlocking(read, true);
  const { pid, pidfd } = spawn({
    exe: "/bin/sh",
    argv: ["sh", "-ec", script],
    env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
    fds: [1, 2].map((as) => ({ fd: write, as })),
  });
  write.close();
  pidfd.close();
  const exited = reaper.claim(pid);
  const output = await readAll(read);
  assert.equal((await exited).status, 0, `${script}\n${output}`);
  return output;
}
