// SPDX-License-Identifier: Apache-2.0
// containerd's grammar of ids and namespaces. They become names of directories, so the command line is held to it.

import { TaskError } from "../base/errors.ts";
import type { ShimFlags } from "./flags.ts";

const MAX_LENGTH = 76;
const GRAMMAR = /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/;

/** Whether containerd could have given this name. */
export function isIdentifier(text: string): boolean {
  return text.length <= MAX_LENGTH && GRAMMAR.test(text);
}

/** Throws TaskError invalid_argument unless the namespace, and for an action the id, are well-formed. */
export function checkIdentity(flags: Pick<ShimFlags, "namespace" | "id" | "action">): void {
  if (flags.namespace === "") throw invalid("shim namespace cannot be empty");
  if (!isIdentifier(flags.namespace)) throw invalid(`invalid namespace "${flags.namespace}"`);
  if (flags.action !== "" && !isIdentifier(flags.id)) throw invalid(`invalid id "${flags.id}"`);
}

function invalid(problem: string): TaskError {
  return new TaskError("invalid_argument", problem);
}
