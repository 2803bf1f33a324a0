// SPDX-License-Identifier: Apache-2.0
// The root file system that all kernels share: a small Debian with systemd, AppArmor's parser, a containerd and what tests run.
// Made once into .cache; machines start from it and never write to it.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { check } from "../harness/command.ts";
import { debianMirror, KEYRING, NO_MIRROR } from "../harness/debian.ts";
import { makeDisk } from "./disk.ts";

const RELEASE = "bookworm";

const PACKAGES = [
  ...["systemd-sysv", "dbus", "udev", "kmod", "apparmor"],
  ...["containerd", "runc", "busybox-static", "containernetworking-plugins", "iptables"],
  ...["bsdutils", "iproute2", "jq", "libseccomp2", "libsystemd0", "mount", "procps", "util-linux"],
  ...["gcc", "libc6-dev", "e2fsprogs"],
];

/** It starts nothing of its own that tests start for themselves, and nobody logs in. */
const FINISH = `
systemctl --root="$1" mask containerd.service systemd-timesyncd.service getty@.service serial-getty@.service
systemctl --root="$1" mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer
echo tsrunc-test > "$1/etc/hostname"
: > "$1/etc/fstab"
rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/* "$1"/usr/share/{doc,man,locale,info}
`;

const SIZE_MIB = 4096;

/** The image's path; `cache` is where it is kept. */
export async function prepareRoot(cache: string): Promise<string> {
  const recipe = createHash("sha256").update(JSON.stringify([RELEASE, PACKAGES, FINISH, SIZE_MIB]));
  const name = `root-${recipe.digest("hex").slice(0, 12)}.ext4`;
  const image = join(cache, name);
  if (existsSync(image)) return image;
  const mirror = await debianMirror();
  if (mirror === undefined) throw new Error(NO_MIRROR);
  mkdirSync(cache, { recursive: true });
  for (const old of readdirSync(cache)) {
    if (old.startsWith("root-")) rmSync(join(cache, old), { recursive: true, force: true });
  }
  const directory = join(cache, `root-${process.pid}`);
  try {
    await bootstrap(directory, mirror);
    await check(["bash", "-ec", FINISH, "-", directory]);
    await makeDisk(`${image}.new`, directory, SIZE_MIB);
    renameSync(`${image}.new`, image);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return image;
}

async function bootstrap(directory: string, mirror: string): Promise<void> {
  // What its packages mount and start while they are set up ends with the namespaces.
  const apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation=private"];
  const options = ["--variant=minbase", `--keyring=${KEYRING}`, `--include=${PACKAGES.join(",")}`];
  const argv = [...apart, "debootstrap", ...options, RELEASE, directory, mirror];
  await check(argv, { timeoutMs: 1_200_000 });
  // A machine that has one keeps it, and tests compare it.
  writeFileSync(join(directory, "etc", "machine-id"), "");
}
