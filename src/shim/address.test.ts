// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_SOCKET_DIR, joinPath, socketPath } from "./address.ts";
import { addressPath, toAddress } from "./unix-address.ts";

const JOINED: readonly [readonly string[], string][] = [
  [["/run/c.sock", "ns", "id"], "/run/c.sock/ns/id"],
  [["", "ns", "id"], "ns/id"],
  [["", "", ""], ""],
  [["/a//b/", "./ns", "id/"], "/a/b/ns/id"],
  [["/a/b", "..", "id"], "/a/id"],
  [["/", "..", ".."], "/"],
  [["a", "..", ".."], ".."],
  [["../a", "b", "../../.."], "../.."],
  [["a", "..", ""], "."],
];

for (const [elements, expected] of JOINED) {
  test(`joining ${JSON.stringify(elements)} gives what Go gives`, () => {
    assert.equal(joinPath(...elements), expected);
  });
}

test("the socket's name is the one that containerd's own tests derive", () => {
  const path = socketPath({
    socketDir: DEFAULT_SOCKET_DIR,
    grpcAddress: "/run/containerd/containerd.sock",
    namespace: "default",
    group: "web",
  });
  // printf /run/containerd/containerd.sock/default/web | sha256sum
  const digest = "2cde4450fa38c74f53603e01d2afd903b315a27a596f12a151414cd59897d883";
  assert.equal(path, `/run/containerd/s/${digest}`);
});

test("an address is a path with or without its scheme", () => {
  assert.equal(toAddress("/run/s"), "unix:///run/s");
  assert.equal(addressPath("unix:///run/s"), "/run/s");
  assert.equal(addressPath("/run/s"), "/run/s");
});
