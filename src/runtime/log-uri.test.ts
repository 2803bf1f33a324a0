// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { outputTargets, stdioPath } from "./log-uri.ts";

const targets = (stdout: string, stderr = "", terminal = false): ReturnType<typeof outputTargets> =>
  outputTargets({ terminal, stdin: "", stdout, stderr });

for (const [uri, expected] of [
  ["/run/fifo", "/run/fifo"],
  ["/run/with:colon", "/run/with:colon"],
  ["/run/100%", "/run/100%"],
  ["fifo:///run/a%20b", "/run/a b"],
] as const) {
  test(`the stdio URI ${uri} is a path`, () => {
    assert.equal(stdioPath(uri), expected);
    assert.deepEqual(targets(uri).stdout, { kind: "path", path: expected });
  });
}

for (const [uri, message] of [
  ["npipe:///x", /unknown STDIO scheme npipe$/],
  ["ttrpc+unix:///x", /unknown STDIO scheme ttrpc\+unix$/],
  ["FILES:/x", /unknown STDIO scheme files$/],
  ["fifo:///run/out%00.of-another", /contains a NUL/],
  ["file:///log%00", /contains a NUL/],
  ["binary:///logger?a=%00", /contains a NUL/],
  ["binary:///logger?a=%zz", /is not encoded as a URI/],
  ["binary:logger", /must have an absolute path and no host/],
  ["binary://logger", /must have an absolute path and no host/],
  ["binary://host/logger", /must have an absolute path and no host/],
  ["file://", /must have an absolute path and no host/],
] as const) {
  test(`the stdio URI ${uri} is refused`, () => assert.throws(() => targets(uri), message));
}

test("input can't come from a log", () => {
  assert.throws(() => stdioPath("file:///in"), /"file:\/\/\/in" can't be read from/);
  assert.throws(() => stdioPath("binary:///in"), /can't be read from/);
});

test("a file has its path decoded and no query", () => {
  const file = { kind: "file", path: "/var/log/a b" };
  assert.deepEqual(targets("file:///var/log/a%20b?x=y#z").stdout, file);
  assert.deepEqual(targets("file:/var/log/a%20b").stdout, file);
});

test("a logger has arguments in the order of its URI: each key once, with its first value", () => {
  const uri = "binary:///usr/bin/logger?b=1&a=x%2Fy+z&b=2&flag&c=d=e&&=empty#fragment";
  assert.deepEqual(targets(uri).stdout, {
    kind: "logger",
    path: "/usr/bin/logger",
    args: ["b", "1", "a", "x/y z", "flag", "", "c", "d=e", "", "empty"],
    strict: false,
  });
});

test("nerdctl's URI becomes what nerdctl looks for in its arguments", () => {
  const uri =
    "binary:///usr/local/bin/nerdctl?_NERDCTL_INTERNAL_LOGGING=%2Fvar%2Flib%2Fnerdctl%2F1935db59";
  const { stdout } = targets(uri, uri);
  assert.ok(stdout?.kind === "logger");
  assert.deepEqual(stdout.args, ["_NERDCTL_INTERNAL_LOGGING", "/var/lib/nerdctl/1935db59"]);
});

test("binary-v2 must say that it is ready", () => {
  const { stdout } = targets("binary-v2:///logger");
  assert.ok(stdout?.kind === "logger" && stdout.strict);
});

test("stdout decides for stderr, unless that has a log of its own", () => {
  const log = "file:///log";
  for (const stderr of ["", log, "/run/fifo/that-does-not-exist"]) {
    const both = targets(log, stderr);
    assert.equal(both.stderr, both.stdout, stderr);
  }
  assert.deepEqual(targets(log, "file:///err").stderr, { kind: "file", path: "/err" });
  assert.deepEqual(targets("/out", "file:///err").stderr, { kind: "file", path: "/err" });
  assert.deepEqual(targets("", "file:///err").stdout, undefined);
  assert.deepEqual(targets("/out", "").stderr, undefined);
  assert.notEqual(targets("/out", "/out").stderr, targets("/out", "/out").stdout);
});

test("with a terminal there is no stderr, whatever the client names", () => {
  assert.deepEqual(targets("file:///log", "nonsense:///x", true).stderr, undefined);
});
