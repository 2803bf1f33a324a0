// SPDX-License-Identifier: Apache-2.0
// `-info`: what this runtime is and can do. containerd 2.2 and later asks before the first container of every runtime.
// The launcher prints a cached answer where there is one; this writes the cache.

import { chmodSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { VERSION } from "../base/version.ts";
import { describeFeatures } from "../oci/features.ts";
import { packJson } from "../proto/any.ts";
import { encode } from "../proto/codec.ts";
import { containerd, google } from "../proto/generated/messages.js";
import { probeSeccomp } from "../runtime/seccomp-features.ts";

const { RuntimeInfo } = containerd.types;
const { Any } = google.protobuf;

/** The encoded RuntimeInfo; `input` is the caller's stdin: an Any with options, which is sent back, or nothing. */
export function describeRuntime(input: Uint8Array): Uint8Array {
  const options = decodeOptions(input);
  return encode(RuntimeInfo, {
    name: "io.containerd.tsrunc.v1",
    version: { version: VERSION },
    features: packJson("features/Features", describeFeatures(probeSeccomp())),
    ...(options === undefined ? {} : { options }),
  });
}

/** Options that make no sense are for Create to refuse. */
function decodeOptions(input: Uint8Array): google.protobuf.Any.$Properties | undefined {
  if (input.byteLength === 0) return undefined;
  try {
    return Any.decode(input);
  } catch {
    return undefined;
  }
}

/**
 * Keeps the answer for the launcher, in the private directory that it has made, and removes those of earlier installations.
 * Best effort: without a cache the next question is answered as slowly as this one.
 */
export function writeInfoCache(path: string, answer: Uint8Array): void {
  const directory = dirname(path);
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, answer, { flag: "wx", mode: 0o600 });
    chmodSync(temporary, 0o600);
    renameSync(temporary, path);
    for (const name of readdirSync(directory)) {
      if (name !== basename(path)) rmSync(join(directory, name), { force: true });
    }
  } catch {
    rmSync(temporary, { force: true });
  }
}
