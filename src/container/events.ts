// SPDX-License-Identifier: Apache-2.0
// What happens to containers, as their owner tells it. The order in which these are emitted is a promise (contract 5.3):
// create < start < exit < delete; exec-added < exec-started < exit; exits of execs before their init's; oom before the exit.

import type { Pid } from "../base/brand.ts";
import type { Exit } from "../base/exit.ts";
import type { RootfsMount, StdioConfig } from "../runtime/types.ts";

export type ContainerEvent = { readonly containerId: string } & (
  | {
      readonly kind: "create";
      readonly bundle: string;
      readonly rootfsMounts: readonly RootfsMount[];
      readonly stdio: StdioConfig;
      readonly pid: Pid;
    }
  | { readonly kind: "start"; readonly pid: Pid }
  | { readonly kind: "exec-added"; readonly execId: string }
  | { readonly kind: "exec-started"; readonly execId: string; readonly pid: Pid }
  /** `processId` is the container's id for its init, else the exec id. */
  | {
      readonly kind: "exit";
      readonly processId: string;
      readonly pid: Pid;
      readonly exit: Exit;
    }
  | { readonly kind: "oom" }
  /** `exit` is undefined for a container that was never started. */
  | { readonly kind: "delete"; readonly pid: Pid; readonly exit: Exit | undefined }
);

/** Takes events in order; must not throw and must not block. */
export type Emit = (event: ContainerEvent) => void;
