// SPDX-License-Identifier: Apache-2.0
// What tests compile: a minimal configuration to change, hosts and calls. The files beside it are real configurations of
// ctr, Docker, containerd's CRI and `runc spec`, without the places of the machine and cut down where they list a whole host.

import type { CompileOptions, HostFacts } from "../compiled.ts";
import { parseSpec } from "../parse.ts";
import type { Spec } from "../spec.ts";

/** The smallest configuration that is valid. */
export const MINIMAL = {
  ociVersion: "1.2.0",
  process: { args: ["/bin/true"], cwd: "/", env: ["PATH=/bin", "HOME=/"] },
  root: { path: "rootfs" },
  linux: { namespaces: [{ type: "mount" }, { type: "pid" }] },
};

type Json = { readonly [name: string]: unknown };

/** MINIMAL with changes: objects are merged, everything else is replaced, undefined removes. */
export function changed(patch: Json, base: Json = MINIMAL): Json {
  const result: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(patch)) {
    const old = result[name];
    result[name] = isObject(value) && isObject(old) ? changed(value, old) : value;
  }
  return result;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A parsed configuration made of MINIMAL and changes. */
export function specWith(patch: Json): Spec {
  return parseSpec(changed(patch)).spec;
}

/** A host with cgroup v1, one hierarchy of which has two controllers. */
export const V1_HOST: HostFacts = {
  lastCap: 40,
  cgroupMode: "v1",
  cgroupV1Hierarchies: [
    { name: "cpu,cpuacct", options: ["cpu", "cpuacct"] },
    { name: "memory", options: ["memory"] },
    { name: "systemd", options: ["none", "name=systemd"] },
  ],
  hasKcore: true,
};

/** A host with cgroup v2 and without /proc/kcore. */
export const V2_HOST: HostFacts = {
  lastCap: 40,
  cgroupMode: "v2",
  cgroupV1Hierarchies: [],
  hasKcore: false,
};

/** A call without anything special. */
export const OPTIONS: CompileOptions = {
  id: "box",
  bundle: "/bundle",
  rootfs: "/bundle/rootfs",
  noPivot: false,
  noNewKeyring: false,
  nullStdio: [],
  bindSourceKinds: [],
  cgroupV1Directories: new Map(
    V1_HOST.cgroupV1Hierarchies.map(({ name }) => [name, `/sys/fs/cgroup/${name}/box`]),
  ),
};
