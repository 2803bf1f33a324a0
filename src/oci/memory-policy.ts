// SPDX-License-Identifier: Apache-2.0
// linux.memoryPolicy: from which NUMA nodes the memory of the container's processes comes.

import { SpecError } from "../base/errors.ts";
import type { Op } from "../plan/ops.ts";
import { fieldPath, readList, readSection, readText, type Section, toText } from "./fields.ts";
import { encodeIds, type IdRange, parseIdList } from "./id-list.ts";
import { MEMORY_POLICY_FLAGS, MEMORY_POLICY_MODES } from "./tables/memory-policy.ts";

export interface MemoryPolicy {
  /** As in tables/memory-policy.ts; also the flags. */
  readonly mode: string;
  readonly flags: readonly string[];
  readonly nodes: readonly IdRange[];
}

const WITHOUT_NODES = ["MPOL_DEFAULT", "MPOL_LOCAL"];
/** With or without nodes. */
const EITHER = "MPOL_PREFERRED";

/** @throws SpecError */
export function parseMemoryPolicy(linux: Section): MemoryPolicy | undefined {
  const section = readSection(linux, "memoryPolicy");
  if (section === undefined) return undefined;
  const mode = readText(section, "mode") ?? "";
  if (!MEMORY_POLICY_MODES.has(mode)) {
    const problem = `invalid memory policy mode ${JSON.stringify(mode)}`;
    throw new SpecError(fieldPath(section, "mode"), problem);
  }
  const nodes = parseNodes(section);
  checkNodes(mode, nodes, fieldPath(section, "nodes"));
  return { mode, flags: readList(section, "flags", parseFlag), nodes };
}

function parseNodes(section: Section): readonly IdRange[] {
  const text = readText(section, "nodes") ?? "";
  if (text === "") return [];
  const what = `invalid memory policy nodes ${JSON.stringify(text)}`;
  return parseIdList(text, fieldPath(section, "nodes"), what);
}

function checkNodes(mode: string, nodes: readonly IdRange[], path: string): void {
  if (WITHOUT_NODES.includes(mode) && nodes.length > 0) {
    const count = countIds(nodes);
    throw new SpecError(path, `memory policy mode requires 0 nodes but got ${count}`);
  }
  if (!WITHOUT_NODES.includes(mode) && mode !== EITHER && nodes.length === 0) {
    throw new SpecError(path, "memory policy mode requires at least one node but got 0");
  }
}

/** Ranges may overlap. */
function countIds(ranges: readonly IdRange[]): number {
  const bits = [...encodeIds(ranges)].map((byte) => byte.toString(2).replaceAll("0", "").length);
  return bits.reduce((sum, count) => sum + count, 0);
}

function parseFlag(value: unknown, path: string): string {
  const flag = toText(value, path);
  if (MEMORY_POLICY_FLAGS.has(flag)) return flag;
  throw new SpecError(path, `invalid memory policy flag ${JSON.stringify(flag)}`);
}

export function memoryPolicyOps(policy: MemoryPolicy | undefined): Op[] {
  if (policy === undefined) return [];
  const bits = policy.flags.map((flag) => MEMORY_POLICY_FLAGS.get(flag) ?? 0);
  const mode = bits.reduce((all, bit) => all | bit, MEMORY_POLICY_MODES.get(policy.mode) ?? 0);
  return [{ op: "set_memory_policy", mode, nodes: encodeIds(policy.nodes), why: "set_mempolicy" }];
}
