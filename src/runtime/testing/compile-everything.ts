// SPDX-License-Identifier: Apache-2.0
// All that is made of a configuration before anything is done for it: programs, values for cgroups, a filter of devices.

import { encodeDeviceFilter } from "../../cgroup/device-filter.ts";
import { toDevicePolicy } from "../../cgroup/device-policy.ts";
import { DEFAULT_DEVICE_RULES } from "../../cgroup/device-rules.ts";
import { containerPath } from "../../cgroup/paths.ts";
import { toWritesV1, toWritesV2 } from "../../cgroup/resources.ts";
import { toAnnotatedProperties } from "../../cgroup/systemd-annotations.ts";
import { isSystemdPath, toSystemdUnit } from "../../cgroup/systemd-path.ts";
import { compileContainer } from "../../oci/compile.ts";
import { compileExec } from "../../oci/compile-exec.ts";
import { compileHooks } from "../../oci/compile-hook.ts";
import type { CompileOptions, HostFacts } from "../../oci/compiled.ts";
import { hasNamespace } from "../../oci/namespaces.ts";
import { parseSpec } from "../../oci/parse.ts";
import type { Spec } from "../../oci/spec.ts";
import { OPTIONS, V1_HOST, V2_HOST } from "../../oci/testdata/samples.ts";
import { Encoder } from "../../plan/encode.ts";
import { formatProgram } from "../../plan/format.ts";
import type { Program } from "../../plan/ops.ts";

/** The host and the call, as far as plans depend on them. */
export interface Setting {
  readonly mode: "v1" | "v2";
  readonly noPivot: boolean;
  /** Whether stdin is to be /dev/null. */
  readonly nullStdin: boolean;
  /** Of all bind mounts that are not below /proc. */
  readonly source: "dir" | "file";
}

export const USUAL: Setting = { mode: "v1", noPivot: false, nullStdin: false, source: "dir" };

/** The name of plans of programs of the host: they keep its rights. */
export const HOST_HOOK = "createContainer hook";

/** What was made. */
export interface Everything {
  readonly spec: Spec;
  /** The programs of each process that is started, in their order. */
  readonly plans: readonly { readonly name: string; readonly programs: readonly Program[] }[];
  /** Bytes of all of it, encoded. */
  readonly bytes: number;
  /** All of it as text. */
  readonly text: string;
}

const IDS = [{ containerId: 0, hostId: 100_000, size: 65_536 }];
const MODULES = ["apparmor", "selinux"] as const;
const TREE = { mountPoint: "/sys/fs/cgroup/x", controllers: [], ownPath: "/own" } as const;

/** Compiles a configuration for a host. Throws what the runtime would throw. */
export function compileEverything(json: unknown, setting: Setting = USUAL): Everything {
  const { spec, warnings } = parseSpec(json);
  const { mode, noPivot } = setting;
  const facts: HostFacts = {
    ...(mode === "v1" ? V1_HOST : V2_HOST),
    securityModules: MODULES,
    resctrl: { l3: true, mb: true },
  };
  const options = optionsFor(spec, setting);
  const compiled = compileContainer(spec, facts, options);
  const slots = mode === "v1" ? 3 : 0;
  const exec = compileExec(spec.process, { ...compiled.execTarget, nullStdio: [] }, facts);
  const hooks = compileHooks(spec, compiled, { id: "box", bundle: "/bundle", noPivot, facts });
  const plans = [
    {
      name: "container",
      programs: [compiled.enter(slots), compiled.prepare, compiled.finish("/")],
    },
    { name: "exec", programs: [exec.enter(slots), exec.finish("/")] },
    ...hooks.startContainer.map((hook) => ({
      name: "startContainer hook",
      programs: [hook.enter(slots), hook.finish("/")],
    })),
    ...hooks.createContainer.map((hook) => ({
      name: HOST_HOOK,
      programs: [hook.enter(slots), hook.finish("/")],
    })),
  ];
  const values = cgroupValues(spec, setting);
  const text = [
    ...plans.map(({ name, programs }) => `# ${name}\n${programs.map(formatProgram).join("\n")}`),
    show(compiled.process),
    show(values),
    show(warnings),
  ].join("\n");
  return { spec, plans, bytes: encodedBytes(plans), text };
}

function optionsFor(spec: Spec, { noPivot, nullStdin, source }: Setting): CompileOptions {
  const setgroups = true;
  return {
    ...OPTIONS,
    noPivot,
    nullStdio: nullStdin && !spec.process.terminal ? [0] : [],
    bindSourceKinds: spec.mounts.map(({ isBind, destination }) => {
      if (!isBind) return undefined;
      return destination === "/proc" ? "proc" : source;
    }),
    userNamespace: hasNamespace(spec.linux.namespaces, "user")
      ? { uids: IDS, gids: IDS, setgroups }
      : undefined,
  };
}

function cgroupValues(spec: Spec, { mode }: Setting): unknown {
  const { resources, cgroupsPath } = spec.linux;
  const writes = (mode === "v1" ? toWritesV1 : toWritesV2)(resources, () => undefined);
  const policy = toDevicePolicy([...resources.devices, ...DEFAULT_DEVICE_RULES]);
  const place = isSystemdPath(cgroupsPath)
    ? toSystemdUnit(cgroupsPath, "box")
    : containerPath({ ...TREE, version: mode === "v1" ? 1 : 2 }, cgroupsPath, "box", mode);
  return [
    writes,
    encodeDeviceFilter(policy).length,
    place,
    isSystemdPath(cgroupsPath) ? toAnnotatedProperties(spec.annotations) : [],
  ];
}

/** An encoder for each process: it remembers what the earlier programs have defined. */
function encodedBytes(plans: Everything["plans"]): number {
  let bytes = 0;
  for (const { programs } of plans) {
    const encoder = new Encoder();
    for (const program of programs) bytes += encoder.encode(program).byteLength;
  }
  return bytes;
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "bigint" ? `${part}n` : part,
  );
}
