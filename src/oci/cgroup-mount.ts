// SPDX-License-Identifier: Apache-2.0
// A mount of type cgroup: the container's view of its own cgroups. On v2 one filesystem, on v1 a tmpfs with one mount per
// hierarchy. Never the host's tree writable by accident (CVE-2023-25809).

import { SpecError } from "../base/errors.ts";
import type { Op } from "../plan/ops.ts";
import { mountLabelOptions } from "./labels.ts";
import { apartFromProcOps, type MountContext, makeDirectory, mountWhy } from "./mount-target.ts";
import { hasNamespace } from "./namespaces.ts";
import type { Mount } from "./spec.ts";
import { MOUNT_ATTR, O } from "./tables/kernel.ts";

/** The ops for `mount`, whose type is cgroup. */
export function cgroupMountOps(context: MountContext, mount: Mount): readonly Op[] {
  const target = [makeDirectory(mount), ...apartFromProcOps(context, mount)];
  return [...target, ...(context.facts.cgroupMode === "v2" ? v2Ops(mount) : v1Ops(context, mount))];
}

function v2Ops(mount: Mount): readonly Op[] {
  const { source, options } = mount;
  return [
    {
      op: "mount_fs",
      type: "cgroup2",
      source,
      options: options.data,
      attributes: options.set,
      target: "target",
      why: mountWhy(mount),
    },
  ];
}

/** The tmpfs around the hierarchies stays writable, as ever; they take the attributes of the mount. */
function v1Ops(context: MountContext, mount: Mount): readonly Op[] {
  const { destination } = mount;
  const { cgroupV1Hierarchies } = context.facts;
  const why = mountWhy(mount);
  const merged = cgroupV1Hierarchies.filter(({ name }) => name.includes(","));
  return [
    {
      op: "mount_fs",
      type: "tmpfs",
      source: "tmpfs",
      options: ["mode=755", ...mountLabelOptions(context.spec.linux.mountLabel, "tmpfs")],
      attributes: MOUNT_ATTR.NOEXEC | MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV,
      target: "target",
      why,
    },
    ...cgroupV1Hierarchies.flatMap((hierarchy) => hierarchyOps(context, mount, hierarchy)),
    ...(merged.length === 0 ? [] : [makeDirectory(mount)]),
    ...merged.flatMap(({ name }) =>
      name.split(",").map(
        (controller): Op => ({
          op: "symlink",
          dir: "target",
          name: controller,
          target: name,
          why: `${why}: symlink ${name} ${destination}/${controller}`,
        }),
      ),
    ),
  ];
}

function hierarchyOps(
  context: MountContext,
  mount: Mount,
  hierarchy: { readonly name: string; readonly options: readonly string[] },
): readonly Op[] {
  const { set, clear } = mount.options;
  const path = `${mount.destination}/${hierarchy.name}`;
  const why = mountWhy(mount);
  const target = makeDirectory(mount, path);
  if (hasNamespace(context.spec.linux.namespaces, "cgroup")) {
    const { options } = hierarchy;
    return [
      target,
      {
        op: "mount_fs",
        type: "cgroup",
        source: "cgroup",
        options,
        attributes: set,
        target: "target",
        why,
      },
    ];
  }
  const source = context.options.cgroupV1Directories?.get(hierarchy.name);
  if (source === undefined) {
    const problem = `cgroup mount needs the container's directory in hierarchy "${hierarchy.name}"`;
    throw new SpecError(mount.path, `${why}: ${problem}`);
  }
  return [
    {
      op: "open",
      dir: "cwd",
      path: source,
      flags: O.PATH,
      mode: 0,
      out: "source",
      why: `${why}: stat ${source}`,
    },
    target,
    {
      op: "bind",
      source: "source",
      target: "target",
      recursive: 0,
      set,
      clear,
      propagation: 0n,
      why,
    },
  ];
}
