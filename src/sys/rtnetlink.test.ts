// SPDX-License-Identifier: Apache-2.0
// Messages of rtnetlink as bytes, and what becomes of bytes that are none.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SysError } from "../base/errors.ts";
import { decodeAttributes, decodeMessages, encodeRequest, type Message } from "./netlink-codec.ts";
import {
  ADDRESS_FLAG,
  AF_INET,
  AF_INET6,
  addAddress,
  changeLink,
  decodeAddress,
  decodeLink,
  getLink,
  type LinkAddress,
  listAddresses,
  RTM_NEWADDR,
  RTM_NEWLINK,
} from "./rtnetlink.ts";

const hex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const ROUNDS = 20_000;

/** An answer about a link, with a name, a hardware address, a master, and an attribute that nobody here knows. */
const LINK = hex(`
  54000000 1000 0000 07000000 39300000
  00 00 0100 02000000 43100000 00000000
  0900 0300 65746830 00 000000
  0a00 0100 02fc00000001 0000
  0800 0a00 05000000
  0c00 7f80 0011223344556677
  0600 1100 0400 0000`);

const END = hex(
  "24000000 0200 0001 07000000 39300000 00000000 30000000 1000 0500 07000000 39300000",
);

const ADDRESS: LinkAddress = {
  family: AF_INET,
  index: 7,
  prefixLength: 24,
  flags: ADDRESS_FLAG.PERMANENT | ADDRESS_FLAG.NOPREFIXROUTE,
  scope: 0,
  local: hex("c0000201"),
  address: hex("c0000202"),
  broadcast: hex("c00002ff"),
  label: "eth0:web",
  lifetimes: { preferred: 100, valid: 200 },
  metric: 9,
};

test("a link is asked for by its name or its index", () => {
  const name = encodeRequest(getLink({ name: "eth0" }), 5);
  const expected = "2c000000 1200 0500 05000000 00000000 0000000000000000 0000000000000000";
  assert.equal(toHex(name), toHex(hex(`${expected} 0900 0300 65746830 00 000000`)));
  const index = encodeRequest(getLink({ index: 7 }), 6);
  const header = "0000000007000000 0000000000000000";
  assert.equal(toHex(index), toHex(hex(`20000000 1200 0500 06000000 00000000 ${header}`)));
});

test("a link goes down, elsewhere and under another name in one message", () => {
  const change = { up: false, name: "a", namespace: 9, newIndex: 3, master: 4 };
  const attributes =
    "0800 1c00 09000000  0600 0300 6100 0000  0800 3100 03000000  0800 0a00 04000000";
  assert.equal(
    toHex(encodeRequest(changeLink(7, change), 1)),
    toHex(
      hex(`40000000 1000 0500 01000000 00000000
        0000000007000000 0000000001000000 ${attributes}`),
    ),
  );
  const up = encodeRequest(changeLink(7, { up: true }), 1);
  assert.equal(toHex(up.subarray(24)), "0100000001000000");
  // Nothing is said of the state of a link that is to stay as it is.
  assert.equal(toHex(encodeRequest(changeLink(7, {}), 1).subarray(24)), "0000000000000000");
});

test("a list is asked for with a dump", () => {
  assert.equal(
    toHex(encodeRequest(listAddresses(), 1)),
    toHex(hex("18000000 1600 0103 01000000 00000000 0000000000000000")),
  );
});

test("an answer about a link is taken apart, and attributes that nobody knows are left alone", () => {
  const [message, end] = decodeMessages(Buffer.concat([LINK, END]));
  assert.ok(message?.kind === "data");
  assert.deepEqual([message.type, message.sequence, message.interrupted], [RTM_NEWLINK, 7, false]);
  const { hardware, ...link } = decodeLink(message.body);
  assert.deepEqual(link, { index: 2, name: "eth0", up: true, master: 5 });
  assert.equal(toHex(hardware), "02fc00000001");
  assert.deepEqual(end, {
    kind: "end",
    sequence: 7,
    interrupted: false,
    errno: 0,
    reason: undefined,
  });
});

test("an address says the same when it comes back", () => {
  const bytes = encodeRequest(addAddress(ADDRESS), 1);
  const [message] = decodeMessages(bytes);
  assert.ok(message?.kind === "data");
  assert.equal(message.type, RTM_NEWADDR);
  const decoded = decodeAddress(message.body);
  // What the kernel alone can know is not asked for.
  assert.equal(decoded.flags, ADDRESS_FLAG.NOPREFIXROUTE);
  assert.deepEqual({ ...decoded, flags: ADDRESS.flags }, ADDRESS);
  const bare = {
    ...ADDRESS,
    family: AF_INET6,
    local: undefined,
    broadcast: undefined,
    label: undefined,
    lifetimes: undefined,
    metric: undefined,
  };
  const [second] = decodeMessages(encodeRequest(addAddress(bare), 1));
  assert.ok(second?.kind === "data");
  assert.deepEqual([...decodeAttributes(second.body.subarray(8)).keys()], [1, 8]);
});

test("a refusal has its errno, and the kernel's words if it has some", () => {
  const echoed = "30000000 1000 0500 01000000 00000000";
  const [short] = decodeMessages(hex(`24000000 0200 0000 01000000 00000000 efffffff ${echoed}`));
  assert.ok(short?.kind === "end");
  assert.deepEqual([short.errno, short.reason], [17, undefined]);
  const [long] = decodeMessages(
    hex(`30000000 0200 0003 01000000 00000000 eaffffff ${echoed} 0a00 0100 62616420 6d00 0000`),
  );
  assert.ok(long?.kind === "end");
  assert.deepEqual([long.errno, long.reason], [22, "bad m"]);
});

test("a list that has changed meanwhile says so", () => {
  const [message] = decodeMessages(hex("14000000 0300 1200 01000000 00000000 00000000"));
  assert.deepEqual(message, {
    kind: "end",
    sequence: 1,
    interrupted: true,
    errno: 0,
    reason: undefined,
  });
});

for (const [what, bytes] of [
  ["less than a header", "10000000 0200 0000 01000000"],
  ["a length below the header's", "0f000000 1000 0000 01000000 00000000"],
  ["a length beyond the datagram", "14000000 1000 0000 01000000 00000000"],
  ["a length near 2^32", "fdffffff 1000 0000 01000000 00000000"],
  ["a refusal without the message it is about", "14000000 0200 0000 01000000 00000000 00000000"],
  ["a positive errno", `24000000 0200 0000 01000000 00000000 01000000 ${"00".repeat(16)}`],
  ["an end of a list that is cut", "12000000 0300 0000 01000000 00000000 0000"],
] as const) {
  test(`${what} is no message`, () => {
    assert.throws(() => decodeMessages(hex(bytes)), isProtocolError);
  });
}

for (const [what, bytes] of [
  ["less than a header", "0400 01"],
  ["a length below the header's", "0300 0100"],
  ["a length of zero", "0000 0100 00000000"],
  ["a length beyond the message", "0900 0100 00000000"],
] as const) {
  test(`${what} is no attribute`, () => {
    assert.throws(() => decodeAttributes(hex(bytes)), isProtocolError);
  });
}

test("links and addresses that are cut, and numbers of another size, are refused", () => {
  const link = "00 00 0100 02000000 43100000 00000000";
  const address = "02 18 80 00 07000000";
  assert.throws(() => decodeLink(hex(link).subarray(1)), isProtocolError);
  assert.throws(() => decodeLink(hex(`${link} 0600 0a00 0500 0000`)), isProtocolError);
  assert.throws(() => decodeAddress(hex(address).subarray(1)), isProtocolError);
  assert.throws(() => decodeAddress(hex(`${address} 0600 0800 0500 0000`)), isProtocolError);
  assert.throws(() => decodeAddress(hex(`${address} 0800 0600 05000000`)), isProtocolError);
});

test("damaged datagrams are refused or read, never more than there is", () => {
  let state = 1;
  const random = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
  const valid = Buffer.concat([LINK, encodeRequest(addAddress(ADDRESS), 7), END]);
  const outcomes = { read: 0, refused: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const bytes = new Uint8Array(valid.subarray(0, valid.length - random(3) * random(40)));
    for (let count = random(4); count >= 0; count -= 1) bytes[random(bytes.length)] = random(256);
    try {
      for (const message of decodeMessages(bytes)) read(message);
      outcomes.read += 1;
    } catch (error) {
      assert.ok(isProtocolError(error), String(error));
      outcomes.refused += 1;
    }
  }
  assert.ok(outcomes.read > 1000 && outcomes.refused > 1000, JSON.stringify(outcomes));
});

function read(message: Message): void {
  if (message.kind === "end") return;
  if (message.type === RTM_NEWLINK) decodeLink(message.body);
  if (message.type === RTM_NEWADDR) decodeAddress(message.body);
}

function isProtocolError(error: unknown): boolean {
  return error instanceof SysError && error.code === "EPROTO";
}
