// SPDX-License-Identifier: Apache-2.0
// SHA-256 for those who need it now and then: node:crypto takes 5 ms to load, which no start has to spare.

import type { Hash } from "node:crypto";

/** A new hash; loads node:crypto the first time. */
export function sha256(): Hash {
  return process.getBuiltinModule("node:crypto").createHash("sha256");
}
