// SPDX-License-Identifier: Apache-2.0
// Containers that depend on the shim of another one. With version 3 of the Task service containerd connects the containers of
// a pod to the pod's shim by itself, and notes the pod in their bundles. When that shim dies it runs `delete` for the pod's own
// container alone, and their bundles are soon gone: their state files say whose they are.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../base/errors.ts";
import { type ContainerState, readState, stateDirectory } from "../runtime/state-file.ts";

export interface Dependent {
  readonly id: string;
  /** Absolute path. */
  readonly bundle: string;
}

/** The containers that depend on the shim of `id` and that there is still state of. */
export function findDependents(stateRoot: string, namespace: string, id: string): Dependent[] {
  return listIds(join(stateRoot, namespace))
    .filter((other) => other !== id)
    .flatMap((other) => {
      const state = readQuietly(stateDirectory(stateRoot, namespace, other));
      return state?.dependsOn === id ? [{ id: other, bundle: state.bundle }] : [];
    });
}

/** undefined also for a state that can't be read: nobody knows whose that is. */
function readQuietly(directory: string): ContainerState | undefined {
  try {
    return readState(directory);
  } catch {
    return undefined;
  }
}

function listIds(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}
