// SPDX-License-Identifier: Apache-2.0
// Which security modules of the kernel are at work on this host.

import { existsSync, readFileSync } from "node:fs";
import type { SecurityModule } from "../oci/labels.ts";

/** The security modules that are at work in this kernel, for which containers may have labels. */
export function probeSecurityModules(): readonly SecurityModule[] {
  const modules: SecurityModule[] = [];
  if (readIfThere("/sys/module/apparmor/parameters/enabled").startsWith("Y")) {
    modules.push("apparmor");
  }
  // Before a policy is loaded everything is called "kernel", and labels mean nothing.
  const label = existsSync("/sys/fs/selinux/enforce") ? readIfThere("/proc/self/attr/current") : "";
  if (!["", "kernel"].includes(label.replace(/\0*\n?$/, ""))) modules.push("selinux");
  return modules;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // No such module, or one that does not tell.
    return "";
  }
}
