// SPDX-License-Identifier: Apache-2.0
// What creating a container from a bundle would do, as text, without doing any of it: `tsrunc plan`.

import { basename, resolve } from "node:path";
import { Cgroup } from "../cgroup/cgroup.ts";
import { readCgroupLayout } from "../cgroup/mode.ts";
import { choosePlace } from "../cgroup/place.ts";
import { compileContainer } from "../oci/compile.ts";
import { compileHooks } from "../oci/compile-hook.ts";
import { isNewNamespace } from "../oci/namespaces.ts";
import type { NetDevice } from "../oci/net-devices.ts";
import { parseSpec } from "../oci/parse.ts";
import type { Hook, HookKind } from "../oci/spec.ts";
import { formatProgram } from "../plan/format.ts";
import type { Program } from "../plan/ops.ts";
import { readConfig } from "./bundle.ts";
import { cgroupDirectories } from "./cgroup-slots.ts";
import { probeHost } from "./host-facts.ts";
import { probeMounts } from "./mount-facts.ts";
import { formatIntelRdt, formatLimits } from "./plan-limits.ts";
import { joinPrograms } from "./programs.ts";

/**
 * The programs of the bundle's container on this host, one op a line, under headings. Its id is taken to be the name of the
 * bundle's directory. Throws SpecError for a configuration that create would refuse, too.
 */
export async function planBundle(path: string): Promise<string> {
  const bundle = resolve(path);
  const id = basename(bundle);
  const { spec } = parseSpec(readConfig(bundle));
  const layout = readCgroupLayout();
  const { cgroupsPath } = spec.linux;
  const place = choosePlace(layout, { cgroupsPath, id, systemd: false });
  const rootfs = resolve(bundle, spec.root.path);
  const { uidMappings: uids, gidMappings: gids } = spec.linux;
  const cgroup = Cgroup.open({ kind: layout.kind, ...place });
  const facts = probeHost(layout);
  const compiled = compileContainer(spec, facts, {
    id,
    bundle,
    rootfs,
    noPivot: false,
    noNewKeyring: false,
    nullStdio: [],
    ...(await probeMounts(spec.mounts, bundle)),
    // As it will be if it is new; of one that is joined nothing is looked at.
    userNamespace: isNewNamespace(spec.linux.namespaces, "user")
      ? { uids, gids, setgroups: true }
      : undefined,
    ...cgroupDirectories(cgroup),
  });
  // In a cgroup2 tree the process is born.
  const slots = place.members.filter(({ version }) => version === 1).length;
  const { needsHome, uid } = compiled.process;
  const home = needsHome ? `<home of uid ${uid} in the container's /etc/passwd>` : undefined;
  const hooks = compileHooks(spec, compiled, { id, bundle, noPivot: false, facts });
  const inRuntime = (kind: "prestart" | "createRuntime" | "poststart" | "poststop"): string[] =>
    hooks[kind].map((hook, index) => hookSection(kind, hook, index));
  const inContainer = (kind: "createContainer" | "startContainer"): string[] =>
    hooks[kind].map((hook, index) =>
      section(
        `${kind} hook #${index}: a program in the container's namespaces`,
        joinPrograms(hook.enter(slots), hook.finish(home)),
      ),
    );
  return [
    section("enter: a new process joins cgroups and namespaces", compiled.enter(slots)),
    section("prepare: the root filesystem, mounts and devices", compiled.prepare),
    ...lines(
      "limits: written by the runtime into the container's cgroup, besides rules for devices",
      formatLimits(layout.kind === "v2" ? 2 : 1, compiled.resources),
    ),
    ...lines(
      "resctrl: a class of caches and memory bandwidth, which the runtime makes",
      formatIntelRdt(spec.linux.intelRdt, id),
    ),
    ...lines(
      "network devices: moved by the runtime, with their addresses",
      spec.linux.netDevices.map(formatNetDevice),
    ),
    ...inRuntime("prestart"),
    ...inRuntime("createRuntime"),
    ...inContainer("createContainer"),
    section("finish: its own attributes, the wait for start, its program", compiled.finish(home)),
    ...inContainer("startContainer"),
    ...inRuntime("poststart"),
    ...inRuntime("poststop"),
  ].join("\n");
}

/** What the runtime does itself: a section, if there is anything to do. */
function lines(title: string, all: readonly string[]): readonly string[] {
  return all.length === 0 ? [] : [`# ${title}\n${all.join("")}`];
}

function formatNetDevice({ host, name }: NetDevice): string {
  return `move device=${JSON.stringify(host)} name=${JSON.stringify(name)}\n`;
}

function hookSection(kind: HookKind, { path, args, env, timeoutSeconds }: Hook, index: number) {
  const parts = [
    `path=${JSON.stringify(path)}`,
    `argv=${JSON.stringify(args)}`,
    `env=${env === undefined ? "inherited" : JSON.stringify(env)}`,
    ...(timeoutSeconds === undefined ? [] : [`timeout=${timeoutSeconds}`]),
  ];
  return `# ${kind} hook #${index}: a program in the runtime's namespaces\nspawn ${parts.join(" ")}\n`;
}

function section(title: string, program: Program): string {
  return `# ${title}\n${formatProgram(program)}`;
}
