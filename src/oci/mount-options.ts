// SPDX-License-Identifier: Apache-2.0
// The options of one mount, from words to what the kernel takes. Of two words about the same thing the later one counts.

import { SpecError } from "../base/errors.ts";
import { notSupported } from "./fields.ts";
import type { MountOptions } from "./spec.ts";
import { MOUNT_ATTR } from "./tables/kernel.ts";
import { MOUNT_OPTIONS, type MountOption } from "./tables/mount-options.ts";

/** Attributes that a bind mount loses when its options change any and do not name them, as with a remount. */
const REPLACED = MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV | MOUNT_ATTR.NOEXEC;

/** What the words so far have come to. */
interface Collected {
  bind: boolean;
  recursive: boolean;
  on: bigint;
  off: bigint;
  readonly atime: Set<string>;
  changes: boolean;
  readonly superblock: Set<string>;
  readonly propagation: { readonly flag: bigint; readonly recursive: boolean }[];
  readonly data: string[];
  idMap: { readonly recursive: boolean } | undefined;
}

/** Parses the options of the mount at `path` ("mounts[3]"). `isBind` is true if one of them says so. */
export function parseMountOptions(
  words: readonly string[],
  path: string,
): {
  readonly isBind: boolean;
  readonly options: MountOptions;
  readonly idMap: { readonly recursive: boolean } | undefined;
} {
  const collected: Collected = {
    bind: false,
    recursive: false,
    on: 0n,
    off: 0n,
    atime: new Set(),
    changes: false,
    superblock: new Set(),
    propagation: [],
    data: [],
    idMap: undefined,
  };
  for (const [index, word] of words.entries()) {
    const option = MOUNT_OPTIONS.get(word);
    if (option === undefined) addData(collected, word);
    else if (option.kind === "unsupported") {
      throw notSupported(`${path}.options[${index}]`, `mount option "${word}"`);
    } else collect(collected, option);
  }
  if (collected.bind && collected.data.length > 0) {
    const problem = "bind mounts cannot have any filesystem-specific options applied";
    throw new SpecError(`${path}.options`, `invalid mount ${path}: ${problem}`);
  }
  const { bind: isBind, idMap } = collected;
  return { isBind, options: toOptions(collected), idMap };
}

function collect(collected: Collected, option: MountOption): void {
  switch (option.kind) {
    case "bind":
      collected.bind = true;
      collected.recursive ||= option.recursive;
      return;
    case "propagation":
      collected.propagation.push({ flag: option.flag, recursive: option.recursive });
      return;
    case "idmap":
      collected.idMap = { recursive: option.recursive };
      return;
    case "nothing":
    case "unsupported":
      return;
    case "attribute":
      collected.on = option.on ? collected.on | option.attribute : collected.on & ~option.attribute;
      collected.off = option.on
        ? collected.off & ~option.attribute
        : collected.off | option.attribute;
      break;
    case "atime":
      switchWord(collected.atime, option.mode, option.on);
      break;
    case "superblock":
      switchWord(collected.superblock, option.word, option.on);
      break;
    default:
      option satisfies never;
  }
  collected.changes = true;
}

function switchWord(words: Set<string>, word: string, on: boolean): void {
  if (on) words.add(word);
  else words.delete(word);
}

/** One word may hold several options, as on a command line; the kernel takes them one by one. */
function addData(collected: Collected, word: string): void {
  collected.data.push(...word.split(",").filter((option) => option !== ""));
}

function toOptions(collected: Collected): MountOptions {
  const { on, off, atime, changes } = collected;
  const isBind = collected.bind;
  const changesAtime = atime.size > 0 || (on & MOUNT_ATTR.NODIRATIME) !== 0n;
  const set = on | atimeMode(atime);
  const lost = changes ? REPLACED : 0n;
  const atimeLost = changesAtime ? MOUNT_ATTR.ATIME | MOUNT_ATTR.NODIRATIME : 0n;
  const clear = ((lost | off | atimeLost) & ~set) | (changesAtime ? MOUNT_ATTR.ATIME : 0n);
  return {
    recursive: collected.recursive,
    set,
    clear: isBind ? clear : 0n,
    named: isBind ? clear & (off | MOUNT_ATTR.ATIME | MOUNT_ATTR.NODIRATIME) : 0n,
    propagation: collected.propagation,
    data: isBind ? [] : [...collected.superblock, ...collected.data],
  };
}

function atimeMode(modes: ReadonlySet<string>): bigint {
  if (modes.has("strictatime")) return MOUNT_ATTR.STRICTATIME;
  return modes.has("noatime") ? MOUNT_ATTR.NOATIME : 0n;
}
