// SPDX-License-Identifier: Apache-2.0
// The device rules that every container gets, and access permissions as bits. Data only.

import type { DeviceCgroupRule } from "../oci/spec.ts";

/** Access bits, with the numbers of BPF_DEVCG_ACC_* (linux/bpf.h). */
export const ACCESS_MKNOD = 1;
export const ACCESS_READ = 2;
export const ACCESS_WRITE = 4;
export const ACCESS_ALL = 7;

const allow = (
  type: "b" | "c",
  major: number | undefined,
  minor: number | undefined,
  access: string,
): DeviceCgroupRule => ({ allow: true, type, major, minor, access });

/** Appended to the rules of every spec: making any node, and using the harmless ones that each rootfs has. */
export const DEFAULT_DEVICE_RULES: readonly DeviceCgroupRule[] = [
  allow("c", undefined, undefined, "m"),
  allow("b", undefined, undefined, "m"),
  allow("c", 1, 3, "rwm"), // null
  allow("c", 1, 5, "rwm"), // zero
  allow("c", 1, 7, "rwm"), // full
  allow("c", 1, 8, "rwm"), // random
  allow("c", 1, 9, "rwm"), // urandom
  allow("c", 5, 0, "rwm"), // tty
  allow("c", 5, 2, "rwm"), // ptmx
  allow("c", 10, 200, "rwm"), // net/tun
  allow("c", 136, undefined, "rwm"), // pts/*
];

/** "rw" -> bits; other letters are ignored (the parser refuses them). */
export function accessBits(access: string): number {
  return (
    (access.includes("m") ? ACCESS_MKNOD : 0) |
    (access.includes("r") ? ACCESS_READ : 0) |
    (access.includes("w") ? ACCESS_WRITE : 0)
  );
}

/** Bits -> letters in the kernel's order "rwm". */
export function accessText(bits: number): string {
  return `${bits & ACCESS_READ ? "r" : ""}${bits & ACCESS_WRITE ? "w" : ""}${bits & ACCESS_MKNOD ? "m" : ""}`;
}
