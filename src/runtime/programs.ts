// SPDX-License-Identifier: Apache-2.0
// Cuts and joins programs where the runtime has something to do between two ops.

import type { OpName, Program } from "../plan/ops.ts";

/** One program that runs `first` and then `second`. */
export function joinPrograms(first: Program, second: Program): Program {
  return { inputs: [...first.inputs, ...second.inputs], ops: [...first.ops, ...second.ops] };
}

/** Cuts a program in two: the end of the first part is the news that everything before the first `op` is done. */
export function splitBefore(program: Program, op: OpName): { ready: Program; rest: Program } {
  const index = program.ops.findIndex((one) => one.op === op);
  if (index === -1) throw new Error(`the program has no ${op}`);
  return {
    ready: { inputs: program.inputs, ops: program.ops.slice(0, index) },
    rest: { inputs: [], ops: program.ops.slice(index) },
  };
}
