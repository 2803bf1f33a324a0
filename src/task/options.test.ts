// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { packAny } from "../proto/any.ts";
import { parseRuntimeOptions } from "./options.ts";
import { parseFlatToml } from "./toml.ts";

const noFile = (): Promise<string> => Promise.reject(new Error("not asked for"));
const DEFAULTS = {
  ...{ root: undefined, noPivot: false, noNewKeyring: false, systemdCgroup: false },
  ...{ ioUid: undefined, ioGid: undefined, shimCgroup: undefined },
};

function fromToml(text: string): ReturnType<typeof parseRuntimeOptions> {
  const configBody = new TextEncoder().encode(text);
  return parseRuntimeOptions(packAny("runtimeoptions.v1.Options", { configBody }), noFile);
}

test("absent and empty options are the defaults, whatever their type", async () => {
  const empty = { typeUrl: "foo.Bar", value: new Uint8Array() };
  const typeOnly = packAny("runtimeoptions.v1.Options", { typeUrl: "runtimeoptions.v1.Options" });
  for (const any of [undefined, null, {}, empty, typeOnly]) {
    assert.deepEqual(await parseRuntimeOptions(any, noFile), DEFAULTS);
  }
});

test("what runc alone needs is taken and ignored", async () => {
  const options = packAny("containerd.runc.v1.Options", {
    ...{ binaryName: "/usr/bin/runc", criuPath: "/c", criuImagePath: "/i", criuWorkPath: "/w" },
    ...{ taskApiAddress: "x", taskApiVersion: 3, shimCgroup: "/shims", noNewKeyring: true },
  });
  assert.deepEqual(await parseRuntimeOptions(options, noFile), {
    ...DEFAULTS,
    ...{ shimCgroup: "/shims", noNewKeyring: true },
  });
});

test("what containerd 1.6's client sends to a runtime of another name is read", async () => {
  const options = packAny("containerd.linux.runc.CreateOptions", {
    ...{ noPivotRoot: true, noNewKeyring: true, shimCgroup: "/shims", ioUid: 1000, ioGid: 1001 },
  });
  assert.deepEqual(await parseRuntimeOptions(options, noFile), {
    ...{ root: undefined, noPivot: true, noNewKeyring: true, systemdCgroup: false },
    ...{ ioUid: 1000, ioGid: 1001, shimCgroup: "/shims" },
  });
});

test("the table that CRI makes of runc's options is read", async () => {
  const options = await fromToml(
    [
      "BinaryName = ''",
      "CriuImagePath = ''",
      "IoGid = 1_001",
      "IoUid = 1000",
      "NoNewKeyring = true # kept",
      "NoPivotRoot = true",
      'Root = "/run/a \\"b\\"" # quoted',
      "ShimCgroup = '/x'",
      "SystemdCgroup = true",
      "Unknown = [1, 2]",
      "",
      "[Nested]",
      'Root = "/not this one"',
    ].join("\r\n"),
  );
  assert.deepEqual(options, {
    ...{ root: '/run/a "b"', noPivot: true, noNewKeyring: true, systemdCgroup: true },
    ...{ ioUid: 1000, ioGid: 1001, shimCgroup: "/x" },
  });
});

const REFUSED: readonly (readonly [string, string])[] = [
  ["SystemdCgroup = 1", "runtime option SystemdCgroup must be a boolean: invalid argument"],
  ["Root = true", "runtime option Root must be a string: invalid argument"],
  ["IoUid = '0'", "runtime option IoUid must be a number: invalid argument"],
  ["IoUid = -1", "runtime option IoUid is out of range: -1: invalid argument"],
  ["IoGid = 4294967295", "runtime option IoGid is out of range: 4294967295: invalid argument"],
  ["Root = 'x'", 'runtime option Root must be an absolute path: "x": invalid argument'],
];

for (const [text, message] of REFUSED) {
  test(`refused: ${text}`, async () => {
    await assert.rejects(fromToml(text), { code: "invalid_argument", message });
  });
}

test("options that cannot be decoded are an invalid argument", async () => {
  const any = { typeUrl: "containerd.runc.v1.Options", value: Uint8Array.of(0x3a, 0x7f) };
  await assert.rejects(parseRuntimeOptions(any, noFile), {
    code: "invalid_argument",
    message: "cannot decode options of type containerd.runc.v1.Options",
  });
});

test("keys may be quoted, and what cannot be read is left out", () => {
  const text = '"A" = 1\n\'B\' = +2\n C=true\nD = "x\nE = 1.5\n= 3\nF\nG = "\\q"\nH = "" # "\n';
  assert.deepEqual(
    [...parseFlatToml(text)],
    [
      ["A", 1],
      ["B", 2],
      ["C", true],
      ["H", ""],
    ],
  );
});

test("a line that is made to be slow to match is not", () => {
  const line = `K = "${"\\".repeat(50_000)}`;
  assert.equal(parseFlatToml(`${line}\n${" ".repeat(50_000)}x`).size, 0);
});
