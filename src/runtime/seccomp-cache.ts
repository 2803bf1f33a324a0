// SPDX-License-Identifier: Apache-2.0
// Filters on disk, for daemons to come: libseccomp takes 10 ms and more for a default profile, and a daemon that
// serves one container would pay that each time (docs/adr/0008). The directory is private to root; what is in it is read again only if it is whole.

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isErrno } from "../base/errors.ts";
import { MAX_FILTER_BYTES } from "./seccomp-filter.ts";
import { sha256 } from "./sha256.ts";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** A name that no containerd namespace can have, whose directories are beside it. */
const DIRECTORY = ".seccomp";
/** More profiles than a node has. The oldest go first. */
const MAX_FILES = 64;
const DIGEST_BYTES = 32;

/** A filter under `stateRoot` by its key; undefined if there is none that can be trusted. */
export function readCachedFilter(stateRoot: string, key: string): Uint8Array | undefined {
  const directory = join(stateRoot, DIRECTORY);
  try {
    if (!isPrivate(directory)) return undefined;
    const fd = openSync(join(directory, key), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const { size, uid } = fstatSync(fd);
      if (uid !== process.geteuid?.() || size > DIGEST_BYTES + MAX_FILTER_BYTES) return undefined;
      return unpack(readFileSync(fd), key);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Not there, or not readable: it is made anew.
    return undefined;
  }
}

/** Keeps a filter. Best effort: without a cache the next one takes as long as this one did. */
export function writeCachedFilter(stateRoot: string, key: string, filter: Uint8Array): void {
  const directory = join(stateRoot, DIRECTORY);
  const temporary = join(directory, `${key}.${process.pid}`);
  try {
    makeDirectory(directory);
    if (!isPrivate(directory)) return;
    try {
      writeFileSync(temporary, Buffer.concat([digest(key, filter), filter]), {
        flag: "wx",
        mode: 0o600,
      });
      renameSync(temporary, join(directory, key));
    } catch {
      rmSync(temporary, { force: true });
    }
    removeOldest(directory);
  } catch {
    // Another daemon may be doing the same.
  }
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  }
}

/** Ours, a directory and no link, and nobody else's to look into. */
function isPrivate(directory: string): boolean {
  const status = lstatSync(directory);
  return status.isDirectory() && status.uid === process.geteuid?.() && (status.mode & 0o077) === 0;
}

/** Of a machine that went down a file may be there in part. */
function unpack(bytes: Buffer, key: string): Uint8Array | undefined {
  const filter = bytes.subarray(DIGEST_BYTES);
  const expected = digest(key, filter);
  const whole = filter.length > 0 && expected.equals(bytes.subarray(0, DIGEST_BYTES));
  return whole ? filter : undefined;
}

function digest(key: string, filter: Uint8Array): Buffer {
  return sha256().update(key).update(filter).digest();
}

function removeOldest(directory: string): void {
  const files = readdirSync(directory);
  if (files.length <= MAX_FILES) return;
  const ages = files.map((name) => ({ name, time: statSync(join(directory, name)).mtimeMs }));
  ages.sort((one, other) => other.time - one.time);
  for (const { name } of ages.slice(MAX_FILES)) rmSync(join(directory, name), { force: true });
}
