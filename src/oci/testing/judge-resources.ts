// SPDX-License-Identifier: Apache-2.0
// Rules of resources, seccomp and memory policies. What depends on the version of cgroups is not in here.

import type { Rule } from "./judge.ts";
import { isIdList } from "./judge-process.ts";
import { get, keysOf, listOf, textOf, type Value } from "./judge-values.ts";

const resources = (config: Value, name: string): readonly Value[] =>
  listOf(config, "linux", "resources", name);
const isWord = (text: string): boolean => /^[^\s\0]+$/.test(text);
const policy = (config: Value): Value => get(config, "linux", "memoryPolicy");

function isUnified(name: string): boolean {
  return (
    /^[^.\s/\0]+\.[^\s/\0]+$/.test(name) &&
    !["procs", "threads", "kill", "freeze", "type"].includes(name.replace(/^cgroup\./, ""))
  );
}

const rdt = (config: Value, name: string): string => textOf(config, "linux", "intelRdt", name);

const rules = (config: Value): readonly Value[] => [
  get(config, "linux", "seccomp"),
  ...listOf(config, "linux", "seccomp", "syscalls"),
];

export const RESOURCE_RULES: readonly Rule[] = [
  [
    "a class of service has a name",
    (c) => rdt(c, "closID") !== "/" && /\/|\n|^\.\.?$|.{256}/.test(rdt(c, "closID")),
  ],
  ["a memory bandwidth is one line of MB", (c) => !/^(MB:[^\n]*)?$/.test(rdt(c, "memBwSchema"))],
  [
    "schemata are lines",
    (c) => listOf(c, "linux", "intelRdt", "schemata").some((line) => String(line).includes("\n")),
  ],
  [
    "agents are not asked about everything, nor about what tells them",
    (c) =>
      textOf(rules(c)[0], "defaultAction") === "SCMP_ACT_NOTIFY" ||
      rules(c)
        .slice(1)
        .some(
          (rule) =>
            textOf(rule, "action") === "SCMP_ACT_NOTIFY" && listOf(rule, "names").includes("write"),
        ),
  ],
  [
    "device rules say what for",
    (c) => resources(c, "devices").some((rule) => !/^[rwm]+$/.test(textOf(rule, "access"))),
  ],
  [
    "sizes of pages are sizes",
    (c) =>
      resources(c, "hugepageLimits").some(
        (limit) => !/^[1-9]\d*[KMG]B$/.test(textOf(limit, "pageSize")),
      ),
  ],
  [
    "interfaces have names",
    (c) =>
      listOf(c, "linux", "resources", "network", "priorities").some(
        (one) => !isWord(textOf(one, "name")),
      ),
  ],
  ["devices of RDMA have names", (c) => !keysOf(c, "linux", "resources", "rdma").every(isWord)],
  ["unified names files", (c) => !keysOf(c, "linux", "resources", "unified").every(isUnified)],
  [
    "nodes fit their mode",
    (c) => {
      const [mode, nodes] = [textOf(policy(c), "mode"), textOf(policy(c), "nodes")];
      if (nodes !== "" && !isIdList(nodes)) return true;
      if (["MPOL_DEFAULT", "MPOL_LOCAL"].includes(mode)) return nodes !== "";
      return !["", "MPOL_PREFERRED"].includes(mode) && nodes === "";
    },
  ],
];
