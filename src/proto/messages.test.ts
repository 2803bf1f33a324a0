// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import protobuf from "protobufjs";
import { type Codec, encode } from "./codec.ts";
import { containerd, google, io, runtimeoptions } from "./generated/messages.js";
import { toBigInt, toLong } from "./int64.ts";
import { TASK_METHODS, TASK_SERVICES } from "./task-methods.ts";
import { toTimestamp } from "./timestamp.ts";

const v3 = containerd.task.v3;
const hex = (text: string): Buffer => Buffer.from(text.replace(/\s+/g, ""), "hex");
const ascii = (text: string): string => Buffer.from(text).toString("hex");

/** Bytes that real containerds and a real shim exchanged. */
const CAPTURED: readonly (readonly [string, Codec<object>, string])[] = [
  ["ConnectRequest", v3.ConnectRequest, "0a026731"],
  ["ConnectResponse", v3.ConnectResponse, "08e478 109979"],
  ["CreateTaskResponse", v3.CreateTaskResponse, "089979"],
  ["StartRequest", v3.StartRequest, "0a026731"],
  ["StartResponse", v3.StartResponse, "089979"],
  [
    "StateResponse of a running process",
    v3.StateResponse,
    `0a026731 1203${ascii("/b1")} 189979 2002 2a03${ascii("/in")} 3204${ascii("/out")} 3a04${ascii("/err")}
     520b088092b8c398feffffff01`,
  ],
  ["WaitResponse", v3.WaitResponse, "0803 120c08c2fd90d80610a6ecf2e902"],
  ["DeleteResponse", v3.DeleteResponse, "089979 1003 1a0c08c2fd90d80610a6ecf2e902"],
  [
    "DeleteResponse of the delete command",
    v3.DeleteResponse,
    "08bd1b 108901 1a0c08ccfc90d80610debbb7d802",
  ],
  ["Empty", google.protobuf.Empty, ""],
  [
    "ForwardRequest with TaskStart",
    containerd.services.events.ttrpc.v1.ForwardRequest,
    `0a4d 0a0c08c2fd90d80610f888a4e802 120764656661756c74 1a0c2f7461736b732f7374617274
     2226 0a1b636f6e7461696e6572642e6576656e74732e5461736b5374617274 12070a026731109979`,
  ],
  [
    "BootstrapParams of 2.4 in debug mode",
    containerd.runtime.bootstrap.v1.BootstrapParams,
    `0a026731 120764656661756c74 18fcffffffffffffffff01 2212322e342e302d626574612b756e6b6e6f776e
     2a1e2f746d702f72657365617263682f6332342f632e736f636b2e7474727063
     32182f746d702f72657365617263682f6332342f632e736f636b
     3a1c2f746d702f72657365617263682f62696e2f636f6e7461696e657264 4a112f72756e2f636f6e7461696e6572642f73`,
  ],
  [
    "BootstrapResult",
    containerd.runtime.bootstrap.v1.BootstrapResult,
    `0803 1209${ascii("unix:///s")} 1a057474727063`,
  ],
];

for (const [name, codec, text] of CAPTURED) {
  test(`captured bytes decode and encode to the same bytes: ${name}`, () => {
    const bytes = hex(text);
    assert.equal(
      Buffer.from(encode(codec, codec.decode(bytes))).toString("hex"),
      bytes.toString("hex"),
    );
  });

  test(`a message cut anywhere is an error or a shorter message, and never a hang: ${name}`, () => {
    const bytes = hex(text);
    for (let length = 0; length < bytes.length; length++) {
      try {
        codec.decode(bytes.subarray(0, length));
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }
  });
}

test("a negative log level arrives as a negative number", () => {
  const params = containerd.runtime.bootstrap.v1.BootstrapParams.decode(
    hex("18fcffffffffffffffff01"),
  );
  assert.equal(params.logLevel, -4);
  assert.equal(params.socketDir, null, "not sent");
});

test("Go's zero time is what an unset time encodes to", () => {
  const bytes = encode(google.protobuf.Timestamp, toTimestamp(undefined));
  assert.equal(Buffer.from(bytes).toString("hex"), "088092b8c398feffffff01");
});

test("64-bit values keep every bit", () => {
  const limits = [0n, 1n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n];
  for (const limit of limits) {
    const bytes = encode(io.containerd.cgroups.v2.PidsStat, { limit: toLong(limit) });
    assert.equal(toBigInt(io.containerd.cgroups.v2.PidsStat.decode(bytes).limit), limit);
  }
  for (const seconds of [-62_135_596_800n, -1n, -(2n ** 63n), 2n ** 63n - 1n]) {
    const bytes = encode(google.protobuf.Timestamp, { seconds: toLong(seconds) });
    assert.equal(toBigInt(google.protobuf.Timestamp.decode(bytes).seconds), seconds);
  }
});

test("repeated numbers are read packed and unpacked", () => {
  const { CPUUsage } = io.containerd.cgroups.v1;
  for (const text of ["2204 01ac0203", "2001 20ac02 2003"]) {
    assert.deepEqual(CPUUsage.decode(hex(text)).perCpu.map(toBigInt), [1n, 300n, 3n]);
  }
});

test("a map key may be the name of an object's own machinery", () => {
  const entry = `1a0e 0a09${ascii("__proto__")} 1201${ascii("x")}`;
  const request = v3.UpdateTaskRequest.decode(hex(entry));
  assert.ok(Object.hasOwn(request.annotations, "__proto__"));
  assert.equal(Object.getPrototypeOf(request.annotations), Object.prototype);
});

test("unknown fields of every wire type are skipped, groups too", () => {
  const unknown = "a00601 a1060102030405060708 a20602ffff a3060801a406 a50601020304";
  const request = v3.StateRequest.decode(hex(`${unknown} 0a026731 ${unknown}`));
  assert.equal(request.id, "g1");
});

const HOSTILE: readonly (readonly [string, string])[] = [
  ["a string longer than the message", "0aff01 41"],
  ["a length of 4 GiB", "0affffffff0f"],
  ["a length that needs more than 32 bits", "0affffffffffffffff7f"],
  ["a varint without end", `18${"80".repeat(64)}`],
  ["a tag of more than 32 bits", "ffffffffffffffffff01"],
  ["field number zero", "0000"],
  ["wire types 6 and 7", "0e 0f"],
  ["a group that never ends", "a306"],
  ["a group that ends as another", "a306 ac06"],
  ["an end without a group", "a406"],
  ["groups nested a thousand deep", "a306".repeat(1000)],
  ["a string that is not UTF-8", "0a02 c328"],
];

for (const [name, text] of HOSTILE) {
  test(`refused with an error: ${name}`, () => {
    assert.throws(() => v3.StateRequest.decode(hex(text)), Error);
  });
}

test("random bytes never hang or crash a decoder", () => {
  let seed = 1;
  const random = (): number => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed >> 16;
  };
  const codecs = [
    v3.CreateTaskRequest,
    io.containerd.cgroups.v2.Metrics,
    runtimeoptions.v1.Options,
    containerd.services.events.ttrpc.v1.ForwardRequest,
  ];
  for (let round = 0; round < 2000; round++) {
    const bytes = Uint8Array.from({ length: random() % 64 }, () => random() & 0xff);
    for (const codec of codecs) {
      try {
        codec.decode(bytes);
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }
  }
});

test("the method table is what protos/ define, for both versions of the service", () => {
  const dir = join(import.meta.dirname, "..", "..", "protos");
  const files = readdirSync(dir).filter((name) => name.endsWith(".proto"));
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => join(dir, target);
  root.loadSync(files).resolveAll();
  for (const name of TASK_SERVICES) {
    const service = root.lookupService(name);
    assert.deepEqual(
      service.methodsArray.map((m) => m.name).sort(),
      Object.keys(TASK_METHODS).sort(),
    );
    for (const [method, { request, response }] of Object.entries(TASK_METHODS)) {
      const definition = service.methods[method];
      assert.equal(definition?.resolvedRequestType?.name, classOf(request), method);
      assert.equal(definition?.resolvedResponseType?.name, classOf(response), method);
    }
  }
});

function classOf(codec: object): string {
  return (codec as { readonly name: string }).name;
}
