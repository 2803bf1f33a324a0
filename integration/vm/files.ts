// SPDX-License-Identifier: Apache-2.0
// What is run in the machine unless files are named: what depends on the kernel, on the controllers and on systemd.

import { globSync } from "node:fs";
import { resolve } from "node:path";

const PROJECT = resolve(import.meta.dirname, "..", "..");

const PATTERNS = ["src/**/*.root.test.ts"];

export const DEFAULT_FILES: readonly string[] = PATTERNS.flatMap((pattern) =>
  globSync(pattern, { cwd: PROJECT }),
).sort();
