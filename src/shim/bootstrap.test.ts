// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { packAny } from "../proto/any.ts";
import { encode } from "../proto/codec.ts";
import { containerd, google } from "../proto/generated/messages.js";
import { parseBootstrap } from "./bootstrap.ts";

const { BootstrapParams } = containerd.runtime.bootstrap.v1;
const identity = { namespace: "default", id: "g1" };

/** What containerd 2.4 sent with debug on and no options (shim contract, appendix A). */
const CAPTURED = Buffer.from(
  "0a026731120764656661756c7418fcffffffffffffffff012212322e342e302d626574612b756e6b6e6f776e" +
    "2a1e2f746d702f72657365617263682f6332342f632e736f636b2e7474727063" +
    "32182f746d702f72657365617263682f6332342f632e736f636b" +
    "3a1c2f746d702f72657365617263682f62696e2f636f6e7461696e657264" +
    "4a112f72756e2f636f6e7461696e6572642f73",
  "hex",
);

test("the parameters of containerd 2.4 are understood", () => {
  assert.deepEqual(parseBootstrap(CAPTURED, identity), {
    isParams: true,
    debug: true,
    ttrpcAddress: "/tmp/research/c24/c.sock.ttrpc",
    grpcAddress: "/tmp/research/c24/c.sock",
    socketDir: "/run/containerd/s",
    shimCgroup: "",
    options: undefined,
  });
});

test("an empty stdin says nothing", () => {
  const { isParams, debug, options } = parseBootstrap(new Uint8Array(), identity);
  assert.deepEqual(
    { isParams, debug, options },
    { isParams: false, debug: false, options: undefined },
  );
});

test("a bare Any holds the options of containerd up to 2.2", () => {
  const any = packAny("containerd.runc.v1.Options", { shimCgroup: "/shims" });
  for (const prefix of ["", "type.googleapis.com/"]) {
    const typeUrl = prefix + any.typeUrl;
    const bytes = encode(google.protobuf.Any, { ...any, typeUrl });
    const { isParams, shimCgroup, options } = parseBootstrap(bytes, identity);
    assert.deepEqual([isParams, shimCgroup, options?.typeUrl], [false, "/shims", typeUrl]);
  }
});

test("options come as an extension of the parameters", () => {
  const extensions = [
    { value: { typeUrl: "example.com/other", value: Buffer.from("x") } },
    { value: packAny("containerd.runc.v1.Options", { shimCgroup: "/shims" }) },
  ];
  const bytes = encode(BootstrapParams, {
    instanceId: "g1",
    namespace: "default",
    extensions,
  });
  assert.equal(parseBootstrap(bytes, identity).shimCgroup, "/shims");
});

test("log levels below info are debug", () => {
  const debugOf = (logLevel: number): boolean =>
    parseBootstrap(
      encode(BootstrapParams, { instanceId: "g1", namespace: "default", logLevel }),
      identity,
    ).debug;
  assert.deepEqual([-8, -4, 0, 4].map(debugOf), [true, true, false, false]);
});

test("parameters for another container are no parameters", () => {
  assert.equal(parseBootstrap(CAPTURED, { ...identity, id: "g2" }).isParams, false);
});

test("bytes that are neither form are refused", () => {
  for (const hex of ["ff", "0a05", "0a0461", "08", "0b", "0c", "ffffffffffffffffffffff01"]) {
    assert.throws(() => parseBootstrap(Buffer.from(hex, "hex"), identity), {
      code: "invalid_argument",
      message: /^malformed bootstrap parameters on stdin/,
    });
  }
});

test("a NUL byte in a path is refused", () => {
  const bytes = encode(BootstrapParams, {
    ...{ instanceId: "g1", namespace: "default", socketDir: "/run/\0" },
  });
  assert.throws(() => parseBootstrap(bytes, identity), {
    message: "NUL byte in the bootstrap parameters on stdin",
  });
});
