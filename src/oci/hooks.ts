// SPDX-License-Identifier: Apache-2.0
// hooks: programs of the one who made the configuration, run at six points of a container's life. What they are told, and
// which they are; when and where they run is in runtime/hooks.ts.

import { SpecError } from "../base/errors.ts";
import {
  readField,
  readList,
  readSection,
  readText,
  type Section,
  toSection,
  toText,
} from "./fields.ts";
import { isAbsolute } from "./path.ts";
import type { Hook, HookKind, Hooks } from "./spec.ts";

/** In the order in which they run. Other members of `hooks` are nobody's hook. */
export const HOOK_KINDS = [
  "prestart",
  "createRuntime",
  "createContainer",
  "startContainer",
  "poststart",
  "poststop",
] as const satisfies readonly HookKind[];

/** What the specification's state is called where a hook reads it. */
export type HookStatus = "creating" | "created" | "running" | "stopped";

/** What a hook is told of its container, in all points the same. */
export interface HookSubject {
  readonly ociVersion: string;
  readonly id: string;
  /** Absolute path. */
  readonly bundle: string;
  readonly annotations: ReadonlyMap<string, string>;
}

/** hooks of config.json. */
export function parseHooks(document: Section): Hooks {
  const hooks = readSection(document, "hooks");
  const read = (kind: HookKind): readonly Hook[] =>
    hooks === undefined ? [] : readList(hooks, kind, parseHook);
  return {
    prestart: read("prestart"),
    createRuntime: read("createRuntime"),
    createContainer: read("createContainer"),
    startContainer: read("startContainer"),
    poststart: read("poststart"),
    poststop: read("poststop"),
  };
}

function parseHook(value: unknown, field: string): Hook {
  const hook = toSection(value, field);
  const path = readText(hook, "path") ?? "";
  if (!isAbsolute(path)) {
    throw new SpecError(`${field}.path`, `${field}.path must be an absolute path: "${path}"`);
  }
  const args = readList(hook, "args", toText);
  return {
    path,
    // As execve(2) has it by convention, and as the reference does.
    args: args.length === 0 ? [path] : args,
    // None at all is something else than an empty one.
    env: readField(hook, "env") === undefined ? undefined : readList(hook, "env", toText),
    timeoutSeconds: parseTimeout(hook),
  };
}

function parseTimeout(hook: Section): number | undefined {
  const value = readField(hook, "timeout");
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  const field = `${hook.path}.timeout`;
  throw new SpecError(field, `${field} must be a number of seconds above 0`);
}

/**
 * The state of a container as a hook reads it from stdin (runtime-spec, "State"). Without `pid` there is no process any more.
 * Annotations are sorted: the same container gives the same bytes.
 */
export function hookState(subject: HookSubject, status: HookStatus, pid?: number): string {
  return JSON.stringify(containerState(subject, status, pid));
}

/** The same, as data. */
export function containerState(
  { ociVersion, id, bundle, annotations }: HookSubject,
  status: HookStatus,
  pid?: number,
): Readonly<Record<string, unknown>> {
  const sorted = [...annotations].sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    ociVersion,
    id,
    status,
    // JSON.stringify leaves out what is undefined.
    pid,
    bundle,
    annotations: sorted.length === 0 ? undefined : Object.fromEntries(sorted),
  };
}
