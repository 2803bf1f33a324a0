// SPDX-License-Identifier: Apache-2.0
// What happened, as containerd's event bus takes it. Bytes are made at once: the time is that of the event, and what waits
// for a containerd that is away is only bytes.

import type { ContainerEvent } from "../container/events.ts";
import { packAny } from "../proto/any.ts";
import { encode } from "../proto/codec.ts";
import { containerd, type google } from "../proto/generated/messages.js";
import { toTimestamp } from "../proto/timestamp.ts";

type Any = google.protobuf.Any.$Properties;

/** containerd's service that takes events, and its only method. */
export const EVENTS_SERVICE = "containerd.services.events.ttrpc.v1.Events";
export const EVENTS_METHOD = "Forward";

/** An event that is ready to be sent. */
export interface OutgoingEvent {
  readonly topic: string;
  readonly containerId: string;
  /** The request message of `EVENTS_METHOD`. */
  readonly forwardRequest: Uint8Array;
}

/** `nowNs` is when the event happened, in nanoseconds since the epoch. */
export function toOutgoingEvent(
  event: ContainerEvent,
  namespace: string,
  nowNs: bigint,
): OutgoingEvent {
  const { topic, any } = toTopicAndAny(event);
  const envelope = { timestamp: toTimestamp(nowNs), namespace, topic, event: any };
  const { ForwardRequest } = containerd.services.events.ttrpc.v1;
  const forwardRequest = encode(ForwardRequest, { envelope });
  return { topic, containerId: event.containerId, forwardRequest };
}

function toTopicAndAny(event: ContainerEvent): { topic: string; any: Any } {
  switch (event.kind) {
    case "create":
      return { topic: "/tasks/create", any: toTaskCreate(event) };
    case "start":
      return { topic: "/tasks/start", any: packAny("containerd.events.TaskStart", event) };
    case "exec-added":
      return { topic: "/tasks/exec-added", any: packAny("containerd.events.TaskExecAdded", event) };
    case "exec-started":
      return {
        topic: "/tasks/exec-started",
        any: packAny("containerd.events.TaskExecStarted", event),
      };
    case "exit":
      return { topic: "/tasks/exit", any: toTaskExit(event) };
    case "oom":
      return { topic: "/tasks/oom", any: packAny("containerd.events.TaskOOM", event) };
    case "delete":
      return { topic: "/tasks/delete", any: toTaskDelete(event) };
    default:
      return event satisfies never;
  }
}

type Event<Kind extends ContainerEvent["kind"]> = Extract<ContainerEvent, { kind: Kind }>;

function toTaskCreate({ containerId, bundle, rootfsMounts, stdio, pid }: Event<"create">): Any {
  const rootfs = rootfsMounts.map((mount) => ({ ...mount, options: [...mount.options] }));
  return packAny("containerd.events.TaskCreate", { containerId, bundle, rootfs, io: stdio, pid });
}

function toTaskExit({ containerId, processId, pid, exit }: Event<"exit">): Any {
  return packAny("containerd.events.TaskExit", {
    ...{ containerId, id: processId, pid },
    ...{ exitStatus: exit.status, exitedAt: toTimestamp(exit.atNs) },
  });
}

function toTaskDelete({ containerId, pid, exit }: Event<"delete">): Any {
  return packAny("containerd.events.TaskDelete", {
    ...{ containerId, pid },
    ...{ exitStatus: exit?.status ?? 0, exitedAt: toTimestamp(exit?.atNs) },
  });
}
