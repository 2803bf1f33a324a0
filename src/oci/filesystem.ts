// SPDX-License-Identifier: Apache-2.0
// How a new filesystem is mounted on the slot "target". The kernel's newer calls set attributes before anybody sees the
// mount, but take values of up to 255 bytes (fsconfig(2)); an overlay of many layers needs the older one.

import { SpecError } from "../base/errors.ts";
import type { Op, Slot } from "../plan/ops.ts";
import { mountWhy } from "./mount-target.ts";
import type { Mount } from "./spec.ts";
import { MOUNT_ATTR, MOUNT_FLAG } from "./tables/kernel.ts";

const MAX_VALUE_BYTES = 255;
/** mount(2) takes one page of options and cuts what is longer without a word. */
const MAX_DATA_BYTES = 4095;

/** Words that fsconfig(2) takes as options and mount(2) as flags; the last one only the latter. */
const WORDS: ReadonlyMap<string, bigint> = new Map([
  ["ro", MOUNT_FLAG.RDONLY],
  ["sync", MOUNT_FLAG.SYNCHRONOUS],
  ["dirsync", MOUNT_FLAG.DIRSYNC],
  ["lazytime", MOUNT_FLAG.LAZYTIME],
  ["mand", MOUNT_FLAG.MANDLOCK],
  ["iversion", MOUNT_FLAG.I_VERSION],
]);

const ATTRIBUTES: readonly (readonly [attribute: bigint, flag: bigint])[] = [
  [MOUNT_ATTR.RDONLY, MOUNT_FLAG.RDONLY],
  [MOUNT_ATTR.NOSUID, MOUNT_FLAG.NOSUID],
  [MOUNT_ATTR.NODEV, MOUNT_FLAG.NODEV],
  [MOUNT_ATTR.NOEXEC, MOUNT_FLAG.NOEXEC],
  [MOUNT_ATTR.NOATIME, MOUNT_FLAG.NOATIME],
  [MOUNT_ATTR.STRICTATIME, MOUNT_FLAG.STRICTATIME],
  [MOUNT_ATTR.NODIRATIME, MOUNT_FLAG.NODIRATIME],
  [MOUNT_ATTR.NOSYMFOLLOW, MOUNT_FLAG.NOSYMFOLLOW],
];

/** Mounts `mount`, whose target is in its slot, with these options and attributes. @throws SpecError if they are too long */
export function filesystemOp(
  mount: Mount,
  { options, attributes }: { readonly options: readonly string[]; readonly attributes: bigint },
): Op {
  const { type, source } = mount;
  const why = mountWhy(mount);
  const whyErrno = whyInvalid(mount, options);
  if (![source, ...options.map(valuePart)].some(isLong) && !options.includes("iversion")) {
    return { op: "mount_fs", type, source, options, attributes, target: "target", why, whyErrno };
  }
  const flags = flagsOf(options, attributes);
  const data = dataOf(mount, options);
  return { op: "mount", type, source, data, flags, target: "target", why, whyErrno };
}

/** Changes the filesystem that `target` is the root of, wherever else it is mounted: it is what `remount` means. */
export function remountFilesystemOp(mount: Mount, attributes: bigint, target: Slot): Op {
  const { type, source, options } = mount;
  const why = mountWhy(mount);
  const flags = MOUNT_FLAG.REMOUNT | flagsOf(options.data, attributes);
  const data = dataOf(mount, options.data);
  const whyErrno = whyInvalid(mount, options.data);
  return { op: "mount", type, source, data, flags, target, why, whyErrno };
}

/** What is invalid is mostly an option, and the kernel does not say which one. */
function whyInvalid(mount: Mount, options: readonly string[]): Readonly<Record<string, string>> {
  if (options.length === 0) return {};
  const given = `options "${options.join(",")}"`;
  return { EINVAL: `${mountWhy(mount)}, ${given}: invalid argument` };
}

function dataOf(mount: Mount, options: readonly string[]): string {
  const words = options.filter((option) => !WORDS.has(option));
  const data = words.map(quoteLabel).join(",");
  if (byteLength(data) > MAX_DATA_BYTES) {
    const problem = `options are ${byteLength(data)} bytes long, mount(2) takes ${MAX_DATA_BYTES}`;
    throw new SpecError(`${mount.path}.options`, `${mountWhy(mount)}: ${problem}`);
  }
  return data;
}

/** Labels have commas, which part options here unless they are quoted. */
function quoteLabel(option: string): string {
  return option.startsWith("context=") && option.includes(",")
    ? `context="${valuePart(option)}"`
    : option;
}

function flagsOf(options: readonly string[], attributes: bigint): bigint {
  const fromWords = options.reduce((flags, word) => flags | (WORDS.get(word) ?? 0n), 0n);
  return ATTRIBUTES.reduce(
    (flags, [attribute, flag]) => ((attributes & attribute) === 0n ? flags : flags | flag),
    fromWords,
  );
}

function valuePart(option: string): string {
  return option.slice(option.indexOf("=") + 1);
}

function isLong(text: string): boolean {
  return byteLength(text) > MAX_VALUE_BYTES;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}
