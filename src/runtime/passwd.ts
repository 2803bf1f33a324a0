// SPDX-License-Identifier: Apache-2.0
// HOME of a user from the container's own /etc/passwd. The file is the container's: it is opened below the container's root,
// must be a regular file, and only so much of it is read. User and group *ids* never come from it (CVE-2016-3697).

import { fstatSync, readSync } from "node:fs";
import {
  O_NOCTTY,
  O_NONBLOCK,
  O_RDONLY,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
} from "../sys/constants.ts";
import { type Fd, openAt2 } from "../sys/fd.ts";

const MAX_PASSWD_BYTES = 1024 * 1024;

/** The home directory of `uid` in the container whose root is `root`; "/" if its passwd has none. */
export function homeDirectory(root: Fd, uid: number): string {
  return findHome(readPasswd(root), uid) ?? "/";
}

/** The sixth field of the first line whose third field is `uid`. Pure. */
export function findHome(passwd: string, uid: number): string | undefined {
  for (const line of passwd.split("\n")) {
    const fields = line.split(":");
    if (fields.length >= 6 && fields[2] === String(uid))
      return fields[5] === "" ? undefined : fields[5];
  }
  return undefined;
}

function readPasswd(root: Fd): string {
  try {
    const flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
    const resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    using file = openAt2(root, "etc/passwd", { flags, resolve });
    const stat = fstatSync(file.raw);
    if (!stat.isFile()) return "";
    const buffer = Buffer.alloc(Math.min(stat.size, MAX_PASSWD_BYTES));
    const count = readSync(file.raw, buffer, 0, buffer.length, 0);
    return buffer.toString("utf8", 0, count);
  } catch {
    // No passwd, or one that cannot be read: an image without users is common, and HOME then is "/".
    return "";
  }
}
