// SPDX-License-Identifier: Apache-2.0
// Where the files lie that belong to this program: beside the bundle, or in build/dist when run
// from source.

import { dirname, join } from "node:path";

/**
 * The absolute path of a file of the build, for example `assetPath("tsrunc-init")`. Does not check
 * that it exists.
 */
export function assetPath(name: string): string {
  return join(runsFromSource() ? join(SELF, "../../../build/dist") : dirname(SELF), name);
}

/** Whether Node runs the .ts files of a source tree, not the bundle. */
export function runsFromSource(): boolean {
  return SELF.endsWith(".ts");
}

/** This file, or the bundle: the build defines import.meta.filename for CommonJS. */
const SELF = import.meta.filename;
