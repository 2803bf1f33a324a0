// SPDX-License-Identifier: Apache-2.0
// linux.resources.unified: files of a v2 cgroup by their own names, written last, so that they win over everything else. The
// names were checked by the parser.

import { errorText, isErrno } from "../base/errors.ts";
import { refusal } from "./directory.ts";
import type { CgroupFiles } from "./files.ts";

/** Writes each value, one line at a time. SysError that names the entry, and the controller if that is what is missing. */
export function applyUnified(directory: CgroupFiles, unified: ReadonlyMap<string, string>): void {
  for (const [file, value] of unified) {
    try {
      // A file of several entries, such as io.max, takes one at a time.
      for (const line of value.split("\n")) if (line !== "") directory.write(file, line);
    } catch (error) {
      throw explain(error, directory, file);
    }
  }
}

function explain(error: unknown, directory: CgroupFiles, file: string): unknown {
  if (!(error instanceof Error && "code" in error && typeof error.code === "string")) return error;
  const controller = file.slice(0, file.indexOf("."));
  const available = (directory.read("cgroup.controllers") ?? "").split(/\s+/);
  const isMissing =
    isErrno(error, "ENOENT", "EPERM", "EACCES") &&
    controller !== "cgroup" &&
    !available.includes(controller);
  const message = isMissing
    ? `unified resource "${file}" can't be set: controller "${controller}" not available`
    : `unable to set unified resource "${file}": ${errorText(error)}`;
  return refusal(error.code, message, `${directory.path}/${file}`);
}
