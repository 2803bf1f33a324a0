// SPDX-License-Identifier: Apache-2.0
// Rules of namespaces and of what belongs to one.

import type { Rule } from "./judge.ts";
import {
  get,
  hasDuplicates,
  keysOf,
  listOf,
  numberOf,
  textOf,
  typesOf,
  type Value,
} from "./judge-values.ts";

const namespaces = (config: Value): readonly Value[] => listOf(config, "linux", "namespaces");
const maps = (config: Value): readonly (readonly Value[])[] => [
  listOf(config, "linux", "uidMappings"),
  listOf(config, "linux", "gidMappings"),
  ...listOf(config, "mounts").flatMap((mount) => [
    listOf(mount, "uidMappings"),
    listOf(mount, "gidMappings"),
  ]),
];
const isMapped = (config: Value): boolean =>
  maps(config)
    .slice(0, 2)
    .some((map) => map.length > 0);
const LAST_ID = 2n ** 32n - 2n;

const size = (mapping: Value): bigint => numberOf(mapping, "size");
const ends = (mapping: Value, name: string): readonly [bigint, bigint] => {
  const first = numberOf(mapping, name);
  return [first, first + size(mapping) - 1n];
};

function overlap(one: Value, other: Value): boolean {
  return ["containerID", "hostID"].some((name) => {
    const [[a, b], [c, d]] = [ends(one, name), ends(other, name)];
    return a <= d && c <= b;
  });
}

function isMap(map: readonly Value[]): boolean {
  return (
    map.length <= 340 &&
    map.every((one) => size(one) > 0n) &&
    map.every((one) => ["containerID", "hostID"].every((name) => ends(one, name)[1] <= LAST_ID)) &&
    map.every((one, index) => !map.slice(0, index).some((other) => overlap(one, other)))
  );
}

function mapsRoot(map: readonly Value[]): boolean {
  return map.some((one) => numberOf(one, "containerID") === 0n);
}

/** The name as a path, whichever of its two forms it has. */
function sysctlPath(name: string): string {
  const separator = /[./]/.exec(name)?.[0];
  if (separator !== ".") return name;
  return [...name].map((char) => ({ ".": "/", "/": "." })[char] ?? char).join("");
}

function isSysctl(name: string, types: readonly string[]): boolean {
  const path = sysctlPath(name);
  const parts = path.split("/");
  if (parts.some((part) => ["", ".", ".."].includes(part)) || path.includes("\0")) return false;
  if (/^kernel\/(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$/.test(path)) {
    return types.includes("ipc");
  }
  if (path.startsWith("fs/mqueue/")) return types.includes("ipc");
  if (path.startsWith("net/")) return types.includes("network");
  if (path.startsWith("user/")) return types.includes("user");
  return path === "kernel/domainname" && types.includes("uts");
}

/** Of a network device; the kernel completes a "%d" where one is new. */
function isDevice(name: string): boolean {
  return /^[^/:%\s]{1,15}$/.test(name) && Buffer.byteLength(name) < 16 && !/^\.\.?$/.test(name);
}

function newNameOf(config: Value, host: string): string {
  return textOf(config, "linux", "netDevices", host, "name") || host;
}

export const NAMESPACE_RULES: readonly Rule[] = [
  [
    "network devices have names",
    (c) =>
      !keysOf(c, "linux", "netDevices").every(
        (host) => isDevice(host) && isDevice(newNameOf(c, host).replace("%d", "0")),
      ),
  ],
  [
    "network devices have a namespace",
    (c) => keysOf(c, "linux", "netDevices").length > 0 && !typesOf(c).includes("network"),
  ],
  [
    "namespaces are there once",
    (c) => hasDuplicates(namespaces(c).map((one) => textOf(one, "type"))),
  ],
  [
    "paths of namespaces are absolute",
    (c) => namespaces(c).some((one) => /^[^/]/.test(textOf(one, "path"))),
  ],
  ["there is a mount namespace", (c) => !typesOf(c).includes("mount")],
  ["mappings are mappings", (c) => !maps(c).every(isMap)],
  ["mappings have a namespace", (c) => isMapped(c) && !typesOf(c).includes("user")],
  ["a new user namespace has mappings", (c) => typesOf(c, true).includes("user") && !isMapped(c)],
  [
    "root is mapped",
    (c) => typesOf(c, true).includes("user") && !maps(c).slice(0, 2).every(mapsRoot),
  ],
  [
    "clocks are known",
    (c) =>
      keysOf(c, "linux", "timeOffsets").some((name) => !["monotonic", "boottime"].includes(name)),
  ],
  [
    "offsets have a new namespace",
    (c) => {
      const clocks = keysOf(c, "linux", "timeOffsets");
      const given = clocks.filter((name) => get(c, "linux", "timeOffsets", name) !== undefined);
      return given.length > 0 && !typesOf(c, true).includes("time");
    },
  ],
  [
    "parameters are the container's own",
    (c) => !keysOf(c, "linux", "sysctl").every((name) => isSysctl(name, typesOf(c))),
  ],
];
