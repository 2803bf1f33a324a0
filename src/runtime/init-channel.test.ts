// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { REPORT_BYTES, REPORT_KINDS, type ReportKind } from "../plan/report.ts";
import { writeFd } from "../sys/fd.ts";
import { receiveWithFds, sendWithFds, socketPair } from "../sys/socket.ts";
import { openDescriptors } from "../sys/testing/descriptors.ts";
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
function report(kind: ReportKind, { op = 0, errno = 0, value = 0 } = {}): Uint8Array {
  const words = Uint32Array.of(REPORT_KINDS.indexOf(kind) + 1, op, errno, value);
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

for (const [what, kinds] of Object.entries({
  "no report takes": [["done", 0]],
  "comes with a listener": [["listener", 0]],
  "is a second process": [
    ["pid", 1],
    ["pid", 2],
  ],
  "has a tag twice": [
    ["fd", 1],
    ["fd", 1],
  ],
  "is a second terminal": [
    ["console", 0],
    ["console", 0],
  ],
} satisfies Record<string, [ReportKind, number][]>)) {
  test(`a descriptor that ${what} ends the conversation and stays with nobody`, async () => {
    const before = openDescriptors();
    {
      const [ours, theirs] = socketPair("seqpacket");
      using channel = new InitChannel(ours);
      const end = channel.run({ inputs: [], ops: [] }, new Map());
      for (const fd of receiveWithFds(theirs, REPORT_BYTES, 1)?.fds ?? []) fd.close();
      const pid = channel.cloned().catch(() => undefined);
      for (const [kind, value] of kinds) sendWithFds(theirs, report(kind, { value }), [theirs]);
      await assert.rejects(end, /init sent a descriptor with/);
      (await pid)?.pidfd.close();
      theirs.close();
    }
    assert.equal(openDescriptors(), before);
  });
}

test("a report without the descriptor that belongs to it ends the conversation", async () => {
  const [ours, theirs] = socketPair("seqpacket");
  using channel = new InitChannel(ours);
  const end = channel.run({ inputs: [], ops: [] }, new Map());
  writeFd(theirs, report("pid", { value: 1 }));
  await assert.rejects(end, /init sent no descriptor with "pid"/);
  theirs.close();
});
