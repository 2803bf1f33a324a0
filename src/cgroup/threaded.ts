// SPDX-License-Identifier: Apache-2.0
// Threaded cgroups of v2 (Documentation/admin-guide/cgroup-v2.rst, "Threads"): which limits one can have, and who is in it.

import { readFileSync } from "node:fs";
import type { LinuxResources } from "../oci/spec.ts";
import { unless } from "./directory.ts";
import type { CgroupFiles } from "./files.ts";
import { toWritesV2 } from "./resources.ts";

/** Controllers that can tell the threads of a process apart. */
const THREADED = ["cpu", "cpuset", "perf_event", "pids"];

/** Files of every cgroup, whatever its type. */
const CORE = "cgroup";

/** Whether any of these limits is one of a domain's controller; undefined: any may be asked. @throws SpecError */
export function needsDomain(resources: LinuxResources | undefined): boolean {
  if (resources === undefined) return true;
  const writes = toWritesV2(resources, () => undefined);
  const asked = [
    ...writes.map(({ controller }) => controller),
    ...[...resources.unified.keys()].map((file) => file.slice(0, file.indexOf("."))),
  ];
  return asked.some((controller) => controller !== CORE && !THREADED.includes(controller));
}

/**
 * What cgroup.procs would say, of which a threaded cgroup says nothing: a pid on each line, that of each process with a thread
 * here. "" if there is no cgroup.
 */
export function readThreadGroups(files: CgroupFiles): string {
  const threads = (files.read("cgroup.threads") ?? "").split("\n").filter((line) => line !== "");
  const pids = threads.map((thread) => {
    const read = (): string => readFileSync(`/proc/${thread}/status`, "utf8");
    return /^Tgid:\s*(\d+)$/m.exec(unless(read, "ENOENT", "ESRCH") ?? "")?.[1] ?? "";
  });
  return [...new Set(pids)].join("\n");
}
