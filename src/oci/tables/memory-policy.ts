// SPDX-License-Identifier: Apache-2.0
// Words of linux.memoryPolicy and the kernel's numbers for them (linux/mempolicy.h).

export const MEMORY_POLICY_MODES: ReadonlyMap<string, number> = new Map([
  ["MPOL_DEFAULT", 0],
  ["MPOL_PREFERRED", 1],
  ["MPOL_BIND", 2],
  ["MPOL_INTERLEAVE", 3],
  ["MPOL_LOCAL", 4],
  ["MPOL_PREFERRED_MANY", 5],
  ["MPOL_WEIGHTED_INTERLEAVE", 6],
]);

export const MEMORY_POLICY_FLAGS: ReadonlyMap<string, number> = new Map([
  ["MPOL_F_NUMA_BALANCING", 0x2000],
  ["MPOL_F_RELATIVE_NODES", 0x4000],
  ["MPOL_F_STATIC_NODES", 0x8000],
]);
