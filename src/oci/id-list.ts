// SPDX-License-Identifier: Apache-2.0
// Lists of CPUs and of memory nodes as people write them ("0-3,7"), and as bits for the kernel.

import { SpecError } from "../base/errors.ts";

/** From the first to the last, both included. */
export interface IdRange {
  readonly first: number;
  readonly last: number;
}

/** Beyond what any kernel has; keeps a typing error from becoming a mask of gigabytes. As in runc. */
const MAX_ID = 64 * 1024;

const WORD_BYTES = 8;

/**
 * The ranges of a list that names at least one; spaces around them and empty ones between commas are fine. `what` starts the
 * sentence about a mistake.
 * @throws SpecError
 */
export function parseIdList(text: string, path: string, what: string): readonly IdRange[] {
  const fail = (problem: string): SpecError => new SpecError(path, `${what}: ${problem}`);
  const ranges = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const [first = "", last = first] = splitRange(part);
      const range = { first: parseId(first, fail), last: parseId(last, fail) };
      if (range.first > range.last) throw fail(`invalid range: ${part}`);
      return range;
    });
  if (ranges.length === 0) throw fail(`no members found in set ${JSON.stringify(text)}`);
  return joined(ranges);
}

/** Without what is said twice: the same ids in as few ranges as there can be, so that each is counted once. */
function joined(ranges: readonly IdRange[]): readonly IdRange[] {
  const result: IdRange[] = [];
  for (const range of ranges.toSorted((one, other) => one.first - other.first)) {
    const previous = result.at(-1);
    if (previous === undefined || range.first > previous.last + 1) result.push(range);
    else result[result.length - 1] = { ...previous, last: Math.max(previous.last, range.last) };
  }
  return result;
}

/** At the first "-"; what is wrong behind it is wrong with the second number. */
function splitRange(part: string): readonly string[] {
  const at = part.indexOf("-");
  return at === -1 ? [part] : [part.slice(0, at), part.slice(at + 1)];
}

function parseId(text: string, fail: (problem: string) => SpecError): number {
  if (!/^\d+$/.test(text)) throw fail(`${JSON.stringify(text)} is not a number`);
  const id = Number(text);
  if (id > MAX_ID) throw fail(`values larger than ${MAX_ID} are not supported`);
  return id;
}

/** One bit each, the lowest first, in whole 64-bit words. */
export function encodeIds(ranges: readonly IdRange[]): Uint8Array {
  const last = ranges.reduce((highest, range) => Math.max(highest, range.last), -1);
  const bits = new Uint8Array(Math.ceil((last + 1) / (8 * WORD_BYTES)) * WORD_BYTES);
  for (const range of ranges) {
    for (let id = range.first; id <= range.last; id++) {
      const index = id >> 3;
      bits[index] = (bits[index] ?? 0) | (1 << (id & 7));
    }
  }
  return bits;
}
