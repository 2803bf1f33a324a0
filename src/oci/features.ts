// SPDX-License-Identifier: Apache-2.0
// What this runtime can do, in the words of the OCI runtime spec (features.md). CRI and the kubelet decide by it what they
// ask for, so it says no more than what `oci/` accepts. Pure.

import { CAPABILITIES } from "./tables/capabilities.ts";
import { MOUNT_OPTIONS } from "./tables/mount-options.ts";

/** The features document, to be encoded as JSON. */
export function describeFeatures(): Readonly<Record<string, unknown>> {
  const options = [...MOUNT_OPTIONS].filter(([, option]) => option.kind !== "unsupported");
  return {
    ociVersionMin: "1.0.0",
    ociVersionMax: "1.2.1",
    mountOptions: options.map(([word]) => word).sort(),
    linux: {
      namespaces: ["cgroup", "ipc", "mount", "network", "pid", "uts"],
      capabilities: [...CAPABILITIES],
      cgroup: { v1: true, v2: true, systemd: false, systemdUser: false, rdma: false },
      seccomp: { enabled: false },
      apparmor: { enabled: false },
      selinux: { enabled: false },
      intelRdt: { enabled: false },
      mountExtensions: { idmap: { enabled: false } },
    },
  };
}
