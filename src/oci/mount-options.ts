// SPDX-License-Identifier: Apache-2.0
// The options of one mount, from words to what the kernel takes. Of two words about the same thing the later one counts.

import { SpecError } from "../base/errors.ts";
import { MOUNT_ATTR } from "./tables/kernel.ts";
import { MOUNT_OPTIONS, type MountOption } from "./tables/mount-options.ts";

/** Mount options by what they become in the kernel. */
export interface MountOptions {
  /** rbind. */
  readonly recursive: boolean;
  /** MOUNT_ATTR_* to set on the mount. */
  readonly set: bigint;
  /** MOUNT_ATTR_* that a bind clears: those of its source that are not in `set`, once any option speaks of attributes. */
  readonly clear: bigint;
  /** What of `clear` an option names ("rw", "suid"): the rest stays as it is in a user namespace. */
  readonly named: bigint;
  /** MOUNT_ATTR_* to set on the mount and on all that come with it; they win over `set` and `clear`. */
  readonly recursiveSet: bigint;
  /** MOUNT_ATTR_* to clear there; with a mode of access times in `recursiveSet` all of MOUNT_ATTR__ATIME. */
  readonly recursiveClear: bigint;
  /** Not a new mount: what is mounted at the destination gets these attributes and options. */
  readonly remount: boolean;
  /** tmpfs: begins with what it covers. */
  readonly copyUp: boolean;
  /** MS_SHARED and so on in the order given, each its own change. */
  readonly propagation: readonly { readonly flag: bigint; readonly recursive: boolean }[];
  /** Superblock flags and options of the filesystem, as words; none for a bind. */
  readonly data: readonly string[];
}

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
  recursiveOn: bigint;
  recursiveOff: bigint;
  /** Modes by the words in order; undefined until one of them changes anything. */
  recursiveAtime: Set<string> | undefined;
  remount: boolean;
  copyUp: boolean;
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
    recursiveOn: 0n,
    recursiveOff: 0n,
    recursiveAtime: undefined,
    remount: false,
    copyUp: false,
    superblock: new Set(),
    propagation: [],
    data: [],
    idMap: undefined,
  };
  for (const word of words) {
    const option = MOUNT_OPTIONS.get(word);
    if (option === undefined) addData(collected, word);
    else collect(collected, option);
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
    case "recursive":
    case "recursive-atime":
      collectRecursive(collected, option);
      return;
    case "remount":
      collected.remount = true;
      return;
    case "copy-up":
      collected.copyUp = true;
      return;
    case "nothing":
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

function collectRecursive(
  collected: Collected,
  option: MountOption & { readonly kind: "recursive" | "recursive-atime" },
): void {
  if (option.kind === "recursive-atime") {
    // As with the kernel's other access time modes, relatime is what is left when none is on.
    if (!option.on && option.mode === "relatime") return;
    collected.recursiveAtime ??= new Set();
    switchWord(collected.recursiveAtime, option.mode, option.on);
  } else if (option.on) {
    collected.recursiveOn |= option.attribute;
    collected.recursiveOff &= ~option.attribute;
  } else {
    collected.recursiveOn &= ~option.attribute;
    collected.recursiveOff |= option.attribute;
  }
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
  const { bind, recursive, propagation, remount, copyUp } = collected;
  const { recursiveSet, recursiveClear, ...top } = attributesOf(collected);
  // Where nothing comes with the mount, everything is said about the mount itself.
  const alone = !(bind && recursive);
  return {
    recursive,
    set: (top.set & ~recursiveClear) | (alone ? recursiveSet : 0n),
    clear: (top.clear & ~recursiveSet & ~recursiveClear) | (alone ? recursiveClear : 0n),
    named: (top.named & ~recursiveSet & ~recursiveClear) | (alone ? recursiveClear : 0n),
    recursiveSet: alone ? 0n : recursiveSet,
    recursiveClear: alone ? 0n : recursiveClear,
    remount,
    copyUp,
    propagation,
    data: bind ? [] : [...collected.superblock, ...collected.data],
  };
}

type Attributes = Pick<MountOptions, "set" | "clear" | "named" | "recursiveSet" | "recursiveClear">;

function attributesOf({ bind, on, off, atime, changes, ...rest }: Collected): Attributes {
  const changesAtime = atime.size > 0 || (on & MOUNT_ATTR.NODIRATIME) !== 0n;
  const set = on | atimeMode(atime);
  const lost = changes ? REPLACED : 0n;
  const atimeLost = changesAtime ? MOUNT_ATTR.ATIME | MOUNT_ATTR.NODIRATIME : 0n;
  const clear = ((lost | off | atimeLost) & ~set) | (changesAtime ? MOUNT_ATTR.ATIME : 0n);
  const { recursiveAtime } = rest;
  const recursiveMode = recursiveAtime === undefined ? 0n : atimeMode(recursiveAtime);
  return {
    set,
    clear: bind ? clear : 0n,
    named: bind ? clear & (off | MOUNT_ATTR.ATIME | MOUNT_ATTR.NODIRATIME) : 0n,
    recursiveSet: rest.recursiveOn | recursiveMode,
    recursiveClear: rest.recursiveOff | (recursiveAtime === undefined ? 0n : MOUNT_ATTR.ATIME),
  };
}

function atimeMode(modes: ReadonlySet<string>): bigint {
  if (modes.has("strictatime")) return MOUNT_ATTR.STRICTATIME;
  return modes.has("noatime") ? MOUNT_ATTR.NOATIME : 0n;
}
