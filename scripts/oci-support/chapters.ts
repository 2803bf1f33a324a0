// SPDX-License-Identifier: Apache-2.0
// The rows of docs/oci-support.md in their order.

import { TOP_LEVEL } from "./container.ts";
import { HOOKS } from "./hooks.ts";
import { LINUX } from "./linux.ts";
import { MOUNTS } from "./mounts.ts";
import { PROCESS } from "./process.ts";
import { RESOURCES } from "./resources.ts";
import { SECCOMP } from "./seccomp.ts";
import type { Chapter } from "./support.ts";

export const CHAPTERS: readonly Chapter[] = [
  TOP_LEVEL,
  PROCESS,
  MOUNTS,
  HOOKS,
  LINUX,
  RESOURCES,
  SECCOMP,
];

export const ROWS = CHAPTERS.flatMap(({ rows }) => rows);
