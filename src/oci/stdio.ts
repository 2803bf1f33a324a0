// SPDX-License-Identifier: Apache-2.0
// Descriptors 0, 1 and 2 of the process: given by the runtime, a terminal, or the null device of the container.

import type { Op, Slot } from "../plan/ops.ts";
import type { Process } from "./spec.ts";

type StdioNumber = 0 | 1 | 2;

const SLOTS: readonly (readonly [StdioNumber, Slot])[] = [
  [0, "stdin"],
  [1, "stdout"],
  [2, "stderr"],
];

/** The slots that the runtime fills: none with a terminal. */
export function stdioInputs(process: Process, nullStdio: readonly StdioNumber[]): readonly Slot[] {
  return given(process, nullStdio).map(([, slot]) => slot);
}

/** The descriptors that the user of the process is to own. */
export function ownedStdio(
  process: Process,
  nullStdio: readonly StdioNumber[],
): readonly StdioNumber[] {
  if (process.terminal) return [0, 1, 2];
  return given(process, nullStdio).map(([number]) => number);
}

/** Puts what the runtime gave in place. */
export function givenStdioOps(process: Process, nullStdio: readonly StdioNumber[]): readonly Op[] {
  const why = "error setting up stdio";
  return given(process, nullStdio).flatMap(([number, slot]): Op[] => [
    { op: "dup2", fd: slot, target: number, why },
    { op: "close", fd: slot, why },
  ]);
}

/** Opens the null device of the container as the slot "null", verified: an image may have put anything there. */
export function openNullOp(): Op {
  return {
    op: "open_null",
    root: "root",
    out: "null",
    why: "error reopening /dev/null inside container",
    whyErrno: { ENODEV: "error reopening /dev/null inside container: not the null device" },
  };
}

/** Puts the slot "null" in place. */
export function nullStdioOps(nullStdio: readonly StdioNumber[]): readonly Op[] {
  const why = "error reopening /dev/null inside container";
  return nullStdio.map((number) => ({ op: "dup2", fd: "null", target: number, why }));
}

/** Makes the terminal; with `mount` it is /dev/console too. */
export function consoleOps(process: Process, mount: boolean): readonly Op[] {
  if (!process.terminal) return [];
  const { rows, columns } = process.consoleSize ?? { rows: 0, columns: 0 };
  const why = "error setting up console";
  return [{ op: "console", root: "root", rows, columns, mount: mount ? 1 : 0, why }];
}

function given(
  process: Process,
  nullStdio: readonly StdioNumber[],
): readonly (readonly [StdioNumber, Slot])[] {
  return process.terminal ? [] : SLOTS.filter(([number]) => !nullStdio.includes(number));
}
