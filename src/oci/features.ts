// SPDX-License-Identifier: Apache-2.0
// What this runtime can do, in the words of the OCI runtime spec (features.md). CRI and the kubelet decide by it what they
// ask for, so it says no more than what `oci/` accepts. Pure.

import { HOOK_KINDS } from "./hooks.ts";
import type { SecurityModule } from "./labels.ts";
import { CAPABILITIES } from "./tables/capabilities.ts";
import { MEMORY_POLICY_FLAGS, MEMORY_POLICY_MODES } from "./tables/memory-policy.ts";
import { MOUNT_OPTIONS } from "./tables/mount-options.ts";
import {
  SECCOMP_ACTIONS,
  SECCOMP_ARCHITECTURES,
  SECCOMP_FLAGS,
  SECCOMP_OPERATORS,
} from "./tables/seccomp.ts";

/** Newer (5.19) than the oldest kernel that is supported, and of use with a listener only. */
const WAIT_KILLABLE_RECV = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV";

/** The features document, to be encoded as JSON; `modules` are those of the host. */
export function describeFeatures(
  modules: readonly SecurityModule[] = [],
): Readonly<Record<string, unknown>> {
  // Id-mapped mounts are told as an extension.
  const options = [...MOUNT_OPTIONS].filter(([, { kind }]) => kind !== "idmap");
  return {
    ociVersionMin: "1.0.0",
    ociVersionMax: "1.2.1",
    hooks: [...HOOK_KINDS],
    // A few of these properties are taken, the rest is refused (docs/security.md, CVE-2024-3154).
    potentiallyUnsafeConfigAnnotations: ["org.systemd.property."],
    mountOptions: options.map(([word]) => word).sort(),
    linux: {
      namespaces: ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"],
      capabilities: [...CAPABILITIES],
      cgroup: { v1: true, v2: true, systemd: true, systemdUser: false, rdma: true },
      seccomp: {
        enabled: true,
        actions: [...SECCOMP_ACTIONS.keys()],
        operators: [...SECCOMP_OPERATORS.keys()],
        archs: [...SECCOMP_ARCHITECTURES],
        knownFlags: [...SECCOMP_FLAGS.keys()],
        supportedFlags: [...SECCOMP_FLAGS.keys()].filter((flag) => flag !== WAIT_KILLABLE_RECV),
      },
      apparmor: { enabled: modules.includes("apparmor") },
      selinux: { enabled: modules.includes("selinux") },
      intelRdt: { enabled: false },
      memoryPolicy: {
        modes: [...MEMORY_POLICY_MODES.keys()],
        flags: [...MEMORY_POLICY_FLAGS.keys()],
      },
      mountExtensions: { idmap: { enabled: true } },
    },
  };
}
