// SPDX-License-Identifier: Apache-2.0
// Device nodes and links in /dev: those of linux.devices and those that every container has.

import { SpecError } from "../base/errors.ts";
import type { Op } from "../plan/ops.ts";
import {
  fieldPath,
  readInteger,
  readList,
  readText,
  required,
  type Section,
  toSection,
  U32,
} from "./fields.ts";
import { cleanPath, isAbsolute, splitPath } from "./path.ts";
import type { Device } from "./spec.ts";
import { DEFAULT_DEVICES, DEV_LINKS } from "./tables/devices.ts";
import { S_IF } from "./tables/kernel.ts";

const ID = { min: 0, max: 0xffff_fffe };
/** The kernel's device numbers have 12 and 20 bits (MINORBITS in linux/kdev_t.h). */
const MAJOR = { min: 0, max: 0xfff };
const MINOR = { min: 0, max: 0xf_ffff };
const FORMATS = { b: S_IF.BLK, c: S_IF.CHR, p: S_IF.FIFO } as const;

/** linux.devices. */
export function parseDevices(linux: Section): readonly Device[] {
  return readList(linux, "devices", (value, path) => parseDevice(toSection(value, path)));
}

function parseDevice(section: Section): Device {
  const type = parseType(section);
  const major = readInteger(section, "major", MAJOR);
  const minor = readInteger(section, "minor", MINOR);
  return {
    type,
    path: parsePath(section),
    // A FIFO has no numbers: what is there must only make sense.
    major: type === "p" ? 0 : required(major, section, "major"),
    minor: type === "p" ? 0 : required(minor, section, "minor"),
    // The type is told by `type`; some producers repeat it in the mode.
    fileMode: (readInteger(section, "fileMode", U32) ?? 0o666) & 0o7777,
    uid: readInteger(section, "uid", ID) ?? 0,
    gid: readInteger(section, "gid", ID) ?? 0,
  };
}

function parseType(section: Section): Device["type"] {
  const type = readText(section, "type") ?? "";
  switch (type) {
    case "u":
      return "c";
    case "b":
    case "c":
    case "p":
      return type;
    default:
      throw new SpecError(fieldPath(section, "type"), `invalid device type "${type}"`);
  }
}

function parsePath(section: Section): string {
  const path = readText(section, "path") ?? "";
  const clean = cleanPath(path);
  if (isAbsolute(path) && clean !== "/") return clean;
  throw new SpecError(fieldPath(section, "path"), `device path must be absolute: "${path}"`);
}

/**
 * Makes all nodes and links. `root` is the slot of the container's root directory. With `bound`, in a user namespace, in
 * which nobody may make a node of a device, those of the host are bound.
 */
export function deviceOps(
  devices: readonly Device[],
  { hasKcore, bound }: { readonly hasKcore: boolean; readonly bound: boolean },
): readonly Op[] {
  return [
    ...ptmxOps(),
    ...linkOps(hasKcore),
    ...nodeOps(devices, bound),
    { op: "close", fd: "dev", why: "" },
  ];
}

function nodeOps(devices: readonly Device[], bound: boolean): readonly Op[] {
  const ops: Op[] = [];
  // Where ptmx and the links were made.
  let current = "/dev";
  for (const device of withDefaults(devices)) {
    const { directory, name } = splitPath(device.path);
    const why = `error creating device nodes: mknod ${device.path}`;
    if (directory !== current) ops.push(openDirectory(directory, why));
    current = directory;
    // A FIFO is no device: everybody may make one.
    ops.push(bound && device.type !== "p" ? bindNodeOp(device, name, 1) : makeNodeOp(device, name));
  }
  return ops;
}

function makeNodeOp(device: Device, name: string): Op {
  return {
    op: "mknod",
    dir: "dev",
    name,
    mode: FORMATS[device.type] | device.fileMode,
    device: encodeDevice(device.major, device.minor),
    uid: device.uid,
    gid: device.gid,
    why: `error creating device nodes: mknod ${device.path}`,
    ...(device.type === "p"
      ? { tolerate: ["EEXIST"] }
      : {
          // What is there stays; where nobody may make nodes, the host's is bound.
          tolerate: ["EEXIST", "EPERM"],
          otherwise: { ...bindNodeOp(device, name, 0), tolerate: ["EEXIST"] },
        }),
  };
}

/** Its mode and owner are the host's. */
function bindNodeOp(
  { type, path, major, minor }: Device,
  name: string,
  replace: 0 | 1,
): Op & { readonly op: "bind_device" } {
  const why = `error creating device nodes: bind ${path}`;
  return {
    op: "bind_device",
    source: path,
    dir: "dev",
    name,
    mode: FORMATS[type],
    device: encodeDevice(major, minor),
    replace,
    why,
    whyErrno: { ENODEV: `${why}: it is not the device ${type} ${major}:${minor} on the host` },
  };
}

/** A node of the spec replaces the default one of the same path; of several of one path, the last. */
function withDefaults(devices: readonly Device[]): readonly Device[] {
  const byPath = new Map(DEFAULT_DEVICES.map((device) => [device.path, device]));
  for (const device of devices) byPath.set(device.path, device);
  // The multiplexer of the container's own devpts is there; a node would be the host's.
  byPath.delete("/dev/ptmx");
  return [...byPath.values()];
}

function ptmxOps(): readonly Op[] {
  const why = "error setting up ptmx";
  return [
    openDirectory("/dev", why),
    { op: "unlink", dir: "dev", name: "ptmx", why, tolerate: ["ENOENT"] },
    { op: "symlink", dir: "dev", name: "ptmx", target: "pts/ptmx", why },
  ];
}

function linkOps(hasKcore: boolean): readonly Op[] {
  return DEV_LINKS.filter(({ target }) => hasKcore || target !== "/proc/kcore").map(
    ({ name, target }) => ({
      op: "symlink",
      dir: "dev",
      name,
      target,
      why: `error setting up /dev symlinks: symlink ${target} /dev/${name}`,
      tolerate: ["EEXIST"],
    }),
  );
}

function openDirectory(path: string, why: string): Op {
  return { op: "mkdir_all", root: "root", path, mode: 0o755, out: "dev", why };
}

/** The kernel's 32-bit form of a device number (new_encode_dev in linux/kdev_t.h). */
function encodeDevice(major: number, minor: number): bigint {
  const low = BigInt(minor & 0xff);
  const high = BigInt(((minor >>> 8) << 8) >>> 0);
  return low | (BigInt(major) << 8n) | (high << 12n);
}
