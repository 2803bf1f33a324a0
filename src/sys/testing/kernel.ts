// SPDX-License-Identifier: Apache-2.0
// What the kernel that tests run on is too old for. For tests only.

import { release } from "node:os";
import { SysError } from "../../base/errors.ts";
import { AT_EMPTY_PATH, O_PATH } from "../constants.ts";
import { open } from "../fd.ts";
import { mountSetattr } from "../mount.ts";

/** Linux 5.12: attributes of whole trees of mounts, id-mapped ones. Changes nothing. */
export function hasMountSetattr(): boolean {
  using root = open("/", O_PATH);
  try {
    mountSetattr(root, "", AT_EMPTY_PATH, {});
    return true;
  } catch (error) {
    if (error instanceof SysError && error.code === "ENOSYS") return false;
    throw error;
  }
}

/** For a test's `skip`: why it can't run on a kernel before `major`.`minor`, or false. */
export function skipBefore(major: number, minor: number): string | false {
  const [ours = 0, minorOfOurs = 0] = release().split(".").map(Number);
  const isOlder = ours < major || (ours === major && minorOfOurs < minor);
  return isOlder ? `needs Linux ${major}.${minor}` : false;
}
