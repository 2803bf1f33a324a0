// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  allNamespaceFlags,
  hasNamespace,
  isNewNamespace,
  joinedNamespaces,
  newNamespaceFlags,
} from "./namespaces.ts";
import type { Namespace } from "./spec.ts";
import { CLONE } from "./tables/kernel.ts";

const NAMESPACES: readonly Namespace[] = [
  { type: "mount", path: "/m" },
  { type: "cgroup", path: undefined },
  { type: "pid", path: "/p" },
  { type: "network", path: undefined },
  { type: "ipc", path: "/i" },
];

test("new namespaces and joined ones are told apart", () => {
  assert.equal(
    newNamespaceFlags({ namespaces: NAMESPACES, timeOffsets: [] }),
    CLONE.NEWCGROUP | CLONE.NEWNET,
  );
  const joined = CLONE.NEWNS | CLONE.NEWPID | CLONE.NEWIPC;
  assert.equal(allNamespaceFlags(NAMESPACES), CLONE.NEWCGROUP | CLONE.NEWNET | joined);
  assert.equal(isNewNamespace(NAMESPACES, "network"), true);
  assert.equal(isNewNamespace(NAMESPACES, "pid"), false);
  assert.equal(hasNamespace(NAMESPACES, "pid"), true);
  assert.equal(hasNamespace(NAMESPACES, "uts"), false);
});

test("the joining order does not depend on the configuration; mounts come after what they hide", () => {
  assert.deepEqual(
    joinedNamespaces(NAMESPACES).map(({ type }) => type),
    ["ipc", "pid", "mount"],
  );
});
