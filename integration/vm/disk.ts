// SPDX-License-Identifier: Apache-2.0
// Disk images: made from directories and read back without mounting anything.

import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { check } from "../harness/command.ts";

/** No journal: an image is made anew or thrown away. Nothing that the oldest kernel does not know. */
const FEATURES = "^has_journal,^orphan_file,^metadata_csum_seed";

/** A sparse ext4 image with the content of `directory`. */
export async function makeDisk(image: string, directory: string, sizeMib: number): Promise<void> {
  rmSync(image, { force: true });
  writeFileSync(image, "");
  truncateSync(image, sizeMib * 1024 * 1024);
  const quiet = ["mke2fs", "-q", "-F", "-t", "ext4", "-O", FEATURES, "-m", "0"];
  await check([...quiet, "-d", directory, image], { timeoutMs: 600_000 });
}

/** Copies a directory of an image to an empty one of this machine. */
export async function readBack(image: string, path: string, into: string): Promise<void> {
  mkdirSync(into, { recursive: true });
  // It says what it did not find on stderr, and succeeds: who wants a file sees that it is not there.
  await check(["debugfs", "-R", `rdump ${path} ${into}`, image]);
}
