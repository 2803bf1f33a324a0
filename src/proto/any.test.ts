// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { packAny, packJson, unpackAny } from "./any.ts";

test("a message goes into an Any under its bare full name and comes out again", () => {
  const any = packAny("containerd.runc.v1.Options", { root: "/run/x", ioUid: 7 });
  assert.equal(any.typeUrl, "containerd.runc.v1.Options");
  const unpacked = unpackAny(any);
  assert.ok(unpacked?.kind === "message" && unpacked.name === "containerd.runc.v1.Options");
  assert.equal(unpacked.message.root, "/run/x");
  assert.equal(unpacked.message.ioUid, 7);
});

test("a type URL may carry a host", () => {
  const { value } = packAny("containerd.runc.v1.ProcessDetails", { execId: "e" });
  const typeUrl = "type.googleapis.com/containerd.runc.v1.ProcessDetails";
  const unpacked = unpackAny({ typeUrl, value });
  assert.ok(unpacked?.kind === "message" && unpacked.name === "containerd.runc.v1.ProcessDetails");
  assert.equal(unpacked.message.execId, "e");
});

test("an absent value is an empty message", () => {
  const unpacked = unpackAny({ typeUrl: "runtimeoptions.v1.Options" });
  assert.ok(unpacked?.kind === "message" && unpacked.name === "runtimeoptions.v1.Options");
  assert.equal(unpacked.message.configPath, "");
});

test("JSON types are told by their path, with or without a host", () => {
  const any = packJson("Process", { args: ["true"] });
  assert.equal(any.typeUrl, "types.containerd.io/opencontainers/runtime-spec/1/Process");
  for (const typeUrl of [any.typeUrl, `type.googleapis.com/${any.typeUrl}`]) {
    const unpacked = unpackAny({ typeUrl, value: any.value });
    assert.ok(unpacked?.kind === "json");
    assert.equal(unpacked.name, "Process");
    assert.equal(Buffer.from(unpacked.json).toString(), '{"args":["true"]}');
  }
});

test("types that are not in the registry are not decoded", () => {
  const urls = ["foo.Bar", "", "toString", "types.containerd.io/opencontainers/runtime-spec/1/Foo"];
  for (const typeUrl of urls) {
    assert.equal(unpackAny({ typeUrl, value: new Uint8Array([0xff]) }), undefined);
  }
});

test("a value that is not such a message is an error", () => {
  const value = new Uint8Array([0x3a, 0x7f]);
  assert.throws(() => unpackAny({ typeUrl: "containerd.runc.v1.Options", value }), Error);
});
