// SPDX-License-Identifier: Apache-2.0
// Root of a user namespace finds the host's cgroups and moves itself out of its limits (CVE-2023-25809).

import { chownSync, existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { testAttack } from "../testing/attack.ts";
import { rewrite } from "../testing/weaken.ts";

const BASE = 100_000;
const MAP = [{ containerID: 0, hostID: BASE, size: 65_536 }];
/** No cgroup namespace: the container sees the host's names. */
const TYPES = ["pid", "mount", "ipc", "uts", "network", "user"];
const USER_NAMESPACE = {
  namespaces: TYPES.map((type) => ({ type })),
  uidMappings: MAP,
  gidMappings: MAP,
};
const MOUNTS = [
  { destination: "/proc", type: "proc", source: "proc" },
  { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup" },
];

/** The kernel's words for the root of a cgroup tree, in every version and hierarchy. */
const ESCAPE =
  "for f in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/memory/cgroup.procs; do [ -e $f ] && echo $$ > $f && echo moved; done";

testAttack({
  name: "root of a user namespace does not leave its cgroup by the files of the host",
  prepare: (rootfs) => {
    for (const name of ["", ...readdirSync(rootfs)]) chownSync(join(rootfs, name), BASE, BASE);
  },
  script: ESCAPE,
  changes: { mounts: MOUNTS, linux: USER_NAMESPACE },
  comesTo: /^(?!.*moved)/,
  controls: [
    {
      without: "the user namespace",
      changes: { mounts: MOUNTS, linux: { namespaces: USER_NAMESPACE.namespaces.slice(0, -1) } },
      comesTo: /^moved$/m,
    },
  ],
});

/** On v2 it is the host's tree that root without a user namespace sees, as with runc: docs/security.md. */
if (!existsSync("/sys/fs/cgroup/cgroup.controllers")) {
  testAttack({
    name: "a container without a cgroup namespace sees nobody else's cgroups",
    script: "ls -d /sys/fs/cgroup/memory/*tsrunc-rt-*",
    changes: { mounts: MOUNTS, linux: { namespaces: USER_NAMESPACE.namespaces.slice(0, -1) } },
    comesTo: /No such file/,
    controls: [
      {
        without: "a bind of its own directory alone",
        weaken: () => (program) =>
          rewrite(program, (op) =>
            op.op === "open" && op.path.startsWith("/sys/fs/cgroup/")
              ? [{ ...op, path: dirname(op.path) }]
              : [op],
          ),
        comesTo: /^\/sys\/fs\/cgroup\/memory\/tsrunc-rt-/,
      },
    ],
  });
}
