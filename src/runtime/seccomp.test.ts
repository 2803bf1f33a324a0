// SPDX-License-Identifier: Apache-2.0
// Where filters come from: memory, disk, libseccomp. And what is not believed.

import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { silentLogger } from "../base/log.ts";
import type { Seccomp } from "../oci/seccomp.ts";
import { Libseccomp } from "../sys/libseccomp.ts";
import { SeccompFilters } from "./seccomp.ts";
import { readCachedFilter, writeCachedFilter } from "./seccomp-cache.ts";
import { FilterInstallation } from "./seccomp-install.ts";

const FILTER = Uint8Array.of(6, 0, 0, 0, 0, 0, 255, 127);
const KEY = "a".repeat(64);

function stateRoot(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), "tsrunc-seccomp-"));
  t.after(() => rmSync(root, { recursive: true }));
  return root;
}

/** A profile like no other. */
const profile = (errno: number, names = ["mkdir"]): Pick<Seccomp, "profile" | "flags"> => ({
  profile: {
    defaultAction: 0x7fff_0000,
    architectures: [],
    rules: [{ names, action: 0x0005_0000 + errno, conditions: [] }],
  },
  flags: 0,
});

const files = (root: string): readonly string[] => readdirSync(join(root, ".seccomp"));

test("a filter is made once, and is the same from memory and from disk", (t) => {
  const root = stateRoot(t);
  const filters = new SeccompFilters();
  const made = filters.filter(profile(1), root);
  assert.equal(filters.filter(profile(1), root), made, "from memory it is the very same");
  const [name = ""] = files(root);
  const path = join(root, ".seccomp", name);
  const { mtimeMs } = statSync(path);
  assert.deepEqual(Buffer.from(new SeccompFilters().filter(profile(1), root)), Buffer.from(made));
  assert.equal(statSync(path).mtimeMs, mtimeMs, "it was read");
  assert.notDeepEqual(Buffer.from(filters.filter(profile(2), root)), Buffer.from(made));
  assert.equal(files(root).length, 2);
});

test("memory holds the filters that were used last", (t) => {
  const root = stateRoot(t);
  const filters = new SeccompFilters();
  const first = filters.filter(profile(1), root);
  const second = filters.filter(profile(2), root);
  for (let errno = 3; errno <= 16; errno += 1) filters.filter(profile(errno), root);
  assert.equal(filters.filter(profile(1), root), first);
  filters.filter(profile(17), root);
  assert.equal(filters.filter(profile(1), root), first);
  assert.notEqual(filters.filter(profile(2), root), second, "the oldest is made or read again");
});

test("what was written is read, by its own key alone", (t) => {
  const root = stateRoot(t);
  const mask = process.umask(0);
  writeCachedFilter(root, KEY, FILTER);
  process.umask(mask);
  assert.deepEqual(Buffer.from(readCachedFilter(root, KEY) ?? []), Buffer.from(FILTER));
  assert.equal(statSync(join(root, ".seccomp")).mode & 0o777, 0o700);
  assert.equal(statSync(join(root, ".seccomp", KEY)).mode & 0o777, 0o600);
  assert.deepEqual(files(root), [KEY], "nothing else is left");
  const other = "b".repeat(64);
  assert.equal(readCachedFilter(root, other), undefined);
  renameSync(join(root, ".seccomp", KEY), join(root, ".seccomp", other));
  assert.equal(readCachedFilter(root, other), undefined, "a filter under another name");
});

/** What must not be read, made out of a good file. */
const SPOILED: readonly (readonly [string, (directory: string, file: string) => void])[] = [
  ["a file that was cut", (_, file) => writeFileSync(file, readFileSync(file).subarray(0, 36))],
  ["an empty file", (_, file) => writeFileSync(file, "")],
  [
    "a file with another filter",
    (_, file) => {
      const bytes = readFileSync(file);
      bytes.writeUInt8(0, 38);
      writeFileSync(file, bytes);
    },
  ],
  ["a file that is too long", (_, file) => writeFileSync(file, new Uint8Array(1 << 20))],
  [
    "a link",
    (directory, file) => {
      renameSync(file, join(directory, "..", "elsewhere"));
      symlinkSync("../elsewhere", file);
    },
  ],
  [
    "a directory",
    (_, file) => {
      rmSync(file);
      mkdirSync(file);
    },
  ],
  ["a directory that others may read", (directory) => chmodSync(directory, 0o750)],
  ["a directory that others may write to", (directory) => chmodSync(directory, 0o702)],
  [
    "a directory behind a link",
    (directory) => {
      renameSync(directory, `${directory}2`);
      symlinkSync(`${directory}2`, directory);
    },
  ],
];

for (const [what, spoil] of SPOILED) {
  test(`${what} is not believed`, (t) => {
    const root = stateRoot(t);
    writeCachedFilter(root, KEY, FILTER);
    spoil(join(root, ".seccomp"), join(root, ".seccomp", KEY));
    assert.equal(readCachedFilter(root, KEY), undefined);
  });
}

test("nothing is written where others could look", (t) => {
  const root = stateRoot(t);
  mkdirSync(join(root, ".seccomp"), { mode: 0o755 });
  writeCachedFilter(root, KEY, FILTER);
  assert.deepEqual(files(root), []);
  rmSync(join(root, ".seccomp"), { recursive: true });
  mkdirSync(join(root, "elsewhere"), { mode: 0o700 });
  symlinkSync("elsewhere", join(root, ".seccomp"));
  writeCachedFilter(root, KEY, FILTER);
  assert.deepEqual(readdirSync(join(root, "elsewhere")), []);
});

test("a cache that can't be written is no error", () => {
  writeCachedFilter("/proc/none", KEY, FILTER);
  assert.equal(readCachedFilter("/proc/none", KEY), undefined);
  assert.ok(new SeccompFilters().filter(profile(1), "/proc/none").length > 0);
});

test("of more files than a node needs the oldest go", (t) => {
  const root = stateRoot(t);
  const name = (index: number): string => String(index).padStart(64, "0");
  for (let index = 0; index < 70; index += 1) {
    writeCachedFilter(root, name(index), FILTER);
    const seconds = 1_000_000 + index;
    const path = join(root, ".seccomp", name(index));
    if (existsSync(path)) utimesSync(path, seconds, seconds);
  }
  assert.equal(files(root).length, 64);
  assert.ok(!files(root).includes(name(0)));
  assert.ok(files(root).includes(name(69)));
});

test("the file for init can't be changed, and without a filter there is none", () => {
  const moment = { status: "creating" } as const;
  using slot = new FilterInstallation({ program: FILTER, agent: undefined }, moment);
  const [entry, ...others] = slot.fds;
  assert.ok(entry);
  assert.deepEqual(others, []);
  const [name, fd] = entry;
  assert.equal(name, "filter");
  const path = `/proc/self/fd/${fd.raw}`;
  assert.deepEqual(readFileSync(path), Buffer.from(FILTER));
  assert.throws(() => writeFileSync(path, "x"), { code: /EPERM|ETXTBSY|EACCES/ });
  using none = new FilterInstallation(undefined, moment);
  assert.deepEqual(none.fds, []);
});

test("a call that libseccomp does not know is told once, louder where it is allowed by that", (t) => {
  const root = stateRoot(t);
  const lines: string[] = [];
  const log = {
    ...silentLogger,
    debug: (text: string) => lines.push(`debug ${text}`),
    warn: (text: string) => lines.push(`warn ${text}`),
  };
  const filters = new SeccompFilters(log);
  const allowing = profile(1, ["mkdir", "frobnicate", "warp", "frobnicate"]);
  filters.filter(allowing, root);
  filters.filter(allowing, root);
  new SeccompFilters(log).filter(allowing, root);
  const text = 'unknown seccomp syscalls ignored: "frobnicate", "warp"';
  assert.deepEqual(lines, [`warn ${text}`]);
  const denying = { ...allowing.profile, defaultAction: 0x0005_0001 };
  filters.filter({ ...allowing, profile: { ...denying } }, root);
  assert.deepEqual(lines, [`warn ${text}`], "rules that change nothing are not looked at");
  const rules = denying.rules.map((rule) => ({ ...rule, action: 0x7fff_0000 }));
  filters.filter({ ...allowing, profile: { ...denying, rules } }, root);
  assert.deepEqual(lines, [`warn ${text}`, `debug ${text}`]);
});

test("a flag that the kernel does not have is refused before there is a container", (t) => {
  const root = stateRoot(t);
  const filters = new SeccompFilters();
  assert.throws(() => filters.filter({ ...profile(1), flags: 1 << 30 }, root), {
    name: "SpecError",
    message:
      /^linux\.seccomp\.flags: the kernel of this host does not support "SECCOMP_FILTER_FLAG_/,
  });
  // Of a filter without a listener the kernel takes no word about waiting for one.
  assert.throws(() => filters.filter({ ...profile(1), flags: 32 }, root), {
    message: /does not support "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"/,
  });
  assert.ok(filters.filter({ ...profile(1), flags: 8 | 4 | 2 }, root).length > 0);
});

test("a host without libseccomp is told what is missing", () => {
  assert.throws(() => new Libseccomp("libseccomp-of-nobody.so.2"), {
    name: "TaskError",
    code: "failed_precondition",
    message:
      /^linux\.seccomp needs libseccomp\.so\.2 of libseccomp 2\.5 or later on the host: .*cannot open/,
  });
});
