// SPDX-License-Identifier: Apache-2.0
// A directory of the machine as a program expects it, without touching the machine's: what is written below it is gone with
// the view. Test files run in a mount namespace of their own (scripts/test-file.ts), and it is checked that they do.

import { mkdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { check } from "./command.ts";

/** Covers `directory` with a writable view of itself that keeps its changes in `scratch`. Returns how to end it. */
export async function ownView(directory: string, scratch: string): Promise<() => Promise<void>> {
  if (readlinkSync("/proc/self/ns/mnt") === readlinkSync(`/proc/${process.ppid}/ns/mnt`)) {
    throw new Error("not in a mount namespace of its own: run it with scripts/run-tests.ts");
  }
  const base = join(scratch, `view${directory.replaceAll("/", "-")}`);
  mkdirSync(base, { recursive: true });
  // An overlay can't be stacked on one: a container's root may be one.
  await check(["mount", "-t", "tmpfs", "tmpfs", base]);
  const [upper, work] = [join(base, "upper"), join(base, "work")];
  mkdirSync(upper);
  mkdirSync(work);
  const options = `lowerdir=${directory},upperdir=${upper},workdir=${work}`;
  await check(["mount", "-t", "overlay", "-o", options, "overlay", directory]);
  return async () => {
    await check(["umount", "-l", directory]);
    await check(["umount", "-l", base]);
  };
}
