// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFlags } from "./flags.ts";

test("the command line of containerd is read", () => {
  const line =
    "-namespace default -address /run/containerd/containerd.sock -publish-binary /usr/bin/containerd -id web -debug start";
  const flags = parseFlags(line.split(" "));
  assert.deepEqual(flags, {
    debug: true,
    version: false,
    info: false,
    namespace: "default",
    id: "web",
    socket: "",
    debugSocket: "",
    bundle: "",
    address: "/run/containerd/containerd.sock",
    publishBinary: "/usr/bin/containerd",
    action: "start",
  });
});

const FORMS: readonly [string, readonly string[], Partial<ReturnType<typeof parseFlags>>][] = [
  ["two dashes", ["--id", "a"], { id: "a" }],
  ["an equals sign", ["-id=a", "--namespace=b"], { id: "a", namespace: "b" }],
  ["an empty value after an equals sign", ["-id="], { id: "" }],
  ["a value with equals signs", ["-address=a=b"], { address: "a=b" }],
  ["a value that looks like a flag", ["-id", "-debug"], { id: "-debug", debug: false }],
  ["a boolean that is set to false", ["-debug=false"], { debug: false }],
  ["the short word for true", ["-debug=T"], { debug: true }],
  ["-v", ["-v"], { version: true }],
  ["-version", ["-version"], { version: true }],
  ["-info", ["-info"], { info: true }],
  ["a boolean before the action", ["-debug", "delete"], { debug: true, action: "delete" }],
  [
    "flags after the action, which are none",
    ["start", "-debug"],
    { debug: false, action: "start" },
  ],
  ["a double dash as the end of flags", ["--", "-id"], { action: "-id", id: "" }],
  ["a single dash, which is no flag", ["-", "x"], { action: "-" }],
  ["a flag twice: the last one counts", ["-id", "a", "-id", "b"], { id: "b" }],
  ["the debug socket", ["-debug-socket", "/d"], { debugSocket: "/d" }],
  ["nothing at all", [], { action: "" }],
];

for (const [name, args, expected] of FORMS) {
  test(`flags: ${name}`, () => {
    assert.partialDeepStrictEqual(parseFlags(args), expected);
  });
}

const REFUSED: readonly [readonly string[], string][] = [
  [["-bogus"], "flag provided but not defined: -bogus"],
  [["--bogus=1"], "flag provided but not defined: -bogus"],
  [["-id"], "flag needs an argument: -id"],
  [["---id", "a"], "bad flag syntax: ---id"],
  [["-=a"], "bad flag syntax: -=a"],
  [["-debug=maybe"], 'invalid boolean value "maybe" for -debug'],
];

for (const [args, message] of REFUSED) {
  test(`flags: ${args.join(" ")} is refused`, () => {
    assert.throws(() => parseFlags(args), { name: "TaskError", code: "invalid_argument", message });
  });
}
