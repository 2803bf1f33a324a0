// SPDX-License-Identifier: Apache-2.0
// Rows: the top level and the root filesystem.

import type { Chapter } from "./support.ts";

export const TOP_LEVEL: Chapter = {
  title: "Top level",
  rows: [
    {
      fields: ["ociVersion"],
      how: "1.x.y; another major version is refused",
      tests: ["src/oci/mistakes-document.test.ts#unsupported OCI version"],
      runc: "not looked at",
      crun: "not looked at",
    },
    {
      fields: ["hostname", "domainname"],
      how: "sethostname(2), setdomainname(2) in a UTS namespace of the container",
      tests: [
        "src/runtime/process.root.test.ts#the names of host and domain are the container's, and not the host's",
        "integration/harness/ctr-cases.ts#the host's name can be set",
        "src/oci/mistakes-document.test.ts#unable to set hostname without a private UTS namespace",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["annotations.*"],
      how: "told to hooks; `org.systemd.property.*` sets harmless properties of the unit, others are refused",
      tests: [
        "src/runtime/hooks.root.test.ts#what each kind reads from stdin is the state of its point",
        "src/oci/hooks.test.ts#an annotation may have any name",
        "src/cgroup/systemd-annotations.test.ts#a property that could do anything else on the host is refused",
        "integration/systemd-inside.ts#annotations set harmless properties of the unit and no others",
      ],
      runc: "sets any property",
      crun: "sets any property",
    },
    {
      fields: ["root.path"],
      how: "bound on itself, entered by pivot_root(2), or moved where `no_pivot_root` is asked for",
      tests: [
        "src/runtime/runtime.root.test.ts#a rootfs is mounted, used and taken down again",
        "src/runtime/failures.root.test.ts#a rootfs is taken down when root.path is",
        "src/runtime/mounts.root.test.ts#without pivot_root program and exec are in the container's root",
        "src/oci/mistakes-document.test.ts#root must be specified",
      ],
      runc: "yes",
      crun: "yes",
    },
    {
      fields: ["root.readonly"],
      how: "the mount becomes read-only after everything else has been made",
      tests: [
        "integration/harness/mount-cases.ts#a read-only root has masked and read-only paths",
        "integration/harness/ctr-cases.ts#a read-only root can't be written to, what is mounted on it can",
      ],
      runc: "yes",
      crun: "yes",
    },
  ],
};
