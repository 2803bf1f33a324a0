// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { takeIdMaps } from "./rootfs-idmap.ts";

test("uidmap and gidmap of a rootfs mount are taken out of its options", () => {
  const one = (hostId: number) => [{ containerId: 0, hostId, size: 65_536 }];
  assert.deepEqual(
    takeIdMaps(["ro", "uidmap=0:1000:65536", "gidmap=0:2000:65536", "index=off"], "rootfs[0]"),
    { options: ["ro", "index=off"], idMap: { uids: one(1000), gids: one(2000) } },
  );
  const several = takeIdMaps(["uidmap=0:1:1,1:5:2", "gidmap=0:1:1"], "rootfs[0]").idMap?.uids;
  assert.deepEqual(several, [
    { containerId: 0, hostId: 1, size: 1 },
    { containerId: 1, hostId: 5, size: 2 },
  ]);
  assert.equal(takeIdMaps(["rbind", "ro"], "rootfs[0]").idMap, undefined);
});

test("id maps of a rootfs mount that make no sense are refused by name", () => {
  const refused = (options: readonly string[], message: RegExp): void => {
    assert.throws(() => takeIdMaps(options, "rootfs[2]"), { path: "rootfs[2].options", message });
  };
  refused(["uidmap=0:1:1"], /must be given together/);
  for (const text of ["0:1", "", "0:1:1:", "a:1:1", "0:1:1,", "0x0:1:1", "-1:0:1"]) {
    refused([`uidmap=${text}`, "gidmap=0:1:1"], /not of the form container-id:host-id:size/);
  }
});
