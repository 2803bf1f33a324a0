// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { isErrno } from "../base/errors.ts";
import * as c from "./constants.ts";
import { open, pipe, readFd } from "./fd.ts";
import { setWindowSize } from "./pty.ts";
import { Reaper } from "./reaper.ts";
import { spawn } from "./spawn.ts";

const hasCode = (code: string) => (error: unknown) => isErrno(error, code);

test("a terminal's window size is set", async () => {
  using master = open("/dev/ptmx", c.O_RDWR | c.O_NOCTTY);
  setWindowSize(master, 132, 43);
  const { read, write } = pipe();
  const reaper = Reaper.start();
  const { pid, pidfd } = spawn({
    exe: "/usr/bin/stty",
    argv: ["stty", "size"],
    env: [],
    fds: [
      { fd: master, as: 0 },
      { fd: write, as: 1 },
    ],
  });
  assert.equal((await reaper.claim(pid)).status, 0);
  reaper.stop();
  const buffer = new Uint8Array(32);
  const count = readFd(read, buffer);
  assert.equal(Buffer.from(buffer.subarray(0, count)).toString(), "43 132\n");
  for (const fd of [read, write, pidfd]) fd.close();
});

test("what is no terminal has no window size", () => {
  using file = open("/dev/null", c.O_RDWR);
  assert.throws(() => setWindowSize(file, 80, 24), hasCode("ENOTTY"));
});
