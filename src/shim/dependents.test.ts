// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createStateDirectory, saveState, stateDirectory } from "../runtime/state-file.ts";
import { findDependents } from "./dependents.ts";

/** A state root, and what makes the state of a container in it. */
function openRoot(context: TestContext): {
  readonly root: string;
  readonly add: (namespace: string, id: string, dependsOn?: string) => string;
} {
  const root = mkdtempSync(join(tmpdir(), "tsrunc-dependents-"));
  context.after(() => rmSync(root, { recursive: true }));
  const add = (namespace: string, id: string, dependsOn?: string): string => {
    const bundle = `/bundles/${id}`;
    const directory = stateDirectory(root, namespace, id);
    assert.ok(createStateDirectory(directory));
    saveState(directory, {
      ...{ id, namespace, bundle, rootfs: join(bundle, "rootfs"), rootfsMounted: false },
      ...{ cgroup: undefined, init: undefined, createdAtNs: "0", dependsOn },
    });
    return bundle;
  };
  return { root, add };
}

test("those that containerd connected to the pod's shim depend on it, and no others", (context) => {
  const { root, add } = openRoot(context);
  add("k8s.io", "pod");
  const bundle = add("k8s.io", "direct", "pod");
  add("k8s.io", "of-another-pod", "pod2");
  add("k8s.io", "with-its-own-start");
  add("other", "in-another-namespace", "pod");
  assert.deepEqual(findDependents(root, "k8s.io", "pod"), [{ id: "direct", bundle }]);
});

test("a state that is not there or makes no sense is nobody's", (context) => {
  const { root, add } = openRoot(context);
  add("k8s.io", "broken", "pod");
  writeFileSync(join(stateDirectory(root, "k8s.io", "broken"), "state.json"), "{");
  assert.ok(createStateDirectory(stateDirectory(root, "k8s.io", "just-begun")));
  assert.deepEqual(findDependents(root, "k8s.io", "pod"), []);
  assert.deepEqual(findDependents(root, "no-such-namespace", "pod"), []);
});
