// SPDX-License-Identifier: Apache-2.0
// What this runtime can do, in the words of the OCI runtime spec (features.md). CRI and the kubelet decide by it what they
// ask for, so it says no more than what `oci/` accepts. Pure.

import { HOOK_KINDS } from "./hooks.ts";
import { CAPABILITIES } from "./tables/capabilities.ts";
import { MEMORY_POLICY_FLAGS, MEMORY_POLICY_MODES } from "./tables/memory-policy.ts";
import { MOUNT_OPTIONS } from "./tables/mount-options.ts";
import { SECCOMP_FLAGS, SECCOMP_OPERATORS } from "./tables/seccomp.ts";

/** What the host has of seccomp; `runtime/seccomp-features.ts` asks it. Words of the tables, all lists of what is there. */
export interface SeccompFeatures {
  readonly actions: readonly string[];
  readonly archs: readonly string[];
  readonly supportedFlags: readonly string[];
  /** For example "2.5.4". */
  readonly libseccomp: string;
}

/**
 * The features document, to be encoded as JSON. What is `enabled` is done by this runtime, whether the host has it or not
 * (features-linux.md); without libseccomp there is no `seccomp`, as in a runtime that was built without it.
 */
export function describeFeatures(seccomp?: SeccompFeatures): Readonly<Record<string, unknown>> {
  // Id-mapped mounts are told as an extension.
  const options = [...MOUNT_OPTIONS].filter(([, { kind }]) => kind !== "idmap");
  return {
    ociVersionMin: "1.0.0",
    ociVersionMax: "1.3.0",
    hooks: [...HOOK_KINDS],
    // A few of these properties are taken, the rest is refused (docs/security.md, CVE-2024-3154).
    potentiallyUnsafeConfigAnnotations: ["org.systemd.property."],
    mountOptions: options.map(([word]) => word).sort(),
    linux: {
      namespaces: ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"],
      capabilities: [...CAPABILITIES],
      cgroup: { v1: true, v2: true, systemd: true, systemdUser: false, rdma: true },
      seccomp: describeSeccomp(seccomp),
      apparmor: { enabled: true },
      selinux: { enabled: true },
      intelRdt: { enabled: true, schemata: true, monitoring: true },
      netDevices: { enabled: true },
      memoryPolicy: {
        modes: [...MEMORY_POLICY_MODES.keys()],
        flags: [...MEMORY_POLICY_FLAGS.keys()],
      },
      mountExtensions: { idmap: { enabled: true } },
    },
    annotations:
      seccomp === undefined ? {} : { "io.github.seccomp.libseccomp.version": seccomp.libseccomp },
  };
}

function describeSeccomp(features: SeccompFeatures | undefined): Readonly<Record<string, unknown>> {
  if (features === undefined) return { enabled: false };
  return {
    enabled: true,
    actions: features.actions,
    operators: [...SECCOMP_OPERATORS.keys()],
    archs: features.archs,
    knownFlags: [...SECCOMP_FLAGS.keys()],
    supportedFlags: features.supportedFlags,
  };
}
