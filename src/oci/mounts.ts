// SPDX-License-Identifier: Apache-2.0
// The mounts section: what is to be mounted where. How it is done is rootfs.ts.

import { SpecError } from "../base/errors.ts";
import { fieldPath, readField, readList, type Section, toSection, toText } from "./fields.ts";
import { type IdMappings, parseIdMappings } from "./id-mappings.ts";
import { parseMountOptions } from "./mount-options.ts";
import { cleanPath, isAbsolute, isBelow, joinPath } from "./path.ts";
import type { Mount } from "./spec.ts";

/**
 * The only files of /proc that may be mounted over: what lxcfs provides. Anything else there would let a container feed the
 * runtime or other programs a false procfs (CVE-2019-16884, CVE-2025-52881).
 */
const PROC_FILES: ReadonlySet<string> = new Set([
  "/proc/cpuinfo",
  "/proc/diskstats",
  "/proc/meminfo",
  "/proc/stat",
  "/proc/swaps",
  "/proc/uptime",
  "/proc/loadavg",
  "/proc/slabinfo",
  "/proc/sys/kernel/ns_last_pid",
  "/proc/sys/crypto/fips_enabled",
]);

/** More do not fit into a plan. */
const MAX_MOUNTS = 8192;

/** mounts, in order. `warn` hears of what is accepted but should not be written. */
export function parseMounts(spec: Section, warn: (text: string) => void): readonly Mount[] {
  const mounts = readList(spec, "mounts", (value, path) =>
    parseMount(toSection(value, path), warn),
  );
  if (mounts.length <= MAX_MOUNTS) return mounts;
  throw new SpecError("mounts", `mounts must not have more than ${MAX_MOUNTS} entries`);
}

function parseMount(section: Section, warn: (text: string) => void): Mount {
  const { path } = section;
  const words = readList(section, "options", toMountText);
  const { isBind, options, idMap } = parseMountOptions(words, path);
  const type = readMountText(section, "type");
  const mount: Mount = {
    path,
    destination: parseDestination(section, warn),
    type: isBind ? "bind" : type,
    source: readMountText(section, "source"),
    isBind,
    options,
    idMap: parseIdMap(section, isBind, idMap),
  };
  checkType(mount);
  checkProc(mount);
  if (options.copyUp && mount.type !== "tmpfs") {
    throw new SpecError(`${path}.options`, `invalid mount ${path}: tmpcopyup is for tmpfs only`);
  }
  return mount;
}

/** Mappings ask for an id-mapped mount also without an option for it, as in runc. */
function parseIdMap(
  section: Section,
  isBind: boolean,
  option: { readonly recursive: boolean } | undefined,
): Mount["idMap"] {
  const uids = parseIdMappings(section, "uidMappings");
  const gids = parseIdMappings(section, "gidMappings");
  const { path } = section;
  const refused = (problem: string): SpecError =>
    new SpecError(path, `invalid mount ${path}: ${problem}`);
  if (option === undefined && uids.length + gids.length === 0) return undefined;
  if (!isBind) throw refused("id-mapped mounts are only supported for bind-mounts");
  const recursive = option?.recursive ?? false;
  if (uids.length + gids.length === 0) return { mappings: undefined, recursive };
  if (uids.length === 0 || gids.length === 0) {
    throw refused("id-mapped mounts must have both uid and gid mappings specified");
  }
  const mappings: IdMappings = { uids, gids };
  return { mappings, recursive };
}

function parseDestination(section: Section, warn: (text: string) => void): string {
  const destination = readMountText(section, "destination");
  const path = fieldPath(section, "destination");
  if (destination === "") throw new SpecError(path, `${path} must not be empty`);
  if (!isAbsolute(destination)) {
    warn(
      `relative destination path is **deprecated**, using it as relative to /: "${destination}"`,
    );
  }
  const clean = cleanPath(destination);
  if (clean === "/")
    throw new SpecError(path, `mountpoint "${destination}" is on the top of rootfs`);
  return clean;
}

/** What people write as type of a bind mount, where only the option makes it one. The kernel would say "no such device". */
const NO_FILESYSTEMS: readonly string[] = ["", "none", "bind"];

function checkType({ type, isBind, options, path }: Mount): void {
  if (isBind || options.remount || !NO_FILESYSTEMS.includes(type)) return;
  const field = `${path}.type`;
  throw new SpecError(
    field,
    type === ""
      ? `${field} must not be empty unless an option is bind`
      : `${field} "${type}" is no filesystem: it takes the option bind or remount`,
  );
}

/** A procfs bound to /proc is recognised when it is compiled: by what its source is on the host. */
function checkProc(mount: Mount): void {
  const { destination, type, isBind, path } = mount;
  if (destination === "/proc" && type !== "proc" && !isBind) {
    const problem = `"${destination}" cannot be mounted because it is not of type proc`;
    throw new SpecError(`${path}.destination`, problem);
  }
  if (isBelow(destination, "/proc") && !PROC_FILES.has(destination)) {
    const problem = `"${destination}" cannot be mounted because it is inside /proc`;
    throw new SpecError(`${path}.destination`, problem);
  }
}

function readMountText(section: Section, name: string): string {
  const value = readField(section, name);
  return value === undefined ? "" : toMountText(value, fieldPath(section, name));
}

function toMountText(value: unknown, path: string): string {
  if (typeof value === "string" && value.includes("\0")) {
    throw new SpecError(path, `invalid mount ${path}: mount field contains null byte`);
  }
  return toText(value, path);
}

/** The path on the host of what a bind mount shows. */
export function bindSourcePath(mount: Mount, bundle: string): string {
  return joinPath(bundle, mount.source);
}
