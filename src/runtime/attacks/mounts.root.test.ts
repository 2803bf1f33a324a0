// SPDX-License-Identifier: Apache-2.0
// Images that lead mounts and directories elsewhere, each beside a plan that would let them. docs/security.md has the table.

import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { RESOLVE } from "../../oci/tables/kernel.ts";
import { parseMountInfo } from "../../sys/proc.ts";
import { type Attack, replaceByLink, testAttack } from "../testing/attack.ts";
import type { Sandbox } from "../testing/sandbox.ts";
import {
  byHostPath,
  type Interposed,
  rewrite,
  type Weakening,
  without,
} from "../testing/weaken.ts";

const PROC = { destination: "/proc", type: "proc", source: "proc" };
const SYS = { destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro"] };

const rootfsOf = ({ root }: Sandbox): string => join(root, "rootfs");

/** Links of the image are followed, though within the root. */
const followLinks: Weakening = (program) =>
  rewrite(program, (op) =>
    op.op === "resolve" && op.root === "root" ? [{ ...op, resolve: RESOLVE.IN_ROOT }] : [op],
  );

for (const { path, filesystem, mounts, file } of [
  { path: "proc", filesystem: "proc", mounts: [PROC], file: "/tmp/version" },
  { path: "sys", filesystem: "sysfs", mounts: [PROC, SYS], file: "/tmp/kernel" },
]) {
  testAttack({
    name: `an image whose /${path} is a link gets no ${filesystem} at the place of its choice`,
    prepare: (rootfs) => replaceByLink(join(rootfs, path), "/tmp"),
    script: `[ -L /${path} ] && [ -e ${file} ] && echo elsewhere`,
    changes: { mounts },
    comesTo: new RegExp(`^refused: .*filesystem "${filesystem}" must be mounted on ordinary dir`),
    controls: [
      { without: "RESOLVE_NO_SYMLINKS", weaken: () => followLinks, comesTo: /^elsewhere\n$/ },
    ],
  });
}

testAttack({
  name: "a volume that a link of the image leads into /proc replaces nothing there",
  prepare: (rootfs, bundle) => {
    symlinkSync("/proc/sys", join(rootfs, "data"));
    mkdirSync(join(bundle, "volume"));
    writeFileSync(join(bundle, "volume/forged"), "by the attacker\n");
  },
  script: "cat /proc/sys/forged",
  changes: { mounts: [PROC, { destination: "/data", source: "volume", options: ["rbind"] }] },
  comesTo: /^refused: .*"\/data" cannot be mounted because it is inside \/proc/,
  controls: [
    {
      without: "check_apart",
      weaken: () => without("check_apart"),
      comesTo: /^by the attacker\n$/,
    },
  ],
});

testAttack({
  name: "nothing is removed or made in a directory of the host that the image calls /dev",
  prepare: (rootfs, bundle) => {
    mkdirSync(join(bundle, "outside"));
    writeFileSync(join(bundle, "outside/ptmx"), "of the host");
    replaceByLink(join(rootfs, "dev"), "../outside");
  },
  changes: { mounts: [PROC] },
  after: ({ root }) => {
    const kept = lstatSync(join(root, "outside/ptmx")).isFile() ? "kept" : "replaced";
    return `${kept} ${readdirSync(join(root, "outside"))}`;
  },
  comesTo: /^kept ptmx$/,
  controls: [
    {
      without: "RESOLVE_IN_ROOT",
      weaken: (sandbox) => byHostPath(rootfsOf(sandbox)),
      comesTo: /replaced .*,null,/,
    },
  ],
});

/** Remembers which mounts there are just before the host's are left behind. */
function mountWatch(): {
  readonly watch: NonNullable<Interposed["watch"]>;
  readonly outside: NonNullable<Attack["after"]>;
} {
  let points: readonly string[] = [];
  return {
    watch: async (program, channel) => {
      if (!program.ops.some(({ op }) => op === "pivot_root")) return;
      const { pid } = await channel.cloned();
      const mounts = parseMountInfo(readFileSync(`/proc/${pid}/mountinfo`, "utf8"));
      points = mounts.map(({ mountPoint }) => mountPoint);
    },
    outside: ({ root }) => {
      const directory = join(root, "outside");
      const mounts = points.filter((point) => point.startsWith(directory));
      return `mounts ${mounts.length}, made ${readdirSync(directory)}`;
    },
  };
}

for (const { name, link, destination } of [
  { name: "a link upwards", link: () => "../../outside", destination: "/data/x/new" },
  {
    name: "an absolute link",
    link: (bundle: string) => `${bundle}/outside`,
    destination: "/data/x",
  },
]) {
  const { watch, outside } = mountWatch();
  testAttack({
    name: `a mount does not follow ${name} of the image out of it`,
    prepare: (rootfs, bundle) => {
      for (const directory of ["outside", "rootfs/data"]) mkdirSync(join(bundle, directory));
      symlinkSync(link(bundle), join(rootfs, "data/x"));
    },
    changes: { mounts: [PROC, { destination, type: "tmpfs", source: "tmpfs" }] },
    watch,
    after: outside,
    comesTo: /^mounts 0, made $/,
    controls: [
      {
        without: "RESOLVE_IN_ROOT",
        weaken: (sandbox) => byHostPath(rootfsOf(sandbox)),
        comesTo: /^mounts 1, made/,
      },
    ],
  });
}

/** A node is whatever is found at its path, as `bind` by path took it. */
const trustNull: Weakening = (program) =>
  rewrite(program, (op) => {
    const resolve = RESOLVE.IN_ROOT;
    const flags = 0o10000000;
    if (op.op === "open_null") {
      const { root, out, why } = op;
      return [{ op: "resolve", root, path: "/dev/null", flags, resolve, out, why }];
    }
    if (op.op !== "mask_path") return [op];
    const { root, path, why } = op;
    return [
      { op: "resolve", root, path, flags, resolve, out: "masked", why },
      {
        ...{ op: "bind", source: "null", target: "masked", why },
        ...{ recursive: 0, set: 0n, clear: 0n, propagation: 0n },
      },
    ];
  });

testAttack({
  name: "a path is not masked with what the image's /dev/null leads to",
  prepare: (rootfs) => symlinkSync("/proc/sys/kernel/core_pattern", join(rootfs, "dev/null")),
  // Hidden, the file would be writable: its place is not below /proc/sys, which is read-only.
  script:
    "[ /proc/version -ef /proc/sys/kernel/core_pattern ] && [ -w /proc/version ] && echo open",
  changes: {
    mounts: [PROC],
    linux: { maskedPaths: ["/proc/version"], readonlyPaths: ["/proc/sys"] },
  },
  comesTo: /^refused: .*error reopening \/dev\/null inside container: not the null device/,
  controls: [
    {
      without: "the verification of the device",
      weaken: () => trustNull,
      comesTo: /^open\n$/,
    },
  ],
});
