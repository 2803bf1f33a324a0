// SPDX-License-Identifier: Apache-2.0
// A client's configuration (src/oci/testdata) made to run on this machine: everything that it asks of a container stays, what
// it names of the machine that it came from is replaced by things of the test's own.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { OciSpec } from "./container.ts";
import type { Scope } from "./scope.ts";

const TESTDATA = resolve(import.meta.dirname, "..", "..", "src", "oci", "testdata");

/** Names of what configurations bind that is no directory. */
const FILES = /^(docker-init|etc-hosts|file|hostname|hosts|resolv\.conf|termination-log)$/;

/** As /proc calls a namespace, by its name in the configuration. */
const KINDS: Readonly<Record<string, string>> = { network: "net", mount: "mnt" };

const CAPABILITIES = [
  ...["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID"],
  ...["SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW"],
  ...["IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT"],
  ...["SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE"],
];

interface IdMap {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

/** The whole of a configuration, as far as it is changed here. */
export interface Fixture extends OciSpec {
  hooks?: Record<string, { path: string; args?: string[]; env?: string[] }[]>;
  linux: OciSpec["linux"] & {
    uidMappings?: IdMap[];
    gidMappings?: IdMap[];
    seccomp?: { listenerPath?: string };
  };
}

/** Names of all configurations of containers, without ".json". */
export function fixtureNames(): string[] {
  return readdirSync(TESTDATA)
    .filter((name) => name.endsWith(".json") && !name.endsWith(".process.json"))
    .map((name) => name.slice(0, -".json".length))
    .sort();
}

export function loadFixture(name: string): Fixture {
  return JSON.parse(readFileSync(join(TESTDATA, `${name}.json`), "utf8"));
}

/** The types of the namespaces that a configuration joins by path. */
export function joinedTypes(fixture: Fixture): string[] {
  return fixture.linux.namespaces.flatMap(({ type, path }) => (path ? [type] : []));
}

interface Place {
  readonly scope: Scope;
  readonly id: string;
  readonly holder: number | undefined;
  readonly agent: string | undefined;
}

/**
 * Makes it run `command` as container `id` of `scope`. Joined namespaces become those of process `holder`, the listener of its
 * profile is the socket `agent`.
 */
export function adapt(fixture: Fixture, place: Place, command: readonly string[]): void {
  const { scope, id, holder } = place;
  fixture.root = { ...fixture.root, path: "rootfs" };
  fixture.process.args = [...command];
  fixture.process.cwd = "/";
  fixture.process.env = ["PATH=/bin"];
  fixture.linux.cgroupsPath = `/${scope.namespace}/${id}`;
  for (const mount of fixture.mounts) mount.source = ownSource(scope, mount);
  for (const hook of Object.values(fixture.hooks ?? {}).flat()) {
    Object.assign(hook, { path: "/bin/true", args: ["true"] });
  }
  for (const namespace of fixture.linux.namespaces) {
    const kind = KINDS[namespace.type] ?? namespace.type;
    if (namespace.path) namespace.path = `/proc/${holder}/ns/${kind}`;
  }
  if (fixture.linux.seccomp?.listenerPath) fixture.linux.seccomp.listenerPath = place.agent ?? "";
  withinOurMeans(fixture);
}

/** What this machine's root may give. */
function withinOurMeans(fixture: Fixture): void {
  const bounding = /^CapBnd:\s*(\w+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  const has = (name: string): boolean => {
    const bit = CAPABILITIES.indexOf(name.replace("CAP_", ""));
    return bit === -1 || ((BigInt(`0x${bounding}`) >> BigInt(bit)) & 1n) === 1n;
  };
  const sets = (fixture.process["capabilities"] ?? {}) as Record<string, string[]>;
  for (const [name, set] of Object.entries(sets)) sets[name] = set.filter(has);
  // To go below what one has needs CAP_SYS_RESOURCE.
  const score = Number(fixture.process["oomScoreAdj"] ?? 0);
  const own = Number(readFileSync("/proc/self/oom_score_adj", "utf8"));
  if (score < own) fixture.process["oomScoreAdj"] = own;
  const cpu = fixture.linux.resources["cpu"] as Record<string, unknown> | undefined;
  // It may name more processors than there are.
  if (cpu?.["cpus"] !== undefined) cpu["cpus"] = "0";
  const blockIo = fixture.linux.resources["blockIO"] as Record<string, unknown> | undefined;
  // The disk that it names is another machine's.
  if (blockIo?.["throttleReadBpsDevice"] !== undefined) fixture.linux.resources["blockIO"] = {};
}

/** A file or directory of the test's own for what is bound. */
function ownSource(scope: Scope, mount: Fixture["mounts"][number]): string {
  const { source = "", options = [] } = mount;
  if (!options.some((option) => /^r?bind$/.test(option)) || source.startsWith("/sys"))
    return source;
  const path = scope.path(`bound${source}`);
  if (FILES.test(basename(source))) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "");
  } else {
    mkdirSync(path, { recursive: true });
  }
  return path;
}
