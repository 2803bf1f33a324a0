// SPDX-License-Identifier: Apache-2.0
// The kernels that tests boot: Debian's own, unpacked from their packages, with an initramfs that has just what finds the disks.

import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { check } from "../harness/command.ts";
import { debianKernel, NO_MIRROR } from "../harness/debian.ts";
import { type CpioEntry, toCpio } from "./cpio.ts";

/** A machine that can be asked for. */
export interface Choice {
  /** The release of Debian that has the kernel. */
  readonly release: string;
  /** Of the kernel's command line. */
  readonly args: readonly string[];
}

const V2 = ["systemd.unified_cgroup_hierarchy=1"];
/** Every controller on a tree of v1, some of them together, and a cgroup2 tree without any for systemd. */
const HYBRID = ["systemd.unified_cgroup_hierarchy=0", "systemd.legacy_systemd_cgroup_controller=0"];

/** By the names that VM_KERNEL takes. */
export const CHOICES: Readonly<Record<string, Choice>> = {
  "6.1": { release: "bookworm", args: V2 },
  "6.1-v1": { release: "bookworm", args: HYBRID },
  "5.10": { release: "bullseye", args: V2 },
  "6.12": { release: "trixie", args: V2 },
};

export interface Kernel {
  /** As `uname -r` says it. */
  readonly version: string;
  readonly image: string;
  readonly initramfs: string;
  /** The directory of that version below /lib/modules. */
  readonly modules: string;
  /** Of its command line, besides what all have. */
  readonly args: readonly string[];
}

/** Needed before there is a root file system, in order. What a kernel has built in is left out. */
const EARLY = ["virtio_pci", "virtio_blk", "crc32c_generic", "ext4"];

/** Mounts both disks, leaves systemd a unit to run, and gives way to it. */
const INIT = `#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mkdir -p /dev /proc /sys /root
mount -t devtmpfs devtmpfs /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
for module in /modules/*; do insmod "$module" || echo "insmod $module failed"; done
while [ ! -b /dev/vda ] || [ ! -b /dev/vdb ]; do sleep 0.1; done
mount -t ext4 /dev/vda /root
mkdir -p /root/tsrunc /root/lib/modules
mount -t ext4 /dev/vdb /root/tsrunc
mount --bind /root/tsrunc/.vm/modules /root/lib/modules
mount -t tmpfs -o mode=755 tmpfs /root/run
mkdir -p /root/run/systemd/system/multi-user.target.wants
cp /root/tsrunc/.vm/tsrunc-test.service /root/run/systemd/system/
ln -s ../tsrunc-test.service /root/run/systemd/system/multi-user.target.wants/
umount /sys /proc
mount --move /dev /root/dev
exec switch_root /root /sbin/init
`;

/** From .cache or downloaded now. Throws where there is no mirror of Debian. */
export async function prepareKernel({ release, args }: Choice): Promise<Kernel> {
  const root = await debianKernel(release);
  if (root === undefined) throw new Error(NO_MIRROR);
  // Since Debian 13 packages have it in /usr alone; depmod looks for it here.
  if (!existsSync(join(root, "lib"))) symlinkSync("usr/lib", join(root, "lib"));
  const [version] = readdirSync(join(root, "lib", "modules"));
  if (version === undefined) throw new Error(`${root}: no kernel in it`);
  const modules = join(root, "lib", "modules", version);
  const initramfs = join(root, "initramfs");
  await check(["depmod", "--basedir", root, version]);
  const entries = [...(await userland()), ...(await earlyModules(modules))];
  writeFileSync(`${initramfs}.new`, toCpio(entries));
  renameSync(`${initramfs}.new`, initramfs);
  const image = join(root, "boot", `vmlinuz-${version}`);
  return { version, image, initramfs, modules, args };
}

async function userland(): Promise<CpioEntry[]> {
  const busybox = (await check(["bash", "-c", "command -v busybox"])).trim();
  return [
    { name: "bin" },
    { name: "modules" },
    { name: "bin/busybox", content: readFileSync(busybox) },
    { name: "init", content: Buffer.from(INIT) },
  ];
}

/** Numbered in the order in which they can be loaded. */
async function earlyModules(directory: string): Promise<CpioEntry[]> {
  const needs = new Map(
    readFileSync(join(directory, "modules.dep"), "utf8")
      .split("\n")
      .map((line) => line.split(":"))
      .map(([file = "", after = ""]) => [file, after.trim().split(" ").filter(Boolean)]),
  );
  const ordered = new Set<string>();
  const add = (file: string): void => {
    for (const needed of needs.get(file)?.toReversed() ?? []) add(needed);
    ordered.add(file);
  };
  for (const name of EARLY) {
    const file = [...needs.keys()].find((path) => moduleName(path) === name);
    if (file !== undefined) add(file);
  }
  return await Promise.all(
    [...ordered].map(async (file, index) => ({
      name: `modules/${String(index).padStart(3, "0")}-${moduleName(file)}.ko`,
      content: await readModule(join(directory, file)),
    })),
  );
}

function moduleName(path: string): string {
  return path
    .replace(/^.*\//, "")
    .replace(/\.ko(\.xz)?$/, "")
    .replaceAll("-", "_");
}

/** Without its compression, which busybox's insmod need not know. */
async function readModule(path: string): Promise<Buffer> {
  if (!path.endsWith(".xz")) return readFileSync(path);
  const pieces: Buffer[] = [];
  await check(["xz", "-dc", path], { onStdout: (piece) => pieces.push(piece) });
  return Buffer.concat(pieces);
}
