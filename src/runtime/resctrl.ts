// SPDX-License-Identifier: Apache-2.0
// Where this host has its resctrl file system, for those who ask for a share of caches or memory bandwidth.

import { Resctrl } from "../cgroup/resctrl.ts";
import { findResctrl, probeResctrl, ResctrlDirectory } from "../cgroup/resctrl-tree.ts";
import type { ResctrlFacts } from "../oci/compiled.ts";
import type { IntelRdt } from "../oci/intel-rdt.ts";
import { readMountInfo } from "../sys/proc.ts";

/** What it shares out; undefined: there is none. */
export function probeResctrlFacts(): ResctrlFacts | undefined {
  const mountPoint = findResctrl(readMountInfo());
  return mountPoint === undefined ? undefined : probeResctrl(new ResctrlDirectory(mountPoint));
}

/** The groups of a container, which are still to be made; undefined: it asks for none. */
export function planResctrl(rdt: IntelRdt | undefined, id: string): Resctrl | undefined {
  if (rdt === undefined) return undefined;
  const mountPoint = findResctrl(readMountInfo());
  // Unmounted since the configuration was checked.
  if (mountPoint === undefined) throw new Error("Intel RDT is not enabled any more");
  return Resctrl.plan(rdt, id, { mountPoint });
}
