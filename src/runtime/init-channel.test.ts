// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { writeFd } from "../sys/fd.ts";
import { socketPair } from "../sys/socket.ts";
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
