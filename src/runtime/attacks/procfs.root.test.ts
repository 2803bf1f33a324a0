// SPDX-License-Identifier: Apache-2.0
// What the runtime writes into procfs, and somebody who wants it to land elsewhere (CVE-2019-16884, CVE-2025-52881). Without
// check_apart, as it is throughout this file but for the first test, an attacker has won the race for a mount there.

import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RESOLVE } from "../../oci/tables/kernel.ts";
import type { Op } from "../../plan/ops.ts";
import { O_PATH, O_WRONLY } from "../../sys/constants.ts";
import { type Attack, testAttack } from "../testing/attack.ts";
import { rewrite, together, type Weakening, without } from "../testing/weaken.ts";

const FILE = "/proc/sys/net/ipv4/ip_forward";

/** The container's own /proc, with all that is mounted there. */
const containersProc: Weakening = (program) => {
  const path = "/proc";
  const own = (op: Op): readonly Op[] =>
    op.op === "procfs_full"
      ? [{ ...op, op: "resolve", root: "root", path, flags: O_PATH, resolve: RESOLVE.IN_ROOT }]
      : [op];
  return rewrite({ ...program, ops: program.ops.map(withoutAlternative) }, own);
};

function withoutAlternative(op: Op): Op {
  if (op.op !== "procfs_full") return op;
  const { out, why } = op;
  return { op: "procfs_full", out, why };
}

/** By path, whatever is there. */
const writeBlindly: Weakening = (program) =>
  rewrite(program, (op) => {
    if (op.op !== "write_proc") return [op];
    const { dir, path, data, why } = op;
    return [
      { op: "open", dir, path, flags: O_WRONLY, mode: 0, out: "blind", why },
      { op: "write", fd: "blind", data, why },
      { op: "close", fd: "blind", why },
    ];
  });

const REDIRECTED: Pick<Attack, "prepare" | "script" | "changes" | "after"> = {
  prepare: (rootfs, bundle) => {
    symlinkSync(FILE, join(rootfs, "file"));
    writeFileSync(join(bundle, "volume"), "of the volume");
  },
  script: `cat ${FILE}`,
  changes: {
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/file", source: "volume", options: ["bind"] },
    ],
    linux: { sysctl: { "net.ipv4.ip_forward": "1" } },
  },
  after: ({ root }) => `; ${readFileSync(join(root, "volume"), "utf8")}`,
};

testAttack({
  name: "a volume does not get in the way of what is written to /proc/sys",
  ...REDIRECTED,
  comesTo: /^refused: .*cannot be mounted because it is inside \/proc; of the volume$/,
  controls: [
    {
      without: "check_apart alone: it is in the way and changes nothing",
      weaken: () => without("check_apart"),
      comesTo: /^of the volume; of the volume$/,
    },
    {
      without: "a procfs of the runtime's own: it is found out",
      weaken: () => together(without("check_apart"), containersProc),
      comesTo:
        /^refused: .*\/proc\/sys\/net\/ipv4\/ip_forward is no file of a procfs; of the volume$/,
    },
    {
      without: "any of the three: it gets what was meant for the kernel",
      weaken: () => together(without("check_apart"), containersProc, writeBlindly),
      comesTo: /^1f the volume; 1f the volume$/,
    },
  ],
});
