// SPDX-License-Identifier: Apache-2.0
// The promise: default profiles mean the same with every libseccomp that a host may have. That of the machine is what the unit
// tests use; here are newer ones.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkDefaultProfile, PROFILES } from "../src/runtime/testing/default-profiles.ts";
import { ARCHITECTURES, checkArchitecture } from "../src/runtime/testing/seccomp-architectures.ts";
import { Libseccomp } from "../src/sys/libseccomp.ts";
import { debianPackages, NO_MIRROR } from "./harness/debian.ts";

const TRIPLETS = ["x86_64-linux-gnu", "aarch64-linux-gnu"];

async function librariesOf(release: string): Promise<string | undefined> {
  const root = await debianPackages("libseccomp", release, ["libseccomp2"]);
  if (root === undefined) return undefined;
  const paths = TRIPLETS.map((triplet) => join(root, "usr/lib", triplet, "libseccomp.so.2"));
  const path = paths.find((one) => existsSync(one));
  if (path === undefined) throw new Error(`no libseccomp below ${root}`);
  return path;
}

for (const release of ["trixie", "sid"]) {
  const path = await librariesOf(release);
  const options = path === undefined ? { skip: NO_MIRROR } : {};
  for (const name of PROFILES) {
    test(
      `the profile of ${name}.json means the same with the libseccomp of ${release}`,
      options,
      () => {
        checkDefaultProfile(new Libseccomp(path), name);
      },
    );
  }
  for (const word of ARCHITECTURES) {
    test(
      `every action and every operator is right for ${word} with the libseccomp of ${release}, or it is refused by name`,
      options,
      () => {
        checkArchitecture(new Libseccomp(path), word);
      },
    );
  }
}
