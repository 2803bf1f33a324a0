// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMountOptions } from "./mount-options.ts";
import { MOUNT_ATTR as A, MS } from "./tables/kernel.ts";

/** What nobody asked for. */
const NOTHING = { recursiveSet: 0n, recursiveClear: 0n, remount: false, copyUp: false };

const parse = (...words: readonly string[]) => parseMountOptions(words, "mounts[0]");

test("words become attributes, superblock flags and options of the filesystem", () => {
  const { isBind, options } = parse("nosuid", "ro", "sync", "size=1m", "mode=755,uid=0", "noexec");
  assert.equal(isBind, false);
  assert.deepEqual(options, {
    ...NOTHING,
    recursive: false,
    set: A.NOSUID | A.RDONLY | A.NOEXEC,
    clear: 0n,
    named: 0n,
    propagation: [],
    data: ["sync", "size=1m", "mode=755", "uid=0"],
  });
});

test("of two words about the same thing the later one counts", () => {
  assert.equal(parse("ro", "rw").options.set, 0n);
  assert.equal(parse("rw", "ro").options.set, A.RDONLY);
  assert.deepEqual(parse("sync", "async").options.data, []);
  assert.equal(parse("noatime", "atime").options.set, 0n);
});

test("of the access time modes that are on, the strict one wins, then none", () => {
  assert.equal(parse("relatime").options.set, 0n);
  assert.equal(parse("noatime", "relatime").options.set, A.NOATIME);
  assert.equal(parse("strictatime", "noatime").options.set, A.STRICTATIME);
  assert.equal(parse("nodiratime").options.set, A.NODIRATIME);
});

test("a bind without words about attributes keeps those of its source", () => {
  const { isBind, options } = parse("rbind", "rprivate", "defaults");
  assert.equal(isBind, true);
  assert.deepEqual(options, {
    ...NOTHING,
    recursive: true,
    set: 0n,
    clear: 0n,
    named: 0n,
    propagation: [{ flag: MS.PRIVATE, recursive: true }],
    data: [],
  });
});

test("a bind with any such word has the attributes that were named and no others", () => {
  const { options } = parse("bind", "rw");
  assert.equal(options.set, 0n);
  assert.equal(options.clear, A.RDONLY | A.NOSUID | A.NODEV | A.NOEXEC);
  const other = parse("bind", "ro", "noexec").options;
  assert.equal(other.set, A.RDONLY | A.NOEXEC);
  assert.equal(other.clear, A.NOSUID | A.NODEV);
});

test("what a bind loses because a word names it is told from what it loses besides", () => {
  assert.equal(parse("bind", "rw", "exec").options.named, A.RDONLY | A.NOEXEC);
  assert.equal(parse("bind", "ro", "nosuid").options.named, 0n);
  assert.equal(parse("rw").options.named, 0n);
});

test("access times of a bind change only by words about them, and then as a whole", () => {
  const { set, clear } = parse("bind", "noatime").options;
  assert.equal(set, A.NOATIME);
  assert.equal(clear & A.ATIME, A.ATIME);
  assert.equal(clear & A.NODIRATIME, A.NODIRATIME);
  const relatime = parse("bind", "relatime").options;
  assert.equal(relatime.set, 0n);
  assert.equal(relatime.clear & A.ATIME, A.ATIME);
  assert.equal(parse("bind", "ro").options.clear & (A.ATIME | A.NODIRATIME), 0n);
});

test("symbolic links are followed again only where that is said", () => {
  assert.equal(parse("bind", "ro").options.clear & A.NOSYMFOLLOW, 0n);
  assert.equal(parse("bind", "symfollow").options.clear & A.NOSYMFOLLOW, A.NOSYMFOLLOW);
  assert.equal(parse("nosymfollow").options.set, A.NOSYMFOLLOW);
});

test("superblock flags on a bind have no effect and are no options of a filesystem", () => {
  assert.deepEqual(parse("bind", "sync", "lazytime").options.data, []);
});

test("propagation is kept in the order given", () => {
  assert.deepEqual(parse("bind", "slave", "rshared").options.propagation, [
    { flag: MS.SLAVE, recursive: false },
    { flag: MS.SHARED, recursive: true },
  ]);
});

/** The attributes of a bind of a tree: on the top mount, on all. */
function treeOf(...words: readonly string[]) {
  const { set, clear, recursiveSet, recursiveClear } = parse("rbind", ...words).options;
  return { top: { set, clear }, all: { set: recursiveSet, clear: recursiveClear } };
}

test("recursive attributes are those of every mount of the tree", () => {
  assert.deepEqual(treeOf("rro"), {
    top: { set: 0n, clear: 0n },
    all: { set: A.RDONLY, clear: 0n },
  });
  assert.deepEqual(treeOf("rro", "rnosuid", "rexec", "rrw").all, {
    set: A.NOSUID,
    clear: A.NOEXEC | A.RDONLY,
  });
});

test("what is said of the whole tree is true of its top, too", () => {
  const { top, all } = treeOf("rro", "rw", "nosuid");
  assert.equal(all.set, A.RDONLY);
  assert.equal(top.set, A.NOSUID);
  assert.equal(top.clear & A.RDONLY, 0n);
  assert.equal(treeOf("ro", "rrw").top.set, 0n);
});

test("recursive access times change as a whole, and relatime is what is left", () => {
  assert.deepEqual(treeOf("rnoatime").all, { set: A.NOATIME, clear: A.ATIME });
  assert.deepEqual(treeOf("rrelatime").all, { set: 0n, clear: A.ATIME });
  assert.deepEqual(treeOf("rnoatime", "ratime").all, { set: 0n, clear: A.ATIME });
  assert.deepEqual(treeOf("rstrictatime", "rnoatime").all, {
    set: A.STRICTATIME,
    clear: A.ATIME,
  });
  assert.deepEqual(treeOf("rnorelatime").all, { set: 0n, clear: 0n });
  const { top, all } = treeOf("noatime", "rstrictatime");
  assert.equal(all.set, A.STRICTATIME);
  assert.equal((top.set | top.clear) & A.ATIME, 0n);
});

test("where nothing comes with a mount, recursive attributes are its own, on any kernel", () => {
  const { set, recursiveSet, recursiveClear } = parse("bind", "rro", "rnoatime").options;
  assert.equal(set, A.RDONLY | A.NOATIME);
  assert.equal(recursiveSet | recursiveClear, 0n);
  assert.equal(parse("ro", "rrw", "rnodev").options.set, A.NODEV);
});

test("i_version is asked of the filesystem", () => {
  assert.deepEqual(parse("iversion").options.data, ["iversion"]);
  assert.deepEqual(parse("iversion", "noiversion").options.data, []);
});
