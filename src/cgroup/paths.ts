// SPDX-License-Identifier: Apache-2.0
// Where a container's cgroup is in each tree: linux.cgroupsPath of the runtime spec, with the cgroupfs driver's rules.
// Pure. A result never contains "..", so it can't leave the tree.

import { SpecError } from "../base/errors.ts";
import type { Hierarchy } from "./layout.ts";

const FIELD = "linux.cgroupsPath";

/**
 * The container's cgroup in `hierarchy`, relative to its mount point, with a leading "/".
 *
 * An absolute cgroupsPath is below the mount. A relative one (or the id, if there is none) is below the runtime's own
 * cgroup in v1; in v2 beside it, because a cgroup with processes can't give controllers to children.
 */
export function containerPath(
  hierarchy: Hierarchy,
  cgroupsPath: string | undefined,
  id: string,
  kind: "v1" | "hybrid" | "v2",
): string {
  const given = cgroupsPath === undefined || cgroupsPath === "" ? id : cgroupsPath;
  checkGiven(given);
  const clean = cleanAbsolute(given);
  if (clean === "/") throw new SpecError(FIELD, `${FIELD} "${given}" is the root cgroup`);
  if (given.startsWith("/")) return clean;
  const own = cleanAbsolute(hierarchy.ownPath);
  return cleanAbsolute(`${kind === "v2" ? parentOf(own) : own}${clean}`);
}

/** "/a/b" -> "/a", "/a" -> "/". */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

function checkGiven(given: string): void {
  if (/[\0\n]/.test(given)) {
    throw new SpecError(FIELD, `${FIELD} ${JSON.stringify(given)} has a NUL or a newline`);
  }
}

/** Lexically absolute: no empty part, "." or "..", where ".." of the root is the root. */
function cleanAbsolute(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
