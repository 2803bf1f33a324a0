// SPDX-License-Identifier: Apache-2.0
// The runtime's side of a listener's way, against a process that says whatever it likes.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { toPid } from "../base/brand.ts";
import { REPORT_KINDS, type ReportKind } from "../plan/report.ts";
import { type Fd, setNonBlocking, writeFd } from "../sys/fd.ts";
import { openPidfd } from "../sys/pidfd.ts";
import { accept, listenUnix, sendWithFds, socketPair } from "../sys/socket.ts";
import { InitChannel } from "./init-channel.ts";
import { FilterInstallation } from "./seccomp-install.ts";

const PROGRAM = Uint8Array.of(6, 0, 0, 0, 0, 0, 255, 127);

function report(kind: ReportKind, value: number): Uint8Array {
  const words = Uint32Array.of(REPORT_KINDS.indexOf(kind) + 1, 0, 0, value);
  return new Uint8Array(words.buffer);
}

interface Played {
  readonly channel: InitChannel;
  readonly installation: FilterInstallation;
  /** Init's end of the conversation. */
  readonly init: Fd;
  /** Where an agent would be asked. */
  readonly agent: Fd;
}

/** An installation for a process that is this one, as far as pidfds can tell. */
function play(t: TestContext): Played {
  const directory = mkdtempSync(join(tmpdir(), "tsrunc-install-"));
  const path = join(directory, "agent");
  const agent = listenUnix(path, 0o600);
  const [ours, init] = socketPair("seqpacket");
  const channel = new InitChannel(ours);
  const subject = { ociVersion: "1.0.2", id: "c", bundle: directory, annotations: new Map() };
  const installation = new FilterInstallation(
    { program: PROGRAM, agent: { path, metadata: "", subject } },
    { status: "creating" },
  );
  t.after(() => {
    installation[Symbol.dispose]();
    channel[Symbol.dispose]();
    for (const fd of [init, agent]) fd.close();
    rmSync(directory, { recursive: true });
  });
  using pidfd = openPidfd(toPid(process.pid));
  sendWithFds(init, report("pid", process.pid), [pidfd]);
  return { channel, installation, init, agent };
}

/** Whether a byte can be written to the gate. */
function isOpen({ installation }: Played): boolean {
  const gate = installation.fds.find(([slot]) => slot === "gate")?.[1];
  assert.ok(gate);
  setNonBlocking(gate, true);
  return writeFd(gate, Uint8Array.of(0)) !== undefined;
}

const NEVER = new Promise<never>(() => undefined);

test("a descriptor that is no listener is not given to an agent", async (t) => {
  const played = play(t);
  const { channel, installation, init, agent } = played;
  writeFd(init, report("listener", init.raw));
  await assert.rejects(installation.during(channel, NEVER), /no listener of a seccomp filter/);
  assert.equal(accept(agent), undefined, "nobody was connected to");
  assert.ok(!isOpen(played));
});

test("a number that is no descriptor is an error, and the gate stays shut", async (t) => {
  const played = play(t);
  writeFd(played.init, report("listener", 0x7fff_ffff));
  await assert.rejects(played.installation.during(played.channel, NEVER), { code: "EBADF" });
  assert.ok(!isOpen(played));
});

test("a process that says nothing of a listener comes as far as it comes", async (t) => {
  const { channel, installation, agent } = play(t);
  assert.equal(await installation.during(channel, Promise.resolve("gone")), "gone");
  const failure = Promise.reject(new Error("it failed"));
  await assert.rejects(installation.during(channel, failure), /it failed/);
  assert.equal(accept(agent), undefined);
});

test("a filter without an agent has no gate", () => {
  const filter = { program: PROGRAM, agent: undefined };
  using installation = new FilterInstallation(filter, { status: "running", init: 1 });
  assert.deepEqual(
    installation.fds.map(([slot]) => slot),
    ["filter"],
  );
});
