// SPDX-License-Identifier: Apache-2.0
// A bundle on disk: config.json and the root filesystem's path.

import { isUtf8 } from "node:buffer";
import { readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { isErrno, SpecError } from "../base/errors.ts";
import { parseJson } from "../oci/json.ts";
import { errnoNumber, errnoText } from "../sys/errno.ts";

/** config.json of a bundle, as JSON. @throws SpecError when it is missing or not JSON. */
export function readConfig(bundle: string): unknown {
  const path = resolve(bundle, "config.json");
  try {
    const bytes = readFileSync(path);
    // Replacing what is no text would make other names of it.
    if (!isUtf8(bytes)) throw new SpecError("config.json", "invalid JSON: it is not UTF-8");
    return parseJson(bytes.toString("utf8"));
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) {
      throw new SpecError("config.json", "JSON specification file config.json not found");
    }
    if (!isErrno(error, "EISDIR", "EACCES", "ELOOP")) throw error;
    const text = errnoText(errnoNumber(error.code));
    throw new SpecError("config.json", `cannot read config.json: ${text}`);
  }
}

/**
 * The absolute path of the root filesystem. It must be what it says: a symlink could be turned to another place between the
 * checks made of it and its use.
 */
export function rootfsPath(bundle: string, rootPath: string): string {
  const base = isAbsolute(rootPath) ? "/" : realpathSync(bundle);
  const path = resolve(base, rootPath);
  let real: string;
  try {
    real = realpathSync(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR", "EACCES", "ELOOP")) throw error;
    const text = errnoText(errnoNumber(error.code));
    throw new SpecError("root.path", `invalid rootfs: stat ${path}: ${text}`);
  }
  if (real !== path)
    throw new SpecError("root.path", "invalid rootfs: not an absolute path, or a symlink");
  if (!statSync(path).isDirectory())
    throw new SpecError("root.path", `invalid rootfs: ${path} is not a directory`);
  return path;
}
