// SPDX-License-Identifier: Apache-2.0
// An image that wants the terminal of its container elsewhere (CVE-2025-52565).

import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { RESOLVE } from "../../oci/tables/kernel.ts";
import { O_PATH } from "../../sys/constants.ts";
import { testAttack } from "../testing/attack.ts";
import { rewrite, type Weakening } from "../testing/weaken.ts";

const DEVPTS = {
  destination: "/dev/pts",
  type: "devpts",
  source: "devpts",
  options: ["newinstance"],
};
const PROC = { destination: "/proc", type: "proc", source: "proc" };

/** The slave and the place of the console by their paths. */
const byPath: Weakening = (program) =>
  rewrite(program, (op) => {
    if (op.op !== "console" || op.mount === 0) return [op];
    const { root, why } = op;
    const resolve = { op: "resolve", root, flags: O_PATH, resolve: RESOLVE.IN_ROOT, why } as const;
    return [
      { ...op, mount: 0 },
      { ...resolve, path: "/dev/pts/0", out: "slave" },
      { ...resolve, path: "/dev/console", out: "console" },
      {
        ...{ op: "bind", source: "slave", target: "console", why },
        ...{ recursive: 0, set: 0n, clear: 0n, propagation: 0n },
      },
    ];
  });

testAttack({
  name: "a terminal is not mounted where a link of the image's /dev/console leads",
  prepare: (rootfs) => symlinkSync("/proc/sys/kernel/core_pattern", join(rootfs, "dev/console")),
  script: "[ -c /proc/sys/kernel/core_pattern ] && echo covered",
  changes: { mounts: [PROC, DEVPTS], process: { terminal: true } },
  comesTo: /^refused: .*console/,
  controls: [
    { without: "a console by descriptor", weaken: () => byPath, comesTo: /^covered\r\n$/ },
  ],
});
