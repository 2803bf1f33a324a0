// SPDX-License-Identifier: Apache-2.0
// How many descriptors this test process has, for the checks that nothing stays open.

import { readdirSync, readlinkSync, statSync } from "node:fs";

/**
 * Open descriptors but those of regular files: the test runner opens the file of its results whenever it likes, and we hold
 * none (memfds count).
 */
export function openDescriptors(): number {
  return readdirSync("/proc/self/fd").filter((name) => !isRunnersFile(`/proc/self/fd/${name}`))
    .length;
}

function isRunnersFile(path: string): boolean {
  try {
    return statSync(path).isFile() && !readlinkSync(path).startsWith("/memfd:");
  } catch {
    // The descriptor with which the directory was listed.
    return true;
  }
}
