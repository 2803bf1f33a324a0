// SPDX-License-Identifier: Apache-2.0
// On which CPUs a process runs. Those of its cgroup are the outer bounds; whatever the runtime itself was started with is
// forgotten. An exec may ask for more: which CPUs the runtime may use for it before it is in the cgroup, so that a CPU that
// is kept for the container's own work is left alone, and which it runs on then.

import type { Op } from "../plan/ops.ts";
import { fieldPath, readSection, readText, type Section } from "./fields.ts";
import { encodeIds, type IdRange, parseIdList } from "./id-list.ts";

/** process.execCPUAffinity: one of the two at least. */
export interface CpuAffinity {
  /** Before the cgroup is joined. */
  readonly initial: readonly IdRange[] | undefined;
  /** After that. */
  readonly final: readonly IdRange[] | undefined;
}

/** Undefined if it asks for nothing. @throws SpecError */
export function parseCpuAffinity(process: Section): CpuAffinity | undefined {
  const section = readSection(process, "execCPUAffinity");
  if (section === undefined) return undefined;
  const read = (name: string, what: string): readonly IdRange[] | undefined => {
    const text = readText(section, name) ?? "";
    return text === "" ? undefined : parseIdList(text, fieldPath(section, name), what);
  };
  const initial = read("initial", "bad CPUAffinity.Initial");
  const final = read("final", "bad CPUAffinity.Final");
  return initial === undefined && final === undefined ? undefined : { initial, final };
}

/** Around `join`, which enters the cgroup. With an initial affinity alone the kernel decides what is left of it: all, or, before Linux 6.2 and if the cgroup has a cpuset of its own, nothing. */
export function affinityOps(affinity: CpuAffinity | undefined, join: readonly Op[]): Op[] {
  if (affinity === undefined) return [...join, resetOp()];
  const { initial, final } = affinity;
  return [
    ...setOps(initial, "error setting initial CPU affinity"),
    ...join,
    ...setOps(final, "error setting final CPU affinity"),
  ];
}

function setOps(cpus: readonly IdRange[] | undefined, why: string): Op[] {
  return cpus === undefined ? [] : [{ op: "set_affinity", cpus: encodeIds(cpus), why }];
}

function resetOp(): Op {
  return {
    op: "reset_affinity",
    why: "error resetting CPU affinity",
    tolerate: ["EINVAL", "EPERM", "ENOSYS", "EACCES"],
  };
}
