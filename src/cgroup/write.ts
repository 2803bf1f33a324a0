// SPDX-License-Identifier: Apache-2.0
// What a limit becomes: values for files of a cgroup. Types only.

/** One value for one file of the container's cgroup. */
export interface CgroupWrite {
  /** Where the value is from, below linux.resources: "memory.limit", "blockIO.weightDevice[0].weight". */
  readonly field: string;
  /** Names the v1 tree; on v2 all files are in one directory. */
  readonly controller: string;
  readonly file: string;
  readonly value: string;
  /** A missing file is no error: the value only says what is so without it, or the kernel is too old for a refinement. */
  readonly optional?: true;
  /** EINVAL may only mean "not before the next value of this controller": it is tried once more after all of them. */
  readonly retry?: true;
  /** The kernel clamps silently: read it back and complain if it is not the same. */
  readonly clamped?: true;
}

/** Reads what is in force, or undefined if the file is missing. */
export type ReadCurrent = (controller: string, file: string) => string | undefined;

/** Whether a number of the configuration asks for anything: 0 is what clients send that have nothing to ask. */
export const isSet = (value: bigint | undefined): value is bigint =>
  value !== undefined && value !== 0n;
