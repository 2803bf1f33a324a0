// SPDX-License-Identifier: Apache-2.0
// Texts whose length does not fit into 16 bits, with instructions at the place where the rest would be read (CVE-2021-43784).

import assert from "node:assert/strict";
import { test } from "node:test";
import { attackSandbox, runAttack } from "../testing/attack.ts";

const WRAP = 65_536;
const HEADER_BYTES = 4;
const TEXT = 1;
const UID = 2;

interface Attribute {
  readonly type: number;
  readonly data: Buffer;
}

/** Type and length in 16 bits each, as netlink attributes have them; the length is that of both. */
function encodeNaively(attributes: readonly Attribute[]): Buffer {
  return Buffer.concat(
    attributes.flatMap(({ type, data }) => {
      const header = Buffer.alloc(HEADER_BYTES);
      header.writeUInt16LE((HEADER_BYTES + data.length) % WRAP, 0);
      header.writeUInt16LE(type, 2);
      return [header, data];
    }),
  );
}

function decodeNaively(bytes: Buffer): readonly Attribute[] {
  const attributes: Attribute[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < HEADER_BYTES) break;
    attributes.push({
      type: bytes.readUInt16LE(at + 2),
      data: bytes.subarray(at + HEADER_BYTES, at + length),
    });
    at += length;
  }
  return attributes;
}

/** A text of which the first bytes are taken for the whole, and the next ones for what the attacker wants to be. */
const FORGED = encodeNaively([
  { type: TEXT, data: Buffer.from("short") },
  { type: UID, data: Buffer.from("0") },
]).subarray(HEADER_BYTES);
const LONG = Buffer.concat([FORGED, Buffer.alloc(WRAP + "short".length - FORGED.length, "x")]);

test("control: a text that is longer than 16 bits can tell carries an attribute of the attacker's, in the naive encoding", () => {
  const uid = Buffer.from("1000");
  const decoded = decodeNaively(
    encodeNaively([
      { type: TEXT, data: LONG },
      { type: UID, data: uid },
    ]),
  );
  const [text, first] = decoded;
  assert.equal(text?.data.toString(), "short");
  assert.deepEqual([first?.type, first?.data.toString()], [UID, "0"]);
});

for (const extra of [-1, 0, 1, "short".length]) {
  test(`a text of 65536 + ${extra} bytes is itself, and changes nothing of what comes after it`, async () => {
    await using sandbox = attackSandbox();
    const value = LONG.toString("latin1")
      .replaceAll("\0", "0")
      .slice(0, WRAP + extra);
    const padded = value.padEnd(WRAP + extra, "x");
    const process = {
      env: ["PATH=/bin", `LONG=${padded}`, "LAST=own"],
      user: { uid: 1000, gid: 1000 },
    };
    const output = await runAttack(sandbox, 'echo "$' + '{#LONG} $LAST $(id -u)"', { process });
    assert.equal(output, `${WRAP + extra} own 1000\n`);
  });
}
