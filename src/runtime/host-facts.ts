// SPDX-License-Identifier: Apache-2.0
// Probes the facts about this host that plans depend on: what every plan needs once per process, the rest when it is asked for.

import { existsSync, readFileSync } from "node:fs";
import { type CgroupLayout, v1Mounts } from "../cgroup/layout.ts";
import type { HostFacts } from "../oci/compiled.ts";
import { OPTIONAL_NAMESPACES } from "../oci/namespaces.ts";
import { probeResctrlFacts } from "./resctrl.ts";
import { probeSecurityModules } from "./security-modules.ts";

/** Reads the host facts from procfs; cgroup facts come from the layout. */
export function probeHost(layout: CgroupLayout): HostFacts {
  return {
    lastCap: Number(readFileSync("/proc/sys/kernel/cap_last_cap", "utf8")),
    cgroupMode: layout.kind === "v2" ? "v2" : "v1",
    cgroupV1Hierarchies: v1Mounts(layout),
    hasKcore: existsSync("/proc/kcore"),
    // Looked at for those who ask: few containers have labels, and a start has no time for the others.
    get securityModules() {
      return probeSecurityModules();
    },
    get resctrl() {
      return probeResctrlFacts();
    },
    get missingNamespaces() {
      return OPTIONAL_NAMESPACES.filter((type) => !existsSync(`/proc/self/ns/${type}`));
    },
  };
}
