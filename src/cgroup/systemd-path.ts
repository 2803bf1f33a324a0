// SPDX-License-Identifier: Apache-2.0
// linux.cgroupsPath in systemd's words: slice, prefix and name of the unit that is to be the container's cgroup. Pure.

import { SpecError } from "../base/errors.ts";

const FIELD = "linux.cgroupsPath";

/** What a container gets that names no place. */
const DEFAULT_SLICE = "system.slice";
const DEFAULT_PREFIX = "tsrunc";

/** systemd.unit(5): unit names, without their suffix. */
const UNIT_CHARACTERS = /^[A-Za-z0-9:_.\\@-]+$/;
const UNIT_NAME_MAX = 255;

/** The unit of a container. JSON-able. */
export interface SystemdUnit {
  /** For example "cri-containerd-abc.scope". */
  readonly name: string;
  /** For example "kubepods-burstable.slice"; "-.slice" is the root. */
  readonly slice: string;
}

/** Whether a cgroupsPath is meant for systemd: `slice:prefix:name`, which no cgroupfs path of a real client looks like. */
export function isSystemdPath(cgroupsPath: string | undefined): boolean {
  return (
    cgroupsPath !== undefined && !cgroupsPath.includes("/") && cgroupsPath.split(":").length === 3
  );
}

/** The unit that `cgroupsPath` names; without one, a scope named by the id. SpecError for a name that systemd can't have. */
export function toSystemdUnit(cgroupsPath: string | undefined, id: string): SystemdUnit {
  const given = cgroupsPath ?? `${DEFAULT_SLICE}:${DEFAULT_PREFIX}:${id}`;
  if (!isSystemdPath(given)) {
    throw new SpecError(
      FIELD,
      'expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, ' +
        `got "${given}" instead`,
    );
  }
  const [slice = "", prefix = "", last = ""] = given.split(":");
  const name = `${prefix === "" ? "" : `${prefix}-`}${last}.scope`;
  if (last === "" || !UNIT_CHARACTERS.test(name) || name.length > UNIT_NAME_MAX) {
    throw new SpecError(FIELD, `${FIELD} ${JSON.stringify(given)} is no name for a systemd unit`);
  }
  if (last.endsWith(".slice")) {
    throw new SpecError(FIELD, `${FIELD} "${given}" names a slice, which can't have processes`);
  }
  const unit = { name, slice: slice === "" ? DEFAULT_SLICE : slice };
  expandSlice(unit.slice);
  return unit;
}

/** "a-b.slice" -> "/a.slice/a-b.slice", "-.slice" -> "". SpecError for a name that is none. */
export function expandSlice(slice: string): string {
  const bare = slice.slice(0, -".slice".length);
  if (slice === "-.slice") return "";
  if (slice.length > UNIT_NAME_MAX) throw new SpecError(FIELD, `slice name too long: ${slice}`);
  const parts = bare.split("-");
  if (!slice.endsWith(".slice") || !UNIT_CHARACTERS.test(bare) || parts.includes("")) {
    throw new SpecError(FIELD, `invalid slice name: ${slice}`);
  }
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join("-")}.slice`).join("");
}
