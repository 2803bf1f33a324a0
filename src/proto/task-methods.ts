// SPDX-License-Identifier: Apache-2.0
// The methods of the Task service with their messages: the one table that the service is dispatched by. Versions 2 and 3
// differ in the service's name only.

import type { Codec } from "./codec.ts";
import { containerd, google } from "./generated/messages.js";

const v3 = containerd.task.v3;
const { Empty } = google.protobuf;

/** Full names under which the same methods are served. */
export const TASK_SERVICES = ["containerd.task.v2.Task", "containerd.task.v3.Task"] as const;

export const TASK_METHODS = {
  State: { request: v3.StateRequest, response: v3.StateResponse },
  Create: { request: v3.CreateTaskRequest, response: v3.CreateTaskResponse },
  Start: { request: v3.StartRequest, response: v3.StartResponse },
  Delete: { request: v3.DeleteRequest, response: v3.DeleteResponse },
  Pids: { request: v3.PidsRequest, response: v3.PidsResponse },
  Pause: { request: v3.PauseRequest, response: Empty },
  Resume: { request: v3.ResumeRequest, response: Empty },
  Checkpoint: { request: v3.CheckpointTaskRequest, response: Empty },
  Kill: { request: v3.KillRequest, response: Empty },
  Exec: { request: v3.ExecProcessRequest, response: Empty },
  ResizePty: { request: v3.ResizePtyRequest, response: Empty },
  CloseIO: { request: v3.CloseIORequest, response: Empty },
  Update: { request: v3.UpdateTaskRequest, response: Empty },
  Wait: { request: v3.WaitRequest, response: v3.WaitResponse },
  Stats: { request: v3.StatsRequest, response: v3.StatsResponse },
  Connect: { request: v3.ConnectRequest, response: v3.ConnectResponse },
  Shutdown: { request: v3.ShutdownRequest, response: Empty },
} as const satisfies Record<string, { request: Codec<object>; response: Codec<object> }>;

export type TaskMethod = keyof typeof TASK_METHODS;

/** A decoded request: scalars and lists are always there, sub-messages may be absent. */
export type TaskRequest<M extends TaskMethod> = ReturnType<
  (typeof TASK_METHODS)[M]["request"]["decode"]
>;

/** What a handler answers: members may be left out. */
export type TaskResponse<M extends TaskMethod> = Parameters<
  (typeof TASK_METHODS)[M]["response"]["encode"]
>[0];
