// SPDX-License-Identifier: Apache-2.0
// What is run in the machine unless files are named: what depends on the kernel, on the controllers, on systemd and on AppArmor.
// What takes long and depends on none of them is left out; it can be named.

import { globSync } from "node:fs";
import { resolve } from "node:path";

const PROJECT = resolve(import.meta.dirname, "..", "..");

const PATTERNS = [
  "src/{cgroup,container,runtime,shim,sys}/*.root.test.ts",
  "src/runtime/attacks/{cgroups,freezer,mounts,procfs,program}.root.test.ts",
  "src/sys/{bpf,memfd,spawn,mount}.test.ts",
  "integration/{apparmor,cgroup-mounts,joined-namespaces,limits,metrics,systemd*,two-phase,user-namespaces}.test.ts",
];

/** Relative to the project. */
export const DEFAULT_FILES: readonly string[] = PATTERNS.flatMap((pattern) =>
  globSync(pattern, { cwd: PROJECT }),
).sort();
