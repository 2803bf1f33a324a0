// SPDX-License-Identifier: Apache-2.0
// What every container has in /dev (runtime-spec, "Default Devices" and "Dev symbolic links"). Data only.

import type { Device } from "../spec.ts";

const node = (path: string, major: number, minor: number): Device => ({
  type: "c",
  path,
  major,
  minor,
  fileMode: 0o666,
  uid: 0,
  gid: 0,
});

export const DEFAULT_DEVICES: readonly Device[] = [
  node("/dev/null", 1, 3),
  node("/dev/zero", 1, 5),
  node("/dev/full", 1, 7),
  node("/dev/random", 1, 8),
  node("/dev/urandom", 1, 9),
  node("/dev/tty", 5, 0),
];

export const DEV_LINKS: readonly { readonly name: string; readonly target: string }[] = [
  { name: "fd", target: "/proc/self/fd" },
  { name: "stdin", target: "/proc/self/fd/0" },
  { name: "stdout", target: "/proc/self/fd/1" },
  { name: "stderr", target: "/proc/self/fd/2" },
  { name: "core", target: "/proc/kcore" },
];
