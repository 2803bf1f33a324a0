// SPDX-License-Identifier: Apache-2.0
// google.protobuf.Any as containerd uses it: protobuf types by their bare full name, JSON types by a path. The registry of
// every type that may come or go in one.

import { type Codec, encode } from "./codec.ts";
import { containerd, type google, io, runtimeoptions } from "./generated/messages.js";

const { linux, runc, events } = containerd;

const MESSAGES = {
  "containerd.linux.runc.CreateOptions": linux.runc.CreateOptions,
  "containerd.runc.v1.Options": runc.v1.Options,
  "containerd.runc.v1.CheckpointOptions": runc.v1.CheckpointOptions,
  "containerd.runc.v1.ProcessDetails": runc.v1.ProcessDetails,
  "runtimeoptions.v1.Options": runtimeoptions.v1.Options,
  "io.containerd.cgroups.v1.Metrics": io.containerd.cgroups.v1.Metrics,
  "io.containerd.cgroups.v2.Metrics": io.containerd.cgroups.v2.Metrics,
  "containerd.events.TaskCreate": events.TaskCreate,
  "containerd.events.TaskStart": events.TaskStart,
  "containerd.events.TaskExit": events.TaskExit,
  "containerd.events.TaskDelete": events.TaskDelete,
  "containerd.events.TaskExecAdded": events.TaskExecAdded,
  "containerd.events.TaskExecStarted": events.TaskExecStarted,
  "containerd.events.TaskPaused": events.TaskPaused,
  "containerd.events.TaskResumed": events.TaskResumed,
  "containerd.events.TaskOOM": events.TaskOOM,
} as const satisfies Record<string, Codec<object>>;

/** Types whose value is a JSON document: the type URL is a path that ends in one of these. */
const JSON_PREFIX = "types.containerd.io/opencontainers/runtime-spec/1/";
const JSON_TYPES = ["Spec", "Process", "LinuxResources", "WindowsResources", "features/Features"];

export type AnyName = keyof typeof MESSAGES;
type Decoded<N extends AnyName> = ReturnType<(typeof MESSAGES)[N]["decode"]>;
type AnyMessage = google.protobuf.Any.$Properties;

/** What was in an Any: a message by its full name, or a JSON document (not parsed) by its Go type's name. */
export type Unpacked =
  | {
      [N in AnyName]: { readonly kind: "message"; readonly name: N; readonly message: Decoded<N> };
    }[AnyName]
  | { readonly kind: "json"; readonly name: string; readonly json: Uint8Array };

/**
 * Decodes an Any of a known type; undefined if the type is not in the registry. Throws an Error of the protobuf library if
 * the value is not such a message.
 */
export function unpackAny(any: AnyMessage): Unpacked | undefined {
  const url = any.typeUrl ?? "";
  const value = any.value ?? new Uint8Array();
  const json = jsonTypeName(url);
  if (json !== undefined) return { kind: "json", name: json, json: value };
  const name = messageName(url);
  if (!Object.hasOwn(MESSAGES, name)) return undefined;
  const known = name as AnyName;
  return { kind: "message", name: known, message: MESSAGES[known].decode(value) } as Unpacked;
}

/** Packs a message under its bare full name, as containerd does. */
export function packAny<N extends AnyName>(
  name: N,
  message: Parameters<(typeof MESSAGES)[N]["encode"]>[0],
): { typeUrl: string; value: Uint8Array } {
  return { typeUrl: name, value: encode(MESSAGES[name] as Codec<object, unknown>, message) };
}

/** Packs a JSON document, for example the features of the runtime as "features/Features". */
export function packJson(name: string, value: unknown): { typeUrl: string; value: Uint8Array } {
  return { typeUrl: JSON_PREFIX + name, value: new TextEncoder().encode(JSON.stringify(value)) };
}

/** The full name of a protobuf type: with or without a host, clients send both. */
function messageName(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}

function jsonTypeName(url: string): string | undefined {
  const at = url.indexOf(JSON_PREFIX);
  if (at === -1) return undefined;
  const name = url.slice(at + JSON_PREFIX.length);
  return JSON_TYPES.includes(name) ? name : undefined;
}
