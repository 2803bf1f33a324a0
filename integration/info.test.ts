// SPDX-License-Identifier: Apache-2.0
// The promise: containerd can ask the shim what it is and what it can do, before there is any container.

import assert from "node:assert/strict";
import { onEachContainerd, RUNTIME } from "./harness/suite.ts";

await onEachContainerd(({ edition, test }) => {
  // The question came with 2.0.
  if (/ 1\.\d/.test(edition.name)) return;
  test("containerd gets the runtime's name, version and features", async (scope) => {
    const result = await scope.ctr(["plugins", "inspect-runtime", `--runtime=${RUNTIME}`]);
    assert.equal(result.status, 0, result.stderr);
    const info = JSON.parse(result.stdout);
    assert.equal(info.Name, RUNTIME);
    assert.match(info.Version.Version, /^\d+\.\d+\.\d+/);
    assert.ok(info.Features.mountOptions.includes("rbind"));
    assert.ok(info.Features.linux.namespaces.includes("pid"));
  });
});
