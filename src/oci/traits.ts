// SPDX-License-Identifier: Apache-2.0
// How the kernel is to treat a process beyond what it may do: its turn on a CPU and on a disk, its memory, the machine that
// it sees. A container's processes have them all; an exec may have others of its own for the first two.

import type { Op } from "../plan/ops.ts";
import { type MemoryPolicy, memoryPolicyOps } from "./memory-policy.ts";
import { personalityOps } from "./personality.ts";
import { type IoPriority, ioPriorityOps, type Scheduler, schedulerOps } from "./scheduling.ts";
import type { Process, Spec } from "./spec.ts";

export interface ProcessTraits {
  readonly scheduler: Scheduler | undefined;
  readonly ioPriority: IoPriority | undefined;
  readonly personality: number | undefined;
  readonly memoryPolicy: MemoryPolicy | undefined;
  /** Whether the container has a cpuset. */
  readonly limitedCpus: boolean;
}

export function containerTraits({ process, linux }: Spec): ProcessTraits {
  const { personality, memoryPolicy, resources } = linux;
  const { scheduler, ioPriority } = process;
  const limitedCpus = (resources.cpu?.cpus ?? "") !== "";
  return { scheduler, ioPriority, personality, memoryPolicy, limitedCpus };
}

/** Those of an exec. */
export function execTraits(process: Process, container: ProcessTraits): ProcessTraits {
  return {
    ...container,
    scheduler: process.scheduler ?? container.scheduler,
    ioPriority: process.ioPriority ?? container.ioPriority,
  };
}

/** Nothing for what is not asked for. They come before a seccomp filter, which may forbid each, and need rights of root. */
export function traitOps(traits: ProcessTraits): readonly Op[] {
  return [
    ...schedulerOps(traits.scheduler, traits.limitedCpus),
    ...ioPriorityOps(traits.ioPriority),
    ...personalityOps(traits.personality),
    ...memoryPolicyOps(traits.memoryPolicy),
  ];
}
