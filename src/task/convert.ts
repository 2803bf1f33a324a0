// SPDX-License-Identifier: Apache-2.0
// containerd's words to ours and back. Every string of a request is checked here, so that the layers below may take paths and
// ids for what they are. Pure.

import { TaskError } from "../base/errors.ts";
import type { Container, ProcessEntry } from "../container/container.ts";
import type { State } from "../container/lifecycle.ts";
import { exitOf } from "../container/lifecycle.ts";
import type { Ended } from "../container/process.ts";
import type { CreateOptions, ExecOptions, StdioConfig } from "../container/registry.ts";
import { packAny } from "../proto/any.ts";
import { containerd } from "../proto/generated/messages.js";
import type { TaskRequest, TaskResponse } from "../proto/task-methods.ts";
import { toTimestamp } from "../proto/timestamp.ts";
import { parseJson } from "./json.ts";
import type { RuntimeOptions } from "./options.ts";

const { Status } = containerd.v1.types;

/** What a Create gets from the shim and not from its request. */
export interface CreateDefaults {
  readonly namespace: string;
  readonly stateRoot: string;
}

/** Throws TaskError invalid_argument, or unknown for what is not supported yet. */
export function toCreateOptions(
  request: TaskRequest<"Create">,
  runtime: RuntimeOptions,
  defaults: CreateDefaults,
): CreateOptions {
  if (request.checkpoint !== "" || request.parentCheckpoint !== "") {
    throw new TaskError("unknown", "restoring from a checkpoint is not supported yet");
  }
  return {
    namespace: defaults.namespace,
    id: request.id,
    bundle: absolutePath("bundle", request.bundle),
    rootfsMounts: request.rootfs.map(toRootfsMount),
    stdio: toStdio(request),
    stateRoot: runtime.root ?? defaults.stateRoot,
    noPivot: runtime.noPivot,
    noNewKeyring: runtime.noNewKeyring,
    systemdCgroup: runtime.systemdCgroup,
    ioUid: runtime.ioUid,
    ioGid: runtime.ioGid,
  };
}

/** Throws TaskError invalid_argument, or unknown for a spec that is not JSON. */
export function toExecOptions(request: TaskRequest<"Exec">): ExecOptions {
  const stdio = toStdio(request);
  return { execId: request.execId, process: requiredJson("spec", request.spec), stdio };
}

/** The JSON document in an Any that must be there; its type URL says nothing that the method does not say. */
export function requiredJson(
  field: string,
  any: { readonly value?: Uint8Array | null } | null | undefined,
): unknown {
  if (any === null || any === undefined) throw invalid(`${field} is missing`);
  return parseJson(any.value ?? new Uint8Array());
}

/** Columns and rows as TIOCSWINSZ takes them. Throws TaskError invalid_argument. */
export function toWindowSize(request: TaskRequest<"ResizePty">): [number, number] {
  const { width, height } = request;
  if (width > 0xffff || height > 0xffff) {
    throw invalid(`window size ${width}x${height} is out of range`);
  }
  return [width, height];
}

/** `execId` is "" for the init. */
export function toStateResponse(container: Container, execId: string): TaskResponse<"State"> {
  const { id, state, stdio } = container.process(execId);
  const exit = exitOf(state);
  return {
    id,
    bundle: container.bundle,
    pid: state.pid ?? 0,
    status: toStatus(container.statusOf(execId)),
    ...stdio,
    exitStatus: exit?.status ?? 0,
    exitedAt: toTimestamp(exit?.atNs),
  };
}

/** The answer of Delete, also of the shim binary's delete command. */
export function toDeleteResponse({ pid, exit }: Ended): TaskResponse<"Delete"> {
  return { pid: pid ?? 0, exitStatus: exit?.status ?? 0, exitedAt: toTimestamp(exit?.atNs) };
}

export function toPidsResponse(entries: readonly ProcessEntry[]): TaskResponse<"Pids"> {
  return {
    processes: entries.map(({ pid, execId }) =>
      execId === undefined
        ? { pid }
        : { pid, info: packAny("containerd.runc.v1.ProcessDetails", { execId }) },
    ),
  };
}

function toStatus(kind: State["kind"]): containerd.v1.types.Status {
  switch (kind) {
    case "created":
      return Status.CREATED;
    case "running":
      return Status.RUNNING;
    case "paused":
      return Status.PAUSED;
    case "stopped":
    case "deleted":
      return Status.STOPPED;
    default:
      return kind satisfies never;
  }
}

function toStdio(request: StdioConfig): StdioConfig {
  return {
    terminal: request.terminal,
    stdin: withoutNul("stdin", request.stdin),
    stdout: withoutNul("stdout", request.stdout),
    stderr: withoutNul("stderr", request.stderr),
  };
}

function toRootfsMount(
  mount: containerd.types.Mount.$Properties,
  index: number,
): CreateOptions["rootfsMounts"][number] {
  const field = (name: string): string => `rootfs[${index}].${name}`;
  return {
    type: withoutNul(field("type"), mount.type ?? ""),
    source: withoutNul(field("source"), mount.source ?? ""),
    target: withoutNul(field("target"), mount.target ?? ""),
    options: (mount.options ?? []).map((option) => withoutNul(field("options"), option)),
  };
}

function absolutePath(field: string, path: string): string {
  if (!path.startsWith("/")) {
    throw invalid(`${field} must be an absolute path: ${JSON.stringify(path)}`);
  }
  return withoutNul(field, path);
}

function withoutNul(field: string, text: string): string {
  if (text.includes("\0")) throw invalid(`${field} contains a NUL: ${JSON.stringify(text)}`);
  return text;
}

function invalid(problem: string): TaskError {
  return new TaskError("invalid_argument", `${problem}: invalid argument`);
}
