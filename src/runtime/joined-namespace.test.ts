// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUSER } from "../sys/constants.ts";
import { openJoinedNamespace } from "./joined-namespace.ts";

test("a container can't have the runtime's own mount namespace, which it would turn into its own", () => {
  for (const path of ["/proc/self/ns/mnt", `/proc/${process.pid}/ns/mnt`]) {
    assert.throws(() => openJoinedNamespace({ type: "mount", path, nstype: CLONE_NEWNS }), {
      name: "SpecError",
      path: "linux.namespaces",
      message: `mount namespace "${path}" is the runtime's own`,
    });
  }
});

test("a container can't join the user namespace that the runtime is in already", () => {
  const join = { type: "user", path: "/proc/self/ns/user", nstype: CLONE_NEWUSER } as const;
  assert.throws(() => openJoinedNamespace(join), {
    path: "linux.namespaces",
    message: 'user namespace "/proc/self/ns/user" is the runtime\'s own',
  });
});

test("the host's namespaces of other types can be joined", () => {
  const join = { type: "network" as const, path: "/proc/self/ns/net", nstype: CLONE_NEWNET };
  openJoinedNamespace(join).close();
});

test("a path that leads to nothing is told with its type", () => {
  const join = { type: "network" as const, path: "/no/such", nstype: CLONE_NEWNET };
  assert.throws(() => openJoinedNamespace(join), {
    path: "linux.namespaces",
    message: 'network namespace: open "/no/such": no such file or directory',
  });
});
