// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { toPid } from "../base/brand.ts";
import type { ContainerEvent } from "../container/events.ts";
import { unpackAny } from "../proto/any.ts";
import { containerd } from "../proto/generated/messages.js";
import { fromTimestamp } from "../proto/timestamp.ts";
import { toOutgoingEvent } from "./events.ts";

const pid = toPid(15_513);
const exit = { status: 137, atNs: 1_795_440_322_758_953_510n };

test("a start event is, byte for byte, what the reference shim sends", () => {
  const event = { kind: "start", containerId: "g1", pid } as const;
  const { topic, forwardRequest } = toOutgoingEvent(event, "default", 1_795_440_322_755_565_688n);
  assert.equal(topic, "/tasks/start");
  const captured =
    "0a4d0a0c08c2fd90d80610f888a4e802120764656661756c741a0c2f7461736b732f7374617274" +
    "22260a1b636f6e7461696e6572642e6576656e74732e5461736b537461727412070a026731109979";
  assert.equal(Buffer.from(forwardRequest).toString("hex"), captured);
});

const EVENTS: readonly (readonly [ContainerEvent, string, object])[] = [
  [
    {
      ...{ kind: "create", containerId: "c", bundle: "/b", pid },
      rootfsMounts: [{ type: "bind", source: "/s", target: "", options: ["ro"] }],
      stdio: { terminal: true, stdin: "", stdout: "/o", stderr: "" },
    },
    "/tasks/create",
    { containerId: "c", bundle: "/b", pid, checkpoint: "" },
  ],
  [
    { kind: "exec-added", containerId: "c", execId: "e" },
    "/tasks/exec-added",
    { containerId: "c", execId: "e" },
  ],
  [
    { kind: "exec-started", containerId: "c", execId: "e", pid },
    "/tasks/exec-started",
    { containerId: "c", execId: "e", pid },
  ],
  [
    { kind: "exit", containerId: "c", processId: "e", pid, exit },
    "/tasks/exit",
    { containerId: "c", id: "e", pid, exitStatus: 137 },
  ],
  [{ kind: "oom", containerId: "c" }, "/tasks/oom", { containerId: "c" }],
  [
    { kind: "delete", containerId: "c", pid, exit },
    "/tasks/delete",
    { containerId: "c", pid, exitStatus: 137 },
  ],
];

for (const [event, topic, fields] of EVENTS) {
  test(`${event.kind} goes to ${topic}`, () => {
    const outgoing = toOutgoingEvent(event, "k8s.io", 7n);
    assert.equal(outgoing.topic, topic);
    assert.equal(outgoing.containerId, "c");
    const { ForwardRequest } = containerd.services.events.ttrpc.v1;
    const { envelope } = ForwardRequest.decode(outgoing.forwardRequest);
    assert.equal(envelope?.topic, topic);
    assert.equal(envelope?.namespace, "k8s.io");
    assert.equal(fromTimestamp(envelope?.timestamp), 7n);
    const unpacked = unpackAny(envelope?.event ?? {});
    assert.ok(unpacked?.kind === "message");
    const message: object = unpacked.message;
    for (const [name, value] of Object.entries(fields)) {
      assert.equal(Reflect.get(message, name), value, name);
    }
  });
}

test("a create event repeats the mounts, and its io is there even when it is empty", () => {
  const stdio = { terminal: false, stdin: "", stdout: "", stderr: "" };
  const rootfsMounts = [{ type: "bind", source: "/s", target: "/t", options: ["ro", "rbind"] }];
  const event = {
    kind: "create",
    containerId: "c",
    bundle: "/b",
    rootfsMounts,
    stdio,
    pid,
  } as const;
  const { forwardRequest } = toOutgoingEvent(event, "n", 1n);
  const { ForwardRequest } = containerd.services.events.ttrpc.v1;
  const unpacked = unpackAny(ForwardRequest.decode(forwardRequest).envelope?.event ?? {});
  assert.ok(unpacked?.kind === "message" && unpacked.name === "containerd.events.TaskCreate");
  assert.deepEqual(
    unpacked.message.rootfs.map((mount) => ({ ...mount })),
    rootfsMounts,
  );
  assert.ok(unpacked.message.io);
});

test("deleting what never ran tells no time", () => {
  const event = { kind: "delete", containerId: "c", pid, exit: undefined } as const;
  const { ForwardRequest } = containerd.services.events.ttrpc.v1;
  const { envelope } = ForwardRequest.decode(toOutgoingEvent(event, "n", 1n).forwardRequest);
  const unpacked = unpackAny(envelope?.event ?? {});
  assert.ok(unpacked?.kind === "message" && unpacked.name === "containerd.events.TaskDelete");
  assert.equal(fromTimestamp(unpacked.message.exitedAt), undefined);
});
