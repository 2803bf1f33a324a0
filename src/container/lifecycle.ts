// SPDX-License-Identifier: Apache-2.0
// The life of a process as a value: which steps are legal in which state, what they lead to, and the words of a refusal.
// Pure. The words are those of the reference runtime: clients match on them.

import type { Pid } from "../base/brand.ts";
import { TransitionError } from "../base/errors.ts";
import type { Exit } from "../base/exit.ts";

/** `pid` is undefined for an exec before its start: nothing runs yet. */
export type State =
  | { readonly kind: "created"; readonly pid: Pid | undefined }
  | { readonly kind: "running"; readonly pid: Pid }
  | { readonly kind: "paused"; readonly pid: Pid }
  | { readonly kind: "stopped"; readonly pid: Pid | undefined; readonly exit: Exit }
  | { readonly kind: "deleted"; readonly pid: Pid | undefined; readonly exit: Exit | undefined };

/** What changes a state, and (after `delete`) what only asks whether it may be done now. */
export type Step =
  | { readonly kind: "start"; readonly pid: Pid }
  | { readonly kind: "exit"; readonly exit: Exit }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  | { readonly kind: "delete" }
  | { readonly kind: "kill" }
  | { readonly kind: "exec" }
  | { readonly kind: "update" }
  | { readonly kind: "checkpoint" }
  | { readonly kind: "resize" };

type Refusals = Readonly<Partial<Record<State["kind"], string>>>;

const REFUSALS: Readonly<Record<Step["kind"], Refusals>> = {
  start: {
    running: "cannot start a running process",
    paused: "cannot start a paused process",
    stopped: "cannot start a stopped process",
    deleted: "cannot start a deleted process",
  },
  // A process ends once: its owner sees to that, nobody is told.
  exit: { stopped: "cannot exit twice", deleted: "cannot exit after deletion" },
  pause: {
    created: "cannot pause task in created state",
    paused: "cannot pause a paused container",
    stopped: "cannot pause a stopped container",
    deleted: "cannot pause a deleted process",
  },
  resume: {
    created: "cannot resume task in created state",
    running: "cannot resume a running process",
    stopped: "cannot resume a stopped container",
    deleted: "cannot resume a deleted process",
  },
  delete: {
    running: "cannot delete a running process",
    paused: "cannot delete a paused process",
    deleted: "cannot delete a deleted process",
  },
  kill: { stopped: "process already finished", deleted: "cannot kill a deleted process" },
  exec: {
    paused: "cannot exec in a paused state",
    stopped: "cannot exec in a stopped state",
    deleted: "cannot exec in a deleted state",
  },
  update: {
    stopped: "cannot update a stopped container",
    deleted: "cannot update a deleted process",
  },
  checkpoint: {
    created: "cannot checkpoint a task in created state",
    stopped: "cannot checkpoint a stopped container",
    deleted: "cannot checkpoint a deleted process",
  },
  resize: {
    stopped: "cannot resize a stopped container",
    deleted: "cannot resize a deleted process",
  },
};

/** Throws TransitionError unless `step` is legal in `state`. */
export function assertLegal(state: State, step: Step["kind"]): void {
  const refusal = REFUSALS[step][state.kind];
  if (refusal !== undefined) throw new TransitionError(state.kind, step, refusal);
  if (step === "kill" && state.pid === undefined) {
    throw new TransitionError(state.kind, step, "process not created");
  }
}

/** The whole life of a process: the state after `step`, or a TransitionError. Does nothing else. */
export function next(state: State, step: Step): State {
  assertLegal(state, step.kind);
  switch (step.kind) {
    case "start":
      return { kind: "running", pid: step.pid };
    case "exit":
      return { kind: "stopped", pid: state.pid, exit: step.exit };
    case "pause":
      return state.pid === undefined ? state : { kind: "paused", pid: state.pid };
    case "resume":
      return state.pid === undefined ? state : { kind: "running", pid: state.pid };
    case "delete":
      return { kind: "deleted", pid: state.pid, exit: exitOf(state) };
    case "kill":
    case "exec":
    case "update":
    case "checkpoint":
    case "resize":
      return state;
    default:
      return step satisfies never;
  }
}

/** How the process ended, if it has. */
export function exitOf(state: State): Exit | undefined {
  return state.kind === "stopped" || state.kind === "deleted" ? state.exit : undefined;
}
