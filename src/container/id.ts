// SPDX-License-Identifier: Apache-2.0
// Ids of containers and execs. An id becomes a directory name and part of cgroup paths: it must be one path component and
// nothing but itself.

import type { ContainerId } from "../base/brand.ts";
import { TaskError } from "../base/errors.ts";

/** NAME_MAX of Linux: an id is a directory name. */
const MAX_LENGTH = 255;
/** What runc allows; containerd's own grammar is a part of it. */
const GRAMMAR = /^[A-Za-z0-9_+.-]+$/;

/** Checks an id as it came from a client. Throws TaskError invalid_argument, naming the id and what it was for. */
export function parseId(text: string, what: "container" | "exec"): ContainerId {
  if (text === "") throw invalid(`${what} id must not be empty`);
  if (text.length > MAX_LENGTH) {
    throw invalid(`${what} id of ${text.length} characters is longer than ${MAX_LENGTH}`);
  }
  if (!GRAMMAR.test(text) || text === "." || text === "..") {
    throw invalid(`invalid ${what} id format: ${JSON.stringify(text)}`);
  }
  return text as ContainerId;
}

function invalid(problem: string): TaskError {
  return new TaskError("invalid_argument", `${problem}: invalid argument`);
}
