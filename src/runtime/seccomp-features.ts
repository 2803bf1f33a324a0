// SPDX-License-Identifier: Apache-2.0
// What this host has of seccomp: its kernel and its libseccomp are asked.

import type { SeccompFeatures } from "../oci/features.ts";
import {
  NEW_LISTENER,
  SECCOMP_ACTIONS,
  SECCOMP_ARCHITECTURES,
  SECCOMP_FLAGS,
  WAIT_KILLABLE_RECV,
} from "../oci/tables/seccomp.ts";
import { Libseccomp } from "../sys/libseccomp.ts";
import { kernelKnowsSeccompFlags, kernelSeccompActions } from "../sys/seccomp.ts";
import { libseccompName } from "./seccomp-filter.ts";

/** The kernel's words for actions whose names are not the specification's in lower case. */
const KERNEL_NAMES: ReadonlyMap<string, string> = new Map([
  ["SCMP_ACT_KILL", "kill_thread"],
  ["SCMP_ACT_NOTIFY", "user_notif"],
]);

/** Undefined: no filter can be had on this host. */
export function probeSeccomp(): SeccompFeatures | undefined {
  const kernel = kernelSeccompActions();
  const library = kernel.length === 0 ? undefined : openLibrary();
  if (library === undefined) return undefined;
  const toKernel = (action: string): string =>
    KERNEL_NAMES.get(action) ?? action.slice("SCMP_ACT_".length).toLowerCase();
  return {
    actions: [...SECCOMP_ACTIONS.keys()].filter((action) => kernel.includes(toKernel(action))),
    archs: SECCOMP_ARCHITECTURES.filter(
      (word) => library.architecture(libseccompName(word)) !== undefined,
    ),
    supportedFlags: [...SECCOMP_FLAGS]
      .filter(([, flag]) => isSupported(flag))
      .map(([word]) => word),
    libseccomp: library.version,
  };
}

/** The kernel takes this one with a listener only. */
function isSupported(flag: number): boolean {
  return kernelKnowsSeccompFlags(flag === WAIT_KILLABLE_RECV ? flag | NEW_LISTENER : flag);
}

function openLibrary(): Libseccomp | undefined {
  try {
    return new Libseccomp();
  } catch {
    // None, or one that is too old: Create says which.
    return undefined;
  }
}
