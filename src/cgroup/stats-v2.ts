// SPDX-License-Identifier: Apache-2.0
// Statistics of a v2 cgroup. Which groups there are depends on the controllers that its parent gave it.

import { CgroupDirectory, type Member } from "./directory.ts";
import type { CgroupFiles } from "./files.ts";
import type { HugetlbV1, MetricsV2 } from "./metrics.ts";
import {
  parseNested,
  parseNumber,
  parsePsi,
  readFlatFile,
  readHugePageSizes,
  readNumber,
  readRdma,
  UNLIMITED,
} from "./stats.ts";

/** Reads everything; a cgroup that is gone has nothing. */
export function readMetricsV2(member: Member): MetricsV2 {
  using directory = CgroupDirectory.openIfPresent(member);
  return directory === undefined ? NOTHING : toMetricsV2(directory, readHugePageSizes());
}

/** What the files say; `pageSizes` are those of huge pages on this host, as hugetlb names them. */
export function toMetricsV2(directory: CgroupFiles, pageSizes: readonly string[]): MetricsV2 {
  return {
    kind: "v2",
    pids: readPidsGroup(directory),
    cpu: readFlatFile(directory, "cpu.stat") ?? {},
    cpuPsi: parsePsi(directory.read("cpu.pressure")),
    memory: readMemory(directory),
    memoryEvents: readFlatFile(directory, "memory.events"),
    io: readIo(directory),
    hugetlb: readHugetlb(directory, pageSizes),
    rdma: readRdma(directory),
  };
}

const NOTHING: MetricsV2 = {
  kind: "v2",
  pids: undefined,
  cpu: {},
  cpuPsi: undefined,
  memory: undefined,
  memoryEvents: undefined,
  io: undefined,
  hugetlb: [],
  rdma: undefined,
};

function readPidsGroup(directory: CgroupFiles): MetricsV2["pids"] {
  const current = directory.read("pids.current");
  if (current === undefined) return undefined;
  return {
    current: parseNumber(current, UNLIMITED),
    limit: readNumber(directory, "pids.max", UNLIMITED),
  };
}

function readMemory(directory: CgroupFiles): MetricsV2["memory"] {
  const current = directory.read("memory.current");
  if (current === undefined) return undefined;
  return {
    stat: readFlatFile(directory, "memory.stat") ?? {},
    usage: parseNumber(current, UNLIMITED),
    usageLimit: readNumber(directory, "memory.max", UNLIMITED),
    swapUsage: readNumber(directory, "memory.swap.current", UNLIMITED),
    swapLimit: readNumber(directory, "memory.swap.max", UNLIMITED),
    maxUsage: readNumber(directory, "memory.peak", UNLIMITED),
    swapMaxUsage: readNumber(directory, "memory.swap.peak", UNLIMITED),
    psi: parsePsi(directory.read("memory.pressure")),
  };
}

function readIo(directory: CgroupFiles): MetricsV2["io"] {
  const stat = directory.read("io.stat");
  if (stat === undefined) return undefined;
  return { usage: parseIoStat(stat), psi: parsePsi(directory.read("io.pressure")) };
}

type IoUsage = NonNullable<MetricsV2["io"]>["usage"];

/** Lines "8:0 rbytes=1 wbytes=2 rios=3 wios=4 ..."; a line without numbers (an idle device) is left out. */
export function parseIoStat(text: string): IoUsage {
  return parseNested(text).flatMap(({ name, values }) => {
    const match = /^(\d+):(\d+)$/.exec(name);
    if (match?.[1] === undefined || match[2] === undefined || values.size === 0) return [];
    const counter = (key: string): bigint => parseNumber(values.get(key), UNLIMITED);
    return [
      {
        major: BigInt(match[1]),
        minor: BigInt(match[2]),
        rbytes: counter("rbytes"),
        wbytes: counter("wbytes"),
        rios: counter("rios"),
        wios: counter("wios"),
      },
    ];
  });
}

function readHugetlb(directory: CgroupFiles, pageSizes: readonly string[]): HugetlbV1[] {
  return pageSizes.flatMap((pageSize) => {
    const current = directory.read(`hugetlb.${pageSize}.current`);
    if (current === undefined) return [];
    return [
      {
        pageSize,
        usage: parseNumber(current, UNLIMITED),
        max: readNumber(directory, `hugetlb.${pageSize}.max`, UNLIMITED),
        failcnt: readFlatFile(directory, `hugetlb.${pageSize}.events`)?.["max"] ?? 0n,
      },
    ];
  });
}
