// SPDX-License-Identifier: Apache-2.0
// Which driver a container's cgroup has, and where it is in each tree: the form of linux.cgroupsPath decides, or the runtime
// option that asks for systemd.

import { statSync } from "node:fs";
import { SpecError } from "../base/errors.ts";
import type { Member } from "./directory.ts";
import type { CgroupLayout, Hierarchy } from "./layout.ts";
import { readInitLayout } from "./mode.ts";
import { containerPath } from "./paths.ts";
import { expandSlice, isSystemdPath, type SystemdUnit, toSystemdUnit } from "./systemd-path.ts";

export interface Place {
  readonly members: readonly Member[];
  /** Undefined: a cgroup of our own making. */
  readonly unit: SystemdUnit | undefined;
}

/** What a container asks for. */
export interface PlaceRequest {
  readonly cgroupsPath: string | undefined;
  readonly id: string;
  /** The runtime option SystemdCgroup. */
  readonly systemd: boolean;
}

/** SpecError for a cgroupsPath that is no place for a cgroup. */
export function choosePlace(layout: CgroupLayout, request: PlaceRequest): Place {
  const { id, systemd } = request;
  const cgroupsPath = request.cgroupsPath === "" ? undefined : request.cgroupsPath;
  if (systemd || isSystemdPath(cgroupsPath)) {
    const unit = toSystemdUnit(cgroupsPath, id);
    return { unit, members: toSystemdMembers(readInitLayout(), unit) };
  }
  return {
    unit: undefined,
    members: layout.hierarchies.map((hierarchy) =>
      toMember(hierarchy, containerPath(hierarchy, cgroupsPath, id, layout.kind)),
    ),
  };
}

/** @throws SpecError where systemd does not run, in the words of the reference */
export function requireSystemd(): void {
  // sd_booted(3)
  const booted = statSync("/run/systemd/system", { throwIfNoEntry: false })?.isDirectory() === true;
  if (booted) return;
  const problem = "systemd not running on this host, cannot use systemd cgroups manager";
  throw new SpecError("linux.cgroupsPath", problem);
}

/** systemd has the same tree in each hierarchy, above its own init.scope; `layout` is as process 1 sees it. */
export function toSystemdMembers(layout: CgroupLayout, unit: SystemdUnit): Member[] {
  const path = `${expandSlice(unit.slice)}/${unit.name}`;
  return layout.hierarchies.map((hierarchy) => {
    const root = hierarchy.ownPath.replace(/\/init\.scope$/, "");
    return toMember(hierarchy, `${root === "/" ? "" : root}${path}`);
  });
}

function toMember({ version, mountPoint, controllers }: Hierarchy, path: string): Member {
  return { version, mountPoint, controllers, path };
}
