// SPDX-License-Identifier: Apache-2.0
// What each method of the Task service does: check and convert the request, let the model do it, convert the answer.

import { TaskError } from "../base/errors.ts";
import type { Container } from "../container/container.ts";
import type { Registry } from "../container/registry.ts";
import type { TaskMethod, TaskRequest, TaskResponse } from "../proto/task-methods.ts";
import { toTimestamp } from "../proto/timestamp.ts";
import {
  requiredJson,
  toCreateOptions,
  toDeleteResponse,
  toExecOptions,
  toPidsResponse,
  toStateResponse,
  toWindowSize,
} from "./convert.ts";
import { toStats } from "./metrics.ts";
import { parseRuntimeOptions } from "./options.ts";
import { toTaskError } from "./status.ts";

/** What the methods work on. */
export interface TaskContext {
  readonly registry: Registry;
  /** The only containerd namespace this shim serves. */
  readonly namespace: string;
  readonly shimPid: number;
  /** Where state is kept unless a container's options say otherwise. */
  readonly stateRoot: string;
  /** Reads a configuration file that a client's options name. */
  readonly readConfig: (path: string) => Promise<string>;
}

type Method<M extends TaskMethod> = (
  context: TaskContext,
  request: TaskRequest<M>,
  /** Aborted when nobody waits for the answer any more. Only Wait ends then: the others finish what they began. */
  signal: AbortSignal,
) => TaskResponse<M> | Promise<TaskResponse<M>>;

export const METHODS: { readonly [M in TaskMethod]: Method<M> } = {
  Create: create,
  Start: start,
  Delete: remove,
  Exec: exec,
  Kill: kill,
  Stats: stats,
  State: (context, { id, execId }) => toStateResponse(find(context, id), execId),
  Pids: (context, { id }) => toPidsResponse(find(context, id).pids()),

  async Wait(context, { id, execId }, signal) {
    const exit = await find(context, id).process(execId).wait(signal);
    return { exitStatus: exit?.status ?? 0, exitedAt: toTimestamp(exit?.atNs) };
  },

  ResizePty(context, request) {
    const container = find(context, request.id);
    const [columns, rows] = toWindowSize(request);
    container.resize(request.execId, columns, rows);
    return {};
  },

  /** The field that says which stream is not looked at, as in the reference: stdin is the only one there is. */
  CloseIO(context, { id, execId }) {
    find(context, id).process(execId).closeStdin();
    return {};
  },

  Connect({ registry, namespace, shimPid }, { id }) {
    const container = registry.get(namespace, id);
    return { shimPid, taskPid: container?.init.state.pid ?? 0 };
  },

  /** With containers left this only is remembered; `now` changes nothing, as in the reference. */
  Shutdown({ registry }) {
    registry.requestEnd();
    return {};
  },

  Pause: (context, { id }) => unsupported(find(context, id), "pause"),
  Resume: (context, { id }) => unsupported(find(context, id), "resume"),
  Checkpoint: (context, { id }) => unsupported(find(context, id), "checkpoint"),

  Update(context, { id, resources }) {
    const container = find(context, id);
    requiredJson("resources", resources);
    return unsupported(container, "update");
  },
};

async function create(
  context: TaskContext,
  request: TaskRequest<"Create">,
): Promise<TaskResponse<"Create">> {
  const runtime = await parseRuntimeOptions(request.options, context.readConfig);
  const options = toCreateOptions(request, runtime, context);
  try {
    const container = await context.registry.create(options);
    return { pid: container.init.state.pid ?? 0 };
  } catch (error) {
    throw toTaskError(error, "create");
  }
}

async function start(
  context: TaskContext,
  { id, execId }: TaskRequest<"Start">,
): Promise<TaskResponse<"Start">> {
  const container = find(context, id);
  try {
    return { pid: await container.start(execId) };
  } catch (error) {
    throw toTaskError(error, execId === "" ? "start" : "start exec");
  }
}

async function remove(
  context: TaskContext,
  { id, execId }: TaskRequest<"Delete">,
): Promise<TaskResponse<"Delete">> {
  const container = find(context, id);
  try {
    return toDeleteResponse(await container.delete(execId));
  } catch (error) {
    throw toTaskError(error, "delete");
  }
}

function exec(context: TaskContext, request: TaskRequest<"Exec">): TaskResponse<"Exec"> {
  const container = find(context, request.id);
  container.addExec(toExecOptions(request));
  return {};
}

function kill(context: TaskContext, request: TaskRequest<"Kill">): TaskResponse<"Kill"> {
  const { id, execId, signal, all } = request;
  const container = find(context, id);
  try {
    container.kill(execId, signal, all);
    return {};
  } catch (error) {
    throw toTaskError(error, execId === "" ? "kill" : "kill exec");
  }
}

function stats(context: TaskContext, { id }: TaskRequest<"Stats">): TaskResponse<"Stats"> {
  const container = find(context, id);
  try {
    return { stats: toStats(container.metrics()) };
  } catch (error) {
    throw toTaskError(error, "stats");
  }
}

function find({ registry, namespace }: TaskContext, id: string): Container {
  const container = registry.get(namespace, id);
  if (container === undefined) throw new TaskError("not_found", "container not created: not found");
  return container;
}

/** The state says first what it has to say: a client must not hear of support for what it may not do anyway. */
function unsupported(
  container: Container,
  step: "pause" | "resume" | "checkpoint" | "update",
): never {
  container.init.assertLegal(step);
  throw new TaskError("unimplemented", `${step} is not supported yet: not implemented`);
}
