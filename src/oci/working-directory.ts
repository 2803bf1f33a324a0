// SPDX-License-Identifier: Apache-2.0
// process.cwd: entered with the rights of root, so that an image may have a directory there that only root can enter; where
// those are not enough (network filesystems, directories of one user in FUSE) with the rights of the user instead.

import type { Op } from "../plan/ops.ts";
import { O } from "./tables/kernel.ts";

const NOT_ALLOWED = ["EACCES", "EPERM"];

function whyOf(cwd: string): string {
  return `chdir to cwd (${JSON.stringify(cwd)}) set in config.json failed`;
}

/**
 * The attempt of root. The slot "entered" says how it went: it is open if the directory was entered, empty (by an open that
 * cannot succeed) if it was not.
 */
export function enterAsRootOps(cwd: string): readonly Op[] {
  const why = whyOf(cwd);
  const open = { op: "open", dir: "cwd", flags: O.PATH, mode: 0, out: "entered", why } as const;
  const empty: Op = { ...open, path: "", tolerate: ["ENOENT"] };
  return [
    { ...open, path: "/" },
    { op: "chdir", path: cwd, why, tolerate: NOT_ALLOWED, otherwise: empty },
  ];
}

/** The attempt of the user. It may fail if the other one did not, and the place is one inside the container in any case. */
export function enterAsUserOps(cwd: string): readonly Op[] {
  const why = whyOf(cwd);
  const outside =
    "current working directory is outside of container mount namespace root -- possible container breakout detected";
  const entered: Op = {
    op: "open",
    dir: "entered",
    path: ".",
    flags: O.PATH,
    mode: 0,
    out: "entered",
    why,
    whyErrno: { EBADF: `${why}: permission denied` },
  };
  return [
    { op: "chdir", path: cwd, why, tolerate: NOT_ALLOWED, otherwise: entered },
    { op: "close", fd: "entered", why },
    // CVE-2024-21626: a working directory that leads out of the container is a way out of it.
    { op: "check_cwd", why: "error checking the working directory", whyErrno: { ENOENT: outside } },
  ];
}
