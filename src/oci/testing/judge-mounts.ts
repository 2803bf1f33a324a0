// SPDX-License-Identifier: Apache-2.0
// Rules of mounts, devices and paths.

import type { Rule } from "./judge.ts";
import { get, insidePath, listOf, textOf, textsOf, typesOf, type Value } from "./judge-values.ts";

/** The options of the specification's table that are no filesystem's, and those that runtimes add. */
const FLAGS: ReadonlySet<string> = new Set(
  (
    "async atime bind defaults dev diratime dirsync exec iversion lazytime loud mand noatime nodev nodiratime noexec " +
    "noiversion nolazytime nomand norelatime nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime relatime " +
    "remount rexec rnoatime rnodev rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow ro rprivate rrelatime " +
    "rro rrw rshared rslave rstrictatime rsuid rsymfollow runbindable rw shared silent slave strictatime suid symfollow sync " +
    "tmpcopyup unbindable idmap ridmap"
  ).split(" "),
);

/** What lxcfs provides. */
const PROC_FILES =
  /^\/proc\/(cpuinfo|diskstats|meminfo|stat|swaps|uptime|loadavg|slabinfo|sys\/kernel\/ns_last_pid|sys\/crypto\/fips_enabled)$/;

const mounts = (config: Value): readonly Value[] => listOf(config, "mounts");
const destination = (mount: Value): string => insidePath(textOf(mount, "destination"));
const options = (mount: Value): readonly string[] => textsOf(mount, "options");
const isBind = (mount: Value): boolean =>
  options(mount).some((word) => word === "bind" || word === "rbind");
const type = (mount: Value): string => (isBind(mount) ? "bind" : textOf(mount, "type"));
const data = (mount: Value): readonly string[] =>
  options(mount)
    .filter((word) => !FLAGS.has(word))
    .filter((word) => /[^,]/.test(word));
const uids = (mount: Value): number => listOf(mount, "uidMappings").length;
const gids = (mount: Value): number => listOf(mount, "gidMappings").length;
const isIdMapped = (mount: Value): boolean =>
  uids(mount) + gids(mount) > 0 ||
  options(mount).some((word) => word === "idmap" || word === "ridmap");
const rule = (name: string, isBroken: (mount: Value, config: Value) => boolean): Rule => [
  name,
  (config) => mounts(config).some((mount) => isBroken(mount, config)),
];

const devices = (config: Value): readonly Value[] => listOf(config, "linux", "devices");
const paths = (config: Value): readonly string[] => [
  ...textsOf(config, "linux", "maskedPaths"),
  ...textsOf(config, "linux", "readonlyPaths"),
];

export const MOUNT_RULES: readonly Rule[] = [
  rule("mounts have a destination", (mount) => textOf(mount, "destination") === ""),
  rule("nothing is mounted over the root", (mount) => destination(mount) === "/"),
  rule("mounts have a type", (mount) => {
    const isFilesystem = !["", "none", "bind"].includes(textOf(mount, "type"));
    return !isFilesystem && !isBind(mount) && !options(mount).includes("remount");
  }),
  rule("binds have no data", (mount) => isBind(mount) && data(mount).length > 0),
  rule(
    "only a tmpfs is filled",
    (mount) => options(mount).includes("tmpcopyup") && type(mount) !== "tmpfs",
  ),
  rule("only binds are id-mapped", (mount) => isIdMapped(mount) && !isBind(mount)),
  rule("mappings come in pairs", (mount) => uids(mount) > 0 !== gids(mount) > 0),
  rule(
    "id-mapped mounts have mappings",
    (mount, config) => isIdMapped(mount) && uids(mount) === 0 && !typesOf(config).includes("user"),
  ),
  rule(
    "only procfs is mounted on /proc",
    (mount) => destination(mount) === "/proc" && type(mount) !== "proc" && !isBind(mount),
  ),
  rule(
    "nothing is mounted inside /proc",
    (mount) => destination(mount).startsWith("/proc/") && !PROC_FILES.test(destination(mount)),
  ),
  [
    "paths of devices are absolute",
    (c) =>
      devices(c).some((device) => {
        const path = textOf(device, "path");
        return !path.startsWith("/") || insidePath(path) === "/";
      }),
  ],
  [
    "devices have numbers",
    (c) =>
      devices(c).some(
        (device) =>
          textOf(device, "type") !== "p" &&
          (get(device, "major") === undefined || get(device, "minor") === undefined),
      ),
  ],
  ["paths are absolute", (c) => paths(c).some((path) => !path.startsWith("/"))],
];
