// SPDX-License-Identifier: Apache-2.0
// The formats of the kernel's statistics files, and reading them. Parsers take what they know and skip the rest: a kernel
// that says more, or a file that is missing, is no error.

import { readdirSync } from "node:fs";
import { unless } from "./directory.ts";
import type { CgroupFiles } from "./files.ts";
import type { Counters, Psi, PsiPair, RdmaEntry, RdmaStat } from "./metrics.ts";

/** What "max" reads as where the reader has no word for "unlimited": 2^64 - 1 in v2. */
export const UNLIMITED = 0xffff_ffff_ffff_ffffn;
/** "max" in an rdma file, whose numbers are 32 bits. */
const UNLIMITED_RDMA = 0xffff_ffff;

/** A file with one number. "max" is `max`, negative or no number 0. */
export function parseNumber(text: string | undefined, max: bigint): bigint {
  const word = text?.trim() ?? "";
  if (word === "max") return max;
  return /^\d+$/.test(word) ? BigInt(word) : 0n;
}

/** Lines "key number". */
export function parseFlat(text: string): Counters {
  const counters: Record<string, bigint> = Object.create(null);
  for (const line of text.split("\n")) {
    const [key, value] = line.trim().split(/\s+/);
    if (key !== undefined && value !== undefined) counters[key] = parseNumber(value, UNLIMITED);
  }
  return counters;
}

/** Lines "name key=value key=value ...". */
export function parseNested(text: string): { name: string; values: ReadonlyMap<string, string> }[] {
  return text.split("\n").flatMap((line) => {
    const [name = "", ...pairs] = line.trim().split(" ");
    if (name === "") return [];
    const values = pairs.map((pair): [string, string] => {
      const split = pair.indexOf("=");
      return [pair.slice(0, split), pair.slice(split + 1)];
    });
    return [{ name, values: new Map(values) }];
  });
}

/** A *.pressure file; undefined if it has no "some" line. */
export function parsePsi(text: string | undefined): PsiPair | undefined {
  const lines = new Map(parseNested(text ?? "").map(({ name, values }) => [name, values]));
  const some = lines.get("some");
  if (some === undefined) return undefined;
  // Older kernels have no "full" for the processor.
  return { some: toPsi(some), full: toPsi(lines.get("full") ?? new Map()) };
}

function toPsi(values: ReadonlyMap<string, string>): Psi {
  const average = (key: string): number => Number(values.get(key) ?? 0) || 0;
  return {
    avg10: average("avg10"),
    avg60: average("avg60"),
    avg300: average("avg300"),
    total: parseNumber(values.get("total"), 0n),
  };
}

/** rdma.current and rdma.max; undefined if the controller is missing. */
export function readRdma(directory: CgroupFiles): RdmaStat | undefined {
  const current = directory.read("rdma.current");
  if (current === undefined) return undefined;
  return { current: parseRdma(current), limit: parseRdma(directory.read("rdma.max") ?? "") };
}

function parseRdma(text: string): RdmaEntry[] {
  return parseNested(text).map(({ name, values }) => ({
    device: name,
    hcaHandles: rdmaNumber(values.get("hca_handle")),
    hcaObjects: rdmaNumber(values.get("hca_object")),
  }));
}

const rdmaNumber = (word: string | undefined): number =>
  Math.min(Number(parseNumber(word, BigInt(UNLIMITED_RDMA))), UNLIMITED_RDMA);

/** A file of lines "key number"; undefined if it is missing. */
export function readFlatFile(directory: CgroupFiles, file: string): Counters | undefined {
  const text = directory.read(file);
  return text === undefined ? undefined : parseFlat(text);
}

/** A file with one number; 0 if it is missing. */
export function readNumber(directory: CgroupFiles, file: string, max: bigint): bigint {
  return parseNumber(directory.read(file), max);
}

/** The huge page sizes of this host as the hugetlb controller names them, for example "2MB". */
export function readHugePageSizes(): string[] {
  const names = unless(() => readdirSync("/sys/kernel/mm/hugepages"), "ENOENT") ?? [];
  return names.flatMap((name) => {
    const kib = /^hugepages-(\d+)kB$/.exec(name)?.[1];
    return kib === undefined ? [] : [toPageSize(Number(kib))];
  });
}

/** KiB -> "64KB", "2MB", "1GB". */
export function toPageSize(kib: number): string {
  if (kib >= 1024 ** 2) return `${kib / 1024 ** 2}GB`;
  return kib >= 1024 ? `${kib / 1024}MB` : `${kib}KB`;
}
