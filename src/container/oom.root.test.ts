// SPDX-License-Identifier: Apache-2.0
// A real container with a memory limit: what the OOM killer does in it is told when it happens.
import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../base/log.ts";
import { NO_STDIO, Sandbox } from "../runtime/testing/sandbox.ts";
import { openDescriptors } from "../sys/testing/descriptors.ts";
import { Container } from "./container.ts";
import type { ContainerEvent } from "./events.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

const MEMORY = { limit: 16 * 1024 * 1024, swap: 16 * 1024 * 1024 };
const skip = process.getuid?.() === 0 ? false : "needs root";

test("a grandchild that the OOM killer ends is told of while init lives on", {
  skip,
  timeout: 30_000,
}, async () => {
  await using sandbox = new Sandbox();
  // `tail` keeps all of a line: this one never ends.
  sandbox.writeConfig("sh -c 'tail /dev/zero; sleep 100'; sleep 100", {
    linux: {
      namespaces: ["pid", "mount", "ipc", "uts", "network"].map((type) => ({ type })),
      resources: { memory: MEMORY },
    },
  });
  const options = {
    ...{ namespace: "ns", id: sandbox.id, bundle: sandbox.root, rootfsMounts: [] },
    ...{
      stdio: NO_STDIO,
      stateRoot: "/nowhere",
      noPivot: false,
      noNewKeyring: false,
      systemdCgroup: false,
    },
    ...{ ioUid: undefined, ioGid: undefined },
  };
  const live = await sandbox.create();
  const before = openDescriptors();
  const events: ContainerEvent["kind"][] = [];
  const oom = Promise.withResolvers<void>();
  const emit = ({ kind }: ContainerEvent): void => {
    events.push(kind);
    if (kind === "oom") oom.resolve();
  };
  const parts = { live, emit, onDeleted: () => undefined, limits: DEFAULT_LIMITS };
  const container = new Container({ ...parts, options, log: silentLogger });
  await container.start("");
  await oom.promise;
  assert.equal(container.init.state.kind, "running");
  assert.deepEqual(events, ["create", "start", "oom"]);
  container.kill("", 9, false);
  await container.init.wait();
  await container.delete("");
  assert.deepEqual(events.slice(3), ["exit", "delete"]);
  assert.ok(openDescriptors() < before, "what create opened is closed, and what was added as well");
});
