// SPDX-License-Identifier: Apache-2.0
// HOME of a user from the container's own /etc/passwd. The file is the container's: it is resolved below the container's root,
// must be a regular file before it is opened, and only so much of it is read. User and group *ids* never come from it
// (CVE-2016-3697).

import { fstatSync, readSync } from "node:fs";
import {
  O_NOCTTY,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
} from "../sys/constants.ts";
import { type Fd, open, openAt2 } from "../sys/fd.ts";

const MAX_PASSWD_BYTES = 1024 * 1024;

/** The home directory of `uid` in the container whose root is `root`; "/" if its passwd has none. */
export function homeDirectory(root: Fd, uid: number): string {
  return findHome(readPasswd(root), uid) ?? "/";
}

/** The sixth field of the first line whose third field is `uid`, if it can be the value of a variable. Pure. */
export function findHome(passwd: string, uid: number): string | undefined {
  for (const line of passwd.split("\n")) {
    const fields = line.split(":");
    if (fields.length >= 6 && fields[2] === String(uid)) return toHome(fields[5] ?? "");
  }
  return undefined;
}

function toHome(field: string): string | undefined {
  return field === "" || field.includes("\0") ? undefined : field;
}

function readPasswd(root: Fd): string {
  try {
    const resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    using found = openAt2(root, "etc/passwd", { flags: O_PATH, resolve });
    const stat = fstatSync(found.raw);
    // Before it is opened: an image may have a device there, and opening some has effects on the host.
    if (!stat.isFile()) return "";
    using file = open(`/proc/self/fd/${found.raw}`, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    const buffer = Buffer.alloc(Math.min(stat.size, MAX_PASSWD_BYTES));
    const count = readSync(file.raw, buffer, 0, buffer.length, 0);
    return buffer.toString("utf8", 0, count);
  } catch {
    // No passwd, or one that cannot be read: an image without users is common, and HOME then is "/".
    return "";
  }
}
