// SPDX-License-Identifier: Apache-2.0
// poststop hooks: the last that happens of a container, whoever removes it: the daemon, the rollback of a create, or the
// `delete` command after a daemon that was killed. Those that are due are in the state file, and each is taken from it before it
// is started: none runs twice, and one that a killed daemon had not come to is run by who cleans up after it.

import { errorText } from "../base/errors.ts";
import type { Logger } from "../base/log.ts";
import type { CompiledHooks } from "../oci/compiled.ts";
import { hookState } from "../oci/hooks.ts";
import { type RuntimeHookHost, runRuntimeHook } from "./hooks.ts";
import {
  type ContainerState,
  type DueHook,
  type DuePoststop,
  readState,
  saveState,
} from "./state-file.ts";

export interface PoststopHost extends RuntimeHookHost {
  readonly log: Logger;
}

/** What the state file has to keep; undefined if there are no such hooks. */
export function duePoststop({ poststop, subject }: CompiledHooks): DuePoststop | undefined {
  if (poststop.length === 0) return undefined;
  return {
    ociVersion: subject.ociVersion,
    annotations: Object.fromEntries(subject.annotations),
    hooks: poststop.map((hook, index) => ({ ...hook, index })),
  };
}

/**
 * Runs those that are due of the container whose state is in `directory`. To be called when nothing of it is left but that.
 * One that fails is a warning and the others are run all the same (runtime-spec, "Lifecycle"). Never rejects.
 */
export async function runPoststopHooks(host: PoststopHost, directory: string): Promise<void> {
  try {
    for (let taken = take(directory); taken !== undefined; taken = take(directory)) {
      await runTaken(host, taken);
    }
  } catch (error) {
    host.log.warn("cannot run poststop hooks", { directory, error: errorText(error) });
  }
}

/** Runs all that are due of a state that nobody else has any more. Likewise. */
export async function runTaken(host: PoststopHost, state: ContainerState): Promise<void> {
  const { poststop } = state;
  if (poststop === undefined) return;
  for (const hook of poststop.hooks) await run(host, state, poststop, hook);
}

/** The state with the next one alone, which nobody else gets. */
function take(directory: string): ContainerState | undefined {
  const state = readState(directory);
  const due = state?.poststop;
  const [hook, ...hooks] = due?.hooks ?? [];
  if (state === undefined || due === undefined || hook === undefined) return undefined;
  saveState(directory, { ...state, poststop: { ...due, hooks } });
  return { ...state, poststop: { ...due, hooks: [hook] } };
}

async function run(
  host: PoststopHost,
  { id, bundle }: ContainerState,
  { ociVersion, annotations }: DuePoststop,
  hook: DueHook,
): Promise<void> {
  const subject = { ociVersion, id, bundle, annotations: new Map(Object.entries(annotations)) };
  const point = {
    kind: "poststop",
    state: hookState(subject, "stopped"),
    // Nothing is left whose end could make it useless.
    signal: new AbortController().signal,
    host,
    bundle,
  } as const;
  const { path, args, env, timeoutSeconds } = hook;
  try {
    await runRuntimeHook(point, { path, args, env, timeoutSeconds }, hook.index);
  } catch (error) {
    host.log.warn(errorText(error), { id });
  }
}
