// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { REPORT_BYTES, REPORT_KINDS, type ReportKind } from "../plan/report.ts";
import { writeFd } from "../sys/fd.ts";
import { receiveWithFds, socketPair } from "../sys/socket.ts";
import { InitChannel } from "./init-channel.ts";

for (const [name, bytes] of [
  ["too short", new Uint8Array(5)],
  ["too long", new Uint8Array(17)],
  ["of no known kind", Uint8Array.from({ length: 16 }, () => 0xff)],
] as const) {
  test(`a report that is ${name} fails the program, and nothing else`, async () => {
    const [ours, theirs] = socketPair("seqpacket");
    using channel = new InitChannel(ours);
    const end = channel.run({ inputs: [], ops: [] }, new Map());
    writeFd(theirs, bytes);
    await assert.rejects(end);
    await assert.rejects(channel.cloned());
    theirs.close();
  });
}

/** The bytes of a report. */
function report(kind: ReportKind, { op = 0, errno = 0 } = {}): Uint8Array {
  const words = Uint32Array.of(REPORT_KINDS.indexOf(kind) + 1, op, errno, 0);
  return new Uint8Array(words.buffer);
}

test("what follows ready is there for whoever asks later", async () => {
  const [ours, theirs] = socketPair("seqpacket");
  using channel = new InitChannel(ours);
  const first = channel.run({ inputs: [], ops: [] }, new Map());
  for (const kind of ["ready", "ready", "done"] as const) writeFd(theirs, report(kind));
  assert.equal(await first, "ready");
  // By now all of them have been received.
  assert.equal(await channel.next(), "ready");
  assert.equal(await channel.next(), "done");
  theirs.close();
});

for (const [name, last, expected] of [
  ["the end of the process", undefined, /^gone$/],
  ["a failure", report("failed", { op: 0, errno: 2 }), /no such file or directory/],
] as const) {
  test(`after ready comes ${name}`, async () => {
    const [ours, theirs] = socketPair("seqpacket");
    using channel = new InitChannel(ours);
    const ops = [{ op: "ready", why: "it" }] as const;
    const first = channel.run({ inputs: [], ops }, new Map());
    // A socket that is closed with something unread is reset.
    for (const fd of receiveWithFds(theirs, REPORT_BYTES, 1)?.fds ?? []) fd.close();
    writeFd(theirs, report("ready"));
    if (last !== undefined) writeFd(theirs, last);
    theirs.close();
    assert.equal(await first, "ready");
    const outcome = await channel.next().catch((error: unknown) => String(error));
    assert.match(outcome, expected);
    // And it stays so.
    assert.equal(await channel.next().catch((error: unknown) => String(error)), outcome);
  });
}
