// SPDX-License-Identifier: Apache-2.0
// Where the files lie that belong to this program: beside the bundle, or in build/dist when run from source.

import { dirname, join } from "node:path";

/** The absolute path of a file of the build, for example `assetPath("tsrunc-init")`. Does not check that it exists. */
export function assetPath(name: string): string {
  return join(assetDirectory(), name);
}

/** From source this file is src/sys/assets.ts; in the bundle (CommonJS) `__filename` is the bundle. */
function assetDirectory(): string {
  const self = typeof __filename === "string" ? __filename : import.meta.filename;
  const directory = dirname(self);
  return self.endsWith(".ts") ? join(directory, "../../build/dist") : directory;
}
