// SPDX-License-Identifier: Apache-2.0
// The promise: a container can join namespaces that exist, by path, and has all others for itself.

import assert from "node:assert/strict";
import type { OciSpec } from "./harness/container.ts";
import { namespaceOf } from "./harness/processes.ts";
import { onEachContainerd } from "./harness/suite.ts";

/** Replaces the new namespace of a type by an existing one. */
function join(type: string, path: string): (spec: OciSpec) => void {
  return (spec) => {
    const others = spec.linux.namespaces.filter((namespace) => namespace.type !== type);
    spec.linux.namespaces = [...others, { type, path }];
  };
}

await onEachContainerd(({ test }) => {
  for (const [type, kind] of [
    ["network", "net"],
    ["ipc", "ipc"],
    ["uts", "uts"],
  ] as const) {
    test(`a second container joins the ${type} namespace of the first, and no other`, async (scope) => {
      const first = await scope.container("first", ["sleep", "1000"]);
      const pid = await first.run();
      const path = `/proc/${pid}/ns/${kind}`;
      const second = await scope.container("second", ["sleep", "1000"], join(type, path));
      const joined = await second.run();
      for (const each of ["net", "ipc", "uts", "pid", "mnt"]) {
        const same = namespaceOf(joined, each) === namespaceOf(pid, each);
        assert.equal(same, each === kind, each);
      }
    });
  }

  test("a container that joins a pid namespace sees its processes and outlives none of its own", async (scope) => {
    const first = await scope.container("first", ["sleep", "1000"]);
    const pid = await first.run();
    const output = await scope.output("second");
    const second = await scope.container(
      "second",
      ["sh", "-c", "ps -o args; exit 6"],
      join("pid", `/proc/${pid}/ns/pid`),
    );
    await second.run(output.streams);
    assert.equal((await second.wait()).exitStatus, 6);
    assert.match(await output.stdout.done, /^sleep 1000$/m);
    assert.equal((await first.state()).status, 2);
  });

  test("a namespace that does not exist fails the create", async (scope) => {
    const container = await scope.container("c", ["true"], join("network", "/no/such/namespace"));
    await assert.rejects(container.create(), /\/no\/such\/namespace/);
  });
});
