// SPDX-License-Identifier: Apache-2.0
// The Task service: takes encoded calls under both names that containerd uses, gives encoded answers. One bad request costs
// one error, never the shim.

import { TaskError } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import { Registry, type Runtime } from "../container/registry.ts";
import { type Codec, encode } from "../proto/codec.ts";
import { TASK_METHODS, TASK_SERVICES, type TaskMethod } from "../proto/task-methods.ts";
import type { CallRequest, Handler, Metadata, Services } from "../ttrpc/service.ts";
import { type OutgoingEvent, toOutgoingEvent } from "./events.ts";
import { METHODS, type TaskContext } from "./methods.ts";
import { toTaskError } from "./status.ts";

/** Where containerd says for which namespace a call is. */
const NAMESPACE_KEY = "containerd-namespace-ttrpc";

export interface TaskServiceOptions {
  readonly runtime: Runtime;
  /** The containerd namespace of the shim; calls for another one are refused. */
  readonly namespace: string;
  readonly shimPid: number;
  /** State directory root where a container's options do not name one; absolute. */
  readonly stateRoot: string;
  /** Takes events in the order in which they happened; must neither throw nor block. */
  readonly publish: (event: OutgoingEvent) => void;
  /**
   * Somebody asked for the shim's end and no container is left. Called (possibly more than once) before the answer of the
   * current call has been sent, and its last event is already with `publish`.
   */
  readonly shutdown: () => void;
  /** Nanoseconds since the epoch. */
  readonly now: () => bigint;
  /** Reads the file that runtimeoptions' config_path names. */
  readonly readConfig: (path: string) => Promise<string>;
  readonly log: Logger;
}

export interface TaskService {
  /** For the ttrpc server. */
  readonly services: Services;
  readonly registry: Registry;
}

/** Makes the service and the registry of its containers. */
export function createTaskService(options: TaskServiceOptions): TaskService {
  const { runtime, namespace, shimPid, stateRoot, readConfig, log } = options;
  const registry = new Registry({
    runtime,
    emit: (event) => options.publish(toOutgoingEvent(event, namespace, options.now())),
    onIdle: options.shutdown,
    log,
  });
  const context = { registry, namespace, shimPid, stateRoot, readConfig };
  const methods = Object.keys(TASK_METHODS) as TaskMethod[];
  const service = new Map(methods.map((method) => [method as string, toHandler(method, context)]));
  return { registry, services: new Map(TASK_SERVICES.map((name) => [name, service])) };
}

/** The types of a method's own codecs and function belong together by the tables' types; here they are any message. */
interface AnyMethod {
  readonly request: Codec<object>;
  readonly response: Codec<object>;
  readonly run: (context: TaskContext, request: object, signal: AbortSignal) => object;
}

function toHandler(method: TaskMethod, context: TaskContext): Handler {
  const { request, response, run } = {
    ...TASK_METHODS[method],
    run: METHODS[method],
  } as AnyMethod;
  return async (call: CallRequest) => {
    try {
      checkNamespace(call.metadata, context.namespace);
      const message = decode(method, request, call.payload);
      return encode(response, await run(context, message, call.signal));
    } catch (error) {
      throw toTaskError(error);
    }
  };
}

function decode(method: TaskMethod, codec: Codec<object>, payload: Uint8Array): object {
  try {
    return codec.decode(payload);
  } catch (error) {
    const text = `cannot decode the request of ${method}: invalid argument`;
    throw new TaskError("invalid_argument", text, { cause: error });
  }
}

function checkNamespace(metadata: Metadata, served: string): void {
  for (const namespace of metadata.get(NAMESPACE_KEY) ?? []) {
    if (namespace === served) continue;
    const text = `namespace ${JSON.stringify(namespace)} is not served here`;
    throw new TaskError("invalid_argument", `${text}: invalid argument`);
  }
}
