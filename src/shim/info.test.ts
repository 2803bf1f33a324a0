// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { VERSION } from "../base/version.ts";
import { packAny } from "../proto/any.ts";
import { encode } from "../proto/codec.ts";
import { containerd, google } from "../proto/generated/messages.js";
import { describeRuntime, writeInfoCache } from "./info.ts";

const { RuntimeInfo } = containerd.types;

function openDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "info-"));
  context.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test("the answer to -info is what CRI and containerd look for", () => {
  const info = RuntimeInfo.decode(describeRuntime(new Uint8Array()));
  assert.equal(info.name, "io.containerd.tsrunc.v1");
  assert.equal(info.version?.version, VERSION);
  const typeUrl = "types.containerd.io/opencontainers/runtime-spec/1/features/Features";
  assert.equal(info.features?.typeUrl, typeUrl);
  const features: unknown = JSON.parse(Buffer.from(info.features?.value ?? []).toString());
  // The kubelet asks for user namespaces where it finds id-mapped mounts.
  assert.partialDeepStrictEqual(features, {
    linux: { mountExtensions: { idmap: { enabled: true } }, seccomp: { enabled: true } },
  });
});

test("options come back, and what is none is no error", () => {
  const any = packAny("containerd.runc.v1.Options", { root: "/r" });
  const input = encode(google.protobuf.Any, any);
  assert.equal(RuntimeInfo.decode(describeRuntime(input)).options?.typeUrl, any.typeUrl);
  const nonsense = RuntimeInfo.decode(describeRuntime(Buffer.from("ff", "hex")));
  assert.equal(nonsense.options ?? undefined, undefined);
});

test("the cache holds one private answer, the newest", (context) => {
  const directory = openDirectory(context);
  writeFileSync(join(directory, "older"), "");
  const path = join(directory, "key");
  const mask = process.umask(0);
  writeInfoCache(path, Buffer.from("one"));
  writeInfoCache(path, Buffer.from("two"));
  process.umask(mask);
  assert.deepEqual(readdirSync(directory), ["key"]);
  assert.equal(readFileSync(path, "utf8"), "two");
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("a cache that cannot be written is no error", () => {
  writeInfoCache("/proc/none/key", Buffer.from("x"));
});
