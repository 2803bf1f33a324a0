// SPDX-License-Identifier: Apache-2.0
// What of the linux section keeps a container from its host besides namespaces: paths that are hidden or read-only,
// propagation of mounts.

import { SpecError } from "../base/errors.ts";
import { fieldPath, readList, readText, type Section, toText } from "./fields.ts";
import { cleanPath, isAbsolute } from "./path.ts";
import type { Linux } from "./spec.ts";

/** maskedPaths or readonlyPaths: clean, each once. */
export function parseContainerPaths(linux: Section, name: string): readonly string[] {
  const paths = readList(linux, name, (value, path) => {
    const text = toText(value, path);
    if (!isAbsolute(text)) throw new SpecError(path, `${path} must be an absolute path: "${text}"`);
    return cleanPath(text);
  });
  return [...new Set(paths)];
}

/** linux.rootfsPropagation. */
export function parsePropagation(linux: Section): Linux["rootfsPropagation"] {
  const text = readText(linux, "rootfsPropagation") ?? "";
  switch (text) {
    case "":
      return undefined;
    case "private":
    case "rprivate":
    case "slave":
    case "rslave":
    case "shared":
    case "rshared":
    case "unbindable":
    case "runbindable":
      return text;
    default:
      throw new SpecError(
        fieldPath(linux, "rootfsPropagation"),
        `rootfsPropagation=${text} is not supported`,
      );
  }
}
