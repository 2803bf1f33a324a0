// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { TaskError } from "../base/errors.ts";
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from "./codec.ts";
import { concat, fromHex, toHex, utf8 } from "./test-kit.ts";

const request = {
  service: "a.B",
  method: "C",
  payload: utf8("pay"),
  timeoutNano: 5n,
  metadata: [
    { key: "k", value: "1" },
    { key: "k", value: "2" },
    { key: "", value: "" },
  ],
};

test("a request survives its encoding", () => {
  const bytes = encodeRequest(request);
  assert.equal(
    toHex(bytes),
    "0a03612e42 120143 1a03706179 2005 2a06 0a016b 120131 2a06 0a016b 120132 2a00".replaceAll(
      " ",
      "",
    ),
  );
  assert.deepEqual(decodeRequest(bytes), request);
});

test("an int64 timeout keeps its value over its whole range", () => {
  const edges = [0n, 1n, 127n, 128n, 2n ** 28n, 2n ** 53n - 1n, 2n ** 53n + 1n, 2n ** 63n - 1n];
  for (const timeoutNano of [...edges, ...edges.map((edge) => -edge), -(2n ** 63n)])
    assert.equal(
      decodeRequest(encodeRequest({ ...request, timeoutNano })).timeoutNano,
      timeoutNano,
    );
  const minusOne = fromHex("20ffffffffffffffffff01");
  assert.equal(decodeRequest(minusOne).timeoutNano, -1n);
});

test("a timeout decodes the same from a Buffer and leaves it as it is", () => {
  const bytes = Buffer.from("20ffffffffffffffffff01", "hex");
  assert.equal(decodeRequest(bytes).timeoutNano, -1n);
  assert.equal(bytes.toString("hex"), "20ffffffffffffffffff01");
});

test("a response survives its encoding, with status and details", () => {
  const response = {
    status: {
      code: 5,
      message: "nö: not found",
      details: [
        { typeUrl: "type.googleapis.com/x.Y", value: utf8("v") },
        { typeUrl: "", value: new Uint8Array() },
      ],
    },
    payload: utf8("p"),
  };
  assert.deepEqual(decodeResponse(encodeResponse(response)), response);
});

test("an empty success is no bytes at all, and a status of code 0 is still a status", () => {
  assert.equal(encodeResponse({ payload: new Uint8Array() }).length, 0);
  assert.deepEqual(decodeResponse(new Uint8Array()), {
    status: undefined,
    payload: new Uint8Array(),
  });
  assert.deepEqual(decodeResponse(fromHex("0a00")).status, { code: 0, message: "", details: [] });
});

test("a negative status code has ten bytes and is read as an int32", () => {
  const status = { code: -3, message: "", details: [] };
  const bytes = encodeResponse({ status, payload: new Uint8Array() });
  assert.equal(toHex(bytes), "0a0b08fdffffffffffffffff01");
  assert.deepEqual(decodeResponse(bytes).status, status);
});

test("of a field that is repeated the last one counts, and statuses merge", () => {
  assert.equal(decodeRequest(fromHex("0a0161 0a0162")).service, "b");
  assert.deepEqual(decodeResponse(fromHex("0a02 0805 0a05 1203616263 0a021a00")).status, {
    code: 5,
    message: "abc",
    details: [{ typeUrl: "", value: new Uint8Array() }],
  });
});

test("fields that are not known are skipped, groups and wrong types included", () => {
  const unknown = [
    "3007", // 6: varint
    "31 0102030405060708", // 6: fixed64
    "3203 616263", // 6: bytes
    "35 01020304", // 6: fixed32
    "33 3007 33 34 3203616263 34", // 6: group with a group in it
    "0807", // service as a varint
    "2203 616263", // timeout_nano as bytes
    "f8ffffff0f01", // the highest field number
  ];
  for (const field of unknown) {
    const bytes = concat([fromHex(field), encodeRequest(request), fromHex(field)]);
    assert.deepEqual(decodeRequest(bytes), request, field);
  }
});

const deepGroups = "33".repeat(101) + "34".repeat(101);

for (const [what, hex, message] of [
  ["a cut tag", "80", "truncated varint at byte 0"],
  ["a cut varint", "20ff", "truncated varint at byte 1"],
  ["a varint of eleven bytes", `20${"80".repeat(10)}01`, "varint overflows 64 bits at byte 1"],
  ["a varint of more than 64 bits", `20${"ff".repeat(9)}02`, "varint overflows 64 bits at byte 1"],
  ["a cut string", "0a0561", "length 5 with 1 bytes left at byte 1"],
  [
    "a length beyond all bounds",
    `1a${"ff".repeat(9)}01`,
    "length 18446744073709552000 with 0 bytes left at byte 1",
  ],
  ["a cut fixed64", "3101", "fixed field of 8 with 1 bytes left at byte 1"],
  ["a cut fixed32", "35", "fixed field of 4 with 0 bytes left at byte 1"],
  ["field number 0", "0001", "invalid field number 0 at byte 0"],
  ["a field number over 29 bits", "8080808010", "invalid field number 536870912 at byte 0"],
  ["wire type 6", "0e", "invalid wire type 6 of field 1 at byte 1"],
  ["wire type 7", "0f", "invalid wire type 7 of field 1 at byte 1"],
  ["an end of a group that never began", "34", "invalid wire type 4 of field 6 at byte 1"],
  ["a group without an end", "33", "group 6 does not end at byte 1"],
  ["a group with another's end", "333c", "group 6 ends as 7 at byte 2"],
  ["groups nested too deep", deepGroups, "groups are nested too deep at byte 101"],
  ["a string that is not UTF-8", "0a02c328", "invalid UTF-8 in a string at byte 1"],
  ["metadata that is malformed", "2a0180", "truncated varint at byte 0"],
  ["more metadata than is sane", "2a00".repeat(4097), "more than 4096 entries in one field"],
] as const) {
  test(`a request with ${what} is refused in clear words`, () => {
    assert.throws(() => decodeRequest(fromHex(hex)), new TaskError("invalid_argument", message));
  });
}

test("every prefix of a valid message decodes or is refused, and nothing else happens", () => {
  const bytes = encodeRequest(request);
  for (let length = 0; length < bytes.length; length++) {
    try {
      decodeRequest(bytes.subarray(0, length));
    } catch (error) {
      assert.ok(error instanceof TaskError && error.code === "invalid_argument");
    }
  }
});
