// SPDX-License-Identifier: Apache-2.0
// Who answers for system calls with SCMP_ACT_NOTIFY: an agent at a unix socket, and what it is told of a process whose calls
// come to it (runtime-spec, "The Container Process State").

import { SpecError } from "../base/errors.ts";
import { fieldPath, readText, type Section } from "./fields.ts";
import { containerState, type HookStatus, type HookSubject } from "./hooks.ts";

export interface SeccompListener {
  /** A unix socket in the runtime's mount namespace; with "@" at its beginning an abstract one. */
  readonly path: string;
  /** For the agent; the runtime does not look into it. */
  readonly metadata: string;
}

/** What the agent calls the descriptor that comes with the state. */
const FD_NAME = "seccompFd";

/** Of linux.seccomp. Without a call that asks there is nobody to ask. @throws SpecError */
export function parseListener(section: Section, notifies: boolean): SeccompListener | undefined {
  const path = readText(section, "listenerPath") ?? "";
  const metadata = readText(section, "listenerMetadata") ?? "";
  if (path === "" && metadata !== "") {
    throw problem(section, "listenerMetadata", "must not be set without listenerPath");
  }
  if (!notifies) return undefined;
  if (path === "") {
    throw problem(section, "listenerPath", "must be set: SCMP_ACT_NOTIFY needs an agent to ask");
  }
  return { path, metadata };
}

/** A process whose filter has a listener. */
export interface ListenedProcess {
  /** Of the process, and of the container's init, as the runtime knows them. */
  readonly pid: number;
  readonly init: number;
  readonly status: HookStatus;
  readonly subject: HookSubject;
}

/** What is sent to the agent together with the listener. */
export function agentMessage(
  { metadata }: Pick<SeccompListener, "metadata">,
  { pid, init, status, subject }: ListenedProcess,
): string {
  return JSON.stringify({
    ociVersion: subject.ociVersion,
    fds: [FD_NAME],
    pid,
    metadata: metadata === "" ? undefined : metadata,
    state: containerState(subject, status, init),
  });
}

function problem(section: Section, name: string, what: string): SpecError {
  const path = fieldPath(section, name);
  return new SpecError(path, `${path} ${what}`);
}
