// SPDX-License-Identifier: Apache-2.0
// Cuts and joins programs where the runtime has something to do between two ops.

import type { Program } from "../plan/ops.ts";

/** One program that runs `first` and then `second`. */
export function joinPrograms(first: Program, second: Program): Program {
  return { inputs: [...first.inputs, ...second.inputs], ops: [...first.ops, ...second.ops] };
}

/**
 * Cuts before `fifo_wait`: the end of the first part is the news that everything but the wait is done, so that a missing
 * program fails create and not start.
 */
export function splitAtFifo(program: Program): { ready: Program; release: Program } {
  const index = program.ops.findIndex((op) => op.op === "fifo_wait");
  if (index === -1) throw new Error("a container's last program has no fifo_wait");
  return {
    ready: { inputs: program.inputs, ops: program.ops.slice(0, index) },
    release: { inputs: [], ops: program.ops.slice(index) },
  };
}
